"""What Pentaprism knows about pictures and albums, independent of where they come from.

Frozen value types shared by every layer; no input or output here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha1


class MediaType(StrEnum):
    """Immich's asset types."""

    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    AUDIO = "AUDIO"
    OTHER = "OTHER"


class Visibility(StrEnum):
    """Where Immich shows an asset; ``hidden`` is the video half of a live photo."""

    TIMELINE = "timeline"
    ARCHIVE = "archive"
    HIDDEN = "hidden"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Checksum:
    """Immich's SHA-1 of an asset: 20 bytes.

    ``of_content`` is False for assets of external libraries, whose checksum Immich may have
    computed from the path instead of the bytes; such a value identifies, but proves nothing.
    """

    sha1: bytes
    of_content: bool


@dataclass(frozen=True, slots=True)
class Exif:
    """The part of an asset's metadata that Pentaprism uses; None where Immich knows nothing."""

    size: int | None = None
    description: str = ""
    rating: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    make: str | None = None
    model: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """One photo or video in Immich.

    ``taken_at`` is the instant of capture (aware, UTC); ``local_taken_at`` the same as wall-clock
    time where it was taken (naive); ``modified_at`` is the file's own time of change, where it is
    known. ``live_video_id`` names the hidden video half of a live photo.
    ``processed`` is False until Immich has read the file's metadata; dates and dimensions are
    guesses before that. ``exif`` and ``tags`` are None when they were not asked for.
    """

    id: str
    owner_id: str
    filename: str
    media_type: MediaType
    mime_type: str
    checksum: Checksum
    taken_at: datetime
    local_taken_at: datetime
    created_at: datetime
    updated_at: datetime
    visibility: Visibility = Visibility.TIMELINE
    library_id: str | None = None
    live_video_id: str | None = None
    is_offline: bool = False
    is_trashed: bool = False
    is_edited: bool = False
    processed: bool = True
    width: int | None = None
    height: int | None = None
    modified_at: datetime | None = None
    exif: Exif | None = None
    tags: tuple[str, ...] | None = None

    def revision(self, *, edited: bool) -> bytes:
        """Return 20 bytes that change whenever the bytes to be mirrored may have changed.

        That is the checksum where it is one of content. The checksum of an external asset stays
        when its file changes, so its file's time counts as well; and the picture made by Immich's
        editor, which is mirrored with ``edited``, has no checksum at all.
        """
        if edited and self.is_edited:
            return _digest(self.checksum.sha1, self.updated_at)
        if not self.checksum.of_content:
            return _digest(self.checksum.sha1, self.modified_at)
        return self.checksum.sha1


@dataclass(frozen=True, slots=True)
class Album:
    """An album in Immich; ``asset_count`` counts what its listing should hold."""

    id: str
    name: str
    description: str
    asset_count: int
    owner_id: str
    owner_name: str
    shared: bool
    updated_at: datetime
    thumbnail_asset_id: str | None = None


class Role(StrEnum):
    """What a file is within its shot: the asset itself, its live video, or its XMP sidecar."""

    PRIMARY = "primary"
    VIDEO = "video"
    SIDECAR = "sidecar"


@dataclass(frozen=True, slots=True)
class Received:
    """What a download produced: ``size`` in bytes, ``sha1`` of the bytes (20 bytes).

    ``verified`` is True when ``sha1`` was compared with Immich's checksum of the content, False
    when Immich's checksum proves nothing and only the length could be checked.
    """

    size: int
    sha1: bytes
    verified: bool


def _digest(checksum: bytes, time: datetime | None) -> bytes:
    return sha1(checksum + str(time).encode(), usedforsecurity=False).digest()
