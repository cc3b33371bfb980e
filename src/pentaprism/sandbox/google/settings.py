"""What can be chosen of the local Google while it runs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal


@dataclass(slots=True)
class GoogleSettings:
    """How the local Google behaves where the real one is not documented, and its limits.

    ``upload_reuse``: an upload token that is used again within its day makes the same item
    (``accept``), an error for that item (``refuse_item``), or refuses the whole batch
    (``refuse_request``). ``same_bytes``: bytes the account holds already are answered with the one
    item (``merge``), with code 6 and the item (``code_6``), or with code 6 alone, and then nothing
    joins the album (``code_6_without_item``). ``storage`` is in bytes for each account;
    ``granularity`` that of resumable uploads. ``testing``: the consent screen is in testing, so
    refresh tokens live for 7 days. ``position_needs_member``: a position behind an item that is
    not in the album is refused. ``fresh_seconds``: so long after it was made, an item cannot be
    added to another album. ``grant_scopes`` (short names), ``decline`` and ``account`` (an e-mail
    address) say what becomes of a consent without a click.
    """

    upload_reuse: Literal["accept", "refuse_item", "refuse_request"] = "accept"
    same_bytes: Literal["merge", "code_6", "code_6_without_item"] = "merge"
    daily_requests: int = 10_000
    writes_per_minute: int | None = None
    storage: int | None = None
    album_cap: int = 20_000
    granularity: int = 262_144
    testing: bool = False
    api_enabled: bool = True
    position_needs_member: bool = True
    fresh_seconds: float = 3600.0
    redirect_uris: tuple[str, ...] = ()
    grant_scopes: tuple[str, ...] | None = None
    decline: bool = False
    account: str | None = None

    def change(self, changes: dict[str, Any]) -> None:
        """Set what ``changes`` names; raises `ValueError` for what does not exist."""
        known = {field.name for field in fields(self)}
        unknown = set(changes) - known
        if unknown:
            raise ValueError(f"There is no setting {', '.join(sorted(unknown))}.")
        for name, value in changes.items():
            setattr(self, name, tuple(value) if isinstance(value, list) else value)
