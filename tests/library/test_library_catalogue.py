"""Immich's assets in the index: what is new, changed and gone, and what is in which stack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from catalogue_world import CatalogueWorld, digest, open_catalogue

from pentaprism.errors import RetryableError


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CatalogueWorld]:
    async with open_catalogue(tmp_path) as made:
        yield made


async def test_assets_are_indexed_as_what_they_are(world: CatalogueWorld) -> None:
    uploaded = world.add("IMG_1.jpg", b"bytes", offset=120)
    external = world.add("IMG_2.jpg", path="/external/2024/May/IMG_2.jpg")
    odd = world.add("a/b\0c.jpg")
    found = await world.refresh()
    assert (found.listed, found.added, found.changed, found.missing) == (3, 3, 0, 0)
    row = world.row(uploaded)
    assert (row["folder"], row["name"], row["size"]) == ("", "IMG_1.jpg", 5)
    assert (row["kind"], row["sha1"], row["precision"]) == ("image", digest(b"bytes"), "second")
    assert row["taken_at"] == (1_700_000_060_000 + 120 * 60_000) * 1000
    row = world.row(external)
    assert (row["folder"], row["name"], row["sha1"]) == ("/external/2024/May", "IMG_2.jpg", None)
    assert row["folder_key"].startswith(f"{world.connection.id}/")
    assert "/" not in world.row(odd)["name"]


async def test_what_is_not_shown_or_is_no_media_file_is_left_out(world: CatalogueWorld) -> None:
    world.add("seen.jpg", visibility="archive")
    world.add("hidden.mov", visibility="hidden")
    world.add("locked.jpg", visibility="locked")
    world.add("trashed.jpg", deleted=1)
    world.add("notes.txt")
    second = next(user for user in world.sandbox.library.users if user != world.owner)
    world.sandbox.library.share_timeline(second, world.owner)
    world.add("theirs.jpg", owner_id=second)
    await world.refresh()
    assert world.names() == ["seen.jpg"]


async def test_hearts_are_those_of_immich(world: CatalogueWorld) -> None:
    one, two = world.add("1.jpg", is_favorite=True), world.add("2.jpg")
    await world.refresh()
    assert (world.row(one)["favourite"], world.row(two)["favourite"]) == (1, 0)
    world.sandbox.library.describe(one, favorite=False)
    world.sandbox.library.describe(two, favorite=True)
    assert (await world.refresh()).changed == 2
    assert (world.row(one)["favourite"], world.row(two)["favourite"]) == (0, 1)


async def test_a_second_look_writes_only_what_has_changed(world: CatalogueWorld) -> None:
    one, two = world.add("1.jpg"), world.add("2.jpg")
    await world.refresh()
    world.all_grouped()
    version = await world.store.version()
    again = await world.refresh()
    assert (again.listed, again.added, again.changed) == (2, 0, 0)
    assert world.ungrouped() == set()
    world.sandbox.library.describe(one, description="nothing that the index holds")
    world.sandbox.library.rename_asset(two, "3.jpg")
    third = await world.refresh()
    assert (third.added, third.changed, third.missing) == (0, 1, 0)
    assert world.ungrouped() == {world.row(two)["row"]}
    assert world.names() == ["1.jpg", "3.jpg"]
    assert await world.store.version() != version


async def test_what_is_gone_is_missing_and_comes_back_as_the_same_row(
    world: CatalogueWorld,
) -> None:
    one, two = world.add("1.jpg"), world.add("2.jpg")
    await world.refresh()
    world.all_grouped()
    row = world.row(one)["row"]
    world.sandbox.library.trash([one])
    assert (await world.refresh()).missing == 1
    assert world.names() == ["2.jpg"]
    assert world.ungrouped() == {row}
    assert (await world.refresh()).missing == 0
    world.sandbox.library.restore([one])
    assert (await world.refresh()).changed == 1
    assert world.row(one)["row"] == row
    assert world.names() == ["1.jpg", "2.jpg"]
    world.sandbox.library.delete([two])
    assert (await world.refresh()).missing == 1
    assert world.row(two)["missing_at"] is not None


async def test_what_one_listing_skipped_is_not_taken_for_gone(tmp_path: Path) -> None:
    async with open_catalogue(tmp_path, assets=1500) as world:
        await world.refresh()
        assert len(world.names()) == 1500
        # The first page comes empty, once: as if all on it had been skipped.
        world.sandbox.faults.add("missing_page", page=1, times=1)
        assert (await world.refresh()).missing == 0
        assert len(world.names()) == 1500


async def test_an_empty_listing_tells_of_no_loss(world: CatalogueWorld) -> None:
    world.add("1.jpg")
    await world.refresh()
    world.sandbox.faults.add("empty_listing")
    assert (await world.refresh()).missing == 0
    assert world.names() == ["1.jpg"]


async def test_a_listing_that_breaks_off_forgets_nothing(tmp_path: Path) -> None:
    async with open_catalogue(tmp_path, assets=1200) as world:
        await world.refresh()
        world.sandbox.library.trash(list(world.sandbox.library.assets)[:3])
        new = world.add("new.jpg")
        world.sandbox.faults.add("status", route="search", status=503, page=2)
        with pytest.raises(RetryableError):
            await world.refresh()
        assert len(world.names()) == 1200
        world.sandbox.faults.clear()
        assert (await world.refresh()).missing == 3
        assert world.row(new)["missing_at"] is None


async def test_a_short_look_asks_only_for_what_is_new(tmp_path: Path) -> None:
    async with open_catalogue(tmp_path, assets=1500) as world:
        await world.refresh(whole=False)
        assert len(world.names()) == 1500
        world.sandbox.traffic.reset()
        assert (await world.refresh(whole=False)).listed <= 1500
        one, two, *_ = world.sandbox.library.assets
        later = world.sandbox.library.clock() + 3_600_000
        world.sandbox.library.clock = lambda: later
        world.add("new.jpg")
        await world.refresh(whole=False)
        world.sandbox.traffic.reset()
        world.sandbox.library.rename_asset(one, "renamed.jpg")
        world.sandbox.library.trash([two])
        found = await world.refresh(whole=False)
        assert (found.listed, found.added, found.changed, found.missing) == (2, 0, 1, 1)
        assert world.sandbox.traffic.of("search").requests == 1
        assert world.row(two)["missing_at"] is not None
        assert "renamed.jpg" in world.names()


async def test_stacks_are_those_of_immich(world: CatalogueWorld) -> None:
    one, two, three = (world.add(f"{n}.jpg") for n in "123")
    library = world.sandbox.library
    stack = library.add_stack([two, one])
    assert (await world.refresh()).stacks == 1
    assert (world.row(two)["stack_id"], world.row(two)["stack_first"]) == (stack.id, 1)
    assert (world.row(one)["stack_id"], world.row(one)["stack_first"]) == (stack.id, 0)
    assert world.row(three)["stack_id"] is None
    world.all_grouped()
    await world.refresh()
    assert world.ungrouped() == set()
    stack.asset_ids.reverse()
    await world.refresh(whole=False)
    assert [world.row(id_)["stack_first"] for id_ in (one, two)] == [1, 0]
    assert world.ungrouped() == {world.row(id_)["row"] for id_ in (one, two)}
    library.remove_stack(stack.id)
    await world.refresh(whole=False)
    assert [world.row(id_)["stack_id"] for id_ in (one, two)] == [None, None]


async def test_a_key_that_may_not_read_stacks_leaves_them_as_they_were(
    world: CatalogueWorld,
) -> None:
    one, two = world.add("1.jpg"), world.add("2.jpg")
    stack = world.sandbox.library.add_stack([one, two])
    await world.refresh()
    world.sandbox.library.permit(world.sandbox.api_key, ["asset.read"])
    assert (await world.refresh()).stacks is None
    assert world.row(one)["stack_id"] == stack.id


async def test_a_stack_that_changes_has_the_file_grouped_too(world: CatalogueWorld) -> None:
    world.add_root()
    file = world.put("media", "1.jpg", b"1")
    one, two = world.add("1.jpg", b"1"), world.add("2.jpg")
    await world.refresh()
    await world.match()
    world.all_grouped()
    world.sandbox.library.add_stack([one, two])
    await world.refresh(whole=False)
    assert world.ungrouped() == {file, world.row(one)["row"], world.row(two)["row"]}
