"""When a mirror runs next, as a table and as properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.errors import InvalidError
from pentaprism.jobs.schedule import LONGEST, SHORTEST, Schedule, cron, interval, parse

BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
"""In Berlin it is eight o'clock."""


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("0 3 * * *", "2026-11-22T03:00"),
        ("30 8 * * *", "2026-11-21T08:30"),
        ("0 8 * * *", "2026-11-22T08:00"),
        ("*/15 * * * *", "2026-11-21T08:15"),
        ("0 3 * * 0", "2026-11-22T03:00"),
        ("0 3 * * 7", "2026-11-22T03:00"),
        ("0 3 * * 1", "2026-11-23T03:00"),
        ("0 3 * * 6", "2026-11-28T03:00"),
        ("0 3 * * sun", "2026-11-22T03:00"),
        ("0 3 * * 1-5", "2026-11-23T03:00"),
        ("0 3 * * 5-7", "2026-11-22T03:00"),
        ("0 3 * * FRI-MON", "2026-11-22T03:00"),
        ("0 3 * * 2,4", "2026-11-24T03:00"),
        ("0 3 * * */2", "2026-11-22T03:00"),
        ("0 3 * * 1-5/2", "2026-11-23T03:00"),
        ("0 0 1 * *", "2026-12-01T00:00"),
        # crontab(5): where both are limited, either of them is enough
        ("0 0 1 * 1", "2026-11-23T00:00"),
        ("0 0 22 * 1", "2026-11-22T00:00"),
        ("0 0 1 JAN *", "2027-01-01T00:00"),
        ("@daily", "2026-11-22T00:00"),
        ("@Weekly", "2026-11-22T00:00"),
        ("@hourly", "2026-11-21T09:00"),
    ],
)
def test_a_cron_expression_is_due(expression: str, due: str) -> None:
    assert cron(expression).next_after(SATURDAY, zone=BERLIN) == local(due)


@pytest.mark.parametrize(
    "expression",
    [
        "", "0 3 * *", "0 3 * * * *", "60 3 * * *", "0 24 * * *", "0 3 * * 8", "0 3 * * caturday",
        "0 3 * * 1/0", "a b c d e", "0 0 31 2 *", "0 0 * 13 *", "@never", "-1 * * * *",
    ],
)  # fmt: skip
def test_what_is_no_cron_expression_is_told(expression: str) -> None:
    with pytest.raises(InvalidError) as caught:
        cron(expression)
    assert caught.value.code == "schedule"
    assert "such as 0 3 * * *" in caught.value.hint


def test_in_summer_three_oclock_is_another_instant() -> None:
    nightly = cron("0 3 * * *")
    july = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert nightly.next_after(july, zone=BERLIN) == datetime(2026, 7, 2, 1, 0, tzinfo=UTC)
    assert nightly.next_after(SATURDAY, zone=BERLIN) == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_an_hour_that_is_skipped_in_spring_skips_no_day() -> None:
    nightly = cron("30 2 * * *")
    before = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)
    due = nightly.next_after(before, zone=BERLIN)
    assert due is not None
    assert due - before < timedelta(hours=24)


def test_intervals_are_counted_from_when_it_was_due_and_missed_ones_are_one() -> None:
    hourly = interval(60)
    last = SATURDAY - timedelta(hours=5, minutes=20)
    assert hourly.next_after(SATURDAY, zone=UTC, last=last) == SATURDAY + timedelta(minutes=40)
    assert hourly.next_after(SATURDAY, zone=UTC) == SATURDAY + timedelta(hours=1)
    clock_set_back = SATURDAY + timedelta(days=2)
    assert hourly.next_after(SATURDAY, zone=UTC, last=clock_set_back) == SATURDAY + timedelta(
        hours=1
    )


@pytest.mark.parametrize("minutes", [0, 4.9, -5, 366 * 24 * 60 + 1, 1e300, float("nan")])
def test_intervals_have_bounds(minutes: float) -> None:
    with pytest.raises(InvalidError) as caught:
        interval(minutes)
    assert caught.value.code == "schedule"


@given(
    minutes=st.integers(5, 366 * 24 * 60),
    ago=st.timedeltas(timedelta(0), timedelta(days=800)),
    chance=st.floats(0, 1, exclude_max=True),
    jitter=st.timedeltas(timedelta(0), timedelta(hours=1)),
)
def test_an_interval_is_due_soon_and_in_the_future(
    minutes: int, ago: timedelta, chance: float, jitter: timedelta
) -> None:
    schedule = interval(minutes, jitter=jitter)
    due = schedule.next_after(SATURDAY, zone=UTC, last=SATURDAY - ago, chance=lambda: chance)
    assert due is not None
    assert schedule.every is not None
    assert SATURDAY < due <= SATURDAY + schedule.every + jitter
    assert SHORTEST <= schedule.every <= LONGEST


@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    day=st.integers(0, 7),
    now=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_a_weekly_expression_is_due_within_a_week(
    minute: int, hour: int, day: int, now: datetime
) -> None:
    aware = now.replace(tzinfo=UTC)
    due = cron(f"{minute} {hour} * * {day}").next_after(aware, zone=UTC)
    assert due is not None
    assert timedelta(0) < due - aware <= timedelta(days=7)
    assert (due.hour, due.minute, due.isoweekday() % 7) == (hour, minute, day % 7)


@pytest.mark.parametrize(
    "schedule",
    [interval(5), interval(90, jitter=timedelta(minutes=2)), cron("0 3 * * 1-5"), cron("@daily")],
)
def test_a_schedule_is_read_as_it_was_recorded(schedule: Schedule) -> None:
    assert parse(schedule.record()) == schedule


def test_what_is_recorded_wrongly_is_told() -> None:
    with pytest.raises(InvalidError):
        parse({})


def test_jitter_moves_intervals_once_and_cron_each_time() -> None:
    late = timedelta(minutes=2)
    hourly, nightly = interval(60, jitter=late), cron("0 3 * * *", jitter=late)
    first = hourly.next_after(SATURDAY, zone=UTC, chance=lambda: 0.5)
    assert first == SATURDAY + timedelta(hours=1, minutes=1)
    second = hourly.next_after(first, zone=UTC, last=first, chance=lambda: 0.9)
    assert second == first + timedelta(hours=1)
    due = nightly.next_after(SATURDAY, zone=UTC, last=first, chance=lambda: 0.5)
    assert due == datetime(2026, 11, 22, 3, 1, tzinfo=UTC)
