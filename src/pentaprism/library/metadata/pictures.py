"""Pictures and RAW files, read by exiv2; Pillow tells the dimensions that exiv2 does not.

exiv2 is not safe in threads and may crash on a hostile file: it belongs into a worker process.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import replace

import pyexiv2  # type: ignore[import-untyped]

from pentaprism.library.metadata.boxes import boxes, of_kind
from pentaprism.library.metadata.fields import Tags, reading_of
from pentaprism.library.reading import Reading

pyexiv2.set_log_level(4)  # a mere warning is raised as an error otherwise

_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_MOST_EXIF = 16 << 20
_PHOTO_NAMES = {  # CR3 keeps the tags of the Exif directory in one that looks like the first
    "Exif.Image.DateTimeOriginal": "Exif.Photo.DateTimeOriginal",
    "Exif.Image.0x9004": "Exif.Photo.DateTimeDigitized",
    "Exif.Image.0x9290": "Exif.Photo.SubSecTime",
    "Exif.Image.0x9291": "Exif.Photo.SubSecTimeOriginal",
    "Exif.Image.0x9292": "Exif.Photo.SubSecTimeDigitized",
}
_RAF_DIRECTORY_AT = 92
_RAF_SIZE = 0x0111
_RAF_MOST_TAGS = 256


class UnreadableError(Exception):
    """A library could not make anything of a file."""


def read_picture(path: str, fd: int) -> Reading:
    """Return what exiv2 reads from a file, which is open as ``fd`` too.

    Raises `UnreadableError` where neither it nor Pillow knows what to do with the file.
    """
    try:
        with pyexiv2.Image(path) as image:
            found = replace(_reading(image), mime_type=image.get_mime_type())
            width, height = image.get_pixel_width(), image.get_pixel_height()
    except (RuntimeError, UnicodeError) as error:
        return _by_pillow(path, error)
    if not (width and height):
        width, height = _raf_size(fd) or _pillow_size(path) or (0, 0)
    return replace(found, width=width or None, height=height or None)


def read_tiff(data: bytes) -> Reading:
    """Return what a block of EXIF says, which is a small TIFF file; nothing if it is damaged."""
    try:
        with pyexiv2.ImageData(data) as image:
            return _reading(image)
    except (RuntimeError, UnicodeError):
        return Reading()


def read_cr3(fd: int, size: int) -> Reading:
    """Return what the metadata boxes of Canon's newer RAW files say.

    The layout is that of https://github.com/lclevy/canon_cr3: in ``moov``, a box of Canon's with
    CMT1, the first directory of a TIFF file, and CMT2, its Exif directory.
    """
    parts = {
        part.kind: part.read(fd, most=_MOST_EXIF)
        for moov in of_kind(fd, b"moov", 0, size)
        for box in of_kind(fd, b"uuid", moov.start, moov.end)
        if os.pread(fd, len(_CANON), box.start) == _CANON
        for part in boxes(fd, box.start + len(_CANON), box.end)
        if part.kind in {b"CMT1", b"CMT2"}
    }
    if b"CMT1" not in parts:
        raise UnreadableError("It has no metadata of Canon's.")
    exif: dict[str, object] = {}
    size_told = (0, 0)
    for kind, data in sorted(parts.items()):
        try:
            with pyexiv2.ImageData(data) as image:
                tags = _tags(image.read_exif)
                if kind == b"CMT1":
                    size_told = image.get_pixel_width(), image.get_pixel_height()
        except RuntimeError:
            continue
        exif |= {
            (_PHOTO_NAMES.get(name, name) if kind == b"CMT2" else name): value
            for name, value in tags.items()
        }
    width, height = size_told
    return replace(
        reading_of(exif, {}, {}),
        mime_type="image/x-canon-cr3",
        width=width or None,
        height=height or None,
    )


def _reading(image: pyexiv2.Image) -> Reading:
    return reading_of(_tags(image.read_exif), _tags(image.read_xmp), _tags(image.read_iptc))


def _tags(read: Callable[..., Tags]) -> Tags:
    """Return one family of tags; a damaged one leaves the others readable."""
    for encoding in ("utf-8", "latin-1"):
        try:
            return read(encoding)
        except UnicodeError:
            continue
        except (RuntimeError, ValueError):
            break
    return {}


def _by_pillow(path: str, reason: Exception) -> Reading:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 (rarely needed, slow to load)
    from pillow_heif import register_heif_opener  # noqa: PLC0415

    register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None  # nothing is decoded
    try:
        with Image.open(path) as image:
            exif = image.getexif()
            found = read_tiff(exif.tobytes().removeprefix(b"Exif\0\0")) if exif else Reading()
            return replace(
                found, mime_type=image.get_format_mimetype(), width=image.width, height=image.height
            )
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise UnreadableError(str(error)) from reason


def _pillow_size(path: str) -> tuple[int, int] | None:
    try:
        found = _by_pillow(path, UnreadableError())
    except UnreadableError:
        return None
    return (found.width, found.height) if found.width and found.height else None


def _raf_size(fd: int) -> tuple[int, int] | None:
    """Return the dimensions from Fujifilm's own directory, as ExifTool's ``FujiFilm.pm`` tells."""
    head = os.pread(fd, _RAF_DIRECTORY_AT + 8, 0)
    if not head.startswith(b"FUJIFILMCCD-RAW") or len(head) < _RAF_DIRECTORY_AT + 8:
        return None
    start, length = struct.unpack_from(">II", head, _RAF_DIRECTORY_AT)
    directory = os.pread(fd, min(length, _MOST_EXIF), start)
    if len(directory) < 4:  # noqa: PLR2004 (the count)
        return None
    at = 4
    for _ in range(min(int.from_bytes(directory[:4]), _RAF_MOST_TAGS)):
        if at + 8 > len(directory):
            break
        tag, size, height, width = struct.unpack_from(">HHHH", directory, at)
        if tag == _RAF_SIZE:
            return width, height
        at += 4 + size
    return None
