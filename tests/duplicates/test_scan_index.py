"""A search among the files of the index: what is found, what is not done twice, what is left."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from media_folders import LONG_AGO
from mirror_world import World
from PIL import Image
from planted import photo_like

from pentaprism.app import App
from pentaprism.duplicates.options import Reach
from pentaprism.duplicates.progress import DuplicatePhase, DuplicateProgress
from pentaprism.fingerprints.labels import Label
from pentaprism.library.progress import ScanProgress
from pentaprism.sandbox.immich import Sandbox
from pentaprism.store.duplicate_records import VerdictKind
from pentaprism.store.library_records import Root, Watching

SIZE = (320, 240)


class Home:
    """An open program with a folder of pictures, which belongs to the user of a sandbox."""

    def __init__(self, world: World, app: App, owner_id: str) -> None:
        self.world = world
        self.app = app
        self.owner_id = owner_id
        self.top = world.home / "media"
        self.top.mkdir()

    def put(self, name: str, number: int, quality: int = 90, turned: int = 0) -> Path:
        """Write a picture; another number is another picture."""
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = photo_like(number, SIZE)
        picture.rotate(turned, expand=True).save(path, quality=quality)
        return path

    async def root(self) -> Root:
        for root in await self.app.store.roots.list(self.owner_id):
            return root
        return await self.app.store.roots.add(
            self.owner_id, str(self.top), "media", watching=Watching.OFF
        )

    async def index(self) -> None:
        for number, path in enumerate(sorted(self.top.rglob("*.*"))):
            if path.stat().st_mtime > LONG_AGO + 1e6:  # a scan waits for what is still written
                os.utime(path, (LONG_AGO + number, LONG_AGO + number))
        await self.app.indexing.scan(await self.root(), ScanProgress())

    async def search(self, **options: Any) -> DuplicateProgress:
        await self.index()
        return await self.app.duplicates.scan(self.owner_id, **options)

    async def groups(self) -> dict[frozenset[str], Label]:
        page = await self.app.store.duplicates.page(self.owner_id, limit=1000)
        members = await self.app.store.duplicates.members([one.id for one in page.groups])
        return {
            frozenset(member.path for member in members[one.id]): one.label for one in page.groups
        }

    async def rows(self) -> dict[str, int]:
        root = await self.root()
        return {file.path: file.row for file in await self.app.store.library_files.files(root.id)}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with Sandbox(assets=0, hostile=False) as sandbox:
        world = World(tmp_path, sandbox)
        async with world.app() as (app, connection):
            yield Home(world, app, connection.owner_id)


def jpeg_of(number: int, quality: int = 90) -> bytes:
    data = io.BytesIO()
    photo_like(number, SIZE).save(data, "JPEG", quality=quality)
    return data.getvalue()


async def test_what_is_alike_is_found_and_nothing_is_done_twice(home: Home) -> None:
    for number in range(6):
        home.put(f"{number}.jpg", number)
    home.put("small/0.jpg", 0, quality=40)
    home.put("1 turned.jpg", 1, turned=90)
    shutil.copy(home.top / "2.jpg", home.top / "2 copy.jpg")
    Image.open(home.top / "3.jpg").save(home.top / "three.png")
    Image.new("RGB", SIZE, "white").save(home.top / "white.jpg")
    Image.new("RGB", SIZE, "white").save(home.top / "white.png")
    (home.top / "broken.jpg").write_bytes(b"\xff\xd8 nothing")
    done = await home.search()
    assert await home.groups() == {
        frozenset({"0.jpg", "small/0.jpg"}): Label.RECOMPRESSED,
        frozenset({"2.jpg", "2 copy.jpg"}): Label.IDENTICAL,
        frozenset({"3.jpg", "three.png"}): Label.SAME_PICTURE,
    }
    assert (done.phase, done.fingerprinted, done.problems) == (DuplicatePhase.DONE, 13, 1)
    again = await home.search()
    assert (again.hashed, again.fingerprinted, again.pairs) == (0, 0, 0)
    # With symmetries, and then with a new picture, which is all that is looked at.
    await home.search(reach=Reach(10, symmetries=True))
    assert any("1 turned.jpg" in paths for paths in await home.groups())
    home.put("new/4 again.jpg", 4, quality=50)
    more = await home.search(reach=Reach(10, symmetries=True))
    assert (more.fingerprinted, more.pairs) == (1, 1)
    assert frozenset({"4.jpg", "new/4 again.jpg"}) in await home.groups()
    # A scan with another reach groups by it.
    page = await home.app.store.duplicates.page(home.owner_id, limit=1000)
    members = await home.app.store.duplicates.members([one.id for one in page.groups])
    rows = {member.file_row for each in members.values() for member in each}
    pairs = await home.app.store.duplicates.pairs_of(rows)
    far = {frozenset({pair.low, pair.high}) for pair in pairs if pair.distance}
    await home.search(reach=Reach(0))
    page = await home.app.store.duplicates.page(home.owner_id, limit=1000)
    members = await home.app.store.duplicates.members([one.id for one in page.groups])
    left = {frozenset(member.file_row for member in each) for each in members.values()}
    assert not far & left


async def test_looking_up_and_searching_in_memory_find_the_same(home: Home) -> None:
    from pentaprism.duplicates.candidates import Lookup, find_in_memory  # noqa: PLC0415

    for number in range(4):
        for quality in (90, 60, 30):
            home.put(f"{number}/{quality}.jpg", number, quality=quality)
    shutil.copy(home.top / "1/90.jpg", home.top / "1/copy.jpg")
    await home.search()
    store, owner_id = home.app.store, home.owner_id
    found = {}
    for symmetries in (False, True):
        await store.fingerprints.search_again(owner_id)
        reach = Reach(10, symmetries)
        memory = await find_in_memory(store, owner_id, reach)
        new = await store.fingerprints.unsearched(owner_id, limit=1000)
        sources = [(await home.root()).id]
        lookup = await Lookup(store, owner_id, sources, reach).find(new)
        assert set(memory.searched) == set(lookup.searched)
        found[symmetries] = [
            {(min(one.row, one.other), max(one.row, one.other), one.distance) for one in near}
            for near in (memory.near, lookup.near)
        ]
    for memory_pairs, lookup_pairs in found.values():
        assert memory_pairs == lookup_pairs
        assert len(memory_pairs) >= 4 * 3


async def test_verdicts_last_through_searches_renames_and_other_thresholds(home: Home) -> None:
    home.put("a.jpg", 1)
    home.put("b.jpg", 1, quality=40)
    home.put("c.jpg", 1, quality=60)
    await home.search()
    rows = await home.rows()
    shots = [[rows["a.jpg"]], [rows["b.jpg"]]]
    await home.app.duplicates.part(home.owner_id, VerdictKind.NOT_DUPLICATE, shots)
    (paths,) = await home.groups()
    assert len(paths) == 2
    assert not paths >= {"a.jpg", "b.jpg"}
    # The bytes count, too: both files are lost and come again elsewhere, as other rows.
    (verdict,) = await home.app.store.verdicts.list(home.owner_id)
    assert verdict.low_sha1 is not None
    assert verdict.high_sha1 is not None
    (home.top / "moved").mkdir()
    for name in ("a.jpg", "b.jpg"):
        data = (home.top / name).read_bytes()
        (home.top / name).unlink()
        await home.index()
        (home.top / "moved" / name).write_bytes(data)
    (home.top / "c.jpg").unlink()
    await home.search(reach=Reach(16))
    assert await home.groups() == {}


async def test_assets_of_immich_are_looked_at_by_their_previews(home: Home) -> None:
    home.put("a.jpg", 1)
    home.put("b.jpg", 2)
    make = home.world.make
    make("small.jpg", jpeg_of(1, quality=50))
    same = (home.top / "b.jpg").read_bytes()
    make("external.jpg", same, library_id=home.world.library.new_id(), path="/e/external.jpg")
    await home.index()
    (connection,) = await home.app.store.connections.list()
    async with home.app.immich(connection) as client:
        await home.app.indexing.catalogue(connection, client)
    done = await home.search()
    assert done.waiting == ()
    groups = await home.groups()
    assert groups[frozenset({"b.jpg", "/e/external.jpg"})] is Label.IDENTICAL
    assert done.hashed == 2
    assert done.fingerprinted == 4


async def test_an_immich_that_is_away_is_left_for_later(home: Home) -> None:
    home.put("a.jpg", 1)
    home.world.make("b.jpg", jpeg_of(1, quality=50))
    (connection,) = await home.app.store.connections.list()
    async with home.app.immich(connection) as client:
        await home.app.indexing.catalogue(connection, client)
    away = home.world.sandbox.faults.add("status", route="thumbnail", status=503)
    done = await home.search()
    assert (done.phase, done.fingerprinted) == (DuplicatePhase.DONE, 1)
    (reason,) = done.waiting
    assert connection.name in reason
    assert await home.app.duplicates.left(home.owner_id) == (1, 0)
    home.world.sandbox.faults.remove(away)
    done = await home.search()
    assert (done.waiting, done.fingerprinted) == ((), 1)
    assert await home.groups() == {frozenset({"a.jpg", "b.jpg"}): Label.RECOMPRESSED}


async def test_a_folder_that_is_away_is_left_for_later(home: Home) -> None:
    home.put("a.jpg", 1)
    home.put("b.jpg", 1, quality=40)
    await home.index()
    home.top.rename(home.top.with_name("gone"))
    done = await home.search()
    assert (done.fingerprinted, len(done.waiting)) == (0, 1)
    home.top.with_name("gone").rename(home.top)
    await home.search()
    assert len(await home.groups()) == 1


async def test_frames_of_a_burst_are_no_duplicates(home: Home) -> None:
    for number in range(3):
        home.put(f"00000IMG_0000{number}_BURST20240115143022345.jpg", 1, quality=90 - number)
    home.put("elsewhere/other.jpg", 1, quality=40)
    await home.search()
    (paths,) = await home.groups()
    assert len(paths) == 2
    assert "elsewhere/other.jpg" in paths
