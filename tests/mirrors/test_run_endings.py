"""How a run ends early, and how the next one goes on."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing

import pytest
from mirror_world import Done, World, tree

from pentaprism.errors import ActionRequiredError, WaitingError
from pentaprism.mirrors.run import MirrorRun
from pentaprism.store.records import RunStatus

FOREVER = 600.0


def when_asked(
    world: World, count: int, act: Callable[[], None], tasks: set[asyncio.Task[None]]
) -> None:
    """Do ``act`` as soon as the server has been asked for so many originals."""

    async def watch() -> None:
        original = world.sandbox.traffic.of("original")
        while original.requests < count:  # noqa: ASYNC110 - the server's counter has no event
            await asyncio.sleep(0.005)
        act()

    tasks.add(asyncio.get_running_loop().create_task(watch()))


async def test_a_cancelled_run_keeps_what_is_finished_and_the_next_completes(world: World) -> None:
    for n in range(30):
        world.add(f"{n}.jpg")
    world.sandbox.faults.add("stall", route="original", skip=10, seconds=FOREVER)
    tasks: set[asyncio.Task[None]] = set()
    done = await world.run(during=lambda run: when_asked(world, 14, run.cancel, tasks))
    assert done.status is RunStatus.CANCELLED
    assert done.stopped is not None
    assert done.stopped.code == "cancelled"
    assert done.counters.failed == 0
    assert done.counters.uploaded == len(tree(world.folder)) <= 10
    world.sandbox.faults.clear()
    resumed = await world.run()
    assert resumed.status is RunStatus.OK
    assert resumed.counters.uploaded == 30 - done.counters.uploaded
    assert len(tree(world.folder)) == 30


async def test_a_run_cancelled_before_it_begins_does_nothing(world: World) -> None:
    world.add("a.jpg")
    done = await world.run(during=lambda run: run.cancel())
    assert (done.status, done.originals) == (RunStatus.CANCELLED, 0)
    assert tree(world.folder) == {}


async def test_a_run_that_a_crash_left_running_is_taken_up(world: World) -> None:
    world.add("a.jpg")
    first = await world.run()
    async with world.app() as (app, _):
        older = await app.store.runs.start(first.mirror.id)
        world.pass_time(seconds=1)
        crashed = await app.store.runs.start(first.mirror.id)
    done = await world.run()
    assert done.codes == ["run_interrupted"]
    async with world.app() as (app, _):
        taken_up = await app.store.runs.get(crashed.id)
        closed = await app.store.runs.get(older.id)
    assert taken_up.status is RunStatus.OK
    assert (closed.status, closed.code) == (RunStatus.FAILED, "interrupted")
    assert (await world.run()).codes == []


async def park(world: World) -> Done:
    """Begin a run of 30 assets, and let it rest when a few were read."""
    for n in range(30):
        world.add(f"{n}.jpg")
    world.sandbox.faults.add("stall", route="original", skip=10, seconds=FOREVER)
    tasks: set[asyncio.Task[None]] = set()
    rest = WaitingError("The mirror was paused.", code="paused")
    done = await world.run(during=lambda run: when_asked(world, 14, lambda: run.park(rest), tasks))
    world.sandbox.faults.clear()
    return done


async def test_a_run_taken_up_after_a_crash_counts_on(world: World) -> None:
    parked = await park(world)
    async with world.app() as (app, _):
        (run,) = await app.store.runs.recent(1, parked.mirror.id)
        await app.store.runs.take_up(run.id)  # as it stands when the program is killed
    done = await world.run()
    assert done.status is RunStatus.OK
    assert done.counters.uploaded == 30
    assert done.counters.total == 30


async def test_a_parked_run_waits_and_is_taken_up(world: World) -> None:
    parked = await park(world)
    assert parked.status is RunStatus.WAITING
    assert parked.counters.uploaded < 30
    async with world.app() as (app, _):
        (run,) = await app.store.runs.recent(1, parked.mirror.id)
    assert (run.code, run.expected) == ("paused", 30)
    done = await world.run()
    assert (done.status, done.counters.uploaded) == (RunStatus.OK, 30)
    assert "run_resumed" in done.codes


async def test_a_server_that_goes_away_stops_the_run(world: World) -> None:
    for n in range(120):
        world.add(f"{n}.jpg")
    world.sandbox.faults.add("status", route="original", skip=5)
    done = await world.run()
    assert done.status is RunStatus.FAILED
    assert done.stopped is not None
    assert done.stopped.code == "immich_unavailable"
    assert done.originals < 120
    world.sandbox.faults.clear()
    assert (await world.run()).status is RunStatus.OK
    assert len(tree(world.folder)) == 120


async def test_a_key_that_is_revoked_in_mid_run_stops_it(world: World) -> None:
    for n in range(120):
        world.add(f"{n}.jpg")
    world.sandbox.faults.add("status", route="original", skip=5, status=401)
    done = await world.run()
    assert done.stopped is not None
    assert isinstance(done.stopped, ActionRequiredError)
    assert done.stopped.code == "bad_key"
    assert done.originals < 120


async def test_one_file_that_fails_stops_nothing_else(world: World) -> None:
    bad = world.add("bad.jpg")
    for n in range(5):
        world.add(f"{n}.jpg")
    world.sandbox.faults.add("status", route="original", asset=bad, status=404)
    done = await world.run()
    assert (done.status, done.stopped) == (RunStatus.FAILED, None)
    assert (done.counters.uploaded, done.counters.failed) == (5, 1)
    (event,) = done.of("failed")
    assert (event.filename, event.details["code"]) == ("bad.jpg", "asset_gone")
    (item,) = [item for item in await world.items() if item.filename == "bad.jpg"]
    assert (item.state.value, item.attempts, item.error_code) == ("FAILED", 1, "asset_gone")
    world.sandbox.faults.clear()
    again = await world.run()
    assert (again.counters.uploaded, again.counters.skipped) == (1, 5)


async def test_a_listing_that_fails_records_the_run_as_failed(world: World) -> None:
    world.add("a.jpg")
    world.sandbox.faults.add("status", route="search")
    done = await world.run()
    assert done.status is RunStatus.FAILED
    assert done.codes == ["run_stopped"]
    assert done.reason


@pytest.mark.parametrize("table", ["run_events", "items"])
async def test_a_database_that_fails_in_mid_run_surfaces(world: World, table: str) -> None:
    for n in range(300):
        world.add(f"{n}.jpg")
    world.sandbox.faults.add("slow", route="original", seconds=0.03)  # so that it is mid-run
    tasks: set[asyncio.Task[None]] = set()

    def break_database() -> None:
        with closing(sqlite3.connect(world.home / "data.db", timeout=30)) as database:
            database.execute(f"DROP TABLE {table}")

    def in_a_thread() -> None:
        # Here it would wait for a lock that is given back by this very event loop.
        threading.Thread(target=break_database, daemon=True).start()

    def during(run: MirrorRun) -> None:
        when_asked(world, 5, in_a_thread, tasks)

    with pytest.raises(ActionRequiredError) as caught:
        await world.run(during=during)
    assert caught.value.code == "database_failed"
    async with world.app() as (app, _):
        (run,) = await app.store.runs.recent()
    assert run.status is RunStatus.FAILED


async def test_a_folder_that_may_not_be_written_is_told_and_recorded(world: World) -> None:
    world.add("a.jpg")
    world.folder.write_text("a file stands where the folder should be")
    with pytest.raises(ActionRequiredError) as caught:
        await world.run()
    assert caught.value.hint
    async with world.app() as (app, _):
        (run,) = await app.store.runs.recent()
    assert (run.status, run.reason) == (RunStatus.FAILED, caught.value.message)
