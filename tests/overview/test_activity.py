"""What was mirrored day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from pentaprism.overview.activity import Day, activity
from pentaprism.store.records import RunFigures, RunStatus

TODAY = date(2026, 11, 21)
BERLIN = ZoneInfo("Europe/Berlin")


def figures(began: datetime, uploaded: int = 1, code: str | None = None) -> RunFigures:
    return RunFigures(began, uploaded, 2, 1000, RunStatus.OK, code)


def test_days_without_anything_are_there() -> None:
    found = activity([], set(), today=TODAY, tz=UTC)
    assert len(found.days) == 30
    assert found.days[0].date == date(2026, 10, 23)
    assert found.days[-1] == Day(TODAY)
    assert (found.uploaded, found.runs, found.quota_days, found.busiest) == (0, 0, 0, None)


def test_a_run_belongs_to_the_local_day_on_which_it_began() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    found = activity([figures(late, 5)], set(), today=TODAY, tz=BERLIN)
    assert found.days[-1] == Day(TODAY, runs=1, uploaded=5, failed=2, bytes=1000)
    assert found.busiest == found.days[-1]
    assert activity([figures(late, 5)], set(), today=TODAY, tz=UTC).days[-2].uploaded == 5


def test_days_without_quota() -> None:
    began = datetime(2026, 11, 19, 12, tzinfo=UTC)
    found = activity([figures(began, code="quota")], {date(2026, 11, 20)}, today=TODAY, tz=UTC)
    assert [day.date.day for day in found.days if day.quota] == [19, 20]
    assert found.quota_days == 2


runs = st.builds(
    RunFigures,
    st.datetimes(datetime(2026, 9, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 10_000),
    st.integers(0, 100),
    st.integers(0, 10**12),
    st.sampled_from(RunStatus),
    st.sampled_from([None, "quota", "disk_full"]),
)


@given(st.lists(runs, max_size=30), st.integers(1, 60), st.sampled_from([UTC, BERLIN]))
def test_nothing_is_lost_or_counted_twice(rows: list[RunFigures], days: int, tz: ZoneInfo) -> None:
    found = activity(rows, set(), today=TODAY, tz=tz, days=days)
    assert [day.date for day in found.days] == [
        TODAY - timedelta(days=back) for back in range(days - 1, -1, -1)
    ]
    within = [
        row for row in rows if found.days[0].date <= row.started_at.astimezone(tz).date() <= TODAY
    ]
    assert found.runs == len(within)
    assert found.uploaded == sum(row.uploaded for row in within)
    assert found.failed == sum(row.failed for row in within)
    assert found.bytes == sum(row.bytes for row in within)
