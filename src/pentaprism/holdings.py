"""What an online account holds, and how many requests were spent on it: values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """What the account holds of one content.

    ``token`` stands for bytes that were uploaded at ``uploaded_at``; ``sent_in`` names the batch
    in which it was last sent to be created, so that a batch without an answer can be sent again
    exactly as it was. ``media_item_id`` is set once it was created.
    """

    key: bytes
    token: str | None = field(default=None, repr=False)
    uploaded_at: datetime | None = None
    sent_in: str | None = None
    media_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class DayCount:
    """The requests of one day; ``exhausted`` when the server itself said that none are left."""

    requests: int
    exhausted: bool = False
