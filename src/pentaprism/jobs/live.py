"""A run that is at work here: how far it is, how fast, and when it will be done."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from pentaprism.errors import WaitingError
from pentaprism.mirrors.progress import Progress
from pentaprism.mirrors.run import MirrorRun
from pentaprism.store.records import Mirror

WINDOW = 300
"""Seconds of which the rate is remembered."""

_RATE_OVER = 60.0
_FORECAST_OVER = 120.0
_SOONEST = 4.0
"""Seconds after which a forecast is more than a guess."""

_BAR = 5
"""Seconds that one point of the curve stands for."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What had been done at ``second``, of a clock that never goes back."""

    second: float
    bytes_read: int
    done: int


@dataclass(frozen=True, slots=True)
class Live:
    """How far a run is at this moment.

    ``rate`` is in bytes a second over the last minute, ``files_rate`` in assets a second. ``curve``
    holds the rate of the last 5 minutes, a point for 5 seconds, the oldest first. ``seconds_left``
    is a forecast, None while nothing can be said. ``ending`` tells that it was asked to end.
    """

    run_id: str
    mirror_id: str
    started_at: datetime
    progress: Progress
    rate: float
    files_rate: float
    curve: tuple[float, ...]
    seconds_left: float | None
    ending: bool


@dataclass(slots=True)
class Work:
    """A mirror that is being run here, from before the run is recorded until after its end."""

    mirror: Mirror
    run: MirrorRun | None = None
    ending: bool = False
    rest: WaitingError | None = None
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=WINDOW))

    def begin(self, run: MirrorRun) -> None:
        """Note what works; it ends at once if it was asked to before it was there."""
        self.run = run
        if self.ending:
            self._end(run)

    def is_at(self, run_id: str) -> bool:
        """Tell whether it is this run that is at work."""
        return self.run is not None and self.run.record is not None and self.run.record.id == run_id

    def end_by(self, rest: WaitingError | None) -> None:
        """End the work soon: the run waits as ``rest`` says, and is cancelled without one."""
        self.ending, self.rest = True, rest
        if self.run is not None:
            self._end(self.run)

    def _end(self, run: MirrorRun) -> None:
        if self.rest is None:
            run.cancel()
        else:
            run.park(self.rest)

    def sample(self, second: float) -> None:
        """Remember how far the run is at ``second``."""
        if self.run is not None:
            progress = self.run.progress()
            self.samples.append(Sample(second, progress.bytes_read, progress.counters.total))

    def look(self) -> Live | None:
        """Return how far the run is, None until it is recorded."""
        if self.run is None or self.run.record is None:
            return None
        progress = self.run.progress()
        rate, _ = speed(self.samples, _RATE_OVER)
        _, files_rate = speed(self.samples, _FORECAST_OVER)
        left = max(0, progress.expected - progress.counters.total)
        return Live(
            run_id=self.run.record.id,
            mirror_id=self.mirror.id,
            started_at=self.run.record.started_at,
            progress=progress,
            rate=rate,
            files_rate=files_rate,
            curve=curve(self.samples),
            seconds_left=left / files_rate if files_rate and progress.expected else None,
            ending=self.ending,
        )


def speed(samples: deque[Sample], over: float) -> tuple[float, float]:
    """Return bytes and assets a second in the last ``over`` seconds; zeros until that is known."""
    if not samples:
        return 0.0, 0.0
    last = samples[-1]
    first = next(sample for sample in samples if last.second - sample.second <= over)
    seconds = last.second - first.second
    if seconds < _SOONEST:
        return 0.0, 0.0
    # A run that starts over, as its album was remade, counts from nought again.
    done = max(0, last.done - first.done)
    return (last.bytes_read - first.bytes_read) / seconds, done / seconds


def curve(samples: deque[Sample]) -> tuple[float, ...]:
    """Return the bytes a second of each 5 seconds of ``samples``, the oldest first."""
    points = []
    begin: Sample | None = None
    for sample in samples:
        if begin is None:
            begin = sample
        elif sample.second - begin.second >= _BAR:
            seconds = sample.second - begin.second
            points.append((sample.bytes_read - begin.bytes_read) / seconds)
            begin = sample
    return tuple(points)
