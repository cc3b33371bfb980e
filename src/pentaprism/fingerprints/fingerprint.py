"""What is remembered of how a picture or a video looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pentaprism.groups.files import Kind

VERSION = 1
"""Counts up when the same bytes would give other bits, so that fingerprints are made again."""

FLAT = 0.4
"""Below this `Fingerprint.content` a picture has too little in it for its hash to tell it.

Single colours come to 0.02, smooth gradients and glows to 0.35 at the most, photos to 0.8 and more.
"""


class Origin(StrEnum):
    """What a fingerprint was made from."""

    ORIGINAL = "original"
    EMBEDDED = "embedded"
    """The preview within a RAW or HEIC file."""

    PREVIEW = "preview"
    """Immich's JPEG of 1440 pixels."""

    THUMBNAIL = "thumbnail"
    """Immich's WebP of 250 pixels."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file to look at: where it is, what its name says it is, and what it is of the original.

    ``path`` may have bytes that are no UTF-8, as surrogates; see `os.fsdecode`.
    """

    path: str
    kind: Kind
    origin: Origin = Origin.ORIGINAL


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How a picture looks upright, or a video in several of its frames; all may be unknown.

    ``phash`` is a 64-bit DCT hash, 0 to 2**64 - 1, its first bit (the lowest frequency) the
    highest; of a video it is None. ``turned`` are the hashes of the picture in its seven other
    symmetries, in the order of `pentaprism.fingerprints.symmetries`. ``content`` tells how much
    there is to see, 0 for a single colour. ``width`` and ``height`` are in pixels of the upright
    original, where they are known. ``duration_ms`` and ``frames``, hashes of frames that are
    neither black nor flat, are of a video. ``problem`` is the code of what kept it from being made,
    as in `pentaprism.library.reading.Reading`, or ``too_large``.
    """

    phash: int | None = None
    turned: tuple[int, ...] = ()
    content: float | None = None
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    frames: tuple[int, ...] = ()
    origin: Origin = Origin.ORIGINAL
    problem: str | None = None

    @property
    def flat(self) -> bool:
        """Whether it is a picture of which the hash tells nothing."""
        return self.content is not None and self.content < FLAT
