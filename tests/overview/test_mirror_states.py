"""The table of how a mirror stands."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from running_overview import NOW, mirror, run

from pentaprism.overview.states import Situation, state_of
from pentaprism.store.records import Counters, Run, RunStatus

R = RunStatus
LATER = NOW + timedelta(hours=9)

TABLE: list[tuple[str, Run | None, dict[str, Any], tuple[str, str, str | None]]] = [
    ("never ran", None, {}, ("idle", "Not started", "preview")),
    ("never ran, paused", None, {"paused": True}, ("idle", "Paused", "resume")),
    ("ok", run(R.OK), {}, ("ok", "Up to date", "run")),
    ("ok, paused", run(R.OK), {"paused": True}, ("idle", "Paused", "resume")),
    ("failed", run(R.FAILED, reason="Full", code="disk_full"), {}, ("failed", "Failed", "resume")),
    ("some files failed", run(R.FAILED), {}, ("failed", "Failed", "resume")),
    ("no scope", run(R.FAILED, code="scope"), {}, ("failed", "Failed", "reconnect")),
    ("failed, paused", run(R.FAILED), {"paused": True}, ("idle", "Paused", "resume")),
    ("cancelled", run(R.CANCELLED, code="cancelled"), {}, ("idle", "Cancelled", "resume")),
    (
        "quota",
        run(R.WAITING, code="quota", waits_until=LATER),
        {},
        ("waiting", "Waiting for quota", "pause"),
    ),
    (
        "quota, before codes were recorded",
        run(R.WAITING, waits_until=LATER),
        {},
        ("waiting", "Waiting for quota", "pause"),
    ),
    ("quota, paused", run(R.WAITING, code="quota"), {"paused": True}, ("idle", "Paused", "resume")),
    (
        "signed out",
        run(R.WAITING, code="reconnect"),
        {},
        ("failed", "Reconnect needed", "reconnect"),
    ),
    (
        "signed out, before codes were recorded",
        run(R.WAITING),
        {},
        ("failed", "Reconnect needed", "reconnect"),
    ),
    ("queued", run(R.WAITING, code="queued"), {}, ("waiting", "Waiting its turn", "cancel")),
    ("paused run", run(R.WAITING, code="paused"), {"paused": True}, ("idle", "Paused", "resume")),
    ("resumed just now", run(R.WAITING, code="paused"), {}, ("idle", "Paused", "resume")),
    ("server stopped", run(R.WAITING, code="stopping"), {}, ("waiting", "Waiting", None)),
    (
        "network away",
        run(R.WAITING, code="unreachable", waits_until=LATER),
        {},
        ("waiting", "Waiting", "run"),
    ),
    ("running in another process", run(R.RUNNING), {}, ("running", "Running", None)),
    ("running there, paused", run(R.RUNNING), {"paused": True}, ("running", "Running", None)),
]  # fmt: skip


@pytest.mark.parametrize(("last", "fields", "shown"), [row[1:] for row in TABLE],
                         ids=[row[0] for row in TABLE])  # fmt: skip
def test_what_is_shown(
    last: Run | None, fields: dict[str, Any], shown: tuple[str, str, str | None]
) -> None:
    state = state_of(mirror(**fields), last, live=False)
    assert (state.name, state.word, state.action) == shown


def test_a_live_run_is_running_and_can_be_cancelled() -> None:
    state = state_of(mirror(), run(R.RUNNING), live=True)
    assert (state.name, state.word, state.action) == ("running", "Running", "cancel")
    assert (state.done, state.of, state.left, state.elsewhere) == (173, 214, 41, False)


def test_a_run_that_has_ended_a_moment_ago_is_over() -> None:
    for status in (R.OK, R.FAILED, R.WAITING, R.CANCELLED):
        last = run(status, code="quota")
        assert state_of(mirror(), last, live=True) == state_of(mirror(), last, live=False)
    assert state_of(mirror(), None, live=True).word == "Running"


def test_the_numbers_and_times_of_each_sentence() -> None:
    failed = state_of(mirror(), run(R.FAILED, reason="Disk full", code="disk_full"), live=False)
    assert (failed.left, failed.of, failed.failed) == (41, 214, 3)
    assert (failed.at, failed.reason, failed.code, failed.run_id) == (
        NOW, "Disk full", "disk_full", "r",
    )  # fmt: skip
    waiting = state_of(mirror(), run(R.WAITING, code="quota", waits_until=LATER), live=False)
    assert (waiting.until, waiting.done, waiting.of) == (LATER, 173, 214)
    for code in ("queued", "stopping", "paused"):  # as soon as it can, which is no time
        last = run(R.WAITING, code=code, waits_until=NOW)
        assert state_of(mirror(), last, live=False).until is None
    ok = state_of(mirror(next_run_at=LATER), run(R.OK), live=False)
    assert (ok.at, ok.next_run_at) == (NOW, LATER)
    paused = state_of(mirror(next_run_at=LATER, paused=True), run(R.OK), live=False)
    assert paused.next_run_at is None


def test_what_is_not_known_is_left_out() -> None:
    early = run(R.FAILED, expected=0, counters=Counters(), reason="No way", code="bad_key")
    state = state_of(mirror(), early, live=False)
    assert (state.of, state.left) == (None, None)


def test_every_situation_is_shown_somehow() -> None:
    codes = [None, "quota", "queued", "reconnect", "stopping", "whatever"]
    seen = set()
    for status, code, until, paused, live in product(
        R, codes, (None, LATER), (False, True), (False, True)
    ):
        last = run(status, code=code, waits_until=until)
        state = state_of(mirror(paused=paused), last, live=live)
        seen.add(state.situation)
        assert state.word
        assert (state.action == "reconnect") <= (state.name == "failed")
    assert seen | {Situation.NOT_STARTED} == set(Situation)
