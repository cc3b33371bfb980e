"""What leaves the album: each cause told apart, nothing removed without proof."""

from __future__ import annotations

import pytest
from mirror_world import World, edit, trashed, tree

from pentaprism.store.records import RunStatus


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


async def test_edited_here_and_removed_from_the_album(world: World) -> None:
    gone = world.add("a.jpg", b"old")
    world.add("b.jpg")
    await world.run(removals="trash")
    edit(world.folder / "a.jpg", b"a person's work")
    world.library.remove_from_album(world.album.id, [gone])
    await world.run()
    assert tree(world.folder)["a.jpg"] == b"a person's work"
    assert (await world.run()).codes == []


async def test_live_photo_is_removed_whole(world: World) -> None:
    still, _ = world.add_live("IMG.heic", "IMG.mov")
    world.add("stays.jpg")
    await world.run(removals="trash")
    world.library.remove_from_album(world.album.id, [still])
    done = await world.run()
    assert trashed(world.folder) == ["IMG.heic", "IMG.mov"]
    assert done.counters.removed == 1
