"""The lock of a mirror's folder: one process at a time writes there."""

from __future__ import annotations

import errno
import fcntl
import logging
import os

from pentaprism.errors import ConflictError

_log = logging.getLogger(__name__)
_CANNOT_LOCK = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


def take_lock(private: int, where: str) -> int:
    """Lock the folder whose private folder is open as ``private``; return the descriptor.

    Closing the descriptor, or the end of the process, releases the lock. Raises `ConflictError`
    with code ``locked`` when another process, or another opening in this one, holds it. On a
    filesystem that knows no locks a warning is logged and the work goes on.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    fd = os.open("lock", flags, 0o644, dir_fd=private)
    try:
        _lock(fd, where)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _lock(fd: int, where: str) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise ConflictError(
            f"Another run is writing to {where} (process {holder}).",
            code="locked",
            hint="Wait until it is done, or stop it; then try again.",
        ) from error
    except OSError as error:
        if error.errno not in _CANNOT_LOCK:
            raise
        _log.warning("%s is on a filesystem without locks; run one mirror at a time there", where)
