"""A runner and all around it: an Immich, a database, mirrors in folders of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC

from mirror_world import World

from pentaprism.app import App, RunOptions
from pentaprism.jobs.clock import Clock
from pentaprism.jobs.runner import Runner
from pentaprism.store.records import Connection, Mirror, Run, RunStatus

FOREVER = 600.0


@dataclass(slots=True)
class Jobs:
    """An open program with a runner and a clock, which does nothing by itself."""

    world: World
    app: App
    connection: Connection
    runner: Runner
    clock: Clock
    told: list[tuple[str, RunStatus]] = field(default_factory=list)

    async def mirror(self, name: str, assets: int = 3) -> Mirror:
        """Make a mirror of a new album of so many assets."""
        album = self.world.library.add_album(name)
        ids = [self.world.make(f"{name} {n}.jpg").id for n in range(assets)]
        self.world.library.add_to_album(album.id, ids)
        definition = await self.world.definition(
            self.app, self.connection, self.world.home / name, album
        )
        return await definition.save()

    async def start(self, mirror: Mirror) -> Run:
        fresh = await self.app.store.mirrors.get(mirror.id)
        return await self.runner.start(fresh, RunOptions())

    async def last(self, mirror: Mirror) -> Run:
        run = await self.app.store.runs.last(mirror.id)
        assert run is not None
        return run

    async def until(self, done: Callable[[Run], bool], mirror: Mirror) -> Run:
        """Return the last run of ``mirror`` as soon as it is as wanted."""
        async with asyncio.timeout(20):
            while True:
                run = await self.app.store.runs.last(mirror.id)
                if run is not None and done(run):
                    return run
                await asyncio.sleep(0.01)

    async def ended(self, mirror: Mirror) -> Run:
        """Return the last run of ``mirror`` when nothing is at work on it any more."""
        busy = (RunStatus.RUNNING,)
        run = await self.until(lambda run: run.status not in busy, mirror)
        async with asyncio.timeout(20):
            while self.runner.live(mirror.id) is not None:  # noqa: ASYNC110 - from outside
                await asyncio.sleep(0.01)
        return run

    async def told_of(self, count: int) -> list[tuple[str, RunStatus]]:
        """Return what was told, as soon as it is so much."""
        async with asyncio.timeout(20):
            while len(self.told) < count:  # noqa: ASYNC110 - from outside
                await asyncio.sleep(0.005)
        return self.told

    def stall(self, after: int = 0) -> None:
        """Let Immich send no originals from now on, but for the next few."""
        self.world.sandbox.faults.add("stall", route="original", skip=after, seconds=FOREVER)

    async def stalled(self) -> None:
        """Return when a run waits for an original that does not come."""
        async with asyncio.timeout(20):
            while not self.world.sandbox.traffic.of("original").requests:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def go_on(self) -> None:
        self.world.sandbox.faults.clear()


@asynccontextmanager
async def jobs(world: World, *, at_once: int = 2) -> AsyncIterator[Jobs]:
    """Open the program on the world's database, with a runner and a clock."""
    async with world.app() as (app, connection):
        told: list[tuple[str, RunStatus]] = []

        async def ended(mirror: Mirror, run: Run) -> None:
            told.append((mirror.album_name, run.status))

        runner = Runner(app, at_once=at_once, ended=ended)
        made = Jobs(world, app, connection, runner, Clock(app, runner, UTC), told)
        try:
            yield made
        finally:
            await runner.close()
