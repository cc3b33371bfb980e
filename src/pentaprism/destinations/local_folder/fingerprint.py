"""How a file of ours is recognised: by size and time, and by its hash where those differ."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pentaprism.destinations.base import Presence, RemoteItem
from pentaprism.destinations.local_folder.tree import open_regular

TOLERANCE_NS = 2_000_000_000
"""FAT keeps times in steps of two seconds."""

_BLOCK = 1 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def nanoseconds(instant: datetime) -> int:
    """Return an aware instant as nanoseconds since 1970, exactly; negative before."""
    return (instant - _EPOCH) // _MICROSECOND * 1000


def same_time(one_ns: int, other_ns: int) -> bool:
    """Tell whether two file times are the same, as far as every filesystem can keep them."""
    return abs(one_ns - other_ns) <= TOLERANCE_NS


def sha1_of(fd: int, size: int) -> bytes:
    """Return the SHA-1 of an open file from its start; ``size`` is a hint for the buffer."""
    digest = hashlib.sha1(usedforsecurity=False)
    block = bytearray(max(1, min(size + 1, _BLOCK)))
    view = memoryview(block)
    offset = 0
    while count := os.preadv(fd, [block], offset):
        digest.update(view[:count])
        offset += count
    return digest.digest()


def sha1_of_bytes(data: bytes) -> bytes:
    """Return the SHA-1 of ``data``."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


def read_sha1(folder: int, name: str) -> bytes | None:
    """Return the SHA-1 of a regular file in an open folder; None when it cannot be read."""
    try:
        fd, seen = open_regular(name, folder)
    except OSError:
        return None
    try:
        return sha1_of(fd, seen.st_size)
    finally:
        os.close(fd)


def judge(
    seen: os.stat_result | None, item: RemoteItem, read_sha1: Callable[[], bytes | None]
) -> Presence:
    """Tell what a file's status says about the item that was recorded for it.

    ``read_sha1`` is called only when the time differs while the size does not; it answers None
    when the file cannot be read.
    """
    if seen is None:
        return Presence.MISSING
    if not stat.S_ISREG(seen.st_mode):
        return Presence.EDITED
    same_size = item.size is None or seen.st_size == item.size
    if seen.st_size == 0 and not same_size:
        return Presence.DAMAGED
    if item.mtime_ns is None or same_time(seen.st_mtime_ns, item.mtime_ns):
        return Presence.PRESENT if same_size else Presence.DAMAGED
    if same_size and item.sha1 is not None and read_sha1() == item.sha1:
        return Presence.PRESENT
    return Presence.EDITED


def unchanged(seen: os.stat_result, before: os.stat_result) -> bool:
    """Tell whether a file is the very same as at an earlier look."""
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns) == (
        before.st_ino,
        before.st_size,
        before.st_mtime_ns,
    )
