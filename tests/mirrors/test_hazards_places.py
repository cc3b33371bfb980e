"""The folder itself: not mounted, moved, copied, shared, nested, full."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mirror_world import World, tree

from pentaprism.errors import ActionRequiredError, ConflictError


async def test_target_not_mounted(world: World) -> None:
    world.add("a.jpg")
    await world.run()
    hidden = world.folder.rename(world.home / "elsewhere")
    world.folder.mkdir()
    with pytest.raises(ActionRequiredError) as caught:
        await world.run_again()
    assert caught.value.code == "not_mounted"
    assert list(world.folder.iterdir()) == []
    assert set(tree(hidden)) == {"a.jpg"}


async def test_folder_moved(world: World) -> None:
    world.add("a.jpg")
    first = await world.run()
    moved = world.home / "elsewhere"
    world.folder.rename(moved)
    again = await world.run(moved)
    assert (again.mirror.id, again.originals, again.counters.skipped) == (first.mirror.id, 0, 1)


async def test_folder_copied(world: World) -> None:
    world.add("a.jpg")
    await world.run()
    copy = world.home / "copy"
    shutil.copytree(world.folder, copy)
    with pytest.raises(ConflictError) as caught:
        await world.run(copy)
    assert caught.value.code == "copied_folder"


async def test_database_lost(world: World) -> None:
    first = world.add("IMG.jpg")
    world.add("IMG.jpg")
    world.add_live("live.heic", "live.mov")
    world.add_external("ext.jpg")
    before = await world.run()
    was = tree(world.folder)
    # The first claimant comes back as the last one, which must not change any name.
    world.library.remove_from_album(world.album.id, [first])
    world.library.add_to_album(world.album.id, [first])
    after = await world.run(database="new.db")
    assert after.mirror.id == before.mirror.id
    assert (after.originals, after.counters.bytes) == (0, 0)
    assert tree(world.folder) == was
    assert after.counters.skipped == 4


async def test_a_file_that_is_not_ours_is_left_alone(world: World) -> None:
    same = world.add("same.jpg")
    world.add("other.jpg")
    world.folder.mkdir()
    (world.folder / "same.jpg").write_bytes(world.content(same))
    (world.folder / "other.jpg").write_bytes(b"somebody else's")
    done = await world.run()
    assert done.originals == 1
    files = tree(world.folder)
    assert files["other.jpg"] == b"somebody else's"
    assert len(files) == 3
    assert (await world.run()).originals == 0


async def test_disk_full(world: World) -> None:
    world.add("a.jpg")
    done = await world.run(min_free=1 << 60)
    assert done.stopped is not None
    assert done.stopped.code == "disk_full"
    assert tree(world.folder) == {}
    done = await world.run(min_free=0)
    assert set(tree(world.folder)) == {"a.jpg"}


async def test_album_renamed_keeps_its_folder(world: World) -> None:
    world.add("a.jpg")
    await world.run(template="{album}/{filename}")
    world.library.rename_album(world.album.id, "Winter")
    world.add("b.jpg")
    done = await world.run()
    assert set(tree(world.folder)) == {"Summer/a.jpg", "Summer/b.jpg"}
    assert done.of("album_renamed")[0].details == {
        "name": "Winter",
        "before": "Summer",
        "here": "Summer",
    }
    assert done.mirror.album_name == "Winter"
    assert (await world.run()).codes == []


async def test_two_runs_at_once(world: World, tmp_path: Path) -> None:
    world.add("a.jpg")
    done = await world.run()
    async with world.app() as (app, _):
        holder = await app.open_destination(done.mirror)
        await holder.check()
        try:
            with pytest.raises(ConflictError) as caught:
                await world.run()
        finally:
            await holder.close()
    assert caught.value.code == "locked"


async def test_nested_targets_are_refused(world: World) -> None:
    world.add("a.jpg")
    await world.run()
    other = world.library.add_album("Other")
    with pytest.raises(ActionRequiredError) as caught:
        await world.run(world.folder / "inside", album=other)
    assert caught.value.code == "nested"


async def test_dry_run_changes_nothing(world: World) -> None:
    world.add("a.jpg")
    (page,) = await world.plan()
    assert len(page.actions) == 1
    assert not world.folder.exists()
    async with world.app() as (app, _):
        assert await app.store.mirrors.list() == []
