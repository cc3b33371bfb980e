"""Locks that one holder has at a time, across all processes that share the database file.

They are locks of the system on files beside the database, so the end of a process, however it
comes, releases what it held.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from pentaprism.errors import ConflictError

_PAUSE = 0.05
"""Seconds between two looks at a lock that another process holds."""


class Locks:
    """The locks beside one database file."""

    def __init__(self, database: Path) -> None:
        self._folder = database.with_name(f"{database.name}-locks")
        self._waiting: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """Hold the lock ``name``, once whoever has it is done; this process's waiters queue."""
        # One place in the queue for this process: the others wait here and look at no file.
        async with self._waiting.setdefault(name, asyncio.Lock()):
            fd = self._open(name)
            try:
                while not _try(fd):  # noqa: ASYNC110 - another process sets no event
                    await asyncio.sleep(_PAUSE)
                yield
            finally:
                os.close(fd)

    @contextmanager
    def take(self, name: str, busy: ConflictError) -> Iterator[None]:
        """Hold the lock ``name``, or raise ``busy`` at once if somebody has it."""
        fd = self._open(name)
        try:
            if not _try(fd):
                raise busy
            yield
        finally:
            os.close(fd)

    def _open(self, name: str) -> int:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        file = self._folder / hashlib.sha256(name.encode()).hexdigest()[:32]
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
