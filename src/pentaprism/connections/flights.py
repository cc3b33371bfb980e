"""Calls that are made once, however many wait for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any


class Flights[K: Hashable, V]:
    """The calls under way, by what they ask for.

    A call goes on when those who wait for it have gone, so that its answer is there for the next.
    """

    def __init__(self) -> None:
        self._under_way: dict[K, asyncio.Task[V]] = {}

    def start(self, key: K, call: Callable[[], Coroutine[Any, Any, V]]) -> asyncio.Task[V]:
        """Return the call for ``key`` that is under way, begun now if there is none."""
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(call())
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        return task

    async def join(self, key: K, call: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """Return what the call for ``key`` answers, or raise what it raises."""
        return await asyncio.shield(self.start(key, call))

    async def close(self) -> None:
        """End all calls, and return when they have ended."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _landed(self, key: K, task: asyncio.Task[V]) -> None:
        if self._under_way.get(key) is task:
            del self._under_way[key]
        if not task.cancelled():
            task.exception()  # seen, even if nobody waits any more
