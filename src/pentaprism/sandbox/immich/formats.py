"""The file formats of a made library: their MIME types and the sizes of their pictures."""

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

_CAMERAS = ("jpeg", "heic")
_SHAPES = (
    (240, 160), (240, 180), (160, 240), (240, 160), (240, 136), (180, 240), (240, 160), (200, 200),
    (240, 180), (240, 160), (320, 136),
)  # fmt: skip


def shape(kind: str, number: int) -> tuple[int, int]:
    """Return width and height in pixels of the picture ``number``; cameras are held both ways."""
    if kind in _CAMERAS:
        return _SHAPES[number % len(_SHAPES)]
    return FORMATS[kind].width, FORMATS[kind].height
