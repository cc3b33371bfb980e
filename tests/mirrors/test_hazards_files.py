"""Files that change here or in Immich: edits, damage, names, pairs, links, sidecars."""

from __future__ import annotations

import pytest
from mirror_world import World, damage, edit, trashed, tree


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


async def test_wrong_bytes_are_never_shown(world: World) -> None:
    asset = world.add("a.jpg")
    world.sandbox.faults.add("flip", route="original", asset=asset)
    done = await world.run()
    assert done.counters.failed == 1
    assert tree(world.folder) == {}
    world.sandbox.faults.clear()
    assert (await world.run()).counters.uploaded == 1


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
