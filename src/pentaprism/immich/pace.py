"""When to try again, and how fast to read: back-off, patience and the bandwidth limit."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from pentaprism.errors import RetryableError

_PROGRESS = 256 * 1024
"""Bytes after which a transfer that broke off again counts as one that gets on."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The clock and the sleeps of a client, to be replaced in tests. All times in seconds.

    The n-th repetition waits between half and all of ``first`` times 2 to the n - 1, at most
    ``most``. A server that asks for more than ``longest`` is not waited for.
    """

    first: float = 0.5
    most: float = 30.0
    longest: float = 60.0
    jitter: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait

    def delay(self, failures: int, after: float | None) -> float:
        """Return how long to wait after so many ``failures`` when the server asked ``after``."""
        backoff = min(self.most, self.first * 2.0 ** min(failures - 1, 30))
        return max(backoff * (0.5 + self.jitter() / 2), after or 0.0)


class Patience:
    """Counts the failures of one call or transfer, and says when it has had enough."""

    def __init__(self, pace: Pace, retries: int) -> None:
        self._pace = pace
        self._retries = retries
        self._failures = 0
        self._reached = 0

    def after(self, error: RetryableError, position: int = 0) -> float:
        """Return the seconds to wait after ``error``, or raise it when that was the last try.

        ``position`` is how many bytes have come so far: a transfer that gets on starts counting
        anew, so that a large file comes through a bad line.
        """
        if position - self._reached >= _PROGRESS:
            self._reached = position
            self._failures = 0
        self._failures += 1
        if self._failures > self._retries or (error.after or 0.0) > self._pace.longest:
            raise error
        return self._pace.delay(self._failures, error.after)


class Bandwidth:
    """A token bucket shared by all threads and the event loop; ``rate`` in bytes a second.

    Who wants to read takes first and then waits as long as `take` says.
    """

    def __init__(self, rate: int | None, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._burst = (rate or 0) / 8
        self._tokens = self._burst
        self._at = clock()

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._rate is not None

    def portion(self, most: int) -> int:
        """Return how many bytes to read at a time, so that the flow stays even."""
        return most if self._rate is None else max(4096, min(most, self._rate // 16))

    def take(self, size: int) -> float:
        """Take ``size`` bytes and return the seconds to wait before they are there."""
        if self._rate is None:
            return 0.0
        with self._lock:
            now = self._clock()
            earned = max(0.0, now - self._at) * self._rate
            self._at = now
            self._tokens = min(self._burst, self._tokens + earned) - size
            return max(0.0, -self._tokens / self._rate)


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3), if it can be read.

    ``now`` is the time since the epoch, for the header's form with a date.
    """
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None
