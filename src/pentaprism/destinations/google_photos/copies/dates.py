"""Dates: a copy of a JPEG or PNG with the date of capture that its original lacks."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from datetime import datetime

from pentaprism.destinations.google_photos.copies import jpeg
from pentaprism.destinations.google_photos.copies.copy import (
    CannotCopyError,
    Copy,
    Head,
    changed_head,
    unchanged,
)
from pentaprism.destinations.google_photos.copies.tiff import has_date, with_date

_JPEG = frozenset({"jpe", "jpeg", "jpg", "jfif"})
_PNG = b"\x89PNG\r\n\x1a\n"


def can_be_dated(filename: str) -> bool:
    """Tell by its name whether a file is of a kind into which a date can be written safely."""
    return _ending(filename) in _JPEG | {"png"}


async def dated(
    picture: AsyncIterator[bytes], size: int, taken: datetime, *, filename: str
) -> Copy:
    """Return the copy of ``picture`` with ``taken`` as its date, or as it is where it has one.

    ``taken`` is naive for local time, or aware, and then its offset is written as well. Reads the
    head of ``picture`` only; raises `CannotCopyError`, with ``picture`` closed.
    """
    head = Head(picture)
    try:
        return await _dated(head, size, taken, _ending(filename))
    except BaseException:
        await head.close()
        raise


async def _dated(head: Head, size: int, taken: datetime, ending: str) -> Copy:
    if ending in _JPEG:
        return await _dated_jpeg(head, size, taken)
    if ending == "png":
        return await _dated_png(head, size, taken)
    raise CannotCopyError(f"dates cannot be written into .{ending} files")


async def _dated_jpeg(head: Head, size: int, taken: datetime) -> Copy:
    segments, end = await jpeg.read_segments(head)
    number = jpeg.find(segments, jpeg.EXIF)
    old = None if number is None else segments[number].payload[len(jpeg.EXIF) :]
    if old is not None and has_date(old):
        return unchanged(head, size)
    new = jpeg.Segment(jpeg.APP1, jpeg.EXIF + with_date(old, taken))
    if number is None:
        first_is_jfif = bool(segments) and segments[0].payload.startswith(b"JFIF\0")
        segments.insert(1 if first_is_jfif else 0, new)
    elif number > jpeg.multi_picture(segments):
        raise CannotCopyError("its parts stand in an unusual order")
    else:
        segments[number] = new
    return changed_head(head, end, jpeg.encode(segments), size)


async def _dated_png(head: Head, size: int, taken: datetime) -> Copy:
    """Put an ``eXIf`` chunk before the picture (PNG, third edition, 11.3.3.4)."""
    if not await head.grow(8) or head.data[:8] != _PNG:
        raise CannotCopyError("it is not a PNG inside")
    at, found = 8, None
    while True:
        if not await head.grow(at + 8):
            raise CannotCopyError("it is not a sound PNG")
        length, kind = (
            int.from_bytes(head.data[at : at + 4], "big"),
            bytes(head.data[at + 4 : at + 8]),
        )
        if kind == b"IDAT":
            break
        if kind == b"IEND" or not await head.grow(at + 12 + length):
            raise CannotCopyError("it is not a sound PNG")
        if kind == b"eXIf":
            found = (at, bytes(head.data[at + 8 : at + 8 + length]))
        at += 12 + length
    if found is not None and has_date(found[1]):
        return unchanged(head, size)
    chunk = _chunk(b"eXIf", with_date(found[1] if found else None, taken))
    before = bytes(head.data[:at])
    if found is not None:
        start = found[0]
        before = before[:start] + before[start + 12 + len(found[1]) :]
    return changed_head(head, at, before + chunk, size)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _ending(filename: str) -> str:
    return filename.rpartition(".")[2].lower()
