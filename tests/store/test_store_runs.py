"""Runs and their events."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_samples import START, make_mirror, open_store

from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.store import Counters, RunEvent, RunStatus

COUNTERS = Counters(total=6, uploaded=3, skipped=2, failed=1, removed=4, bytes=2**40)


async def test_a_run_from_its_start_to_its_end(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        run = await store.runs.start(mirror.id)
        assert (run.status, run.counters, run.finished_at) == (RunStatus.RUNNING, Counters(), None)
        assert await store.runs.interrupted() == [run]
        await store.runs.progress(run.id, COUNTERS)
        assert (await store.runs.get(run.id)).counters == COUNTERS
        ended = await store.runs.finish(run.id, RunStatus.FAILED, COUNTERS, "The disk is full.")
        assert (ended.status, ended.counters) == (RunStatus.FAILED, COUNTERS)
        assert ended.reason == "The disk is full."
        assert ended.finished_at is not None
        assert ended.finished_at > ended.started_at == run.started_at
        assert await store.runs.get(run.id) == ended
        assert await store.runs.interrupted() == []


async def test_a_run_that_waits_has_not_ended(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        run = await store.runs.start((await make_mirror(store)).id)
        waiting = await store.runs.finish(run.id, RunStatus.WAITING, COUNTERS, "quota")
        assert (waiting.finished_at, waiting.status) == (None, RunStatus.WAITING)
        assert await store.runs.interrupted() == []


async def test_runs_are_listed_newest_first(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        one, two = await make_mirror(store, place="/1"), await make_mirror(store, place="/2")
        assert await store.runs.last(one.id) is None
        first, second, third = [await store.runs.start(m.id) for m in (one, two, one)]
        assert await store.runs.recent() == [third, second, first]
        assert await store.runs.recent(2) == [third, second]
        assert await store.runs.recent(mirror_id=one.id) == [third, first]
        assert await store.runs.last(one.id) == third
        assert await store.runs.interrupted() == [first, second, third]
        assert await store.runs.interrupted(two.id) == [second]
        assert await store.runs.resolve(first.id[:13].upper()) == first
        with pytest.raises((InvalidError, NotFoundError)):
            await store.runs.resolve("")


async def test_an_unknown_run(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        event = RunEvent("uploaded", "info", "It is there.", START)
        for refused in (
            store.runs.get("nothing"),
            store.runs.finish("nothing", RunStatus.OK, COUNTERS),
            store.runs.record("nothing", [event]),
        ):
            with pytest.raises(NotFoundError) as caught:
                await refused
            assert caught.value.code == "no_run"


async def test_events_come_back_in_order_and_by_page(tmp_path: Path) -> None:
    hostile = "IMG\0\udcff.jpg"
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        run, other = await store.runs.start(mirror.id), await store.runs.start(mirror.id)
        events = [
            RunEvent("uploaded", "info", "It is there.", START, asset_id="a", filename=hostile),
            RunEvent("failed", "error", hostile, START, details={"why": [hostile, 1, None]}),
            RunEvent("uploaded", "info", "It is there.", START),
        ]
        await store.runs.record(run.id, events[:2])
        await store.runs.record(other.id, events)
        await store.runs.record(run.id, events[2:])
        await store.runs.record(run.id, [])
        found = await store.runs.events(run.id)
        assert found == events
        rows = [event.row for event in found]
        assert rows == sorted(set(rows))
        assert await store.runs.events(run.id, after=rows[0], limit=1) == [events[1]]
        assert await store.runs.events(run.id, level="error") == [events[1]]


async def test_old_runs_are_pruned_but_for_the_newest_of_each_mirror(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        one, two = await make_mirror(store, place="/1"), await make_mirror(store, place="/2")
        waiting = await store.runs.start(one.id)
        await store.runs.finish(waiting.id, RunStatus.WAITING, COUNTERS, "quota")
        runs = []
        for mirror in (one, one, two, one, one):
            run = await store.runs.start(mirror.id)
            await store.runs.record(run.id, [RunEvent("put", "info", "put", START)])
            runs.append(await store.runs.finish(run.id, RunStatus.OK, COUNTERS))
        before = runs[3].started_at  # the last run is newer
        assert await store.runs.prune(before, keep=1) == 2
        left = {run.id for run in await store.runs.recent()}
        assert left == {waiting.id, runs[2].id, runs[3].id, runs[4].id}
        assert await store.runs.events(runs[3].id)
        assert await store.runs.events(runs[0].id) == []
