"""Work that nobody waits for, one at a time for each key."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger(__name__)


class Background:
    """Keeps tasks until they are done; what they raise goes to the log."""

    def __init__(self) -> None:
        self._tasks: dict[bytes, asyncio.Task[None]] = {}
        self._closed = False

    def start(self, key: bytes, work: Coroutine[Any, Any, None]) -> bool:
        """Begin ``work``, unless work for ``key`` is under way or this is closed; tell whether."""
        if self._closed or key in self._tasks:
            work.close()
            return False
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._end(key, done))
        return True

    async def idle(self) -> None:
        """Return when no work is under way."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def close(self, patience: float) -> None:
        """Wait ``patience`` seconds for what is under way, cancel what is not done by then."""
        self._closed = True
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _end(self, key: bytes, task: asyncio.Task[None]) -> None:
        del self._tasks[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("Work in the background failed.", exc_info=error)
