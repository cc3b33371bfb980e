"""Verdicts last: through renames, lost rows, other bytes and thresholds, until taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from duplicate_samples import alike
from library_samples import NOW, Library, noon, open_library

from pentaprism.duplicates.grouping import DuplicateGrouping
from pentaprism.duplicates.options import Reach
from pentaprism.fingerprints.labels import Label
from pentaprism.store.duplicate_records import VerdictKind
from pentaprism.store.library_records import IndexedFile

SHA1 = [bytes([n]) * 20 for n in range(9)]
SHA256 = [bytes([n]) * 32 for n in range(9)]


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path) as library:
        await library.root()
        yield library


async def copies(library: Library, number: int, *paths: str) -> list[int]:
    """Add files with the same bytes, and return their rows."""
    rows = await library.files(
        "root-photos", dict.fromkeys(paths, noon()), sha1=SHA1[number], sha256=SHA256[number]
    )
    return list(rows.values())


async def group(library: Library, distance: int = 10) -> list[frozenset[str]]:
    await library.regroup()
    await DuplicateGrouping(library.store, library.clock, reach=Reach(distance)).regroup()
    page = await library.store.duplicates.page("user", limit=1000)
    members = await library.store.duplicates.members([group.id for group in page.groups])
    return [frozenset(member.path for member in each) for each in members.values()]


async def keep(library: Library, *pairs: tuple[int, int]) -> list[int]:
    return await library.store.verdicts.add("user", VerdictKind.NOT_DUPLICATE, pairs)


async def the_file(library: Library, row: int) -> IndexedFile:
    files = await library.store.library_files.files("root-photos", after=row - 1, limit=1)
    return files[0]


async def test_a_verdict_parts_two_equal_files_and_their_copies(library: Library) -> None:
    a, b = await copies(library, 1, "a.jpg", "b.jpg")
    assert await group(library) == [frozenset({"a.jpg", "b.jpg"})]
    ids = await keep(library, (b, a))
    assert await group(library) == []
    assert await library.store.verdicts.parting("user", [a, b]) == {(a, b)}
    assert await library.store.verdicts.parting("other", [a, b]) == set()
    # A rename, then the loss of the row, then the file again, as another row.
    await library.rename(a, "root-photos", "elsewhere/c.jpg")
    assert await group(library) == []
    await library.change(a, missing_at=NOW)
    await library.store.library_files.prune_missing(library.clock())
    (again,) = await copies(library, 1, "returned.jpg")
    assert again > b
    assert await group(library) == []
    assert await library.store.verdicts.parting("user", [again, b]) == {(b, again)}
    (verdict,) = await library.store.verdicts.list("user")
    assert (verdict.kind, verdict.low_sha1) == (VerdictKind.NOT_DUPLICATE, SHA1[1])
    # Taken back, and that taken back as well.
    await library.store.verdicts.remove(ids)
    assert await group(library) == [frozenset({"b.jpg", "returned.jpg"})]
    await library.store.verdicts.restore([verdict])
    assert await library.store.verdicts.get(ids) == [verdict]
    assert await group(library) == []


async def test_other_bytes_at_the_same_place_stay_parted(library: Library) -> None:
    a, b = await copies(library, 1, "a.jpg", "b.jpg")
    await keep(library, (a, b))
    for row in (a, b):
        await library.change(row, sha1=SHA1[2], sha256=SHA256[2])
    assert await group(library) == []
    c, *_ = await copies(library, 2, "c.jpg")
    assert len(await group(library)) == 1
    assert await library.store.verdicts.parting("user", [a, b, c]) == {(a, b)}


async def test_a_verdict_parts_whole_shots(library: Library) -> None:
    raw, other_raw = await copies(library, 1, "a/X.CR2", "b/X.CR2")
    await copies(library, 2, "a/X.JPG", "b/X.JPG")
    assert len(await group(library)) == 1
    await keep(library, (raw, other_raw))
    assert await group(library) == []


async def test_the_rest_of_a_group_stays_one(library: Library) -> None:
    a, b, c = await copies(library, 1, "a.jpg", "b.jpg", "c.jpg")
    for row, number in ((a, 1), (b, 2), (c, 3)):
        await library.change(row, sha1=SHA1[number], sha256=SHA256[number])
    await alike(library, (a, b), (b, c), (a, c), label=Label.SIMILAR, bits=7)
    assert await group(library) == [frozenset({"a.jpg", "b.jpg", "c.jpg"})]
    await keep(library, (a, b))
    (left,) = await group(library)
    assert len(left) == 2
    assert left != {"a.jpg", "b.jpg"}
    # Other thresholds change nothing about it.
    await library.store.duplicates.ungroup("user")
    assert await group(library, distance=3) == []
    await library.store.duplicates.ungroup("user")
    assert await group(library, distance=16) == [left]


async def test_pairs_that_mean_the_same_are_one_verdict(library: Library) -> None:
    rows = await copies(library, 1, *(f"{n}.jpg" for n in range(5)))
    pairs = [(a, b) for a in rows for b in rows if a < b]
    assert len(await library.store.verdicts.add("user", VerdictKind.KEEP_ALL, pairs)) == 1
    assert await group(library) == []
    (unknown,) = (await library.files("root-photos", ["x.jpg"])).values()
    ids = await keep(library, (rows[0], unknown), (rows[1], unknown))
    assert len(ids) == 2
    listed = [verdict.id for verdict in await library.store.verdicts.list("user", limit=2)]
    assert listed == ids[::-1]
    more = await library.store.verdicts.list("user", after=listed[-1])
    assert [verdict.kind for verdict in more] == [VerdictKind.KEEP_ALL]
    assert await library.store.verdicts.list("other") == []


async def test_marks_are_of_files_in_roots(library: Library) -> None:
    connection = (await library.connection()).id
    a, b = await copies(library, 1, "x/a.jpg", "b.jpg")
    (asset,) = (await library.assets(connection, {"id": "c.jpg"})).values()
    marks = library.store.duplicate_marks
    assert await marks.add({a: b, asset: b}) == [a]
    assert await marks.add({a: b}) == []
    (mark,) = await marks.page("user")
    assert (mark.file_row, mark.keeper_row, mark.path, mark.root_id) == (
        a, b, "x/a.jpg", "root-photos",
    )  # fmt: skip
    assert await marks.page("other") == []
    assert (await marks.of([a, b]), await marks.count("user")) == ({a}, 1)
    assert (await the_file(library, a)).missing_at is None
    await library.change(a, missing_at=NOW)
    assert (await marks.page("user"), await marks.count("user")) == ([], 0)
    await library.change(a, missing_at=None)
    await marks.remove([a, 999])
    assert await marks.page("user") == []
