"""A folder whose database was lost is known again: nothing is downloaded, nothing is renamed."""

from __future__ import annotations

from pathlib import Path

import pytest
from mirror_world import TAKEN, Done, World, edit, tree

from pentaprism.sandbox.immich import Sandbox

EARLY = TAKEN - 1_000_000


async def rebuild(world: World, *, downloads: int = 0) -> Done:
    was = tree(world.folder)
    done = await world.run(database="new.db")
    assert done.originals == downloads
    assert tree(world.folder) == was
    again = await world.run(database="new.db")
    assert (again.codes, again.originals) == ([], 0)
    assert tree(world.folder) == was
    return done


async def test_the_hostile_library_is_known_again(tmp_path: Path) -> None:
    async with Sandbox(assets=66, seed=5) as sandbox:
        world = World(tmp_path, sandbox)
        world.album = sandbox.library.album_named("Holiday")
        for asset in sandbox.library.assets.values():
            sandbox.library.set_processed(asset.id)
        await world.run()
        done = await rebuild(world)
        assert done.counters.skipped == 66
        assert (done.counters.uploaded, done.counters.failed, done.counters.bytes) == (0, 0, 0)


async def test_names_do_not_change_when_a_later_one_is_listed_first(world: World) -> None:
    world.add("IMG.jpg")
    await world.run()
    world.add("IMG.jpg", taken=EARLY)
    await world.run()
    await rebuild(world)


async def test_live_photos_keep_their_names_when_a_later_one_is_listed_first(world: World) -> None:
    world.add_live("IMG.heic", "IMG.mov")
    await world.run()
    world.add_live("IMG.heic", "IMG.mov", taken=EARLY)
    await world.run()
    await rebuild(world)


@pytest.mark.parametrize("first", ["own", "external"])
async def test_external_assets_keep_their_names_when_a_later_one_is_listed_first(
    world: World, first: str
) -> None:
    if first == "own":
        world.add("IMG.jpg", b"one size")
    else:
        world.add_external("IMG.jpg", b"one size")
    await world.run()
    later = world.add_external("IMG.jpg", b"another size")
    world.library.assets[later].taken = EARLY
    world.library.touch(later)
    await world.run()
    await rebuild(world)


async def test_sidecars_are_known_again(world: World) -> None:
    world.add("a.jpg", description="On the beach")
    await world.run(sidecars=True)
    was = tree(world.folder)
    done = await world.run(database="new.db", sidecars=True)
    assert done.originals == 0
    assert tree(world.folder) == was


async def test_a_sidecar_that_changed_meanwhile_does_not_double_its_picture(world: World) -> None:
    asset = world.add("a.jpg", description="On the beach")
    await world.run(sidecars=True)
    world.library.describe(asset, description="In the hills")
    done = await world.run(database="new.db", sidecars=True)
    assert done.originals == 0
    assert [name for name in tree(world.folder) if name.endswith(".jpg")] == ["a.jpg"]


async def test_what_is_new_meanwhile_is_fetched_alone(world: World) -> None:
    world.add("a.jpg")
    await world.run()
    world.add("a.jpg", taken=EARLY)
    was = tree(world.folder)
    done = await world.run(database="new.db")
    assert (done.originals, done.counters.uploaded, done.counters.skipped) == (1, 1, 1)
    assert was.items() < tree(world.folder).items()


async def test_what_a_person_edited_is_kept(world: World) -> None:
    asset = world.add("a.jpg", b"old")
    await world.run()
    edit(world.folder / "a.jpg", b"a person's work")
    done = await world.run(database="new.db")
    assert done.originals == 1
    files = tree(world.folder)
    assert files.pop("a.jpg") == b"a person's work"
    assert list(files.values()) == [world.content(asset)]


async def test_a_half_of_a_live_photo_is_enough_to_know_it(world: World) -> None:
    _, video = world.add_live("IMG.heic", "IMG.mov")
    await world.run()
    (world.folder / "IMG.mov").unlink()
    done = await world.run(database="new.db")
    assert done.originals == 1
    assert tree(world.folder)["IMG.mov"] == world.content(video)
    assert len(tree(world.folder)) == 2


async def test_a_rebuild_that_was_interrupted_goes_on_as_it_began(world: World) -> None:
    for n in range(40):
        world.add_external(f"{n}.jpg")
    await world.run()
    was = tree(world.folder)
    late = world.add("late.jpg", taken=EARLY)
    world.sandbox.faults.add("status", route="original", status=401)
    stopped = await world.run(database="new.db")
    assert stopped.stopped is not None
    assert tree(world.folder) == was
    world.sandbox.faults.clear()
    done = await world.run(database="new.db")
    assert done.originals == 1
    assert tree(world.folder) == {**was, "late.jpg": world.content(late)}
    assert "folder_read" not in (await world.run(database="new.db")).codes


async def test_a_first_run_that_was_interrupted_does_not_read_the_folder(world: World) -> None:
    world.add("a.jpg")
    world.add("b.jpg")
    world.sandbox.faults.add("status", route="original", status=401, skip=1)
    assert (await world.run()).stopped is not None
    world.sandbox.faults.clear()
    assert "folder_read" not in (await world.run()).codes
