"""A clock that can be set: the real one and an offset."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_PACIFIC = ZoneInfo("America/Los_Angeles")


class Clock:
    """The time of the local Google, in seconds since 1970."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._offset = 0.0

    def now(self) -> float:
        """Return the time."""
        return self._source() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the time on."""
        self._offset += seconds

    def set(self, instant: datetime) -> None:
        """Set the time to ``instant`` (aware), from where it goes on."""
        self._offset = instant.timestamp() - self._source()

    def iso(self, at: float | None = None) -> str:
        """Return an instant, now by default, as Google writes it."""
        instant = datetime.fromtimestamp(self.now() if at is None else at, UTC)
        return instant.strftime("%Y-%m-%dT%H:%M:%SZ")

    def pacific_day(self) -> date:
        """Return the day of the quota."""
        return datetime.fromtimestamp(self.now(), _PACIFIC).date()
