"""Worker threads that answer the event loop in bunches.

A `ThreadPoolExecutor` wakes the loop once for each result, through a socket. With thousands of
small files that costs more than the files; here results that come while the loop is busy share one
wake-up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any


class Threads:
    """A fixed number of threads that do blocking work for one event loop."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._threads: list[Thread] = []
        self._waiting: SimpleQueue[_Work | None] = SimpleQueue()
        self._done: list[_Work] = []
        self._lock = Lock()

    async def run[T](self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, or raise what it raises, when a thread has done it."""
        loop = asyncio.get_running_loop()
        if not self._threads:
            self._start()
        item = _Work(loop, loop.create_future(), work)
        self._waiting.put(item)
        result: T = await item.future
        return result

    def close(self) -> None:
        """Wait for work that has begun; what has not is cancelled."""
        while not self._waiting.empty():
            item = self._waiting.get()
            if item is not None and not item.loop.is_closed():
                item.loop.call_soon_threadsafe(item.future.cancel)
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start(self) -> None:
        self._threads = [
            Thread(target=self._serve, name=f"{self._name}-{number}", daemon=True)
            for number in range(self._count)
        ]
        for thread in self._threads:
            thread.start()

    def _serve(self) -> None:
        while (item := self._waiting.get()) is not None:
            item.do()
            with self._lock:
                first = not self._done
                self._done.append(item)
            # Only the first result wakes the loop: it takes along whatever comes until it looks.
            if first:
                item.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            done, self._done = self._done, []
        for item in done:
            item.answer()


class _Work:
    """One piece of work and the future that waits for it."""

    __slots__ = ("call", "error", "future", "loop", "result")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[Any],
        call: Callable[[], Any],
    ) -> None:
        self.loop = loop
        self.future = future
        self.call = call
        self.result: Any = None
        self.error: BaseException | None = None

    def do(self) -> None:
        """Do the work, in a thread."""
        try:
            self.result = self.call()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self.error = error

    def answer(self) -> None:
        """Give the outcome to whoever waits, on the event loop."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)
