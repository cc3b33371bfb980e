"""What was mirrored on each of the last days."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from pentaprism.app import App
from pentaprism.destinations.google_photos.quota import pacific_day
from pentaprism.overview.quota import projects_of
from pentaprism.store.records import RunFigures


@dataclass(frozen=True, slots=True)
class Day:
    """What the runs did that began on ``date``; ``quota`` when the day's requests ran out."""

    date: date
    runs: int = 0
    uploaded: int = 0
    failed: int = 0
    bytes: int = 0
    quota: bool = False


@dataclass(frozen=True, slots=True)
class Activity:
    """The last days, the oldest first, without a gap."""

    days: tuple[Day, ...]

    @property
    def runs(self) -> int:
        """How many runs began."""
        return sum(day.runs for day in self.days)

    @property
    def uploaded(self) -> int:
        """How many assets were mirrored."""
        return sum(day.uploaded for day in self.days)

    @property
    def failed(self) -> int:
        """How many assets failed."""
        return sum(day.failed for day in self.days)

    @property
    def bytes(self) -> int:
        """How many bytes were downloaded for what was mirrored."""
        return sum(day.bytes for day in self.days)

    @property
    def quota_days(self) -> int:
        """On how many days the requests ran out."""
        return sum(day.quota for day in self.days)

    @property
    def busiest(self) -> Day | None:
        """The day with the most assets mirrored, None when there were none."""
        day = max(self.days, key=lambda one: one.uploaded, default=None)
        return day if day is not None and day.uploaded else None


def activity(
    runs: Iterable[RunFigures],
    exhausted: Collection[date],
    *,
    today: date,
    tz: tzinfo,
    days: int = 30,
) -> Activity:
    """Return what ``runs`` did on the ``days`` days up to ``today``, by the calendar of ``tz``.

    A run belongs to the day on which it began; one outside of these days is left out.
    ``exhausted`` are days of Google's calendar on which no request was left.
    """
    dates = [today - timedelta(days=back) for back in reversed(range(days))]
    made = {one: Day(one, quota=one in exhausted) for one in dates}
    for run in runs:
        began = run.started_at.astimezone(tz).date()
        day = made.get(began)
        if day is not None:
            made[began] = replace(
                day,
                runs=day.runs + 1,
                uploaded=day.uploaded + run.uploaded,
                failed=day.failed + run.failed,
                bytes=day.bytes + run.bytes,
                quota=day.quota or run.code == "quota",
            )
    return Activity(tuple(made.values()))


class Activities:
    """What each person's mirrors did; it keeps on which past days a quota ran out."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._exhausted: dict[tuple[str, date], bool] = {}

    async def of(self, owner_id: str, tz: tzinfo, *, days: int = 30) -> Activity:
        """Return the last ``days`` days of the mirrors of ``owner_id``, by the calendar of ``tz``.

        Three queries and, once for each past day, one for each Google project.
        """
        now = self._app.clock()
        today = now.astimezone(tz).date()
        first = datetime.combine(today - timedelta(days=days - 1), time(), tz)
        runs = await self._app.store.runs.days(owner_id, first)
        exhausted = await self._exhausted_days(owner_id, now, days)
        return activity(runs, exhausted, today=today, tz=tz, days=days)

    async def _exhausted_days(self, owner_id: str, now: datetime, days: int) -> set[date]:
        current = pacific_day(now)
        dates = [current - timedelta(days=back) for back in range(days + 1)]
        self._exhausted = {key: on for key, on in self._exhausted.items() if key[1] >= dates[-1]}
        found = set()
        for project in await projects_of(self._app, owner_id):
            for day in dates:
                key = (project.key, day)
                exhausted = self._exhausted.get(key)
                if exhausted is None:
                    exhausted = (await project.requests.of(day)).exhausted
                    if day < current:
                        self._exhausted[key] = exhausted
                if exhausted:
                    found.add(day)
        return found
