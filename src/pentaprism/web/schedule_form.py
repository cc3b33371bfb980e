"""The schedule of a mirror as people choose it: by hand, every so often, daily, or by cron."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from pentaprism.errors import InvalidError, PentaprismError
from pentaprism.jobs.schedule import Schedule, cron, interval, parse
from pentaprism.store.records import JsonObject

SHOWN = 3
"""How many of the next runs a form tells."""

_JITTER = timedelta(minutes=1)
"""So that mirrors with the same schedule do not all begin in the same second."""

_MINUTES = {"minutes": 1, "hours": 60, "days": 1440}
_DAILY = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* \*")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_LAST_HOUR, _LAST_MINUTE = 23, 59


@dataclass(frozen=True, slots=True)
class ScheduleForm:
    """What stands in the form: ``when`` is hand, every, daily or cron; the others are texts.

    ``error`` is what is wrong with the one that ``when`` names.
    """

    when: str = "hand"
    number: str = "6"
    unit: str = "hours"
    at: str = "03:00"
    expression: str = "0 3 * * *"
    error: str | None = None

    def read(self) -> Schedule | None:
        """Return the schedule, None for runs by hand alone; raises `InvalidError`."""
        match self.when:
            case "every":
                return interval(self._number() * _MINUTES.get(self.unit, 60), jitter=_JITTER)
            case "daily":
                return cron(self._daily(), jitter=_JITTER)
            case "cron":
                return cron(self.expression, jitter=_JITTER)
            case _:
                return None

    def _number(self) -> float:
        try:
            return float(self.number.replace(",", "."))
        except ValueError as error:
            raise InvalidError(
                "How often is told by a number.", code="schedule", hint="Enter one, such as 6."
            ) from error

    def _daily(self) -> str:
        found = _CLOCK.fullmatch(self.at.strip())
        if found is None:
            raise InvalidError(
                "The time of day is told by hours and minutes.",
                code="schedule",
                hint="Enter it as in 03:00.",
            )
        return f"{int(found[2])} {int(found[1])} * * *"


def typed(data: Mapping[str, Any]) -> ScheduleForm:
    """Return the form that was sent."""
    blank = ScheduleForm()
    return ScheduleForm(
        when=str(data.get("when", blank.when)),
        number=str(data.get("number", blank.number)),
        unit=str(data.get("unit", blank.unit)),
        at=str(data.get("at", blank.at)),
        expression=str(data.get("expression", blank.expression)),
    )


def shown(recorded: JsonObject | None) -> ScheduleForm:
    """Return the form for a schedule as it is recorded."""
    if not recorded:
        return ScheduleForm()
    try:
        schedule = parse(recorded)
    except PentaprismError:
        return ScheduleForm()
    if schedule.every is not None:
        minutes = int(schedule.every.total_seconds()) // 60
        unit = next(name for name in ("days", "hours", "minutes") if not minutes % _MINUTES[name])
        return ScheduleForm(when="every", number=str(minutes // _MINUTES[unit]), unit=unit)
    expression = schedule.cron or ""
    daily = _DAILY.fullmatch(expression)
    if daily and int(daily[1]) <= _LAST_MINUTE and int(daily[2]) <= _LAST_HOUR:
        return ScheduleForm(when="daily", at=f"{int(daily[2]):02}:{int(daily[1]):02}")
    return ScheduleForm(when="cron", expression=expression)


def next_times(schedule: Schedule, now: datetime, zone: tzinfo) -> list[datetime]:
    """Return when ``schedule`` is due the next few times after ``now``."""
    times: list[datetime] = []
    exact = replace(schedule, jitter=timedelta())
    due = exact.next_after(now, zone=zone)
    while due is not None and len(times) < SHOWN:
        times.append(due)
        due = exact.next_after(due, zone=zone)
    return times
