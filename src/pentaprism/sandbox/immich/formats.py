"""The file formats of a made library: their MIME types and the size of their pictures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A file format; ``width`` and ``height`` in pixels, ``duration`` in milliseconds."""

    mime: str
    width: int = 240
    height: int = 160
    duration: int | None = None


FORMATS = {
    "jpeg": Format("image/jpeg"),
    "png": Format("image/png"),
    "heic": Format("image/heic"),
    "dng": Format("image/dng", 96, 64),
    "mov": Format("video/quicktime", 96, 64, 1000),
    "mp4": Format("video/mp4", 96, 64, 1000),
}
"""By kind, the word that the sandbox uses for a format."""
