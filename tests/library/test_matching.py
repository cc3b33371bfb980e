"""Which assets are which files: by the path that Immich sees, and by content."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from catalogue_world import CatalogueWorld, digest, open_catalogue

from pentaprism.errors import NotFoundError
from pentaprism.hashing import hash_files
from pentaprism.library.matching import match
from pentaprism.store.file_details import AssetId


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CatalogueWorld]:
    async with open_catalogue(tmp_path) as made:
        yield made


def twin(world: CatalogueWorld, asset_id: str) -> int | None:
    found: int | None = world.row(asset_id)["twin_row"]
    return found


async def test_an_external_asset_is_the_file_at_its_path(world: CatalogueWorld) -> None:
    world.add_root("media", immich_path="/external//photos/")
    top = world.put("media", "1.jpg", b"1")
    below = world.put("media", "2024/May/1.jpg", b"1")
    one = world.add("1.jpg", path="/external/photos/1.jpg")
    two = world.add("1.jpg", path="/external/photos/2024/May/1.jpg")
    near = world.add("1.jpg", path="/external/photos2/1.jpg")
    missing = world.add("3.jpg", path="/external/photos/3.jpg")
    await world.refresh()
    world.all_grouped()
    found = await world.match()
    assert (found.by_path, found.by_content, found.parted) == (2, 0, 0)
    assert [twin(world, id_) for id_ in (one, two, near, missing)] == [top, below, None, None]
    assert world.ungrouped() == {top, below, world.row(one)["row"], world.row(two)["row"]}
    world.all_grouped()
    again = await world.match()
    assert (again.by_path, again.parted) == (0, 0)
    assert world.ungrouped() == set()
    assert world.hashed == []


@pytest.mark.parametrize("there", ["NFC", "NFD"])
async def test_a_path_is_found_however_its_letters_are_composed(
    world: CatalogueWorld, there: str
) -> None:
    here = "NFD" if there == "NFC" else "NFC"
    world.add_root("media", immich_path=unicodedata.normalize(here, "/Bücher"))  # type: ignore[arg-type]
    file = world.put("media", unicodedata.normalize(there, "Märchen/Dornröschen.jpg"))  # type: ignore[arg-type]
    path = unicodedata.normalize(here, "/Bücher/Märchen/Dornröschen.jpg")  # type: ignore[arg-type]
    asset = world.add("Dornröschen.jpg", path=path)
    await world.refresh()
    assert (await world.match()).by_path == 1
    assert twin(world, asset) == file
    assert (await world.match()).parted == 0


async def test_a_root_that_another_immich_sees_says_nothing_of_paths(
    world: CatalogueWorld,
) -> None:
    world.add_root("media")
    world.sql("UPDATE roots SET immich_path = '/external'")
    world.put("media", "1.jpg")
    asset = world.add("1.jpg", path="/external/1.jpg")
    await world.refresh()
    assert (await world.match()).by_path == 0
    assert twin(world, asset) is None


async def test_an_uploaded_asset_is_the_file_with_its_content(world: CatalogueWorld) -> None:
    world.add_root("media")
    known = world.put("media", "a.jpg", b"first", sha1=digest(b"first"))
    unknown = world.put("media", "b.jpg", b"second")
    world.put("media", "c.jpg", b"of another size")
    same_size = world.put("media", "d.jpg", b"secand")
    one, two, three = (
        world.add(f"{n}.jpg", data) for n, data in enumerate((b"first", b"second", b"third one"))
    )
    await world.refresh()
    found = await world.match()
    assert (found.by_content, found.hashed, found.unread) == (2, 2, 0)
    assert [twin(world, id_) for id_ in (one, two, three)] == [known, unknown, None]
    assert [os.path.basename(path) for path in world.hashed] == ["b.jpg", "d.jpg"]
    (row,) = world.sql("SELECT sha1, sha256 FROM library_files WHERE row = ?", same_size)
    assert tuple(row) == world.both(b"secand")
    again = await world.match()
    assert (again.by_content, again.hashed) == (0, 0)


async def test_of_several_files_the_one_with_the_name_is_taken_then_the_first_path(
    world: CatalogueWorld,
) -> None:
    world.add_root("media")
    for path in ("z/1.jpg", "a/9.jpg", "b/1.jpg", "y/8.jpg"):
        world.put("media", path, b"same", sha1=digest(b"same"))
    named = world.add("1.jpg", b"same")
    await world.refresh()
    await world.match()
    (row,) = world.sql("SELECT folder FROM library_files WHERE row = ?", twin(world, named))
    assert row["folder"] == "b"
    world.sandbox.library.rename_asset(named, "other.jpg")
    await world.refresh()
    await world.match()
    (row,) = world.sql("SELECT folder FROM library_files WHERE row = ?", twin(world, named))
    assert row["folder"] == "a"


async def test_more_files_of_one_content_than_are_asked_for_at_a_time(
    world: CatalogueWorld,
) -> None:
    world.add_root("media")
    for n in range(700):
        world.put("media", f"{n:03}.jpg", b"same", sha1=digest(b"same"))
    last = world.put("media", "last.jpg", b"last", sha1=digest(b"last"))
    one, two = world.add("100.jpg", b"same"), world.add("x.jpg", b"last")
    await world.refresh()
    assert (await world.match()).by_content == 2
    (row,) = world.sql("SELECT name FROM library_files WHERE row = ?", twin(world, one))
    assert (row["name"], twin(world, two)) == ("100.jpg", last)


async def test_a_twin_that_changed_or_went_is_let_go(world: CatalogueWorld) -> None:
    world.add_root("media", immich_path="/external")
    by_path = world.put("media", "1.jpg", b"1")
    by_content = world.put("media", "2.jpg", b"two", sha1=digest(b"two"))
    one = world.add("1.jpg", path="/external/1.jpg")
    two = world.add("2.jpg", b"two")
    await world.refresh()
    await world.match()
    assert [twin(world, one), twin(world, two)] == [by_path, by_content]
    world.all_grouped()
    # What a scan leaves behind that saw one file change, and one go.
    world.sql("UPDATE library_files SET sha1 = NULL, size = 9 WHERE row = ?", by_content)
    world.sql("UPDATE library_files SET missing_at = 1 WHERE row = ?", by_path)
    found = await world.match()
    assert (found.parted, found.hashed) == (2, 0)
    assert [twin(world, one), twin(world, two)] == [None, None]
    assert world.ungrouped() == {
        by_path,
        by_content,
        world.row(one)["row"],
        world.row(two)["row"],
    }
    world.sql("UPDATE library_files SET missing_at = NULL WHERE row = ?", by_path)
    assert (await world.match()).by_path == 1


async def test_an_asset_that_becomes_another_finds_another_twin(world: CatalogueWorld) -> None:
    world.add_root("media")
    old = world.put("media", "1.jpg", b"old", sha1=digest(b"old"))
    new = world.put("media", "2.jpg", b"new", sha1=digest(b"new"))
    asset = world.add("1.jpg", b"old")
    await world.refresh()
    await world.match()
    assert twin(world, asset) == old
    world.all_grouped()
    world.sandbox.library.replace(asset, b"new")
    await world.refresh(whole=False)
    await world.match()
    assert twin(world, asset) == new
    assert world.ungrouped() == {old, new, world.row(asset)["row"]}


async def test_a_file_that_cannot_be_read_or_is_another_by_now_is_no_twin(
    world: CatalogueWorld,
) -> None:
    world.add_root("media")
    world.put("media", "gone.jpg", b"gone")
    world.put("media", "grown.jpg", b"four")
    (world.home / "media/gone.jpg").unlink()
    (world.home / "media/grown.jpg").write_bytes(b"four and more")
    asset = world.add("1.jpg", b"four")
    await world.refresh()
    found = await world.match()
    assert (found.unread, found.hashed, found.by_content) == (1, 0, 0)
    assert twin(world, asset) is None


async def test_roots_of_others_and_roots_that_are_away_are_not_read(
    world: CatalogueWorld,
) -> None:
    world.add_root("theirs", owner_id="somebody")
    world.put("theirs", "1.jpg", b"same", sha1=digest(b"same"))
    world.add_root("away")
    world.put("away", "1.jpg", b"same")
    world.sql("UPDATE roots SET state = 'away' WHERE id = 'away'")
    asset = world.add("1.jpg", b"same")
    await world.refresh()
    found = await world.match()
    assert (found.by_content, found.unread) == (0, 0)
    assert (twin(world, asset), world.hashed) == (None, [])


async def test_files_know_their_assets(world: CatalogueWorld) -> None:
    world.add_root("media")
    file = world.put("media", "1.jpg", b"same", sha1=digest(b"same"))
    one = world.add("1.jpg", b"same")
    two = world.add("2.jpg")
    await world.refresh()
    await world.match()
    other = world.row(two)["row"]
    assert await world.store.file_details.assets_of([file, other, 999]) == {
        file: [AssetId(world.connection.id, one)],
        other: [AssetId(world.connection.id, two)],
    }


async def test_without_its_connection_there_is_nothing_to_match(world: CatalogueWorld) -> None:
    with pytest.raises(NotFoundError):
        await match(world.store, "nobody", hash_files=hash_files)
