"""Tells whoever watches that something has changed."""

from __future__ import annotations

import asyncio


class Changes:
    """A number that grows with each change, and a way to wait for that."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self.number = 0
        self.closed = False

    def tell(self) -> None:
        """Note that something has changed."""
        self.number += 1
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def close(self) -> None:
        """Let everybody go who waits, now and later."""
        self.closed = True
        self.tell()

    async def after(self, number: int, seconds: float) -> int:
        """Return the number once it is above ``number``, or after ``seconds``."""
        if self.number <= number and not self.closed:
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                async with asyncio.timeout(seconds):
                    await future
            except TimeoutError:
                pass
            finally:
                self._waiting.discard(future)
        return self.number
