"""JPEG XL: the dimensions from the code stream, the EXIF from its box (ISO/IEC 18181-1 and -2)."""

from __future__ import annotations

import os
from dataclasses import replace

from pentaprism.library.metadata.boxes import Box, boxes
from pentaprism.library.metadata.pictures import UnreadableError, read_tiff
from pentaprism.library.reading import Reading

_STREAM = b"\xff\x0a"
_MOST_EXIF = 16 << 20
_PART_NUMBER = 4  # a partial code stream, and the EXIF too, begin with four bytes of their own
_SIZE_BITS = (9, 13, 18, 30)
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def read_jxl(fd: int, size: int) -> Reading:
    """Return what a JPEG XL file says. Raises `UnreadableError` where it has no code stream."""
    if os.pread(fd, 2, 0) == _STREAM:
        found = Reading()
        start = 0
    else:
        inside = {box.kind: box for box in reversed(list(boxes(fd, 0, size)))}
        found = _exif(fd, inside.get(b"Exif"))
        start = _stream_start(inside)
    stream = os.pread(fd, 16, start)
    if not stream.startswith(_STREAM):
        raise UnreadableError("It has no code stream.")
    width, height = _size(int.from_bytes(stream[2:], "little"))
    return replace(found, mime_type="image/jxl", width=width, height=height)


def _stream_start(inside: dict[bytes, Box]) -> int:
    if b"jxlc" in inside:
        return inside[b"jxlc"].start
    if b"jxlp" in inside:
        return inside[b"jxlp"].start + _PART_NUMBER
    raise UnreadableError("It has no code stream.")


def _exif(fd: int, box: Box | None) -> Reading:
    if box is None:
        return Reading()
    data = box.read(fd, most=_MOST_EXIF)
    offset = int.from_bytes(data[:_PART_NUMBER])
    return read_tiff(data[_PART_NUMBER + offset :])


def _size(bits: int) -> tuple[int, int]:
    """Return width and height from the header after the signature, its lowest bit first."""

    def take(count: int) -> int:
        nonlocal bits
        value, bits = bits & ((1 << count) - 1), bits >> count
        return value

    small = take(1)

    def measure() -> int:
        return (take(5) + 1) * 8 if small else take(_SIZE_BITS[take(2)]) + 1

    height = measure()
    ratio = take(3)
    if ratio == 0:
        return measure(), height
    across, down = _RATIOS[ratio]
    return height * across // down, height
