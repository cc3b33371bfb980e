"""Flushing: how staged bytes get to the disk before they get a name.

Flushing many small files one by one costs more than writing them, so where it is sound the small
files of a commit are flushed together, with one syncfs(2). It is sound on few filesystems: FUSE
does not pass the call on to its server (fuse_sync_fs in fs/fuse/inode.c of Linux does so for
virtiofs alone), and others leave it in a cache further down. Everywhere else each file is flushed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress

from pentaprism.destinations.local_folder.syscalls import (
    filesystem_type,
    reports_failed_syncs,
    sync_file,
    sync_filesystem,
)

_ALONE_FROM = 8 << 20
"""Bytes; a larger file is flushed by itself, in its thread, so that no commit waits for it."""

_FLUSHED_WHOLE = frozenset(
    {
        0xEF53,  # ext4
        0x58465342,  # XFS
        0x9123683E,  # btrfs
        0xF2F52010,  # F2FS
        0x01021994,  # tmpfs, which has no disk
    }
)
"""Types of filesystems (linux/magic.h) whose syncfs(2) ends with the bytes on the disk itself."""


def flushes_whole(fd: int) -> bool:
    """Tell whether one syncfs(2) is as good as an fsync(2) of each file, where ``fd`` is."""
    return reports_failed_syncs() and filesystem_type(fd) in _FLUSHED_WHOLE


class Flush:
    """Flushes what is staged in one temporary folder, whose descriptor is ``tmp``.

    ``together`` says whether the small files of a commit may share one ``sync_all``; ``sync_one``
    flushes a single file.
    """

    def __init__(
        self,
        tmp: int,
        *,
        together: bool,
        sync_one: Callable[[int], None] = sync_file,
        sync_all: Callable[[int], None] = sync_filesystem,
    ) -> None:
        self._tmp = tmp
        self._together = together
        self._sync_one = sync_one
        self._sync_all = sync_all

    def file(self, fd: int, size: int) -> bool:
        """Flush a file of ``size`` bytes unless the commit will; tell whether it is flushed."""
        if self._together and size < _ALONE_FROM:
            return False
        self._sync_one(fd)
        return True

    def rest(self, names: Iterable[str]) -> None:
        """Flush the temporary files ``names``, for which `file` answered that it had not.

        A failed write is reported to one syncfs(2) only, and may be that of a file which a later
        commit will publish. So after one failure each file is asked for itself.
        """
        if self._together:
            try:
                self._sync_all(self._tmp)
            except OSError:
                self._together = False
                raise
            return
        for name in names:
            with suppress(FileNotFoundError):  # published by an earlier commit of the same shot
                self._file_by_name(name)

    def _file_by_name(self, name: str) -> None:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=self._tmp)
        try:
            self._sync_one(fd)
        finally:
            os.close(fd)
