"""Runs in the server: one of each mirror, a few at once, and none that is forgotten."""

from __future__ import annotations

import pytest
from job_world import jobs
from mirror_world import World, tree

from pentaprism.app import RunOptions
from pentaprism.errors import ActionRequiredError, ConflictError, InvalidError
from pentaprism.jobs.runner import RunInTheWayError
from pentaprism.store.records import RunStatus, StartedBy


async def test_a_run_is_started_recorded_and_told(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        run = await job.runner.start(mirror, RunOptions(started_by=StartedBy.API))
        assert (run.status, run.started_by) == (RunStatus.RUNNING, StartedBy.API)
        done = await job.ended(mirror)
        assert (done.id, done.status, done.counters.uploaded) == (run.id, RunStatus.OK, 3)
        assert done.expected == 3
        assert await job.told_of(1) == [("Holiday", RunStatus.OK)]
        assert job.runner.all_live() == {}


async def test_a_second_run_of_a_mirror_is_refused_and_told_which_is_in_the_way(
    world: World,
) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        job.stall()
        run = await job.start(mirror)
        with pytest.raises(RunInTheWayError) as caught:
            await job.start(mirror)
        assert caught.value.run is not None
        assert (caught.value.run.id, caught.value.code) == (run.id, "locked")


async def test_a_run_of_another_process_is_in_the_way(world: World) -> None:
    async with jobs(world) as one, jobs(world) as other:
        mirror = await one.mirror("Holiday")
        one.stall()
        run = await one.start(mirror)
        with pytest.raises(RunInTheWayError) as caught:
            await other.start(mirror)
        assert caught.value.run is not None
        assert caught.value.run.id == run.id
        with pytest.raises(ConflictError) as elsewhere:
            await other.runner.cancel(run)
        assert elsewhere.value.code == "elsewhere"


async def test_more_mirrors_than_may_run_at_once_wait_their_turn(world: World) -> None:
    async with jobs(world, at_once=1) as job:
        first, second, third = [await job.mirror(name) for name in ("A", "B", "C")]
        job.stall()
        await job.start(first)
        queued = await job.start(second)
        assert (queued.status, queued.code) == (RunStatus.WAITING, "queued")
        await job.start(third)
        with pytest.raises(RunInTheWayError):
            await job.start(second)
        cancelled = await job.runner.cancel(await job.last(third))
        assert cancelled.status is RunStatus.CANCELLED
        await job.runner.cancel(await job.last(first))
        job.go_on()
        assert (await job.until(lambda run: run.status is RunStatus.OK, second)).id == queued.id
        assert (await job.last(third)).status is RunStatus.CANCELLED
        assert tree(world.home / "C") == {}


async def test_how_far_a_run_is_can_be_seen(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday", assets=30)
        job.stall(after=10)
        run = await job.start(mirror)
        # What is recorded counts a moment later.
        await job.until(
            lambda _: (
                (live := job.runner.live(mirror.id)) is not None
                and live.progress.counters.uploaded > 0
            ),
            mirror,
        )
        live = job.runner.live(mirror.id)
        assert live is not None
        assert (live.run_id, live.progress.expected, live.ending) == (run.id, 30, False)
        assert live.progress.bytes_read > 0
        assert 0 < live.progress.counters.uploaded <= 10
        await job.runner.cancel(run)
        live = job.runner.live(mirror.id)
        assert live is None or live.ending


async def test_a_cancelled_run_ends_and_cannot_be_cancelled_again(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        job.stall()
        run = await job.start(mirror)
        await job.stalled()
        await job.runner.cancel(run)
        done = await job.ended(mirror)
        assert done.status is RunStatus.CANCELLED
        with pytest.raises(InvalidError) as over:
            await job.runner.cancel(done)
        assert over.value.code == "over"


async def test_a_paused_mirror_rests_and_goes_on_with_the_same_run(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday", assets=20)
        job.stall(after=5)
        run = await job.start(mirror)
        await job.until(lambda run: run.counters.uploaded > 0, mirror)
        await job.runner.pause(mirror)
        resting = await job.ended(mirror)
        assert (resting.id, resting.status, resting.code) == (run.id, RunStatus.WAITING, "paused")
        with pytest.raises(ActionRequiredError) as paused:
            await job.start(mirror)
        assert paused.value.code == "paused"
        job.go_on()
        await job.runner.resume(mirror, RunOptions())
        done = await job.ended(mirror)
        assert (done.id, done.status, done.counters.uploaded) == (run.id, RunStatus.OK, 20)


async def test_a_run_that_waits_its_turn_rests_too_when_its_mirror_is_paused(
    world: World,
) -> None:
    async with jobs(world, at_once=1) as job:
        first, second = [await job.mirror(name) for name in ("A", "B")]
        job.stall()
        await job.start(first)
        await job.start(second)
        await job.runner.pause(second)
        assert (await job.last(second)).code == "paused"
        await job.runner.cancel(await job.last(first))
        job.go_on()
        await job.ended(first)
        assert (await job.last(second)).status is RunStatus.WAITING


async def test_what_keeps_a_run_from_beginning_is_told_and_recorded(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        await job.start(mirror)
        await job.ended(mirror)
        world.pass_time(seconds=1)
        marker = world.home / "Holiday/.pentaprism"
        marker.rename(world.home / "elsewhere")
        with pytest.raises(ActionRequiredError):
            await job.start(mirror)
        failed = await job.ended(mirror)
        assert failed.status is RunStatus.FAILED
        assert failed.reason
        assert failed.code
        assert (await job.told_of(2))[1:] == [("Holiday", RunStatus.FAILED)]


async def test_the_end_of_the_program_parks_what_is_at_work_and_the_next_goes_on(
    world: World,
) -> None:
    async with jobs(world, at_once=1) as job:
        mirror, queued = await job.mirror("Holiday", assets=20), await job.mirror("Other")
        job.stall(after=5)
        run = await job.start(mirror)
        await job.start(queued)
        await job.until(lambda run: run.counters.uploaded > 0, mirror)
    async with jobs(world, at_once=2) as job:
        parked = await job.last(mirror)
        assert (parked.id, parked.status, parked.code) == (run.id, RunStatus.WAITING, "stopping")
        job.go_on()
        await job.runner.take_up(RunOptions())
        await job.clock.look()
        done = await job.until(lambda run: run.status is RunStatus.OK, mirror)
        assert (done.id, done.counters.uploaded) == (run.id, 20)
        assert (await job.until(lambda run: run.status is RunStatus.OK, queued)).id


async def test_a_run_that_a_crash_left_is_taken_up_as_the_same_run(world: World) -> None:
    async with jobs(world) as job:
        mirror, paused = await job.mirror("Holiday"), await job.mirror("Paused")
        crashed = await job.app.store.runs.start(mirror.id)
        await job.app.store.runs.start(paused.id)
        await job.app.store.mirrors.update(paused.id, paused=True)
    async with jobs(world) as job:
        await job.runner.take_up(RunOptions())
        done = await job.ended(mirror)
        assert (done.id, done.status) == (crashed.id, RunStatus.OK)
        assert (await job.last(paused)).code == "paused"
