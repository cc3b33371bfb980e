"""Searches for duplicates in the background: asked for, by themselves, and taken up again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from media_folders import fill
from mirror_world import World

from pentaprism.app import App
from pentaprism.duplicates.progress import DuplicatePhase, DuplicateProgress
from pentaprism.errors import RetryableError
from pentaprism.jobs.duplicate_scans import DELAY, DuplicateScans, DuplicateScanState
from pentaprism.library.progress import ScanProgress
from pentaprism.store.library_records import Watching

OWNER = "somebody"


@asynccontextmanager
async def searches(world: World) -> AsyncIterator[tuple[App, DuplicateScans]]:
    async with world.app() as (app, _):
        made = DuplicateScans(app)
        try:
            yield app, made
        finally:
            await made.close()


async def index(world: World, app: App, *names: str) -> None:
    folder = fill(world.home / "photos", names)
    roots = await app.store.roots.list(OWNER)
    root = (
        roots[0]
        if roots
        else await app.store.roots.add(OWNER, str(folder), "a", watching=Watching.OFF)
    )
    await app.indexing.scan(root, ScanProgress())


async def test_a_search_that_is_asked_for_ends(world: World) -> None:
    async with searches(world) as (app, made):
        await index(world, app, "a.jpg", "b.jpg", "copy/a.jpg")
        before = made.changes.number
        live = await made.start(OWNER)
        assert (live.owner_id, live.state) == (OWNER, DuplicateScanState.QUEUED)
        assert made.changes.number > before
        assert (await made.start(OWNER)).asked_at == live.asked_at
        last = await made.ended(OWNER)
        assert last is not None
        assert (last.state, last.error, last.progress.phase) == (
            DuplicateScanState.ENDED, None, DuplicatePhase.DONE,
        )  # fmt: skip
        assert (last.progress.hashed, last.progress.fingerprinted) == (3, 3)
        assert made.progress(OWNER) is None
        (group,) = (await app.store.duplicates.page(OWNER)).groups
        assert group.bulk


async def test_new_files_are_looked_at_once_no_more_come(world: World) -> None:
    async with searches(world) as (app, made):
        await made.look()
        await index(world, app, "a.jpg")
        await made.look()
        await index(world, app, "b.jpg")
        world.now += DELAY
        await made.look()  # one more had come
        assert made.progress(OWNER) is None
        world.now += DELAY / 2
        await made.look()
        assert made.progress(OWNER) is None
        world.now += DELAY / 2
        await made.look()
        assert made.progress(OWNER) is not None
        await made.ended(OWNER)
        assert await app.duplicates.left(OWNER) == (0, 0)
        world.now += timedelta(days=3)
        await made.look()
        assert made.progress(OWNER) is None


async def test_it_can_be_turned_off(world: World) -> None:
    async with searches(world) as (app, made):
        await index(world, app, "a.jpg")
        app.settings.duplicates = "off"
        await made.look()
        world.now += DELAY * 2
        await made.look()
        assert made.progress(OWNER) is None
        await made.start(OWNER)
        last = await made.ended(OWNER)
        assert last is not None
        assert last.progress.fingerprinted == 1


async def test_what_a_person_ends_is_not_taken_up(world: World) -> None:
    async with searches(world) as (app, made):
        await index(world, app, "a.jpg")
        await made.start(OWNER)
        await made.cancel(OWNER)
        await made.cancel(OWNER)
        last = made.last(OWNER)
        assert last is not None
        assert last.state is DuplicateScanState.CANCELLED
        for _ in range(3):
            world.now += DELAY
            await made.look()
        assert made.progress(OWNER) is None


async def test_what_a_stop_has_ended_is_taken_up(world: World) -> None:
    async with searches(world) as (app, made):
        await index(world, app, "a.jpg", "b.jpg")
        await made.start(OWNER)
        await made.start("another")
        await made.close()
        with pytest.raises(RetryableError):
            await made.start(OWNER)
    async with searches(world) as (app, made):
        running = asyncio.create_task(made.run())
        async with asyncio.timeout(60):
            while await app.duplicates.left(OWNER) != (0, 0):  # noqa: ASYNC110 - from outside
                await asyncio.sleep(0.02)
            await made.ended(OWNER)
            await made.ended("another")
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    async with searches(world) as (app, made):
        assert await made._wanted() == []


def test_rate_and_time_left_are_known_after_a_second() -> None:
    progress = DuplicateProgress()
    progress.begin(DuplicatePhase.FINGERPRINTING, 100)
    progress.sample(10.0)
    assert (progress.rate, progress.seconds_left) == (None, None)
    progress.done = 20
    progress.sample(12.0)
    assert (progress.rate, progress.seconds_left) == (10.0, 8.0)
    progress.begin(DuplicatePhase.COMPARING)
    progress.done = 5
    progress.sample(13.0)
    progress.sample(15.0)
    assert progress.seconds_left is None
    looked = progress.look()
    progress.done = 9
    assert looked.done == 5
