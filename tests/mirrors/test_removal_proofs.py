"""Nothing is removed without proof, whatever the server answers."""

from __future__ import annotations

from typing import Any

import pytest
from mirror_world import World, trashed, tree

from pentaprism.store.records import RunStatus


async def leaving(world: World) -> str:
    """Mirror three assets with removals to the trash, then take one out of the album."""
    gone = world.add("gone.jpg")
    world.add("a.jpg")
    world.add("b.jpg")
    await world.run(removals="trash")
    world.library.remove_from_album(world.album.id, [gone])
    return gone


async def test_a_listing_of_several_pages_that_goes_wrong(world: World) -> None:
    ids = [world.add(f"{n:04}.jpg") for n in range(1003)]
    assert (await world.run(removals="trash")).counters.uploaded == 1003
    faults = world.sandbox.faults

    faults.add("status", route="search", page=2)
    failed = await world.run()
    assert failed.status is RunStatus.FAILED
    assert failed.counters.removed == 0
    faults.clear()

    for kind in ("missing_page", "empty_listing"):
        faults.add(kind, route="search", page=2)
        assert (await world.run()).hold == "listing_incomplete"
        faults.clear()

    # The first asset leaves after the first page, and the second page skips another one for it.
    faults.add("remove_between_pages", route="search", page=1, times=1)
    assert (await world.run()).hold == "listing_incomplete"
    faults.clear()
    assert len(tree(world.folder)) == 1003
    assert trashed(world.folder) == []

    assert ids[0] not in world.album.assets
    done = await world.run()
    assert done.counters.removed == 1
    assert trashed(world.folder) == ["0000.jpg"]


@pytest.mark.parametrize("delta", [1, -1, 1000])
async def test_a_count_that_lies(world: World, delta: int) -> None:
    await leaving(world)
    world.sandbox.faults.add("count_lies", route="album", delta=delta)
    done = await world.run()
    assert done.hold == "listing_incomplete"
    assert done.status is RunStatus.OK
    assert "gone.jpg" in tree(world.folder)


async def test_a_second_listing_that_differs(world: World) -> None:
    gone = await leaving(world)
    world.sandbox.faults.add("missing_page", route="search", skip=1)
    assert (await world.run()).hold == "listing_unstable"
    assert "gone.jpg" in tree(world.folder)
    world.sandbox.faults.clear()
    world.library.add_to_album(world.album.id, [gone])
    assert (await world.run()).codes == []


async def test_an_empty_listing_of_a_full_album(world: World) -> None:
    await leaving(world)
    world.sandbox.faults.add("empty_listing", route="search")
    assert (await world.run()).hold == "album_empty"
    assert len(tree(world.folder)) == 3


ANSWERS: list[dict[str, Any]] = [
    {"kind": "status", "status": 401},
    {"kind": "status", "status": 403},
    {"kind": "status", "status": 404},
    {"kind": "status", "status": 400},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 502},
    {"kind": "status", "status": 429},
    {"kind": "maintenance"},
    {"kind": "html"},
    {"kind": "drop_before_headers"},
    {"kind": "truncate", "after_bytes": 20},
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: f"{a['kind']} {a.get('status', '')}")
async def test_an_answer_that_is_none_about_a_single_asset(
    world: World, answer: dict[str, Any]
) -> None:
    await leaving(world)
    world.sandbox.faults.add(route="asset", **answer)
    done = await world.run()
    assert done.status is RunStatus.FAILED
    assert done.counters.removed == 0
    assert len(tree(world.folder)) == 3
    assert trashed(world.folder) == []
    world.sandbox.faults.clear()
    assert (await world.run()).counters.removed == 1


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: f"{a['kind']} {a.get('status', '')}")
@pytest.mark.parametrize("route", ["album", "search"])
async def test_an_answer_that_is_none_about_the_album(
    world: World, answer: dict[str, Any], route: str
) -> None:
    await leaving(world)
    world.sandbox.faults.add(route=route, **answer)
    done = await world.run_again()
    assert done.status is RunStatus.FAILED
    assert len(tree(world.folder)) == 3
    assert [item.state.value for item in await world.items()] == ["OK"] * 3


async def test_an_album_that_is_shared_no_more(world: World) -> None:
    other = list(world.library.users.values())[1]
    world.album = world.library.add_album("Theirs", owner_id=other.id)
    world.add("a.jpg", owner_id=other.id)
    world.library.share_album(world.album.id, world.library.owner.id)
    assert (await world.run(removals="trash")).counters.uploaded == 1
    world.library.unshare_album(world.album.id, world.library.owner.id)
    done = await world.run_again()
    assert done.stopped is not None
    assert done.stopped.code == "album_gone"
    assert done.stopped.hint
    assert list(tree(world.folder)) == ["a.jpg"]


async def test_a_locked_asset_that_stays_a_member(world: World) -> None:
    gone = world.add("gone.jpg")
    world.add("a.jpg")
    await world.run()
    world.library.set_visibility(gone, "locked")
    done = await world.run()
    assert (done.codes, done.counters.total) == (["orphaned"], 1)
    world.library.set_visibility(gone, "timeline")
    assert (await world.run()).codes == ["returned"]


async def test_orphans_go_when_removals_are_switched_to_the_trash(world: World) -> None:
    gone = world.add("gone.jpg")
    world.add("a.jpg")
    await world.run()
    world.library.remove_from_album(world.album.id, [gone])
    await world.run()
    done = await world.run(removals="trash")
    assert done.counters.removed == 1
    assert trashed(world.folder) == ["gone.jpg"]


async def test_what_was_never_put_is_forgotten(world: World) -> None:
    gone = world.add("gone.jpg")
    world.add("a.jpg")
    world.sandbox.faults.add("status", route="original", asset=gone, status=404)
    assert (await world.run(removals="trash")).counters.failed == 1
    world.library.remove_from_album(world.album.id, [gone])
    done = await world.run()
    assert (done.codes, done.counters.removed) == ([], 0)
    assert len(await world.items()) == 1


async def test_what_comes_back_is_put_under_its_name_again(world: World) -> None:
    gone = await leaving(world)
    await world.run()
    world.library.add_to_album(world.album.id, [gone])
    done = await world.run()
    assert (done.counters.uploaded, done.originals) == (1, 1)
    assert set(tree(world.folder)) == {"a.jpg", "b.jpg", "gone.jpg"}


async def test_a_plan_tells_what_would_be_removed_and_why(world: World) -> None:
    await leaving(world)
    pages = await world.plan()
    (remove,) = [action for page in pages[1:] for action in page.actions]
    assert remove.cause.value == "removed"  # type: ignore[union-attr]  # any other action fails here
    assert "gone.jpg" in tree(world.folder)
