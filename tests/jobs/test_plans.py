"""Plans: what the next run would do, made in the background."""

from __future__ import annotations

import pytest
from job_world import jobs
from mirror_world import World, tree

from pentaprism.errors import NotFoundError
from pentaprism.jobs.plans import Plans
from pentaprism.mirrors.preview import Verb


async def test_a_plan_tells_what_would_be_put_and_puts_nothing(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday", assets=5)
        plans = Plans(job.app, job.app.clock)
        plan = await plans.finished(plans.begin(mirror, "me"))
        assert (plan.done, plan.error, plan.listed) == (True, None, 5)
        assert plan.counts == {Verb.PUT: 5}
        row = plan.rows[Verb.PUT][0]
        assert (row.filename, row.code, row.reason) == (
            "Holiday 0.jpg",
            "new",
            "new in the album",
        )
        assert plan.bytes == sum(row.size or 0 for row in plan.rows[Verb.PUT]) > 0
        assert tree(world.home / "Holiday") == {}
        assert await job.app.store.runs.recent(10) == []
        await plans.close()


async def test_removals_are_planned_or_told_as_held(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday", assets=60)
        mirror = await job.app.store.mirrors.update(
            mirror.id, options=mirror.options | {"removals": "trash"}
        )
        await job.start(mirror)
        await job.ended(mirror)
        album = world.library.albums[mirror.album_id]
        assets = [asset for asset in world.library.assets.values() if asset.filename[:3] == "Hol"]
        world.library.remove_from_album(album.id, [asset.id for asset in assets[:55]])
        plans = Plans(job.app, job.app.clock)
        held = await plans.finished(plans.begin(mirror, "me"))
        assert held.counts == {Verb.HELD: 55, Verb.KEEP: 5}
        assert held.held is not None
        assert "55 of 60" in held.held
        allowed = await plans.finished(plans.begin(mirror, "me", max_removals=55))
        assert allowed.counts == {Verb.REMOVE: 55, Verb.KEEP: 5}
        assert len(tree(world.home / "Holiday")) == 60
        await plans.close()


async def test_a_plan_is_its_persons_alone_and_forgotten_after_a_while(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        plans = Plans(job.app, job.app.clock)
        plan = await plans.finished(plans.begin(mirror, "me"))
        assert plans.get(plan.id, "me") is plan
        assert plans.latest(mirror.id, "me") is plan
        with pytest.raises(NotFoundError):
            plans.get(plan.id, "somebody else")
        assert plans.latest(mirror.id, "somebody else") is None
        world.pass_time(hours=1)
        assert plans.latest(mirror.id, "me") is None
        await plans.close()


async def test_what_keeps_a_plan_from_being_made_is_told(world: World) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        world.library.delete_album(mirror.album_id)
        plans = Plans(job.app, job.app.clock)
        plan = await plans.finished(plans.begin(mirror, "me"))
        assert plan.error is not None
        assert plan.error.code == "album_gone"
        await plans.close()
