"""The plain path: a first run, a second one, and what is recorded of them."""

from __future__ import annotations

from pathlib import Path

from mirror_world import World, tree

from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.content import read
from pentaprism.store.records import ItemState, RunStatus


async def test_a_first_run_equals_the_album_and_a_second_does_nothing(world: World) -> None:
    ids = [world.add(f"{n}.jpg") for n in range(12)]
    first = await world.run()
    assert first.status is RunStatus.OK
    assert (first.counters.total, first.counters.uploaded) == (12, 12)
    assert first.counters.bytes == sum(len(world.content(id_)) for id_ in ids)
    assert tree(world.folder) == {f"{n}.jpg": world.content(id_) for n, id_ in enumerate(ids)}
    assert {item.state for item in await world.items()} == {ItemState.OK}
    assert all(item.verified for item in await world.items())

    second = await world.run()
    assert second.status is RunStatus.OK
    assert (second.counters.skipped, second.counters.uploaded) == (12, 0)
    assert (second.originals, second.counters.bytes, second.events) == (0, 0, [])


async def test_the_hostile_library_is_mirrored_byte_for_byte(tmp_path: Path) -> None:
    async with Sandbox(assets=66, seed=3) as sandbox:
        world = World(tmp_path, sandbox)
        world.album = sandbox.library.album_named("Holiday")
        done = await world.run()
        held = [sandbox.library.assets[id_] for id_ in world.album.assets]
        skipped = [a for a in held if not a.processed]
        wanted = [a for a in held if a.deleted is None]
        # Unprocessed for a moment only: the clock of the library started just now.
        assert done.counters.total == len(wanted) == 66
        assert done.counters.failed == 0
        assert done.counters.skipped == len(skipped) == 1
        contents = [read(a.content) for a in wanted if a.processed]
        contents += [
            read(sandbox.library.assets[a.live_video_id].content)
            for a in wanted
            if a.live_video_id and a.processed
        ]
        assert sorted(tree(world.folder).values()) == sorted(contents)
        again = await world.run()
        assert (again.originals, again.counters.skipped) == (0, 66)


async def test_an_asset_that_joins_is_fetched_alone(world: World) -> None:
    world.add("a.jpg")
    await world.run()
    added = world.add("b.jpg")
    done = await world.run()
    assert (done.originals, done.counters.uploaded, done.counters.skipped) == (1, 1, 1)
    assert tree(world.folder)["b.jpg"] == world.content(added)


async def test_an_empty_album_makes_an_empty_folder(world: World) -> None:
    done = await world.run()
    assert done.status is RunStatus.OK
    assert done.counters.total == 0
    assert tree(world.folder) == {}


async def test_the_time_of_capture_is_the_files_time(world: World) -> None:
    for name, taken in (("new.jpg", 1_600_000_000_123), ("old.jpg", -300_000_000_000)):
        world.add(name, taken=taken)
    await world.run()
    assert (world.folder / "new.jpg").stat().st_mtime_ns == 1_600_000_000_123_000_000
    assert (world.folder / "old.jpg").stat().st_mtime_ns == -300_000_000_000_000_000


async def test_archived_assets_belong_to_the_album(world: World) -> None:
    world.library.set_visibility(world.add("a.jpg"), "archive")
    assert (await world.run()).counters.uploaded == 1


async def test_the_template_makes_folders(world: World) -> None:
    world.add("a.jpg", taken=1_600_000_000_000)
    await world.run(template="{album}/{year}/{month}/{filename}")
    assert list(tree(world.folder)) == ["Summer/2020/09/a.jpg"]


async def test_an_asset_that_is_not_processed_waits_a_day_at_most(world: World) -> None:
    created = int(world.now.timestamp() * 1000)
    quick, broken = (world.add(name, created=created) for name in ("quick.jpg", "broken.jpg"))
    for id_ in (quick, broken):
        world.library.set_processed(id_, processed=False)
    first = await world.run()
    assert (first.counters.skipped, first.originals) == (2, 0)
    assert {event.details["why"] for event in first.of("skipped")} == {"unprocessed"}
    world.library.set_processed(quick)
    assert (await world.run()).counters.uploaded == 1
    world.pass_time(hours=25)
    assert (await world.run()).counters.uploaded == 1
    assert set(tree(world.folder)) == {"quick.jpg", "broken.jpg"}
