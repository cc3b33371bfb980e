"""JPEG files up to their first scan, and their bytes, read as far as they are needed."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pentaprism.fingerprints.exif import orientation
from pentaprism.fingerprints.opening import UnreadableError

_CHUNK = 1 << 18
_MOST_BYTES = 1 << 29
_SOF = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = 0xC2
_APP0, _APP1, _APP14 = 0xE0, 0xE1, 0xEE
_SOS = 0xDA
_BARE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_EXIF = b"Exif\0\0"


@dataclass(slots=True)
class Header:
    """What stands before the first scan; ``start`` is where the marker of that scan is."""

    width: int = 0
    height: int = 0
    orientation: int | None = None
    progressive: bool = False
    components: tuple[int, ...] = ()
    jfif: bool = False
    adobe: int | None = None
    start: int = 0

    @property
    def luminance(self) -> tuple[int, ...]:
        """The components from which the grey picture is made."""
        rgb = self.adobe == 0 or self.components == tuple(b"RGB")
        return self.components if rgb and not self.jfif else self.components[:1]


class Source:
    """The bytes of a file, read as far as they are needed; raises `UnreadableError` if too many."""

    def __init__(self, fd: int, size: int) -> None:
        if size > _MOST_BYTES:
            raise UnreadableError("too_large")
        self._fd = fd
        self.size = size
        self.data = bytearray(size)
        self.read = 0

    @classmethod
    def of(cls, data: bytes) -> Source:
        """Return a source that has read all of ``data``."""
        source = cls(-1, 0)
        source.data = bytearray(data)
        source.size = source.read = len(data)
        return source

    def need(self, count: int) -> bool:
        """Read until there are ``count`` bytes; whether there are so many."""
        wanted = min(count, self.size)
        view = memoryview(self.data)
        while self.read < wanted:
            end = min(self.size, max(wanted, self.read + _CHUNK))
            got = os.preadv(self._fd, [view[self.read : end]], self.read)
            if not got:  # it was cut while it was read
                self.size = wanted = self.read
            self.read += got
        return count <= self.size

    def more(self) -> bool:
        """Read one more piece; whether there was any."""
        before = self.read
        self.need(before + _CHUNK)
        return self.read > before

    def tail(self, count: int) -> bytes:
        """Return the last bytes without those before them."""
        return os.pread(self._fd, count, self.size - count)


def read_header(source: Source) -> Header:
    """Walk the segments up to the first scan. Raises `UnreadableError` (``damaged``)."""
    header = Header()
    at = 2
    while source.need(at + 4):
        if source.data[at] != 0xFF:  # noqa: PLR2004 (what every marker begins with)
            at += 1  # some writers pad; decoders skip it too
            continue
        marker = source.data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 (a filler)
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker == _SOS:
            header.start = at
            if not (header.components and header.width and header.height):
                break
            return header
        else:
            end = at + 2 + int.from_bytes(source.data[at + 2 : at + 4])
            if not source.need(end):
                break
            _note(header, marker, bytes(source.data[at + 4 : end]))
            at = end
    raise UnreadableError("damaged")


def _note(header: Header, marker: int, segment: bytes) -> None:
    if marker in _SOF and len(segment) > 6:  # noqa: PLR2004 (where the components begin)
        header.height = int.from_bytes(segment[1:3])
        header.width = int.from_bytes(segment[3:5])
        header.components = tuple(segment[6::3][: segment[5]])
        header.progressive = marker == _PROGRESSIVE
    elif marker == _APP0 and segment.startswith(b"JFIF\0"):
        header.jfif = True
    elif marker == _APP14 and segment.startswith(b"Adobe") and len(segment) > 11:  # noqa: PLR2004
        header.adobe = segment[11]
    elif marker == _APP1 and segment.startswith(_EXIF) and header.orientation is None:
        header.orientation = orientation(segment[len(_EXIF) :])
