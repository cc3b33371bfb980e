"""What the page of a run shows, from its record, its events and how far it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pentaprism.jobs.live import Live
from pentaprism.mirrors.progress import Progress
from pentaprism.store.records import Counters, Mirror, Run, RunEvent, RunStatus
from pentaprism.web.run_view import arrived, failures_of, retriable, run_view, spark, tone_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MIRROR = Mirror("m", "c", "a", "Holiday", "local_folder", "/x", {}, False, None, None, NOW)


def run(status: RunStatus, code: str | None = None, reason: str | None = None) -> Run:
    ended = NOW if status not in {RunStatus.RUNNING, RunStatus.WAITING} else None
    counters = Counters(total=40, uploaded=30, skipped=8, failed=2, bytes=5000)
    began = NOW - timedelta(minutes=5)
    return Run("r", "m", status, counters, reason, None, began, ended, expected=100, code=code)


def live(run_id: str = "r") -> Live:
    progress = Progress(100, Counters(total=50, uploaded=50), 10, 9000, ())
    return Live(run_id, "m", NOW, progress, 10.0, 0.5, (1.0, 2.0), 100.0, False)


@pytest.mark.parametrize(
    ("record", "tone", "word", "unsettled"),
    [
        (run(RunStatus.OK), "ok", "Up to date", False),
        (run(RunStatus.FAILED), "failed", "Failed", False),
        (run(RunStatus.CANCELLED), "idle", "Cancelled", False),
        (run(RunStatus.WAITING, "quota"), "waiting", "Waiting for quota", True),
        (run(RunStatus.WAITING, "reconnect"), "failed", "Reconnect needed", True),
        (run(RunStatus.WAITING, "paused"), "idle", "Paused", True),
        (run(RunStatus.RUNNING), "running", "Running", True),
    ],
)
def test_a_run_stands_as_it_is_recorded(record: Run, tone: str, word: str, unsettled: bool) -> None:
    seen = run_view(MIRROR, record, None, NOW)
    assert (seen.tone, seen.state.word, seen.unsettled) == (tone, word, unsettled)
    assert (seen.done, seen.of, seen.left, seen.bytes) == (40, 100, 60, 5000)


def test_a_run_of_the_past_is_not_paused_with_its_mirror() -> None:
    paused = Mirror("m", "c", "a", "Holiday", "local_folder", "/x", {}, True, None, None, NOW)
    assert run_view(paused, run(RunStatus.OK), None, NOW).tone == "ok"


def test_what_is_at_work_here_tells_more_than_the_record() -> None:
    seen = run_view(MIRROR, run(RunStatus.RUNNING), live(), NOW)
    assert (seen.done, seen.staged, seen.left, seen.bytes) == (50, 10, 40, 9000)
    assert seen.ends_at == NOW + timedelta(seconds=100)
    assert not seen.elsewhere


def test_a_run_that_has_ended_is_over_although_its_connections_are_being_closed() -> None:
    seen = run_view(MIRROR, run(RunStatus.CANCELLED), replace(live(), ending=True), NOW)
    assert (seen.unsettled, seen.ending, seen.state.word) == (False, False, "Cancelled")


def test_a_run_beside_the_one_at_work_is_elsewhere() -> None:
    assert run_view(MIRROR, run(RunStatus.RUNNING), live("another"), NOW).elsewhere


def test_only_what_went_through_has_some_failures() -> None:
    assert run_view(MIRROR, run(RunStatus.FAILED), None, NOW).some_failed
    stopped = run(RunStatus.FAILED, "disk_full", "The disk is full.")
    assert not run_view(MIRROR, stopped, None, NOW).some_failed


def failed(asset_id: str, code: str, error: str = "It failed.") -> RunEvent:
    details = {"code": code, "error": error, "hint": "Do this."}
    return RunEvent(
        "failed", "error", f"failed: {error}", NOW, asset_id, f"{asset_id}.jpg", details
    )


def test_failures_are_grouped_by_reason_and_files_count_once() -> None:
    events = [
        failed("a", "too_large"),
        failed("b", "changed"),
        failed("c", "changed"),
        failed("b", "changed"),
        RunEvent("put", "info", "put at x", NOW, "d", "d.jpg"),
    ]
    changed, large = failures_of(events)
    assert (changed.code, changed.count, changed.name, changed.hint) == (
        "changed",
        2,
        "b.jpg",
        "Do this.",
    )
    assert (large.code, large.count, large.retriable) == ("too_large", 1, False)
    assert retriable([changed, large]) == 2


def test_a_failure_without_details_has_its_sentence() -> None:
    (one,) = failures_of([RunEvent("failed", "error", "failed: so", NOW, None, "x.jpg")])
    assert (one.code, one.reason, one.asset_id) == ("failed", "failed: so", None)


def test_what_arrived_comes_once_and_up_to_a_number() -> None:
    events = [RunEvent("put", "info", "", NOW, id_) for id_ in ("a", "b", "a", "c", "d")]
    assert arrived([*events, RunEvent("put", "info", "", NOW)], 3) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("code", "level", "tone"),
    [
        ("failed", "error", "failed"),
        ("run_waits", "warning", "waiting"),
        ("put", "info", "ok"),
        ("skipped", "info", "idle"),
    ],
)
def test_events_have_the_colour_of_what_they_mean(code: str, level: str, tone: str) -> None:
    assert tone_of(RunEvent(code, level, "", NOW)) == tone


def test_a_curve_needs_two_points_and_something_to_show() -> None:
    assert spark(()) is None
    assert spark((1.0,)) is None
    assert spark((0.0, 0.0)) is None
    made = spark((0.0, 10.0, 5.0))
    assert made is not None
    assert (made.least, made.most) == (0.0, 10.0)
    assert made.line.startswith("M0.0 40.0 L120.0 ")
    assert made.area == f"{made.line} V40 H0 Z"
