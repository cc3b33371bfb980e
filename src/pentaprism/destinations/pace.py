"""When to try again: the clock's ticks, the sleeps and the dice of a destination."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """The sleeps of a client, to be replaced in tests; all times in seconds.

    ``jitter`` answers a number from 0 to 1.
    """

    jitter: Callable[[], float] = random.random
    ticks: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def delay(self, first: float, failures: int, most: float) -> float:
        """Return how long to wait after so many ``failures``: ``first``, doubled for each more.

        Between three quarters and five quarters of that, so that clients do not march in step; at
        most ``most``, and never less than ``first`` when the server named it.
        """
        wanted = min(most, first * 2.0 ** min(failures - 1, 30))
        return max(first, wanted * (0.75 + self.jitter() / 2))
