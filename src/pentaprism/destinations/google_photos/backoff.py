"""How long to wait after each kind of error, and when it is enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pentaprism.destinations.google_photos.refusals import (
    BurstLimitError,
    ConcurrentWriteError,
    UnauthenticatedError,
)
from pentaprism.destinations.pace import Pace
from pentaprism.errors import ActionRequiredError, RetryableError


@dataclass(frozen=True, slots=True)
class _Kind:
    """Waits from ``first`` seconds, doubled up to ``most``, ``tries`` times."""

    first: float
    most: float
    tries: int


_BURST = _Kind(30.0, 600.0, 8)
_CONCURRENT = _Kind(60.0, 1800.0, 6)  # 1 + 2 + 4 + 8 + 16 + 30 minutes: an hour in all
_PASSING = _Kind(1.0, 60.0, 8)

_RENEWALS = 5
"""How many access tokens in a row may be refused to one call."""

_TOLD = 5.0
"""Seconds of a wait from which on it is told."""


class Backoff:
    """What the calls to one account know of waiting; a burst limit stops all of them."""

    def __init__(self, pace: Pace, on_wait: Callable[[str, float], None]) -> None:
        self._pace = pace
        self._on_wait = on_wait
        self._rest_until = 0.0

    def patience(self) -> Patience:
        """Return the patience for one call."""
        return Patience(self)

    async def rest(self) -> None:
        """Return when the account may be called again."""
        while (seconds := self._rest_until - self._pace.ticks()) > 0:
            await self._pace.sleep(seconds)

    async def wait(self, error: RetryableError, kind: _Kind, failures: int) -> None:
        """Wait after the ``failures``-th error of its ``kind``."""
        first = max(kind.first, error.after or 0.0)
        seconds = self._pace.delay(first, failures, max(kind.most, first))
        until = self._pace.ticks() + seconds
        if kind is not _BURST:
            self._tell(error, seconds)
            await self._pace.sleep(seconds)
        elif until > self._rest_until:
            told_before = self._rest_until > self._pace.ticks()
            self._rest_until = until
            if not told_before:
                self._tell(error, seconds)

    def _tell(self, error: RetryableError, seconds: float) -> None:
        if seconds >= _TOLD:
            self._on_wait(error.message, seconds)


class Patience:
    """Counts the errors of one call by their kind."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self._failures: dict[_Kind, int] = {}
        self._refused = 0

    async def wait(self, error: RetryableError) -> None:
        """Wait as long as ``error`` asks for, or raise when it has come too often."""
        if isinstance(error, UnauthenticatedError):
            # It was renewed; a stream is sent again from its source with the new one. A token that
            # dies takes all calls with it that are under way, so two deaths prove nothing yet.
            self._refused += 1
            if self._refused > _RENEWALS:
                raise _locked_out(error)
            if self._refused > 1:
                await self._backoff.wait(error, _PASSING, self._refused - 1)
            return
        kind = _kind(error)
        failures = self._failures[kind] = self._failures.get(kind, 0) + 1
        if failures > kind.tries:
            raise error
        await self._backoff.wait(error, kind, failures)


def _kind(error: RetryableError) -> _Kind:
    if isinstance(error, BurstLimitError):
        return _BURST
    return _CONCURRENT if isinstance(error, ConcurrentWriteError) else _PASSING


def _locked_out(error: RetryableError) -> ActionRequiredError:
    return ActionRequiredError(
        f"{error.message} Not even a new one.",
        code="unauthenticated",
        hint="Connect the account again with `pentaprism account connect`.",
    )
