"""The few system calls that Python lacks, each with a way out where the system lacks them too."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import sys
from collections.abc import Callable

_LIBC = ctypes.CDLL(None, use_errno=True)
_RENAME_NOREPLACE = 1  # linux/fs.h
_RENAME_EXCL = 4  # sys/stdio.h of macOS
_FALLOC_FL_KEEP_SIZE = 1  # linux/falloc.h

_CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP})
"""What a filesystem answers to a call, or a flag of it, that it does not know."""

_Rename = Callable[[int, str, int, str], None]


def _exclusive_call() -> tuple[Callable[..., int], int] | None:
    """Return the C function that renames without replacing, and its flag."""
    name, flag = (
        ("renameatx_np", _RENAME_EXCL)
        if sys.platform == "darwin"
        else ("renameat2", _RENAME_NOREPLACE)
    )
    function = getattr(_LIBC, name, None)
    if function is None:
        return None
    function.argtypes = (
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    )
    return function, flag


_EXCLUSIVE = _exclusive_call()


def _rename_exclusive(source: int, name: str, target: int, new_name: str) -> None:
    if _EXCLUSIVE is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    function, flag = _EXCLUSIVE
    if function(source, os.fsencode(name), target, os.fsencode(new_name), flag):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), new_name)


def _link_and_unlink(source: int, name: str, target: int, new_name: str) -> None:
    os.link(name, new_name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    os.unlink(name, dir_fd=source)


def _look_and_rename(source: int, name: str, target: int, new_name: str) -> None:
    """Rename after a look: the best there is on a filesystem that knows neither flag nor links."""
    try:
        os.stat(new_name, dir_fd=target, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_name)


RENAMES: tuple[_Rename, ...] = (_rename_exclusive, _link_and_unlink, _look_and_rename)
"""The ways to rename without replacing, best first."""


def rename_new(
    source: int, name: str, target: int, new_name: str, ways: tuple[_Rename, ...] = RENAMES
) -> None:
    """Rename the file ``name`` in folder ``source`` without ever replacing anything.

    ``source`` and ``target`` are descriptors of folders. Raises `FileExistsError` when
    ``new_name`` is taken.
    """
    for way in ways[:-1]:
        try:
            return way(source, name, target, new_name)
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
    return ways[-1](source, name, target, new_name)


def preallocate(fd: int, size: int) -> None:
    """Reserve ``size`` bytes for the file without changing its length, where that is possible.

    Raises `OSError` with ENOSPC or EDQUOT when there is no room. fallocate(2) is called directly,
    because posix_fallocate(3) writes every block where the filesystem cannot reserve.
    """
    fallocate = getattr(_LIBC, "fallocate", None)
    if fallocate is None or size <= 0:
        return
    length = ctypes.c_int64
    while fallocate(fd, _FALLOC_FL_KEEP_SIZE, length(0), length(size)):
        number = ctypes.get_errno()
        if number in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}:
            raise OSError(number, os.strerror(number))
        if number != errno.EINTR:
            return


def sync_file(fd: int) -> None:
    """Bring the bytes of a file to the disk itself; macOS needs F_FULLFSYNC for that."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is not None:
        try:
            fcntl.fcntl(fd, full)
        except OSError as error:
            if error.errno not in _CANNOT | {errno.ENOTTY}:
                raise
        else:
            return
    os.fsync(fd)


def reports_failed_syncs() -> bool:
    """Tell whether syncfs(2) is there and reports failed writes, as Linux does since 5.8."""
    if not sys.platform.startswith("linux") or not hasattr(_LIBC, "syncfs"):
        return False
    numbers = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= (5, 8)


def filesystem_type(fd: int) -> int | None:
    """Return the type of the filesystem that ``fd`` is on, as in linux/magic.h; None if unknown.

    It is the first field, a long, of what fstatfs(2) fills in.
    """
    if not sys.platform.startswith("linux") or not hasattr(_LIBC, "fstatfs"):
        return None
    status = (ctypes.c_long * 64)()  # larger than struct statfs on any machine
    if _LIBC.fstatfs(fd, status):
        return None
    return status[0] & 0xFFFFFFFF


def sync_filesystem(fd: int) -> None:
    """Bring everything written to the filesystem that ``fd`` is on to the disk, in one go.

    Not every filesystem keeps that promise: see `pentaprism.destinations.local_folder.flush`.
    """
    if _LIBC.syncfs(fd):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def sync_folder(fd: int) -> None:
    """Bring the names in a folder to the disk; some filesystems cannot, and need not."""
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
