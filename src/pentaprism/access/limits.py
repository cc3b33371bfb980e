"""How many attempts to come in are let through, so that nothing can be guessed."""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pentaprism.errors import ActionRequiredError, RetryableError

MOST = 10
"""How many failed attempts are let through in `SECONDS`."""

SECONDS = 600.0
"""How long a failed attempt counts."""

REMEMBERED = 10_000
"""For how many keys attempts are remembered at once."""

_BAD_CREDENTIAL = "bad_key"

type Key = tuple[str, ...]


class TooManyError(RetryableError):
    """Too many attempts have failed; ``after`` tells how many seconds to wait."""

    def __init__(self, after: float) -> None:
        minutes = max(1, math.ceil(after / 60))
        super().__init__(
            "There were too many attempts.",
            code="too_many_attempts",
            hint=f"Try again in {minutes} {'minute' if minutes == 1 else 'minutes'}.",
            after=after,
        )


class Attempts:
    """Counts attempts that failed, each for one or several keys, in memory.

    An attempt counts as failed from its beginning until it has ended well, so that many at once
    get no further than many in turn. ``clock`` tells monotonic seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        most: int = MOST,
        seconds: float = SECONDS,
        remembered: int = REMEMBERED,
    ) -> None:
        self._clock = clock
        self._most = most
        self._seconds = seconds
        self._remembered = remembered
        self._failed: OrderedDict[bytes, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        """Return for how many keys attempts are remembered."""
        return len(self._failed)

    @contextmanager
    def attempt(self, *keys: Key) -> Iterator[None]:
        """Let one attempt through; raises `TooManyError` when one of ``keys`` has had too many.

        The attempt has failed when the block raises, unless nothing was learned by it: a
        `RetryableError`, or an `ActionRequiredError` about anything but the credential.
        """
        self.check(*keys)
        began = self.failed(*keys)
        try:
            yield
        except (RetryableError, ActionRequiredError) as error:
            if error.code != _BAD_CREDENTIAL:
                self._take_back(began, keys)
            raise
        self._take_back(began, keys)

    def check(self, *keys: Key) -> None:
        """Raise `TooManyError` when one of ``keys`` has had too many failed attempts."""
        now = self._clock()
        waits = [self._wait(_digest(key), now) for key in keys]
        if any(waits):
            raise TooManyError(max(waits))

    def failed(self, *keys: Key) -> float:
        """Count a failed attempt for each of ``keys``, and return when that was."""
        now = self._clock()
        for key in keys:
            digest = _digest(key)
            self._failed.setdefault(digest, deque(maxlen=self._most)).append(now)
            self._failed.move_to_end(digest)
        while len(self._failed) > self._remembered:
            self._failed.popitem(last=False)
        return now

    def _wait(self, digest: bytes, now: float) -> float:
        """Return after how many seconds ``digest`` may be tried again; 0 for at once."""
        times = self._failed.get(digest)
        if times is None:
            return 0.0
        while times and times[0] + self._seconds <= now:
            times.popleft()
        if not times:
            del self._failed[digest]
        return times[0] + self._seconds - now if len(times) >= self._most else 0.0

    def _take_back(self, began: float, keys: tuple[Key, ...]) -> None:
        for key in keys:
            digest = _digest(key)
            times = self._failed.get(digest, deque())
            if began in times:
                times.remove(began)
            if not times:
                self._failed.pop(digest, None)


def _digest(key: Key) -> bytes:
    """Return a key of fixed size, so that nobody can fill the memory with long ones."""
    return hashlib.sha256(repr(key).encode("utf-8", "surrogatepass")).digest()
