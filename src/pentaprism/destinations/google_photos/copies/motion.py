"""Motion photos: a still and its video in one file, which Google Photos plays.

Source: https://developer.android.com/media/platform/motion-photo-format, version 1.0.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import cast

from pentaprism.destinations.google_photos.copies import jpeg, xmp
from pentaprism.destinations.google_photos.copies.copy import (
    CannotCopyError,
    Copy,
    Head,
    changed_head,
    unchanged,
)
from pentaprism.destinations.google_photos.copies.heic import read_head, with_xmp

_JPEG = frozenset({"jpe", "jpeg", "jpg", "jfif"})
_HEIC = frozenset({"heic", "heif"})
_WIDE = 1 << 32


def can_be_motion_photo(filename: str) -> bool:
    """Tell by its name whether a still is of a kind that can hold its video."""
    return filename.rpartition(".")[2].lower() in _JPEG | _HEIC


async def motion_photo(
    still: AsyncIterator[bytes],
    still_size: int,
    video: Callable[[], AsyncIterator[bytes]],
    video_size: int,
    *,
    video_type: str = "video/quicktime",
) -> Copy:
    """Return the motion photo of ``still`` and ``video``, or the still where it is one already.

    Reads the head of ``still`` only, and opens ``video`` when the still has been sent. Raises
    `CannotCopyError`, with ``still`` closed.
    """
    head = Head(still)
    try:
        parts = await _parts(head, still_size, video_type, video_size)
    except BaseException:
        await head.close()
        raise
    if parts is None:
        return unchanged(head, still_size)
    copy, between = parts

    async def stream() -> AsyncGenerator[bytes]:
        async with aclosing(copy.stream()) as pieces:
            async for piece in pieces:
                yield piece
        yield between
        async with aclosing(cast("AsyncGenerator[bytes]", video())) as pieces:
            async for piece in pieces:
                yield piece

    return Copy(copy.size + len(between) + video_size, True, stream, head.close)


async def _parts(
    head: Head, size: int, video_type: str, video_size: int
) -> tuple[Copy, bytes] | None:
    """Return the still with its XMP, and what stands between it and the video.

    None for one that is a motion photo already.
    """
    await head.grow(12)
    if head.data[:2] == b"\xff\xd8":
        return await _jpeg(head, size, video_type, video_size)
    if head.data[4:8] == b"ftyp":
        return await _heic(head, size, video_type, video_size)
    raise CannotCopyError("it is neither JPEG nor HEIC inside")


async def _jpeg(
    head: Head, size: int, video_type: str, video_size: int
) -> tuple[Copy, bytes] | None:
    segments, end = await jpeg.read_segments(head)
    number = jpeg.find(segments, jpeg.XMP)
    old = None if number is None else segments[number].payload[len(jpeg.XMP) :]
    if old is not None and xmp.is_marked(old):
        return None
    packet = xmp.packet(
        old, still_type="image/jpeg", video_type=video_type, video_size=video_size, padding=0
    )
    new = jpeg.Segment(jpeg.APP1, jpeg.XMP + packet)
    if number is None:
        segments.insert(jpeg.after_exif(segments), new)
    elif number > jpeg.multi_picture(segments):
        raise CannotCopyError("its parts stand in an unusual order")
    else:
        segments[number] = new
    return changed_head(head, end, jpeg.encode(segments), size), b""


async def _heic(head: Head, size: int, video_type: str, video_size: int) -> tuple[Copy, bytes]:
    """Return the still with XMP, and what comes between it and the video: XMP, and a box's head."""
    read = await read_head(head)
    wide = video_size + 8 >= _WIDE
    box = (
        struct.pack(">I4sQ", 1, b"mpvd", video_size + 16)
        if wide
        else struct.pack(">I4s", video_size + 8, b"mpvd")
    )
    packet = xmp.packet(
        None,
        still_type="image/heic",
        video_type=video_type,
        video_size=video_size,
        padding=len(box),
    )
    data = struct.pack(">I4s", len(packet) + 8, b"mdat") + packet
    new = with_xmp(read, len(packet), size)
    return changed_head(head, read.end, new, size), data + box
