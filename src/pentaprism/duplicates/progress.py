"""How far a search for duplicates is."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from enum import StrEnum

_RATE_OVER = 30.0
_SOONEST = 1.0
"""Seconds of which the rate is taken, and after which there is one."""


class DuplicatePhase(StrEnum):
    """What a search for duplicates does, in this order."""

    WAITING = "waiting"
    """For another one of the same person's files, in whichever process."""

    HASHING = "hashing"
    """Reading files of the same size, which may be equal."""

    FINGERPRINTING = "fingerprinting"
    COMPARING = "comparing"
    """Looking for pictures that are alike, and comparing those."""

    GROUPING = "grouping"
    DONE = "done"


@dataclass(slots=True)
class DuplicateProgress:
    """How far it is; whoever holds it sees it change.

    ``done`` of ``total`` files are done in this phase; 0 is an unknown total. ``rate`` is in files
    a second and ``seconds_left`` how long this phase takes at that rate, both None while they are
    not known. ``hashed`` files were read for their bytes, ``fingerprinted`` were looked at, and
    ``pairs`` that are alike were found, in this search. ``problems`` counts files that could not be
    looked at. ``waiting`` says in sentences what is left for later, and why.
    """

    phase: DuplicatePhase = DuplicatePhase.WAITING
    done: int = 0
    total: int = 0
    rate: float | None = None
    seconds_left: float | None = None
    hashed: int = 0
    fingerprinted: int = 0
    pairs: int = 0
    problems: int = 0
    waiting: tuple[str, ...] = ()
    _samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=120))

    def begin(self, phase: DuplicatePhase, total: int = 0) -> None:
        """Go on to ``phase``."""
        self.phase, self.done, self.total = phase, 0, total
        self.rate = self.seconds_left = None
        self._samples.clear()

    def wait_for(self, reason: str) -> None:
        """Note what is left for later."""
        if reason not in self.waiting:
            self.waiting = (*self.waiting, reason)

    def sample(self, second: float) -> None:
        """Work out the rate at ``second`` of a clock that never goes back."""
        samples = self._samples
        samples.append((second, self.done))
        while second - samples[0][0] > _RATE_OVER:
            samples.popleft()
        seconds = second - samples[0][0]
        if seconds < _SOONEST:
            return
        self.rate = (self.done - samples[0][1]) / seconds
        known = self.rate > 0 and self.total > 0
        self.seconds_left = max(0, self.total - self.done) / self.rate if known else None

    def look(self) -> DuplicateProgress:
        """Return how it stands, which no longer changes."""
        return replace(self, _samples=deque())
