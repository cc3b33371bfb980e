"""The photos of one account: uploads, media items and albums."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Upload:
    """Bytes under a token; ``data`` is their beginning where bytes are kept."""

    token: str
    sha1: str
    size: int
    at: float
    mime_type: str
    data: bytes = b""
    uses: int = 0


@dataclass(slots=True)
class Session:
    """A resumable upload under way; ``received`` holds what came, hashed as it came."""

    id: str
    size: int
    mime_type: str
    received: int = 0
    parts: list[bytes] = field(default_factory=list)
    digest: object = None
    final: bool = False


@dataclass(slots=True)
class MediaItem:
    """One photo or video."""

    id: str
    sha1: str
    size: int
    filename: str
    mime_type: str
    created: float
    description: str = ""
    data: bytes = b""
    width: int = 0
    height: int = 0
    taken: str | None = None


@dataclass(slots=True)
class Album:
    """An album that the client made: media item ids in order, and texts between them."""

    id: str
    title: str
    items: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    cover: str | None = None


@dataclass(slots=True)
class Photos:
    """All that one account holds of the client; ``uploaded`` and ``created`` count by SHA-1."""

    uploads: dict[str, Upload] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    items: dict[str, MediaItem] = field(default_factory=dict)
    by_sha1: dict[str, str] = field(default_factory=dict)
    albums: dict[str, Album] = field(default_factory=dict)
    uploaded: Counter[str] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    used: int = 0
    writing: bool = False
    writes: list[float] = field(default_factory=list)

    def delete_item(self, id_: str) -> None:
        """Delete a media item everywhere, as a person does."""
        item = self.items.pop(id_)
        self.by_sha1.pop(item.sha1, None)
        self.used -= item.size
        for album in self.albums.values():
            if id_ in album.items:
                album.items.remove(id_)


def new_id() -> str:
    """Return an id of the length that Google's have."""
    return f"AG{secrets.token_urlsafe(48)}"
