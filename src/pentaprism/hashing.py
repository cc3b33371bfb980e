"""The checksums of files: SHA-1, which Immich knows, and SHA-256, both from one read."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import itertools
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

_BUFFER = 1 << 20
_TWO_THREADS_FROM = 16 << 20  # below it, handing chunks over costs about what it gains


@dataclass(frozen=True, slots=True)
class Hashes:
    """The digests of a file's bytes, and how many there were."""

    sha1: bytes
    sha256: bytes
    size: int


class FileChangedError(OSError):
    """A file was written to while it was read, so that its digests are those of no state of it."""


def hash_file(path: str) -> Hashes:
    """Read ``path`` once and return both digests.

    Raises `FileChangedError` when its size or time changed meanwhile, and another `OSError` when
    it cannot be read or is no regular file. A FIFO is refused without waiting for a writer.
    """
    return _read_unchanged(path, _digest, lambda hashes: hashes.size)


def hash_file_sha256(path: str) -> bytes:
    """Read ``path`` and return its SHA-256 alone; raises as `hash_file` does."""
    return _read_unchanged(path, _sha256, lambda found: found[1])[0]


def _read_unchanged[T](
    path: str, digest: Callable[[int, int], T], size_of: Callable[[T], int]
) -> T:
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", path)
        found = digest(fd, before.st_size)
        after = os.fstat(fd)
        if (size_of(found), after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise FileChangedError(errno.EBUSY, "The file changed while it was read", path)
        return found
    finally:
        os.close(fd)


async def hash_files(paths: Sequence[str], at_once: int = 2) -> list[Hashes | OSError]:
    """Hash ``paths`` in threads, ``at_once`` at a time, and answer in their order.

    A file that cannot be hashed is answered by its error. After a cancel, files that are being read
    are read to their ends in the background.
    """
    return await _each(hash_file, paths, at_once)


async def hash_files_sha256(paths: Sequence[str], at_once: int = 2) -> list[bytes | OSError]:
    """Tell the SHA-256 of files alone; otherwise as `hash_files`."""
    return await _each(hash_file_sha256, paths, at_once)


async def _each[T](
    hashing: Callable[[str], T], paths: Sequence[str], at_once: int
) -> list[T | OSError]:
    turns = asyncio.Semaphore(at_once)

    async def one(path: str) -> T | OSError:
        async with turns:
            return await asyncio.to_thread(_hash_or_error, hashing, path)

    return list(await asyncio.gather(*(one(path) for path in paths)))


def _hash_or_error[T](hashing: Callable[[str], T], path: str) -> T | OSError:
    try:
        return hashing(path)
    except OSError as error:
        return error
    except ValueError as error:  # a NUL in the name: no file can have it
        return OSError(errno.EINVAL, str(error), path)


def _sha256(fd: int, size: int) -> tuple[bytes, int]:
    digest, total = hashlib.sha256(), 0
    for chunk in _chunks(fd, size, bytearray(min(size + 1, _BUFFER))):
        digest.update(chunk)
        total += len(chunk)
    return digest.digest(), total


def _digest(fd: int, size: int) -> Hashes:
    if size >= _TWO_THREADS_FROM:
        return _digest_in_two_threads(fd, size)
    sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    total = 0
    for chunk in _chunks(fd, size, bytearray(size + 1)):
        sha1.update(chunk)
        sha256.update(chunk)
        total += len(chunk)
    return Hashes(sha1.digest(), sha256.digest(), total)


def _digest_in_two_threads(fd: int, size: int) -> Hashes:
    """Hash with one digest in a thread of its own; hashlib lets go of the interpreter meanwhile."""
    sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    total = 0
    with ThreadPoolExecutor(1) as beside:
        behind: Future[None] | None = None
        for chunk in _chunks(fd, size, bytearray(_BUFFER), bytearray(_BUFFER)):
            if behind is not None:
                behind.result()  # before the next read reuses the buffer that it hashes
            behind = beside.submit(sha1.update, chunk)
            sha256.update(chunk)
            total += len(chunk)
    return Hashes(sha1.digest(), sha256.digest(), total)


def _chunks(fd: int, size: int, *buffers: bytearray) -> Iterator[memoryview]:
    """Yield the bytes of ``fd``, read into ``buffers`` in turn.

    It ends once there are more than ``size``: a file may be written to faster than it is read.
    """
    for view in itertools.cycle([memoryview(buffer) for buffer in buffers]):
        count = os.readv(fd, [view])
        yield view[:count]
        size -= count
        if not count or size < 0:
            return
