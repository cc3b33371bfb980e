"""The day's requests: counted across processes and kept within the budget.

Google counts 10,000 requests for each project and day, and begins anew at midnight in California.
Source: https://developers.google.com/photos/library/guides/api-limits-quotas.
"""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pentaprism.destinations.account import AccountAccess, DayCount
from pentaprism.errors import WaitingError

_PACIFIC = ZoneInfo("America/Los_Angeles")
_LEASE = 10
"""Requests that are counted ahead at once: a crash may count a few too many, never too few."""

_FOR_COMMITS = 12
"""Requests of a day that uploads leave over: tokens might not live until the next one."""

_AFTER_MIDNIGHT = timedelta(minutes=1)
_PER_PHOTO = 1 + 1 / 50
"""One upload, and a fiftieth of the request that makes media items of them."""


def pacific_day(now: datetime) -> date:
    """Return the day of the quota at ``now`` (aware)."""
    return now.astimezone(_PACIFIC).date()


def next_day(now: datetime) -> datetime:
    """Return, in UTC, when the next day of the quota has surely begun."""
    tomorrow = pacific_day(now) + timedelta(days=1)
    return datetime.combine(tomorrow, time(), _PACIFIC).astimezone(UTC) + _AFTER_MIDNIGHT


class Budget:
    """Lets as many requests pass as the day allows; one for each opened account."""

    def __init__(self, access: AccountAccess) -> None:
        self._access = access
        self._lock = asyncio.Lock()
        self._day: date | None = None
        self._left = 0

    async def take(self, *, upload: bool = False) -> None:
        """Count one request, or raise `WaitingError` with code ``quota``.

        An ``upload`` leaves a few requests over, so that what was uploaded can still be committed.
        """
        async with self._lock:
            now = self._access.clock()
            day = pacific_day(now)
            if day != self._day:
                self._day, self._left = day, 0
            if self._left <= 0:
                await self._lease(day, now, keep=self._kept_for_commits if upload else 0)
            self._left -= 1

    async def exhaust(self) -> WaitingError:
        """Note that Google refuses all further requests today, and return what to raise."""
        now = self._access.clock()
        await self._access.requests.exhaust(pacific_day(now))
        self._left = 0
        return self._spent(now)

    async def close(self) -> None:
        """Give back what was counted ahead and not used."""
        async with self._lock:
            if self._left > 0 and self._day is not None:
                await self._access.requests.add(self._day, -self._left)
            self._left = 0

    @property
    def _kept_for_commits(self) -> int:
        return min(_FOR_COMMITS, self._access.daily_requests // 4)

    async def _lease(self, day: date, now: datetime, *, keep: int) -> None:
        before = await self._access.requests.of(day)
        free = self._access.daily_requests - before.requests - keep
        if before.exhausted or free <= 0:
            raise self._spent(now)
        count = min(_LEASE, free)
        after = await self._access.requests.add(day, count)
        over = after.requests - self._access.daily_requests
        if over > 0:  # another process took some in between
            await self._access.requests.add(day, -min(over, count))
            count -= min(over, count)
        if after.exhausted or count <= 0:
            raise self._spent(now)
        self._left = count

    def _spent(self, now: datetime) -> WaitingError:
        until = next_day(now)
        return WaitingError(
            "The day's requests to Google Photos are used up; a new day begins there at "
            f"{until.astimezone():%Y-%m-%d %H:%M}.",
            code="quota",
            hint="Nothing is lost: the next run after that goes on from here, and --wait waits for "
            "it. GOOGLE_DAILY_REQUESTS sets how many requests a day may be used.",
            until=until,
        )


def forecast(left: int, spent: DayCount, budget: int, now: datetime) -> str:
    """Return in words how long ``left`` photos take, given what was ``spent`` of today's budget."""
    today = 0 if spent.exhausted else max(0, budget - spent.requests)
    requests = math.ceil(left * _PER_PHOTO)
    photos = f"{left:,} photo{'s' if left != 1 else ''} left"
    if requests <= today:
        return f"{photos}: within today's quota."
    if budget <= 0:
        return f"{photos}, and a budget of no requests."
    days = math.ceil((requests - today) / budget) + (1 if today else 0)
    begins = f", from {next_day(now).astimezone():%Y-%m-%d %H:%M} on" if not today else ""
    return f"{photos}: about {days} day{'s' if days != 1 else ''}{begins}."
