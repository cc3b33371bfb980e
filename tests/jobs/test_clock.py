"""The clock: what is due runs, once, and what waits goes on when its time has come."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from job_world import jobs
from mirror_world import World

from pentaprism.errors import WaitingError
from pentaprism.jobs.schedule import cron, interval
from pentaprism.store.records import RunStatus, StartedBy


async def test_a_mirror_runs_when_it_is_due_and_not_before(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        planned = await job.clock.plan(mirror, interval(60))
        assert planned.next_run_at == world.now + timedelta(hours=1)
        await job.clock.look()
        assert await job.app.store.runs.last(mirror.id) is None
        world.pass_time(hours=1, minutes=3)
        await job.clock.look()
        run = await job.ended(mirror)
        assert (run.status, run.started_by) == (RunStatus.OK, StartedBy.SCHEDULE)
        after = await job.app.store.mirrors.get(mirror.id)
        assert after.next_run_at == planned.next_run_at + timedelta(hours=1)


async def test_runs_that_were_missed_are_made_up_for_by_one(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        await job.clock.plan(mirror, interval(60))
        world.pass_time(days=3)
        await job.clock.look()
        await job.ended(mirror)
        await job.clock.look()
        assert len(await job.app.store.runs.recent(10, mirror.id)) == 1


async def test_several_clocks_fire_it_once(world: World) -> None:
    async with jobs(world) as one, jobs(world) as two, jobs(world) as three:
        mirror = await one.mirror("Holiday")
        await one.clock.plan(mirror, interval(60))
        world.pass_time(hours=2)
        await asyncio.gather(one.clock.look(), two.clock.look(), three.clock.look())
        await one.ended(mirror)
        assert len(await one.app.store.runs.recent(10, mirror.id)) == 1


async def test_a_run_that_is_still_at_work_is_not_overlapped(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        await job.clock.plan(mirror, interval(5))
        job.stall()
        await job.start(mirror)
        await job.stalled()
        world.pass_time(minutes=6)
        await job.clock.look()
        assert len(await job.app.store.runs.recent(10, mirror.id)) == 1
        after = await job.app.store.mirrors.get(mirror.id)
        assert after.next_run_at is not None
        assert after.next_run_at > world.now


async def test_a_paused_mirror_and_one_without_a_schedule_are_left(world: World) -> None:
    async with jobs(world) as job:
        paused, by_hand = await job.mirror("Paused"), await job.mirror("By hand")
        await job.clock.plan(paused, interval(60))
        await job.runner.pause(paused)
        await job.clock.plan(by_hand, interval(60))
        await job.clock.plan(by_hand, None)
        world.pass_time(days=1)
        await job.clock.look()
        assert await job.app.store.runs.recent(10) == []


async def test_a_schedule_can_be_changed_while_the_clock_runs(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        await job.clock.plan(mirror, cron("0 3 1 1 *"))
        ticking = asyncio.create_task(job.clock.run())
        try:
            await asyncio.sleep(0.1)
            await job.clock.plan(mirror, interval(5))
            world.pass_time(minutes=5, seconds=1)
            job.clock.wake()
            assert (await job.ended(mirror)).status is RunStatus.OK
        finally:
            ticking.cancel()


async def test_a_run_that_waits_goes_on_when_its_time_has_come(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        run = await job.app.store.runs.start(mirror.id)
        until = world.now + timedelta(hours=2)
        await job.app.store.runs.finish(
            run.id, RunStatus.WAITING, run.counters, "quota", waits_until=until, code="quota"
        )
        await job.clock.look()
        assert (await job.last(mirror)).status is RunStatus.WAITING
        world.pass_time(hours=2, seconds=1)
        await job.clock.look()
        done = await job.until(lambda run: run.status is RunStatus.OK, mirror)
        assert done.id == run.id


async def test_a_mirror_resumed_while_its_run_was_being_parked_goes_on(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        run = await job.app.store.runs.start(mirror.id)
        parked = WaitingError("The mirror was paused.", code="paused")
        await job.app.store.runs.finish(
            run.id, RunStatus.WAITING, run.counters, parked.message, code="paused"
        )
        await job.clock.look()
        assert (await job.until(lambda run: run.status is RunStatus.OK, mirror)).id == run.id


async def test_a_schedule_that_cannot_be_read_stops_nothing_else(world: World) -> None:
    async with jobs(world) as job:
        broken, whole = await job.mirror("Broken"), await job.mirror("Whole")
        await job.app.store.mirrors.update(
            broken.id, schedule={"cron": "what"}, next_run_at=world.now
        )
        await job.clock.plan(whole, interval(5))
        world.pass_time(minutes=6)
        await job.clock.look()
        await job.ended(whole)
        assert (await job.last(whole)).status is RunStatus.OK
        assert (await job.app.store.mirrors.get(broken.id)).next_run_at is None
