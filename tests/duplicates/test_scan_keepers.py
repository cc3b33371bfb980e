"""What decides about keepers beside the pictures: albums, sidecars, and what is in Immich."""

from __future__ import annotations

import io
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from media_folders import LONG_AGO, put
from mirror_world import World
from planted import photo_like

from pentaprism.app import App
from pentaprism.duplicates.keeper import (
    KeeperFile,
    KeeperRules,
    KeeperShot,
    ReasonCode,
    choose,
    restored,
)
from pentaprism.duplicates.keeper_rules import Criterion
from pentaprism.duplicates.options import Reach
from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import Kind
from pentaprism.library.progress import ScanProgress
from pentaprism.sandbox.immich import Sandbox
from pentaprism.store import Connection
from pentaprism.store.duplicate_records import DuplicateGroup
from pentaprism.store.library_records import Watching


def jpeg(number: int, *, turned: int = 0) -> bytes:
    data = io.BytesIO()
    photo_like(number, (160, 120)).rotate(turned, expand=True).save(data, "JPEG", quality=90)
    return data.getvalue()


class Home:
    """A person's folder and Immich; `scan` brings the index and its duplicates up to date."""

    def __init__(self, world: World, app: App, connection: Connection) -> None:
        self.world = world
        self.app = app
        self.connection = connection
        self.top = world.home / "media"
        self.top.mkdir()

    async def scan(self, **options: Any) -> None:
        owner_id = self.connection.owner_id
        roots = await self.app.store.roots.list(owner_id)
        root = (
            roots[0]
            if roots
            else await self.app.store.roots.add(
                owner_id, str(self.top), "media", watching=Watching.OFF
            )
        )
        await self.app.indexing.scan(root, ScanProgress())
        async with self.app.immich(self.connection) as client:
            await self.app.indexing.catalogue(self.connection, client)
        await self.app.duplicates.scan(owner_id, **options)

    async def groups(self) -> list[DuplicateGroup]:
        return [*(await self.app.store.duplicates.page(self.connection.owner_id)).groups]

    async def kept(self) -> tuple[str, list[ReasonCode]]:
        """Return the file to be kept in the only group, and why."""
        (group,) = await self.groups()
        members = await self.app.store.duplicates.members([group.id])
        (path,) = {one.path for one in members[group.id] if one.file_row == group.keeper}
        return path, [reason.code for reason in restored(group.reasons)]


@asynccontextmanager
async def home_of(tmp_path: Path, **library: Any) -> AsyncIterator[Home]:
    async with Sandbox(assets=0, hostile=False, **library) as sandbox:
        world = World(tmp_path, sandbox)
        async with world.app() as (app, connection):
            yield Home(world, app, connection)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with home_of(tmp_path) as made:
        yield made


async def test_the_one_in_an_album_is_kept_until_it_is_taken_out(home: Home) -> None:
    data = jpeg(1)
    home.world.make("a.jpg", data)
    album = home.world.add("a long name.jpg", data)
    await home.scan()
    assert await home.kept() == ("a long name.jpg", [ReasonCode.ALBUMS])
    (before,) = await home.groups()
    home.world.library.remove_from_album(home.world.album.id, [album])
    await home.scan()
    assert await home.kept() == ("a.jpg", [ReasonCode.NAME])
    (after,) = await home.groups()
    assert before.id == after.id


async def test_the_one_with_a_heart_is_kept_until_it_is_taken_away(home: Home) -> None:
    data = jpeg(1)
    home.world.make("a.jpg", data)
    loved = home.world.make("a long name.jpg", data)
    await home.scan()
    assert await home.kept() == ("a.jpg", [ReasonCode.NAME])
    home.world.library.describe(loved.id, favorite=True)
    await home.scan()
    assert await home.kept() == ("a long name.jpg", [ReasonCode.FAVOURITE])
    home.world.library.describe(loved.id, favorite=False)
    await home.scan()
    assert await home.kept() == ("a.jpg", [ReasonCode.NAME])


async def test_each_album_is_listed_once_and_not_where_nothing_is_alike(home: Home) -> None:
    home.world.add("a.jpg", jpeg(1))
    await home.scan()
    home.world.sandbox.traffic.reset()
    await home.scan()
    before = home.world.sandbox.traffic.of("search").requests  # the catalogue's
    home.world.add("b.jpg", jpeg(1))
    home.world.library.add_album("Another", list(home.world.library.assets))
    async with home.app.immich(home.connection) as client:
        albums = len(await client.albums())
    home.world.sandbox.traffic.reset()
    await home.scan()
    assert home.world.sandbox.traffic.of("search").requests == before + albums
    version = await home.app.store.version()
    (group,) = await home.groups()
    await home.app.duplicates.scan(home.connection.owner_id)
    assert await home.groups() == [group]
    assert await home.app.store.version() == version


async def test_albums_that_cannot_be_read_stay_as_they_are_known(home: Home) -> None:
    data = jpeg(1)
    home.world.make("a.jpg", data)
    home.world.add("in an album.jpg", data)
    await home.scan()
    home.world.sandbox.faults.add("status", route="albums", status=503)
    home.world.make("b.jpg", data)
    await home.scan()
    assert (await home.kept())[0] == "in an album.jpg"


async def test_a_file_in_a_folder_has_the_albums_of_the_asset_that_it_is(home: Home) -> None:
    first = put(home.top / "a.jpg", jpeg(1), LONG_AGO)
    shutil.copy2(first, home.top / "in Immich.jpg")
    second = jpeg(1, turned=180)
    put(home.top / "b.jpg", second, LONG_AGO)
    home.world.add("in Immich.jpg", first.read_bytes())
    await home.scan(reach=Reach(10, symmetries=True))
    path, reasons = await home.kept()
    assert path in {"a.jpg", "in Immich.jpg"}
    assert {ReasonCode.ALBUMS, ReasonCode.IN_IMMICH} <= set(reasons)


def test_of_equal_files_one_in_immich_is_kept_whatever_folders_are_preferred() -> None:
    rules = KeeperRules(folders=("Photos",), order=(Criterion.FOLDERS,))
    here = KeeperFile("Photos/a.jpg", Kind.IMAGE, sha256=b"1", in_root=True)
    there = KeeperFile("b.jpg", Kind.IMAGE, sha256=b"1", in_immich=True)
    choice = choose([KeeperShot(1, (here,)), KeeperShot(2, (there,))], rules)
    assert (choice.key, choice.reasons[0].code) == (2, ReasonCode.IN_IMMICH)
    other = replace(there, sha256=b"2")
    assert choose([KeeperShot(1, (here,)), KeeperShot(2, (other,))], rules).key == 1


async def test_a_better_one_that_is_not_in_immich_is_told_as_such(home: Home) -> None:
    put(home.top / "large.jpg", jpeg(1), LONG_AGO)
    small = io.BytesIO()
    photo_like(1, (160, 120)).resize((80, 60)).save(small, "JPEG", quality=80)
    home.world.make("small.jpg", small.getvalue())
    await home.scan()
    assert (await home.kept())[0] == "large.jpg"
    assert [group.leaves_immich for group in await home.groups()] == [True]


async def test_sidecars_beside_equal_pictures_decide_whether_all_is_covered(home: Home) -> None:
    for folder in ("a", "b"):
        put(home.top / folder / "x.jpg", jpeg(1), LONG_AGO)
        put(home.top / folder / "x.jpg.xmp", b"<x:xmpmeta/>", LONG_AGO)
    await home.scan()
    (group,) = await home.groups()
    assert (group.label, group.files, group.bulk) == (Label.IDENTICAL, 4, True)
    # Other words of the same length are lost with it, and so are those that only one has.
    put(home.top / "b/x.jpg.xmp", b"<x:xmpMETA/>", LONG_AGO + 10)
    await home.scan()
    assert [one.bulk for one in await home.groups()] == [False]
    put(home.top / "b/x.jpg.xmp", b"<x:xmpmeta/>", LONG_AGO + 20)
    await home.scan()
    assert [one.bulk for one in await home.groups()] == [True]


async def test_turned_pictures_count_only_while_symmetries_are_looked_at(home: Home) -> None:
    put(home.top / "a.jpg", jpeg(1), LONG_AGO)
    put(home.top / "turned.jpg", jpeg(1, turned=90), LONG_AGO)
    await home.scan(reach=Reach(10, symmetries=True))
    assert len(await home.groups()) == 1
    await home.scan(reach=Reach(10))
    assert await home.groups() == []
    await home.scan(reach=Reach(10, symmetries=True))
    assert len(await home.groups()) == 1


async def test_what_people_gave_in_immich_reaches_the_keepers(tmp_path: Path) -> None:
    async with home_of(tmp_path, duplicates=6) as home:
        library = home.world.library
        await home.scan()
        groups = await home.groups()
        assert len(groups) == 6
        members = await home.app.store.duplicates.members([one.id for one in groups])
        rows = await home.app.store.library_assets.in_duplicates(home.connection.id)
        assert {id_: asset.albums for id_, asset in rows.items()} == {
            id_: sum(id_ in album.assets for album in library.albums.values()) for id_ in rows
        }
        assert len(rows) == sum(map(len, members.values()))


async def test_an_upload_and_a_file_of_an_external_library_are_told_to_be_equal(home: Home) -> None:
    data = jpeg(1)
    home.world.make("upload.jpg", data)
    await home.scan()
    home.world.make(
        "external.jpg", data, library_id=home.world.library.new_id(), path="/e/external.jpg"
    )
    await home.scan()
    (group,) = await home.groups()
    assert (group.label, group.bulk) == (Label.IDENTICAL, True)


async def test_marked_files_are_in_no_group_until_the_mark_is_taken_away(home: Home) -> None:
    data = jpeg(1)
    for name in ("a.jpg", "b/copy.jpg"):
        put(home.top / name, data)
    await home.scan()
    (group,) = await home.groups()
    members = (await home.app.store.duplicates.members([group.id]))[group.id]
    (loser,) = (one.file_row for one in members if one.file_row != group.keeper)
    marks = home.app.store.duplicate_marks
    await marks.add({loser: group.keeper})
    await home.app.duplicates.regroup()
    assert await home.groups() == []
    assert [mark.file_row for mark in await marks.page(home.connection.owner_id)] == [loser]
    await marks.remove([loser])
    await home.app.duplicates.regroup()
    assert len(await home.groups()) == 1


async def test_a_mark_counts_only_while_what_was_kept_is_there(home: Home) -> None:
    data = jpeg(1)
    for name in ("a.jpg", "b/copy.jpg", "c/another.jpg"):
        put(home.top / name, data)
    await home.scan()
    (group,) = await home.groups()
    members = (await home.app.store.duplicates.members([group.id]))[group.id]
    keeper = next(one for one in members if one.file_row == group.keeper)
    losers = {one.file_row: group.keeper for one in members if one.file_row != group.keeper}
    await home.app.store.duplicate_marks.add(losers)
    await home.app.duplicates.regroup()
    assert await home.groups() == []
    (home.top / keeper.path).unlink()
    await home.scan()
    (group,) = await home.groups()
    assert group.shots == 2


@pytest.mark.parametrize("changed", ["marked", "kept"])
async def test_a_mark_goes_when_one_of_the_two_becomes_another_picture(
    home: Home, changed: str
) -> None:
    data = jpeg(1)
    for name in ("a.jpg", "b/copy.jpg"):
        put(home.top / name, data)
    await home.scan()
    (group,) = await home.groups()
    members = (await home.app.store.duplicates.members([group.id]))[group.id]
    (loser,) = (one for one in members if one.file_row != group.keeper)
    (keeper,) = (one for one in members if one.file_row == group.keeper)
    await home.app.store.duplicate_marks.add({loser.file_row: group.keeper})
    put(home.top / (loser if changed == "marked" else keeper).path, jpeg(2))
    await home.scan()
    assert await home.app.store.duplicate_marks.page(home.connection.owner_id) == []
