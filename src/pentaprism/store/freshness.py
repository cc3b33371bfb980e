"""What was read from the database, kept for as long as the database stays as it is."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


class Freshness:
    """Tells whether anybody has changed the file, in this process or in another.

    SQLite counts commits for each connection that did not make them, so one that only looks sees
    all. Source: https://www.sqlite.org/pragma.html#pragma_data_version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._looking: sqlite3.Connection | None = None
        # One of its own: those that all share may be busy for long, with downloads.
        self._thread = ThreadPoolExecutor(1, "store-look")

    async def version(self) -> int:
        """Return a number that is another one after each change."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._look)

    def close(self) -> None:
        """Let go of the file."""
        self._thread.shutdown()
        with self._lock:
            if self._looking is not None:
                self._looking.close()
                self._looking = None

    def _look(self) -> int:
        with self._lock:
            if self._looking is None:
                self._looking = sqlite3.connect(
                    self._path, isolation_level=None, check_same_thread=False
                )
            (version,) = self._looking.execute("PRAGMA data_version").fetchone()
            return int(version)


class Remembered[V]:
    """Values that were made of what the database holds; ``most`` of them are kept.

    ``version`` is `Store.version`. Values are shared, so they must not be changed.
    """

    def __init__(self, version: Callable[[], Awaitable[int]], *, most: int = 64) -> None:
        self._version = version
        self._most = most
        self._kept: dict[Hashable, tuple[int, V]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[V]]) -> V:
        """Return the value of ``key``, made anew if the database has changed since it was made."""
        version = await self._version()
        kept = self._kept.get(key)
        if kept is not None and kept[0] == version:
            return kept[1]
        value = await make()
        self._kept.pop(key, None)
        self._kept[key] = (version, value)
        while len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
        return value
