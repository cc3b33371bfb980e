"""Scans of roots: one at a time, by the day, and taken up after an end that came too early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from media_folders import PAIR, fill, put
from mirror_world import World

from pentaprism.adoption import NOBODY
from pentaprism.app import App
from pentaprism.errors import InvalidError, NotFoundError, RetryableError
from pentaprism.indexing import Step
from pentaprism.jobs.scanning import ScanState
from pentaprism.jobs.scans import EACH, Scans
from pentaprism.jobs.watching import Tell, Watchers
from pentaprism.library.folders import WHOLE
from pentaprism.library.progress import ScanProgress
from pentaprism.store.library_records import Root, RootState, Watching

OWNER = "somebody"


@asynccontextmanager
async def scans(world: World) -> AsyncIterator[tuple[App, Scans]]:
    async with world.app() as (app, _):
        made = Scans(app)
        try:
            yield app, made
        finally:
            await made.close()


@asynccontextmanager
async def at_work(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def root_in(app: App, folder: Path, watching: Watching = Watching.AUTO) -> Root:
    return await app.store.roots.add(OWNER, str(folder), folder.name, watching=watching)


async def groups_of(app: App) -> int:
    page = await app.store.file_groups.page(OWNER)
    return len(page.groups)


async def until_groups(app: App, count: int) -> None:
    async with asyncio.timeout(20):
        while await groups_of(app) != count:  # noqa: ASYNC110 - from outside
            await asyncio.sleep(0.05)


async def test_a_root_from_before_there_was_a_connection_gets_its_owner(world: World) -> None:
    async with world.app() as (app, connection):
        made = Scans(app)
        try:
            folder = fill(world.home / "early", PAIR)
            root = await app.store.roots.add(NOBODY, str(folder), "early")
            await app.indexing.scan(root, ScanProgress())
            assert await app.store.file_groups.counts(connection.owner_id) == {}
            await made.look()
            await made.regroup()
            assert (await app.store.roots.get(root.id)).owner_id == connection.owner_id
            assert sum((await app.store.file_groups.counts(connection.owner_id)).values()) == 1
        finally:
            await made.close()


async def test_one_root_is_scanned_after_the_other(world: World) -> None:
    async with scans(world) as (app, made):
        roots = [
            await root_in(app, fill(world.home / name, [f"{n}.jpg" for n in range(20)]))
            for name in ("a", "b", "c")
        ]
        for root in roots:
            await made.start(root.id)
        states = [made.progress(root.id) for root in roots]
        assert all(state is not None for state in states)
        again = await made.start(roots[0].id)
        assert again.root_id == roots[0].id
        seen = set()
        async with asyncio.timeout(30):
            while any(made.progress(root.id) for root in roots):
                lives = [live for root in roots if (live := made.progress(root.id))]
                seen.add(sum(live.state is not ScanState.QUEUED for live in lives))
                await asyncio.sleep(0.01)
        assert seen <= {0, 1}
        for root in roots:
            last = made.last(root.id)
            assert last is not None
            assert (last.state, last.progress.files) == (ScanState.ENDED, 20)
            assert last.started_at is not None
            assert last.ended_at is not None


async def test_one_that_waits_is_cancelled_at_once(world: World) -> None:
    async with scans(world) as (app, made):
        first = await root_in(app, fill(world.home / "a", [f"{n}.jpg" for n in range(200)]))
        second = await root_in(app, fill(world.home / "b", PAIR))
        await made.start(first.id)
        await made.start(second.id)
        await made.cancel(second.id)
        last = made.last(second.id)
        assert last is not None
        assert (last.state, last.started_at) == (ScanState.CANCELLED, None)
        await made.cancel(first.id)
        assert made.progress(first.id) is None
        # What was cancelled by a person is not taken up by itself.
        await made.look()
        assert made.progress(second.id) is None


async def test_what_a_stop_has_ended_is_taken_up(world: World) -> None:
    async with scans(world) as (app, made):
        first = await root_in(app, fill(world.home / "a", [f"{n}.jpg" for n in range(300)]))
        second = await root_in(app, fill(world.home / "b", PAIR))
        await made.start(first.id)
        await made.start(second.id)
        await asyncio.sleep(0.2)
        async with asyncio.timeout(10):
            await made.close()
        with pytest.raises(RetryableError):
            await made.start(first.id)
    async with scans(world) as (app, made), at_work(made.run()):
        async with asyncio.timeout(60):
            while None in [root.scanned_at for root in await app.store.roots.list()]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await made.ended(second.id)
        assert await groups_of(app) == 1
    async with scans(world) as (app, made), at_work(made.run()):
        await asyncio.sleep(0.3)
        assert made.progress(first.id) is None
        assert made.last(first.id) is None


async def test_rules_of_the_settings_are_in_force_at_once(world: World) -> None:
    names = ("2024/IMG_1.jpg", "2024/IMG_1_mine.jpg")
    rules = world.home / "rules.toml"
    async with scans(world) as (app, made):
        root = await root_in(app, fill(world.home / "a", names), Watching.OFF)
        await made.start(root.id)
        await made.ended(root.id)
        assert await groups_of(app) == 0
        settings = app.settings.model_copy(update={"group_rules": rules})
    rules.write_text('[[edit]]\nending = "_mine"\n')
    async with App.open(settings, clock=lambda: world.now) as app:
        made = Scans(app)
        async with at_work(made.run()):
            await until_groups(app, 1)
        await made.close()
    rules.write_text("[[edit")
    with pytest.raises(InvalidError, match=r"rules\.toml"):
        async with App.open(settings, clock=lambda: world.now):
            pass


async def test_each_root_is_scanned_once_a_day(world: World) -> None:
    async with scans(world) as (app, made):
        root = await root_in(app, fill(world.home / "a", PAIR))
        await made.look()
        await made.ended(root.id)
        await made.look()
        assert made.progress(root.id) is None
        world.now += EACH + timedelta(hours=2)
        await made.look()
        assert made.progress(root.id) is not None
        await made.ended(root.id)


async def test_a_root_that_is_not_there(world: World) -> None:
    async with scans(world) as (app, made):
        with pytest.raises(NotFoundError):
            await made.start("nothing")
        root = await root_in(app, fill(world.home / "a", PAIR))
        await made.start(root.id)
        await made.cancel(root.id)
        await app.store.roots.delete(root.id)
        made.forget(root.id)
        assert await made.ended(root.id) is None


async def test_a_root_that_comes_and_goes(world: World) -> None:
    async with scans(world) as (app, made):
        folder = fill(world.home / "a", PAIR)
        root = await root_in(app, folder, Watching.OFF)
        await made.start(root.id)
        await made.ended(root.id)
        watchers = Watchers(app, made)
        folder.rename(world.home / "gone")
        await watchers.look()
        await made.ended(root.id)
        assert (await app.store.roots.get(root.id)).state is RootState.AWAY
        assert await groups_of(app) == 1
        await watchers.look()
        assert made.progress(root.id) is None
        world.now += EACH * 2
        await made.look()
        assert made.progress(root.id) is None
        (world.home / "gone").rename(folder)
        await watchers.look()
        assert made.progress(root.id) is not None
        await made.ended(root.id)
        assert (await app.store.roots.get(root.id)).state is RootState.PRESENT


async def test_a_bare_mount_point_is_not_scanned_again_and_again(world: World) -> None:
    async with scans(world) as (app, made):
        folder = fill(world.home / "a", PAIR)
        root = await root_in(app, folder, Watching.OFF)
        await made.start(root.id)
        await made.ended(root.id)
        folder.rename(world.home / "gone")
        folder.mkdir()
        (folder / ".not-mounted").touch()
        await made.start(root.id)
        await made.ended(root.id)
        assert (await app.store.roots.get(root.id)).state is RootState.AWAY
        await Watchers(app, made).look()
        assert made.progress(root.id) is None


async def test_watching_that_fails_begins_again(world: World) -> None:
    told: asyncio.Queue[frozenset[str] | OSError] = asyncio.Queue()
    begun: list[str] = []

    async def watch(root: Root, stop: asyncio.Event, tell: Tell) -> AsyncIterator[frozenset[str]]:
        begun.append(root.name)
        tell("It is watched otherwise.")
        yield frozenset({WHOLE})
        while not stop.is_set():
            news = await told.get()
            if isinstance(news, OSError):
                raise news
            yield news

    async with scans(world) as (app, made):
        folder = fill(world.home / "a", PAIR)
        root = await root_in(app, folder)
        watchers = Watchers(app, made, watch=watch)
        async with at_work(watchers.run()):
            await until_groups(app, 1)
            told.put_nowait(OSError("no more watches"))
            put(folder / "new/IMG_5.jpg")
            put(folder / "new/IMG_5-edited.jpg")
            told.put_nowait(frozenset({"new"}))
            await until_groups(app, 2)
        assert (await app.store.roots.get(root.id)).reason == "It is watched otherwise."
        assert begun == ["a", "a"]


async def test_what_goes_wrong_again_and_again_is_logged_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[str] = []

    async def watch(root: Root, stop: asyncio.Event, tell: Tell) -> AsyncIterator[frozenset[str]]:
        del stop, tell
        tries.append(root.name)
        yield frozenset({WHOLE})
        raise OSError("no more watches")

    async with scans(world) as (app, made):
        await root_in(app, fill(world.home / "a", PAIR))
        async with at_work(Watchers(app, made, watch=watch).run()), asyncio.timeout(20):
            while len(tries) < 3:  # noqa: ASYNC110 - from outside
                await asyncio.sleep(0.05)
    told = [one.getMessage() for one in caplog.records if "watched" in one.getMessage()]
    assert told == ["a: it could not be watched: no more watches"]


async def test_changes_in_which_nothing_changed_are_not_matched(world: World) -> None:
    async with scans(world) as (app, _):
        folder = fill(world.home / "a", PAIR)
        root = await root_in(app, folder)
        steps: list[Step] = []
        await app.indexing.scan(root, ScanProgress())
        await app.indexing.scan(root, ScanProgress(), folders=["2024"], tell=steps.append)
        assert steps == [Step.SCANNING, Step.GROUPING]
        steps.clear()
        put(folder / "2024/IMG_2.jpg")
        await app.indexing.scan(root, ScanProgress(), folders=["2024"], tell=steps.append)
        assert steps == [Step.SCANNING, Step.MATCHING, Step.GROUPING]


async def test_roots_are_watched_as_they_are_now(world: World) -> None:
    watched: list[str] = []

    async def watch(root: Root, stop: asyncio.Event, tell: Tell) -> AsyncIterator[frozenset[str]]:
        watched.append(root.name)
        try:
            await stop.wait()
            yield frozenset()
        finally:
            watched.remove(root.name)

    async with scans(world) as (app, made):
        watchers = Watchers(app, made, watch=watch)
        async with at_work(watchers.run()):
            first = await root_in(app, fill(world.home / "a", PAIR))
            second = await root_in(app, fill(world.home / "b", PAIR), Watching.OFF)
            watchers.wake()
            await made_equal(watched, ["a"])
            await app.store.roots.update(second.id, watching=Watching.AUTO)
            watchers.wake()
            await made_equal(watched, ["a", "b"])
            await made.cancel(first.id)
            await app.store.roots.delete(first.id)
            watchers.wake()
            await made_equal(watched, ["b"])
        assert watched == []


async def made_equal(found: list[str], wanted: list[str]) -> None:
    async with asyncio.timeout(20):
        while sorted(found) != wanted:  # noqa: ASYNC110 - from outside
            await asyncio.sleep(0.02)
