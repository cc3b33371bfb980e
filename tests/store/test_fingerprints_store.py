"""Fingerprints in the store: the queue of those to be made, and what is looked up."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from duplicate_samples import alike
from library_samples import NOW, Library, open_library
from sqlalchemy import select

from pentaprism.fingerprints.fingerprint import FLAT, Fingerprint, Origin
from pentaprism.store.digests import Digest
from pentaprism.store.duplicate_tables import duplicate_pairs, fingerprints
from pentaprism.store.fingerprint_records import MadeFingerprint

PICTURE = Fingerprint(
    phash=2**64 - 5,
    turned=tuple(range(2**63, 2**63 + 7)),
    content=FLAT + 9.5,
    width=40,
    height=30,
    origin=Origin.EMBEDDED,
)
VIDEO = Fingerprint(duration_ms=12_000, frames=(1, 2**64 - 1, 7))


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path) as library:
        await library.root()
        yield library


async def queue(library: Library, *sources: str) -> list[int]:
    found = await library.store.fingerprints.next_unfingerprinted(sources or ["root-photos"])
    return [file.row for file in found]


async def record(library: Library, row: int, made: Fingerprint, size: int = 1000) -> None:
    await library.store.fingerprints.record([MadeFingerprint(row, size, None, made)])


async def test_what_is_made_is_what_comes_back(library: Library) -> None:
    a, b, c = (await library.files("root-photos", ["a.jpg", "b.mp4", "c.jpg"])).values()
    assert await queue(library) == [a, b, c]
    damaged = Fingerprint(problem="damaged")
    for row, made in ((a, PICTURE), (b, VIDEO), (c, damaged)):
        await record(library, row, made)
    assert await library.store.fingerprints.of([a, b, c]) == {a: PICTURE, b: VIDEO, c: damaged}
    assert await queue(library) == []
    unsearched = await library.store.fingerprints.unsearched("user")
    assert [one.row for one in unsearched] == [a, b]
    assert await library.store.fingerprints.left("user") == (0, 2)
    (known,) = await library.store.fingerprints.hashes("user")
    assert (known.row, known.phash, known.searched) == (a, PICTURE.phash, False)
    (video,) = await library.store.fingerprints.videos("user")
    assert (video.row, video.duration_ms, video.frames) == (b, 12_000, VIDEO.frames)
    await library.store.duplicates.record([a, b], [])
    assert await library.store.fingerprints.unsearched("user") == []
    await library.store.fingerprints.search_again("user")
    assert await library.store.fingerprints.left("user") == (0, 2)


async def test_only_pictures_and_videos_wait_for_it(library: Library) -> None:
    rows = await library.files("root-photos", ["a.jpg", "a.xmp", "b.CR2", "c.mov", "d.txt"])
    assert await queue(library) == [rows["a.jpg"], rows["b.CR2"], rows["c.mov"]]


async def test_a_file_that_has_changed_since_stays_in_the_queue(library: Library) -> None:
    (row,) = (await library.files("root-photos", ["a.jpg"])).values()
    await record(library, row, PICTURE, size=999)
    assert await queue(library) == [row]
    await record(library, row, PICTURE)
    assert await queue(library) == []
    # Its hash is no news, a rename neither; another size or time is.
    await library.change(row, sha1=b"1" * 20)
    await library.rename(row, "root-photos", "b/c.jpg")
    assert await queue(library) == []
    await library.change(row, mtime_ns=5)
    assert await queue(library) == [row]
    assert await library.store.fingerprints.of([row]) == {}


async def test_what_is_away_is_neither_asked_for_nor_forgotten(library: Library) -> None:
    a, b = (await library.files("root-photos", ["a.jpg", "b.jpg"])).values()
    await record(library, a, PICTURE)
    await library.change(a, missing_at=NOW)
    await library.change(b, missing_at=NOW)
    assert await queue(library) == []
    assert await library.store.fingerprints.unsearched("user") == []
    await library.change(a, missing_at=None)
    await library.change(b, missing_at=None)
    assert await queue(library) == [b]
    assert [one.row for one in await library.store.fingerprints.unsearched("user")] == [a]


async def test_an_asset_waits_unless_it_is_a_file(library: Library) -> None:
    connection = (await library.connection()).id
    (file,) = (await library.files("root-photos", ["a.jpg"])).values()
    (asset,) = (await library.assets(connection, {"x": "a.jpg"}, sha1=b"1" * 20)).values()
    await library.change(asset, twin_row=file)
    assert await queue(library, "root-photos", connection) == [file]
    await library.change(asset, twin_row=None)
    assert await queue(library, "root-photos", connection) == [file, asset]
    await record(library, asset, PICTURE)
    await library.change(asset, sha1=b"2" * 20)
    assert await queue(library, connection) == [asset]


async def test_other_versions_and_passing_problems_are_made_again(library: Library) -> None:
    a, b = (await library.files("root-photos", ["a.jpg", "b.jpg"])).values()
    await record(library, a, PICTURE)
    await record(library, b, Fingerprint(problem="timed_out"))
    await library.store.fingerprints.retry("user", ["damaged"])
    assert await queue(library) == []
    await library.store.fingerprints.retry("user", ["timed_out"])
    assert await queue(library) == [b]
    await library.store.fingerprints.renew(2)
    assert await queue(library) == [a, b]


async def test_what_could_not_be_looked_at_is_listed_for_its_owner(library: Library) -> None:
    rows = await library.files("root-photos", [f"a/{n}.jpg" for n in range(4)])
    first, second, fine, gone = rows.values()
    await record(library, first, Fingerprint(problem="empty"))
    await record(library, second, Fingerprint(problem="truncated"))
    await record(library, fine, PICTURE)
    await record(library, gone, Fingerprint(problem="empty"))
    await library.change(gone, missing_at=NOW)
    problems = library.store.fingerprints.problems
    found = await problems("user")
    assert [(one.row, one.path, one.problem) for one in found] == [
        (first, "a/0.jpg", "empty"), (second, "a/1.jpg", "truncated"),
    ]  # fmt: skip
    assert await problems("user", limit=1) == found[:1]
    assert await problems("user", after=first) == found[1:]
    assert await problems("another") == []


async def test_a_pair_goes_with_what_it_was_made_of(library: Library) -> None:
    a, b, c = (await library.files("root-photos", ["a.jpg", "b.jpg", "c.jpg"])).values()
    await alike(library, (a, b), (b, c))
    await library.change(b, size=4)
    query = select(duplicate_pairs.c.low)
    assert await library.rows(query) == []
    await alike(library, (a, c))
    assert len(await library.rows(query)) == 1
    await library.store.roots.delete("root-photos")
    assert await library.rows(query) == []
    assert await library.rows(select(fingerprints.c.file_row)) == []


async def test_equals_of_a_representative_take_its_place(library: Library) -> None:
    same = await library.files("root-photos", ["a.jpg", "b.jpg", "c.jpg"], sha256=b"1" * 32)
    (other,) = (await library.files("root-photos", ["other.jpg"])).values()
    a, b, c = same.values()
    await alike(library, (a, other))
    for row in (b, c):
        await record(library, row, PICTURE)
    await library.store.duplicates.record([b, c], [])
    await library.change(b, missing_at=NOW)
    assert await library.store.fingerprints.unsearched("user") == []
    await library.change(a, missing_at=NOW)
    assert [one.row for one in await library.store.fingerprints.unsearched("user")] == [c]
    equals = await library.store.fingerprints.searched_equals([c], ["root-photos"])
    assert equals == {}


async def test_near_hashes_are_found_among_those_that_count(library: Library) -> None:
    choose = random.Random(4)
    wanted = choose.getrandbits(64)
    names = [f"{n}.jpg" for n in range(60)]
    rows = await library.files("root-photos", names)
    theirs = await library.files(await library.root("theirs", "other"), ["x.jpg"])
    hashes = {}
    for number, row in enumerate(rows.values()):
        mask = sum(1 << bit for bit in choose.sample(range(64), number % 20))
        hashes[row] = wanted ^ mask
        await record(library, row, Fingerprint(phash=wanted ^ mask, content=99.0))
    await record(library, theirs["x.jpg"], Fingerprint(phash=wanted, content=99.0))
    flat, gone = rows["0.jpg"], rows["20.jpg"]
    await library.change(gone, missing_at=NOW)
    for distance in (0, 3, 10, 16):
        found = await library.store.fingerprints.near("user", wanted, distance)
        assert dict(found) == {
            row: bits
            for row, phash in hashes.items()
            if (bits := (phash ^ wanted).bit_count()) <= distance and row != gone
        }
    await record(library, flat, Fingerprint(phash=wanted, content=FLAT - 1))
    assert flat not in dict(await library.store.fingerprints.near("user", wanted, 0))


async def test_only_files_that_may_be_equal_are_hashed(library: Library) -> None:
    connection = (await library.connection()).id
    rows = await library.files("root-photos", ["a.jpg", "b.jpg", "c.jpg", "d.xmp"])
    alone = await library.files("root-photos", ["alone.jpg"], size=5)
    empty = await library.files("root-photos", ["e.jpg", "f.jpg"], size=0)
    upload = await library.assets(connection, {"u": "u.jpg"}, sha1=b"1" * 20)
    external = await library.assets(connection, {"x": "/e/x.jpg"})
    sources = ["root-photos", connection]
    wanted = [file.row for file in await library.store.digests.wanted(sources)]
    # Immich's hash of an upload says nothing about the bytes of a file in an external library.
    assert wanted == [rows["a.jpg"], rows["b.jpg"], rows["c.jpg"], upload["u"], external["x"]]
    assert await library.store.digests.count_wanted(sources) == 5
    assert not {*alone.values(), *empty.values()} & set(wanted)
    digests = [
        Digest(rows["a.jpg"], 1000, None, b"1" * 20, b"2" * 32),
        Digest(rows["b.jpg"], 999, None, b"1" * 20, b"2" * 32),
        Digest(upload["u"], 1000, None, None, b"2" * 32),
        Digest(external["x"], 1000, None, None, b"2" * 32),
    ]
    await library.store.digests.record(digests)
    left = [file.row for file in await library.store.digests.wanted(sources)]
    assert left == [rows["b.jpg"], rows["c.jpg"]]
    unknown = await library.store.digests.without_sha1([*rows.values(), external["x"]])
    assert {file.row for file in unknown} == {rows["b.jpg"], rows["c.jpg"], rows["d.xmp"]}
    # Where nothing is new, nothing is asked.
    for row in {*rows.values(), *alone.values(), *empty.values(), *upload.values()}:
        await record(library, row, PICTURE, size=1000)
    for row in empty.values():
        await record(library, row, PICTURE, size=0)
    await record(library, alone["alone.jpg"], PICTURE, size=5)
    await record(library, external["x"], PICTURE)
    assert await library.store.digests.wanted(sources) == []
