"""Opening a file to look at it: never waiting, and telling by its bytes what it is."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from pentaprism.groups.files import Kind

MOST_PIXELS = 250_000_000
"""The most pixels that are decoded of one picture."""

_HEAD = 512
_PROBLEMS = {
    errno.ENOENT: "vanished",
    errno.ENOTDIR: "vanished",
    errno.EACCES: "not_permitted",
    errno.EPERM: "not_permitted",
    errno.ENXIO: "not_a_file",  # a socket
}


class UnreadableError(Exception):
    """A file of which nothing can be seen; ``code`` as in `Fingerprint.problem`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Form(Enum):
    """Who decodes a file."""

    JPEG = auto()
    RAW = auto()
    TIFF = auto()
    """A TIFF file, or one of the many RAW formats that look like it."""

    HEIF = auto()
    VIDEO = auto()
    JXL = auto()
    STILL = auto()
    """Pillow, for what begins like a picture that it knows."""

    OTHER = auto()
    """Pillow, if anyone."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file: its descriptor and size, what it is, and FFmpeg's name for it if a video.

    ``name`` leads to the open file, whatever its own name is and whatever is put in its place.
    """

    fd: int
    size: int
    form: Form
    demuxer: str = ""

    @property
    def name(self) -> str:
        """A path in ASCII that libraries can open."""
        return f"/dev/fd/{self.fd}"


@contextlib.contextmanager
def opened(path: str, kind: Kind) -> Iterator[Opened]:
    """Open a regular file for reading. Raises `UnreadableError`, also for errors while it is read.

    ``kind`` decides only where the bytes leave it open.
    """
    try:
        # Not waiting for a writer, should it be a FIFO.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableError(_PROBLEMS.get(error.errno or 0, "unreadable")) from error
    except ValueError as error:  # a NUL in the name: no file can have it
        raise UnreadableError("vanished") from error
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("not_a_file")
        if not status.st_size:
            raise UnreadableError("empty")
        form, demuxer = form_of(os.pread(fd, _HEAD, 0), kind)
        yield Opened(fd, status.st_size, form, demuxer)
    except OSError as error:
        raise UnreadableError("unreadable") from error
    finally:
        os.close(fd)


_STARTS = (
    (b"\xff\xd8\xff", Form.JPEG, ""),
    (b"\x89PNG\r\n\x1a\n", Form.STILL, ""),
    (b"GIF8", Form.STILL, ""),
    (b"BM", Form.STILL, ""),
    (b"8BPS", Form.STILL, ""),
    (b"II*\0", Form.TIFF, ""),
    (b"MM\0*", Form.TIFF, ""),
    (b"\xff\x0a", Form.JXL, ""),
    (b"\0\0\0\x0cJXL ", Form.JXL, ""),
    (b"IIRO", Form.RAW, ""),
    (b"IIRS", Form.RAW, ""),
    (b"MMOR", Form.RAW, ""),
    (b"IIU\0", Form.RAW, ""),
    (b"FUJIFILMCCD-RAW", Form.RAW, ""),
    (b"\0MRM", Form.RAW, ""),
    (b"II\x1a\0\0\0HEAPCCDR", Form.RAW, ""),
    (b"FOVb", Form.RAW, ""),
    (b"\x1aE\xdf\xa3", Form.VIDEO, "matroska"),
    (b"\0\0\x01\xba", Form.VIDEO, "mpeg"),
    (b"\0\0\x01\xb3", Form.VIDEO, "mpegvideo"),
    (b"0&\xb2u\x8ef\xcf\x11", Form.VIDEO, "asf"),
    (b"OggS", Form.VIDEO, "ogg"),
    (b"FLV\x01", Form.VIDEO, "flv"),
    (b"\x06\x0e+4", Form.VIDEO, "mxf"),
)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_VIDEO_ATOMS = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_RIFF = {b"AVI ": (Form.VIDEO, "avi"), b"WEBP": (Form.STILL, "")}
_TRANSPORT = ((0, 188), (4, 192))  # cameras put a time of four bytes before each packet
_SYNC = 0x47


def form_of(head: bytes, kind: Kind) -> tuple[Form, str]:
    """Tell by its first bytes who decodes a file, with FFmpeg's name of its format if a video."""
    for start, form, demuxer in _STARTS:
        if head.startswith(start):
            return form, demuxer
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[4:8] in _VIDEO_ATOMS:  # QuickTime files of old cameras have no brand
        return Form.VIDEO, "mov"
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    for first, stride in _TRANSPORT:
        if len(head) > first + stride and head[first] == head[first + stride] == _SYNC:
            return Form.VIDEO, "mpegts"
    return (Form.RAW if kind is Kind.RAW else Form.OTHER), ""


def _by_brand(head: bytes) -> tuple[Form, str]:
    brand = head[8:12]
    inside = head[16 : max(16, int.from_bytes(head[:4]))]
    if brand == b"crx ":
        return Form.RAW, ""
    if brand in _AVIF_BRANDS or (brand == b"mif1" and b"avif" in inside):
        return Form.STILL, ""
    if brand in _HEIF_BRANDS:
        return Form.HEIF, ""
    return Form.VIDEO, "mov"
