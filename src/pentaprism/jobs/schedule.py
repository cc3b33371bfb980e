"""When a mirror runs: every so often, or by a cron expression. Pure; APScheduler does the sums.

A schedule is recorded as an object: ``{"every": 3600}`` (seconds) or ``{"cron": "0 3 * * *"}``,
either with ``"jitter"``: up to so many seconds are added at random, so that many mirrors do not
begin in the same second.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from pentaprism.errors import InvalidError
from pentaprism.store.records import JsonObject

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(days=366)
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SATURDAY = 6
_FIELDS = 5
_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something runs; exactly one of ``every`` and ``cron`` is given."""

    every: timedelta | None = None
    cron: str | None = None
    jitter: timedelta = timedelta()

    def record(self) -> JsonObject:
        """Return the schedule as it is recorded."""
        when: JsonObject = (
            {"cron": self.cron}
            if self.every is None
            else {"every": int(self.every.total_seconds())}
        )
        return when | ({"jitter": int(self.jitter.total_seconds())} if self.jitter else {})

    def next_after(
        self,
        now: datetime,
        *,
        zone: tzinfo,
        last: datetime | None = None,
        chance: Callable[[], float] = random.random,
    ) -> datetime | None:
        """Return when it is due next, after ``now`` (aware), in UTC; None for never again.

        An interval is counted from ``last``, when it was due before, with the jitter that this had
        already; those that were missed are not made up for. ``zone`` is where a cron expression
        is read. ``chance`` is of [0, 1).
        """
        due = self._after(now, zone, last)
        if due is None:
            return None
        if self.every is not None and last is not None:
            return due
        return due.astimezone(UTC) + timedelta(seconds=int(chance() * self.jitter.total_seconds()))

    def _after(self, now: datetime, zone: tzinfo, last: datetime | None) -> datetime | None:
        if self.every is not None:
            if last is None or last > now:
                return now + self.every
            return last + self.every * ((now - last) // self.every + 1)
        trigger = _trigger(self.cron or "", zone)
        # The trigger answers with the moment itself where that fits.
        found: datetime | None = trigger.get_next_fire_time(None, now + timedelta(seconds=1))
        return found


def interval(minutes: float, *, jitter: timedelta = timedelta()) -> Schedule:
    """Return the schedule of every so many ``minutes``; raises `InvalidError` (``schedule``)."""
    try:
        every = timedelta(seconds=round(minutes * 60))
    except (OverflowError, ValueError):
        every = timedelta.max
    if not SHORTEST <= every <= LONGEST:
        raise InvalidError(
            "An interval is 5 minutes at least and 366 days at most.",
            code="schedule",
            hint="Enter 5 or more minutes; Immich is asked for the whole album each time.",
        )
    return Schedule(every=every, jitter=jitter)


def cron(expression: str, *, jitter: timedelta = timedelta()) -> Schedule:
    """Return the schedule of a cron ``expression``; raises `InvalidError` (``schedule``).

    The five fields are those of crontab(5): Sunday is 0 and 7, and where both the day of the month
    and that of the week are limited, either of them is enough.
    """
    text = " ".join(_NAMED.get(expression.strip().lower(), expression).split())
    trigger = _trigger(text, UTC)
    some = datetime(2024, 1, 1, tzinfo=UTC)
    if trigger.get_next_fire_time(None, some) is None:
        raise _wrong(text, "there is no such day")
    return Schedule(cron=text, jitter=jitter)


def parse(recorded: JsonObject) -> Schedule:
    """Return the schedule that `Schedule.record` made; raises `InvalidError` (``schedule``)."""
    jitter = timedelta(seconds=int(recorded.get("jitter", 0)))
    if "cron" in recorded:
        return cron(str(recorded["cron"]), jitter=jitter)
    if "every" in recorded:
        return interval(float(recorded["every"]) / 60, jitter=jitter)
    raise InvalidError(
        "A schedule is an interval or a cron expression.",
        code="schedule",
        hint='Give {"every": seconds} or {"cron": "0 3 * * *"}.',
    )


def _trigger(text: str, zone: tzinfo) -> BaseTrigger:
    fields = text.split()
    if len(fields) != _FIELDS:
        raise _wrong(text, f"it has {len(fields)} fields instead of 5")
    minute, hour, day, month, week = fields
    names = {"minute": minute, "hour": hour, "month": month.lower(), "timezone": zone}
    try:
        week = _days_of_week(week)
        if day != "*" and week != "*":
            return OrTrigger(
                [CronTrigger(day=day, **names), CronTrigger(day_of_week=week, **names)]
            )
        return CronTrigger(day=day, day_of_week=week, **names)
    except ValueError as error:
        raise _wrong(text, str(error)) from error


def _days_of_week(field: str) -> str:
    """Return cron's days of the week by name: its Sunday is 0, which is APScheduler's Monday."""
    if field == "*":
        return field
    found: set[int] = set()
    for part in field.lower().split(","):
        days, _, step = part.partition("/")
        first, dash, last = days.partition("-")
        if days == "*":
            begin, end = 0, _SATURDAY
        else:
            begin = _day(first)
            end = _day(last) if dash else (_SATURDAY if step else begin)
        if end < begin:
            end += 7  # fri-mon, and 5-7
        found.update(day % 7 for day in range(begin, end + 1, int(step or 1)))
    return ",".join(_DAYS[day] for day in sorted(found))


def _day(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if re.fullmatch("[0-7]", text):
        return int(text)
    raise ValueError(f"{text!r} is no day of the week")


def _wrong(text: str, why: str) -> InvalidError:
    return InvalidError(
        f"{text!r} is not a cron expression: {why}.",
        code="schedule",
        hint="Give minute, hour, day, month and day of the week, such as 0 3 * * * for each night "
        "at three.",
    )
