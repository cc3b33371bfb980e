"""The head of a JPEG: its segments up to the picture itself.

Source: ITU T.81, Annex B; for EXIF and XMP in APP1 the Exif standard and the XMP specification,
part 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pentaprism.destinations.google_photos.copies.copy import CannotCopyError, Head

EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
MPF = b"MPF\0"
_START = b"\xff\xd8"
_SCAN = 0xDA
_APP0, APP1, _APP2 = 0xE0, 0xE1, 0xE2
_BARE = {0x01, *range(0xD0, 0xDA)}
"""Markers without a length, which have no place before the picture."""

MOST_PAYLOAD = 65_533


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment: its marker and its payload, without the length."""

    marker: int
    payload: bytes

    def encode(self) -> bytes:
        """Return its bytes; raises `CannotCopyError` where they do not fit."""
        if len(self.payload) > MOST_PAYLOAD:
            raise CannotCopyError("its metadata leave no room")
        size = (len(self.payload) + 2).to_bytes(2, "big")
        return bytes((0xFF, self.marker)) + size + self.payload


async def read_segments(head: Head) -> tuple[list[Segment], int]:
    """Return the segments before the picture, and how many bytes they are with the first marker.

    Raises `CannotCopyError` for what is no JPEG, or no sound one.
    """
    if not await head.grow(2) or head.data[:2] != _START:
        raise CannotCopyError("it is not a JPEG inside")
    segments: list[Segment] = []
    at = 2
    while True:
        if not await head.grow(at + 4) or head.data[at] != 0xFF:
            raise CannotCopyError("it is not a sound JPEG")
        marker = head.data[at + 1]
        if marker == _SCAN:
            return segments, at
        size = int.from_bytes(head.data[at + 2 : at + 4], "big")
        if marker in _BARE or marker == 0xFF or size < 2:
            raise CannotCopyError("it is not a sound JPEG")
        if not await head.grow(at + 2 + size):
            raise CannotCopyError("it is not a sound JPEG")
        segments.append(Segment(marker, bytes(head.data[at + 4 : at + 2 + size])))
        at += 2 + size


def encode(segments: Sequence[Segment]) -> bytes:
    """Return the head with ``segments``."""
    return _START + b"".join(segment.encode() for segment in segments)


def find(segments: Sequence[Segment], start: bytes) -> int | None:
    """Return the index of the APP1 segment that begins with ``start``."""
    for number, segment in enumerate(segments):
        if segment.marker == APP1 and segment.payload.startswith(start):
            return number
    return None


def multi_picture(segments: Sequence[Segment]) -> int:
    """Return the index of the segment whose offsets count from itself; past the last without one.

    What is put in before it moves it and the pictures it points to alike.
    """
    for number, segment in enumerate(segments):
        if segment.marker == _APP2 and segment.payload.startswith(MPF):
            return number
    return len(segments)


def after_exif(segments: Sequence[Segment]) -> int:
    """Return where a segment of metadata belongs: behind JFIF and EXIF."""
    place = 0
    for number, segment in enumerate(segments):
        if segment.marker == _APP0 or segment.payload.startswith(EXIF):
            place = number + 1
        else:
            break
    return place
