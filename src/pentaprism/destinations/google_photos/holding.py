"""What is known of the bytes that a commit is about: uploaded, held by the account, or here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pentaprism.destinations.base import RemoteItem
from pentaprism.holdings import Entry

TOKEN_LIFE = timedelta(hours=23)
"""How long an upload token is trusted; Google keeps them for about a day."""


@dataclass(frozen=True, slots=True)
class Here:
    """The album holds this content already, as another item of the same mirror."""

    item: RemoteItem


@dataclass(frozen=True, slots=True)
class Held:
    """The account holds this content as a media item, and no token for it lives."""

    key: bytes
    media_item_id: str


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The bytes are at Google under a token that lives.

    ``sent_in`` names a batch in which an earlier life of the program sent it without hearing the
    answer. ``media_item_id`` is what the account is known to hold of it. ``fresh`` tokens were
    got just now, so that nobody has used them. ``also`` are other keys of the same content.
    """

    key: bytes
    token: str = field(repr=False)
    fresh: bool = False
    sent_in: str | None = None
    media_item_id: str | None = None
    also: tuple[bytes, ...] = ()


type Holding = Here | Held | Uploaded


def of_entry(entry: Entry | None, now: datetime) -> Held | Uploaded | None:
    """Return what ``entry`` is good for at ``now``; None where the bytes have to be sent."""
    if entry is None:
        return None
    if entry.token and entry.uploaded_at and now - entry.uploaded_at < TOKEN_LIFE:
        return Uploaded(
            entry.key, entry.token, sent_in=entry.sent_in, media_item_id=entry.media_item_id
        )
    return Held(entry.key, entry.media_item_id) if entry.media_item_id else None
