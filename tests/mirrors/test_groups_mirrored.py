"""Mirrors of albums whose shots the library index knows: which files travel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from google_world import google_world
from mirror_world import TAKEN, Done, World, tree
from shot_samples import group, regroup, ungroup

from pentaprism.groups.files import GroupType
from pentaprism.library.decisions import split
from pentaprism.mirrors.plan import Put, Skip
from pentaprism.mirrors.work import Planned

DAY = 86_400_000


def names(world: World) -> set[str]:
    return set(tree(world.folder))


def reasons(done: Done) -> list[str]:
    """Return the reasons for skips."""
    return sorted(str(event.details["why"]) for event in done.of("skipped"))


def planned(pages: Sequence[Planned], kind: type[Put | Skip]) -> set[str]:
    return {
        action.asset.filename
        for page in pages
        for action in page.actions
        if isinstance(action, kind)
    }


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("all", {"a.CR2", "a.JPG", "a-edit.JPG", "b.JPG", "b~2.JPG", "c.JPG"}),
        ("primary", {"a-edit.JPG", "b~2.JPG", "c.JPG"}),
        ("raw", {"a.CR2", "b.JPG", "b~2.JPG", "c.JPG"}),
    ],
)
async def test_each_policy(world: World, policy: str, expected: set[str]) -> None:
    raw, jpeg = world.add("a.CR2", taken=TAKEN), world.add("a.JPG", taken=TAKEN + 2_500)
    edit = world.add("a-edit.JPG", taken=TAKEN + DAY)
    before, after = world.add("b.JPG"), world.add("b~2.JPG")
    world.add("c.JPG")
    await group(world, edit, jpeg, raw)
    await group(world, after, before, type_=GroupType.EDIT)
    pages = await world.plan(raw=policy)
    assert planned(pages, Put) == expected
    done = await world.run(raw=policy)
    assert names(world) == expected
    assert done.counters.uploaded == len(expected)
    assert reasons(done) == ["partner"] * (6 - len(expected))
    assert len(planned(pages, Skip)) == 6 - len(expected)
    again = await world.run(raw=policy)
    assert (again.originals, names(world)) == (0, expected)


async def test_a_primary_that_is_not_in_the_album_stands_for_nothing(world: World) -> None:
    edit = world.make("a-edit.JPG").id
    raw, jpeg = world.add("a.CR2"), world.add("a.JPG")
    await group(world, edit, jpeg, raw)
    await world.run(raw="primary")
    assert names(world) == {"a.JPG"}


async def test_a_raw_that_is_not_in_the_album_stands_for_nothing(world: World) -> None:
    raw = world.make("a.CR2").id
    edit, jpeg = world.add("a-edit.JPG"), world.add("a.JPG")
    await group(world, edit, jpeg, raw)
    await world.run(raw="raw")
    assert names(world) == {"a-edit.JPG", "a.JPG"}


async def test_an_offline_primary_stands_for_nothing(world: World) -> None:
    raw, jpeg = world.add("a.CR2"), world.add_external("a.JPG")
    await group(world, jpeg, raw)
    world.library.assets[jpeg].is_offline = True
    done = await world.run(raw="primary")
    assert names(world) == {"a.CR2"}
    assert reasons(done) == ["offline"]


async def test_a_primary_that_is_there_and_went_offline_still_stands_for_its_shot(
    world: World,
) -> None:
    raw, jpeg = world.add("a.CR2"), world.add_external("a.JPG")
    await group(world, jpeg, raw)
    await world.run(raw="primary")
    world.library.assets[jpeg].is_offline = True
    await world.run(raw="primary")
    assert names(world) == {"a.JPG"}


async def test_each_shot_of_a_burst_is_mirrored(world: World) -> None:
    shots = [(world.add(f"{n}.JPG"), world.add(f"{n}.CR2")) for n in range(3)]
    for shot in shots:
        await group(world, *shot)
    await group(world, *(jpeg for jpeg, _ in shots), level=1, type_=GroupType.BURST)
    await world.run(raw="primary")
    assert names(world) == {"0.JPG", "1.JPG", "2.JPG"}


async def test_an_edit_that_comes_later_is_put_beside_its_original(world: World) -> None:
    raw, jpeg = world.add("a.CR2"), world.add("a.JPG")
    id_ = await group(world, jpeg, raw)
    await world.run(raw="primary")
    edit = world.add("a-edit.JPG")
    await regroup(world, id_, [edit, jpeg, raw])
    done = await world.run(raw="primary", removals="trash")
    assert (done.counters.uploaded, done.counters.removed) == (1, 0)
    assert names(world) == {"a.JPG", "a-edit.JPG"}


async def test_nothing_is_removed_because_of_groups(world: World) -> None:
    jpeg, heic = world.add("a.JPG"), world.add("a.HEIC")
    await world.run(raw="primary", removals="trash")
    id_ = await group(world, heic, jpeg, type_=GroupType.VARIANT)
    done = await world.run(raw="primary", removals="trash")
    assert (done.codes, names(world)) == ([], {"a.JPG", "a.HEIC"})
    await ungroup(world, id_)
    assert (await world.run(raw="primary", removals="trash")).codes == []


async def test_files_that_no_group_holds_are_paired_by_the_listing(world: World) -> None:
    known = [world.add(name, taken=TAKEN) for name in ("a.JPG", "a.CR2")]
    for name in ("b.JPG", "b.CR2"):
        world.add(name, taken=TAKEN)
    await group(world, *reversed(known))
    await world.run(raw="primary")
    assert names(world) == {"a.CR2", "b.JPG"}


async def test_what_a_person_has_split_the_listing_does_not_pair(world: World) -> None:
    jpeg, raw = (world.add(name, taken=TAKEN) for name in ("a.JPG", "a.CR2"))
    id_ = await group(world, jpeg, raw)
    async with world.app() as (app, connection):
        (members,) = (await app.store.file_groups.members([id_])).values()
        await split(app.store, connection.owner_id, id_, [members[1].file_row])
    await ungroup(world, id_)
    await world.run(raw="primary")
    assert names(world) == {"a.JPG", "a.CR2"}


async def test_without_groups_the_listing_is_read_once(world: World) -> None:
    for name in ("a.JPG", "a.CR2"):
        world.add(name, taken=TAKEN)

    async def listings(policy: str) -> int:
        before = world.sandbox.traffic.of("search").requests
        await world.plan(raw=policy)
        return world.sandbox.traffic.of("search").requests - before

    once = await listings("all")
    assert await listings("primary") == once
    shot = list(world.library.assets)
    await group(world, *shot)
    assert await listings("primary") == once + 1
    assert await listings("all") == once


async def test_a_primary_that_the_destination_refuses_stands_for_nothing(tmp_path: Path) -> None:
    async with google_world(tmp_path) as world:
        await world.connect()
        psd = world.add("a.psd", mime_type="image/vnd.adobe.photoshop")
        jpeg, raw = world.add("a.jpg"), world.add("a.dng", mime_type="image/x-adobe-dng")
        await group(world, psd, jpeg, raw)
        done = await world.mirror(raw="primary")
        assert world.shown() == ["a.jpg"]
        assert reasons(done) == ["partner", "refused"]
