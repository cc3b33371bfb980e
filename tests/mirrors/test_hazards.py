"""The hazards of a mirror on disk, met by the engine and the folder together."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mirror_world import World, damage, edit, trashed, tree

from pentaprism.errors import ActionRequiredError, ConflictError
from pentaprism.store.records import RunStatus


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


@pytest.mark.parametrize("removals", ["keep", "trash"])
async def test_removed_from_the_album(world: World, removals: str) -> None:
    gone, stays = world.add("gone.jpg"), world.add("stays.jpg")
    await world.run(removals=removals)
    world.library.remove_from_album(world.album.id, [gone])
    done = await world.run()
    assert done.status is RunStatus.OK
    assert "stays.jpg" in tree(world.folder)
    assert ("gone.jpg" in tree(world.folder)) == (removals == "keep")
    assert trashed(world.folder) == ([] if removals == "keep" else ["gone.jpg"])
    assert done.counters.removed == (removals == "trash")
    (event,) = done.of("orphaned" if removals == "keep" else "removed")
    assert event.details["why"] == "removed"
    again = await world.run()
    assert again.codes == []
    assert stays


@pytest.mark.parametrize(
    ("act", "why"), [("trash", "trashed"), ("delete", "gone"), ("lock", "locked")]
)
async def test_why_an_asset_left_is_told(world: World, act: str, why: str) -> None:
    gone = world.add("gone.jpg")
    world.add("stays.jpg")
    await world.run(removals="trash")
    {
        "trash": lambda: world.library.trash([gone]),
        "delete": lambda: world.library.delete([gone]),
        "lock": lambda: world.library.set_visibility(gone, "locked"),
    }[act]()
    done = await world.run()
    (event,) = done.of("removed")
    assert event.details["why"] == why
    assert trashed(world.folder) == ["gone.jpg"]


async def test_an_offline_asset_stays(world: World) -> None:
    away = world.add_external("away.jpg")
    world.add("stays.jpg")
    await world.run(removals="trash")
    world.library.set_offline(away)
    done = await world.run()
    assert set(tree(world.folder)) == {"away.jpg", "stays.jpg"}
    assert done.counters.removed == 0


async def test_album_deleted(world: World) -> None:
    world.add("a.jpg")
    await world.run(removals="trash")
    world.library.delete_album(world.album.id)
    done = await world.run_again()
    assert done.stopped is not None
    assert done.stopped.code == "album_gone"
    assert done.status is RunStatus.FAILED
    assert set(tree(world.folder)) == {"a.jpg"}


async def test_album_came_back_empty(world: World) -> None:
    gone = world.add("a.jpg")
    await world.run(removals="trash")
    world.library.remove_from_album(world.album.id, [gone])
    done = await world.run()
    assert done.hold == "album_empty"
    assert set(tree(world.folder)) == {"a.jpg"}


async def test_more_than_usual_would_go(world: World) -> None:
    ids = [world.add(f"{n}.jpg") for n in range(70)]
    await world.run(removals="trash")
    world.library.remove_from_album(world.album.id, ids[:60])
    held = await world.run()
    assert held.hold == "too_many"
    assert len(tree(world.folder)) == 70
    allowed = await world.run(max_removals=60)
    assert allowed.counters.removed == 60
    assert len(tree(world.folder)) == 10


async def test_asset_replaced(world: World) -> None:
    changed = world.add("a.jpg", b"old")
    await world.run()
    world.library.replace(changed, b"brand new")
    done = await world.run()
    assert done.counters.uploaded == 1
    assert tree(world.folder) == {"a.jpg": b"brand new"}
    assert trashed(world.folder) == ["a.jpg"]


async def test_external_asset_replaced(world: World) -> None:
    changed = world.add_external("a.jpg", b"old")
    await world.run()
    world.library.replace(changed, b"brand new")
    done = await world.run()
    assert done.counters.uploaded == 1
    assert tree(world.folder) == {"a.jpg": b"brand new"}


async def test_edited_here_and_changed_in_immich(world: World) -> None:
    changed = world.add("a.jpg", b"old")
    await world.run()
    edit(world.folder / "a.jpg", b"a person's work")
    kept = await world.run()
    assert kept.codes == ["edited_kept"]
    world.library.replace(changed, b"brand new")
    done = await world.run()
    assert done.codes == ["conflict_copy"]
    files = tree(world.folder)
    assert files.pop("a.jpg") == b"a person's work"
    assert list(files.values()) == [b"brand new"]
    assert (await world.run()).originals == 0
    assert len(tree(world.folder)) == 2


async def test_edited_here_and_removed_from_the_album(world: World) -> None:
    gone = world.add("a.jpg", b"old")
    world.add("b.jpg")
    await world.run(removals="trash")
    edit(world.folder / "a.jpg", b"a person's work")
    world.library.remove_from_album(world.album.id, [gone])
    await world.run()
    assert tree(world.folder)["a.jpg"] == b"a person's work"
    assert (await world.run()).codes == []


@pytest.mark.parametrize("missing", ["fetch", "leave"])
async def test_deleted_here(world: World, missing: str) -> None:
    world.add("a.jpg")
    await world.run(missing=missing)
    (world.folder / "a.jpg").unlink()
    done = await world.run()
    assert ("a.jpg" in tree(world.folder)) == (missing == "fetch")
    assert done.counters.uploaded == (missing == "fetch")


@pytest.mark.parametrize("data", [b"", b"tr"])
async def test_truncated_file_with_the_same_time(world: World, data: bytes) -> None:
    world.add("a.jpg", b"true bytes")
    await world.run()
    damage(world.folder / "a.jpg", data)
    done = await world.run()
    assert done.codes == ["repaired"]
    assert tree(world.folder) == {"a.jpg": b"true bytes"}


async def test_rotten_bits_are_found_and_mended(world: World) -> None:
    world.add("a.jpg", b"true bytes")
    world.add_external("b.jpg")
    await world.run()
    damage(world.folder / "a.jpg", b"true bytez")
    assert await world.verify() == {"a.jpg": "damaged", "b.jpg": "external, size only"}
    done = await world.run_again(thorough=True)
    assert done.codes == ["repaired"]
    assert tree(world.folder)["a.jpg"] == b"true bytes"


async def test_same_name_case_and_unicode_form(world: World) -> None:
    for name in ["IMG.jpg", "IMG.jpg", "IMG.jpg", "img.JPG", "e\u0301.jpg", "\u00e9.jpg"]:
        world.add(name)
    trees = []
    for _ in range(3):
        await world.run()
        trees.append(tree(world.folder))
    assert trees[0] == trees[1] == trees[2]
    assert len(trees[0]) == 6
    assert {"IMG.jpg", "\u00e9.jpg"} <= set(trees[0])


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


async def test_live_photo_whose_second_half_fails(world: World) -> None:
    _, video = world.add_live("IMG.heic", "IMG.mov")
    world.sandbox.faults.add("status", route="original", asset=video, status=404)
    done = await world.run()
    assert done.counters.failed == 1
    assert tree(world.folder) == {}
    world.sandbox.faults.clear()
    done = await world.run()
    assert set(tree(world.folder)) == {"IMG.heic", "IMG.mov"}
    assert done.counters.total == done.counters.uploaded == 1


async def test_a_live_video_in_the_album_itself_is_not_put_twice(world: World) -> None:
    _, video = world.add_live("IMG.heic", "IMG.mov")
    world.library.add_to_album(world.album.id, [video])
    done = await world.run()
    assert set(tree(world.folder)) == {"IMG.heic", "IMG.mov"}
    assert done.counters.total == 1


async def test_live_photo_is_removed_whole(world: World) -> None:
    still, _ = world.add_live("IMG.heic", "IMG.mov")
    world.add("stays.jpg")
    await world.run(removals="trash")
    world.library.remove_from_album(world.album.id, [still])
    done = await world.run()
    assert trashed(world.folder) == ["IMG.heic", "IMG.mov"]
    assert done.counters.removed == 1


async def test_one_photo_in_two_albums_is_a_hard_link(world: World) -> None:
    shared = world.add("a.jpg")
    other = world.library.add_album("Other")
    world.library.add_to_album(other.id, [shared])
    await world.run()
    done = await world.run(world.home / "other", album=other)
    assert done.originals == 0
    assert done.codes == ["linked"]
    assert (world.home / "other/a.jpg").samefile(world.folder / "a.jpg")


async def test_a_twin_that_was_edited_is_not_linked(world: World) -> None:
    shared = world.add("a.jpg")
    other = world.library.add_album("Other")
    world.library.add_to_album(other.id, [shared])
    await world.run()
    edit(world.folder / "a.jpg", b"a person's work")
    done = await world.run(world.home / "other", album=other)
    assert done.originals == 1
    assert (world.home / "other/a.jpg").read_bytes() == world.content(shared)


async def test_disk_full(world: World) -> None:
    world.add("a.jpg")
    done = await world.run(min_free=1 << 60)
    assert done.stopped is not None
    assert done.stopped.code == "disk_full"
    assert tree(world.folder) == {}
    done = await world.run(min_free=0)
    assert set(tree(world.folder)) == {"a.jpg"}


async def test_wrong_bytes_are_never_shown(world: World) -> None:
    asset = world.add("a.jpg")
    world.sandbox.faults.add("flip", route="original", asset=asset)
    done = await world.run()
    assert done.counters.failed == 1
    assert tree(world.folder) == {}
    world.sandbox.faults.clear()
    assert (await world.run()).counters.uploaded == 1


async def test_album_renamed_keeps_its_folder(world: World) -> None:
    world.add("a.jpg")
    await world.run(template="{album}/{filename}")
    world.library.rename_album(world.album.id, "Winter")
    world.add("b.jpg")
    done = await world.run()
    assert set(tree(world.folder)) == {"Summer/a.jpg", "Summer/b.jpg"}
    assert "album_renamed" in done.codes


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


async def test_sidecars_follow_immich(world: World) -> None:
    asset = world.add("a.jpg", description="On the beach")
    await world.run(sidecars=True)
    assert b"On the beach" in (world.folder / "a.jpg.xmp").read_bytes()
    world.library.describe(asset, description="In the hills")
    done = await world.run()
    assert done.originals == 0
    assert b"In the hills" in (world.folder / "a.jpg.xmp").read_bytes()
    edit(world.folder / "a.jpg.xmp", b"another program's")
    world.library.describe(asset, description="At home")
    await world.run()
    assert (world.folder / "a.jpg.xmp").read_bytes() == b"another program's"
    assert set(tree(world.folder)) == {"a.jpg", "a.jpg.xmp"}


async def test_dry_run_changes_nothing(world: World) -> None:
    world.add("a.jpg")
    (page,) = await world.plan()
    assert len(page.actions) == 1
    assert not world.folder.exists()
    async with world.app() as (app, _):
        assert await app.store.mirrors.list() == []
