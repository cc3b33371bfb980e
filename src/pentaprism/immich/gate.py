"""Limits how many requests are under way, over worker threads and the event loop together."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager


class Gate:
    """Lets at most ``size`` in at once, first come first served."""

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._free = size
        self._queue: deque[Future[None]] = deque()

    @contextmanager
    def thread(self) -> Iterator[None]:
        """Hold a place in a worker thread."""
        ticket = self._enter()
        if ticket is not None:
            ticket.result()
        try:
            yield
        finally:
            self._leave()

    @asynccontextmanager
    async def task(self) -> AsyncIterator[None]:
        """Hold a place on the event loop."""
        ticket = self._enter()
        if ticket is not None:
            try:
                await asyncio.wrap_future(ticket)
            except asyncio.CancelledError:
                # Either we leave the queue, or the place was ours already and is passed on.
                if not ticket.cancel() and not ticket.cancelled():
                    self._leave()
                raise
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> Future[None] | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            ticket: Future[None] = Future()
            self._queue.append(ticket)
            return ticket

    def _leave(self) -> None:
        with self._lock:
            while self._queue:
                ticket = self._queue.popleft()
                if ticket.set_running_or_notify_cancel():
                    ticket.set_result(None)
                    return
            self._free += 1
