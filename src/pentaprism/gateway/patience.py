"""Who waits too long: one timer for all exchanges that are under way, and none for each."""

from __future__ import annotations

import asyncio
from typing import Protocol

TICK = 0.05
"""Seconds between two looks; what is over sooner is never looked at."""


class Waiting(Protocol):
    """An exchange as it is seen from here."""

    waiting: float | None
    """Since when (`loop.time`) Immich has to do something; None while it has not."""

    def watch(self) -> None:
        """Begin to look for the client's leaving; called at every tick."""

    def run_out(self) -> None:
        """End it, because Immich was silent for too long."""

    def stop(self) -> None:
        """End it, because the gateway ends."""


class Patience:
    """Looks at every exchange at each tick, as long as there are any.

    ``timeout`` is how many seconds Immich may be silent.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._under_way: set[Waiting] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, exchange: Waiting) -> None:
        """Look after ``exchange`` from now on."""
        self._under_way.add(exchange)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK, self._look)

    def end(self, exchange: Waiting) -> None:
        """Leave ``exchange`` alone; more than once does no harm."""
        self._under_way.discard(exchange)

    def close(self) -> None:
        """Look no more, and end every exchange."""
        for exchange in tuple(self._under_way):
            exchange.stop()
        self._under_way.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if not self._under_way:
            return
        loop = asyncio.get_running_loop()
        oldest = loop.time() - self.timeout
        for exchange in tuple(self._under_way):
            if exchange.waiting is not None and exchange.waiting < oldest:
                exchange.run_out()
            else:
                exchange.watch()
        self._timer = loop.call_later(TICK, self._look)
