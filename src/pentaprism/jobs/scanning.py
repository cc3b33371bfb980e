"""A scan that is asked for or at work here: how far it is, and how fast."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from pentaprism.errors import PentaprismError
from pentaprism.indexing import Step
from pentaprism.library.progress import Phase, ScanProgress

_RATE_OVER = 10.0
_SOONEST = 1.0
"""Seconds of which the rate is taken, and after which there is one."""


class ScanState(StrEnum):
    """Where a scan is."""

    QUEUED = "queued"
    SCANNING = "scanning"
    MATCHING = "matching"
    GROUPING = "grouping"
    ENDED = "ended"
    CANCELLED = "cancelled"
    FAILED = "failed"


OVER = frozenset({ScanState.ENDED, ScanState.CANCELLED, ScanState.FAILED})
"""The states of scans that are no longer under way."""


@dataclass(frozen=True, slots=True)
class ScanLive:
    """How a scan stands at this moment.

    ``rate`` is in files a second, of the phase that ``progress`` is in; 0 while it is not known.
    ``error`` is why it failed.
    """

    root_id: str
    state: ScanState
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    progress: ScanProgress
    rate: float
    error: PentaprismError | None


@dataclass(slots=True, eq=False)
class Job:
    """A scan of one root, from when it was asked for; ``cancelled`` means by a person."""

    root_id: str
    asked_at: datetime
    name: str = ""
    state: ScanState = ScanState.QUEUED
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: PentaprismError | None = None
    cancelled: bool = False
    task: asyncio.Task[None] | None = None
    progress: ScanProgress = field(default_factory=ScanProgress)
    _samples: deque[tuple[float, Phase, int]] = field(default_factory=lambda: deque(maxlen=60))

    def begin(self, name: str, now: datetime) -> None:
        """Note that it is its turn."""
        self.name, self.started_at, self.state = name, now, ScanState.SCANNING

    def step(self, step: Step) -> None:
        """Note what is done now."""
        self.state = ScanState(step.value)

    def end(self, state: ScanState, now: datetime, error: PentaprismError | None) -> None:
        """Note that it has ended."""
        self.state, self.ended_at, self.error = state, now, error

    def sample(self, second: float) -> None:
        """Remember how far it is at ``second`` of a clock that never goes back."""
        self._samples.append((second, self.progress.phase, _done(self.progress)))

    def look(self) -> ScanLive:
        """Return how it stands."""
        return ScanLive(
            self.root_id,
            self.state,
            self.asked_at,
            self.started_at,
            self.ended_at,
            replace(self.progress),
            0.0 if self.state in OVER else self._rate(),
            self.error,
        )

    def _rate(self) -> float:
        if not self._samples:
            return 0.0
        last, phase, done = self._samples[-1]
        same = [
            (second, count)
            for second, other, count in self._samples
            if other is phase and last - second <= _RATE_OVER
        ]
        first, before = same[0]
        seconds = last - first
        return max(0, done - before) / seconds if seconds >= _SOONEST else 0.0


def _done(progress: ScanProgress) -> int:
    """Return how many files are done in the phase that it is in."""
    if progress.phase is Phase.READING:
        return progress.read
    if progress.phase is Phase.GROUPING:
        return progress.grouped
    return progress.files
