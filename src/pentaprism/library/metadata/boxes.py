"""The boxes of ISO base media files: what CR3 and JPEG XL put their EXIF into."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_BOXES = 1000
_HEAD = 8
_LARGE_HEAD = 16


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its four-letter type, and where its content begins and ends in the file."""

    kind: bytes
    start: int
    end: int

    def read(self, fd: int, *, most: int) -> bytes:
        """Return the content, ``most`` bytes of it at the utmost."""
        return os.pread(fd, min(self.end - self.start, most), self.start)


def boxes(fd: int, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two offsets; a box that overruns ``end`` is cut there."""
    for _ in range(_MOST_BOXES):
        head = os.pread(fd, _LARGE_HEAD, start)
        if start + _HEAD > end or len(head) < _HEAD:
            return
        size, kind = struct.unpack_from(">I4s", head)
        content = start + _HEAD
        if size == 1 and len(head) == _LARGE_HEAD:  # a size in 64 bits follows
            (size,) = struct.unpack_from(">Q", head, _HEAD)
            content += _HEAD
        elif size == 0:  # up to the end
            size = end - start
        if start + size < content:
            return
        yield Box(kind, content, min(start + size, end))
        start += size


def of_kind(fd: int, kind: bytes, start: int, end: int) -> list[Box]:
    """Return the boxes of one type between two offsets."""
    return [box for box in boxes(fd, start, end) if box.kind == kind]
