"""What a file is, by its first bytes; the ending tells the dialect where those do not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

HEAD = 512
"""How many bytes `format_of` wants to see."""


class By(Enum):
    """Who reads a format."""

    EXIV2 = auto()
    CR3 = auto()
    JXL = auto()
    VIDEO = auto()
    EXIFTOOL = auto()


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its media type, who reads it, and what FFmpeg calls it if it is a video."""

    mime_type: str
    by: By
    demuxer: str = ""


_VIDEO_ATOMS = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_STILL_BRANDS = {
    b"heic": "image/heic", b"heix": "image/heic", b"heim": "image/heic", b"heis": "image/heic",
    b"mif1": "image/heif", b"avif": "image/avif", b"avis": "image/avif",
}  # fmt: skip
_JXL_BOX = b"\0\0\0\x0cJXL \r\n\x87\n"
_TRANSPORT = ((0, 188), (4, 192))  # cameras put a time of four bytes before each packet
_SYNC = 0x47

_STARTS = (
    (b"\xff\xd8\xff", Format("image/jpeg", By.EXIV2)),
    (b"\x89PNG\r\n\x1a\n", Format("image/png", By.EXIV2)),
    (b"\xff\x0a", Format("image/jxl", By.JXL)),
    (_JXL_BOX, Format("image/jxl", By.JXL)),
    (b"II*\0", Format("image/tiff", By.EXIV2)),
    (b"MM\0*", Format("image/tiff", By.EXIV2)),
    (b"IIRO", Format("image/x-olympus-orf", By.EXIV2)),
    (b"IIRS", Format("image/x-olympus-orf", By.EXIV2)),
    (b"IIU\0", Format("image/x-panasonic-rw2", By.EXIV2)),
    (b"FUJIFILMCCD-RAW", Format("image/x-fuji-raf", By.EXIV2)),
    (b"\0MRM", Format("image/x-minolta-mrw", By.EXIV2)),
    (b"II\x1a\0\0\0HEAPCCDR", Format("image/x-canon-crw", By.EXIV2)),
    (b"GIF8", Format("image/gif", By.EXIV2)),
    (b"BM", Format("image/bmp", By.EXIV2)),
    (b"8BPS", Format("image/vnd.adobe.photoshop", By.EXIV2)),
    (b"\x1aE\xdf\xa3", Format("video/x-matroska", By.VIDEO, "matroska")),
    (b"\0\0\x01\xba", Format("video/mpeg", By.VIDEO, "mpeg")),
    (b"0&\xb2u\x8ef\xcf\x11", Format("video/x-ms-wmv", By.VIDEO, "asf")),
    (b"OggS", Format("video/ogg", By.VIDEO, "ogg")),
    (b"FOVb", Format("image/x-sigma-x3f", By.EXIFTOOL)),
    (b"\x06\x0e+4", Format("application/mxf", By.EXIFTOOL)),
    (b"FLV\x01", Format("video/x-flv", By.VIDEO, "flv")),
)


def format_of(head: bytes) -> Format | None:
    """Return the format that a file begins like, or None where it begins like none known here."""
    for start, found in _STARTS:
        if head.startswith(start):
            return _webm(head, found)
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[4:8] in _VIDEO_ATOMS:  # QuickTime files of old cameras have no brand
        return Format("video/quicktime", By.VIDEO, "mov")
    if head[:4] == b"RIFF":
        return _by_riff(head[8:12])
    for first, stride in _TRANSPORT:
        if len(head) > first + stride and head[first] == head[first + stride] == _SYNC:
            return Format("video/mp2t", By.VIDEO, "mpegts")
    return None


def _webm(head: bytes, found: Format) -> Format:
    if found.demuxer == "matroska" and b"webm" in head:
        return Format("video/webm", By.VIDEO, "matroska")
    return found


def _by_brand(head: bytes) -> Format:
    """Tell the files that begin with a brand apart: pictures, Canon's RAW, and videos."""
    brand = head[8:12]
    if brand == b"crx ":
        return Format("image/x-canon-cr3", By.CR3)
    if brand in _STILL_BRANDS:
        inside = head[16 : int.from_bytes(head[:4])]
        mime_type = _STILL_BRANDS[brand]
        if brand == b"mif1":  # the general brand; what is coded stands among the compatible ones
            mime_type = next(
                (_STILL_BRANDS[b] for b in (b"heic", b"heix", b"avif") if b in inside), mime_type
            )
        return Format(mime_type, By.EXIV2)
    if brand == b"qt  ":
        return Format("video/quicktime", By.VIDEO, "mov")
    return Format("video/3gpp" if brand.startswith(b"3g") else "video/mp4", By.VIDEO, "mov")


def _by_riff(form: bytes) -> Format | None:
    if form == b"WEBP":
        return Format("image/webp", By.EXIV2)
    if form == b"AVI ":
        return Format("video/x-msvideo", By.VIDEO, "avi")
    return None
