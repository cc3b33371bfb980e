"""Groups of duplicates in the store: made of pairs, kept while they stay what they are, listed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from duplicate_samples import alike
from library_samples import NOW, Library, noon, open_library
from sqlalchemy import insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.expression import ClauseElement

from pentaprism.duplicates.grouping import DuplicateGrouping
from pentaprism.duplicates.options import Reach
from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.fingerprints.labels import Label
from pentaprism.store.duplicate_pages import Cursor, Wanted, duplicate_counts, duplicate_page
from pentaprism.store.duplicate_records import DuplicateCount, DuplicateGroup
from pentaprism.store.group_decisions import Decided
from pentaprism.store.library_tables import library_files


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path) as library:
        yield library


async def group(library: Library, distance: int = 10) -> int:
    return await DuplicateGrouping(library.store, library.clock, reach=Reach(distance)).regroup()


async def shown(library: Library, owner_id: str = "user") -> set[frozenset[str]]:
    page = await library.store.duplicates.page(owner_id, limit=1000)
    members = await library.store.duplicates.members([group.id for group in page.groups])
    return {frozenset(member.path for member in each) for each in members.values()}


async def groups(library: Library) -> list[DuplicateGroup]:
    return list((await library.store.duplicates.page("user", limit=1000)).groups)


async def test_pairs_become_groups_that_do_not_chain(library: Library) -> None:
    rows = await library.files(await library.root(), ["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    a, b, c, d = rows.values()
    await library.regroup()
    await alike(library, (a, b), (b, c), (a, c), (c, d), label=Label.SIMILAR)
    assert await group(library) == 4
    assert await shown(library) == {frozenset({"a.jpg", "b.jpg", "c.jpg"})}
    assert await group(library) == 0
    (one,) = await groups(library)
    assert (one.label, one.shots, one.files, one.bytes, one.bulk) == (
        Label.SIMILAR, 3, 3, 2000, False,
    )  # fmt: skip
    members = (await library.store.duplicates.members([one.id]))[one.id]
    assert [member.shot == one.keeper for member in members] == [True, False, False]
    assert members[0].score == 1.0
    assert all(member.phash and len(member.phash) == 16 for member in members)
    assert await library.store.duplicates.containing([a, d]) == {a: one}
    assert await library.store.duplicates.get(one.id) == one
    with pytest.raises(NotFoundError):
        await library.store.duplicates.get("nothing")


async def test_equal_files_are_a_group_without_pairs(library: Library) -> None:
    rows = await library.files(
        await library.root(), [f"{n}.jpg" for n in range(50)], sha1=b"1" * 20, sha256=b"2" * 32
    )
    await library.files("root-photos", ["x.xmp", "y.xmp"], sha256=b"3" * 32)
    await library.regroup()
    await group(library)
    (one,) = await groups(library)
    assert (one.label, one.score, one.shots, one.bulk) == (Label.IDENTICAL, 1.0, 50, True)
    members = (await library.store.duplicates.members([one.id]))[one.id]
    assert {member.hash for member in members} == {(b"2" * 32).hex()}
    # One that is alike with one of them is alike with all.
    other = await library.files("root-photos", ["other.jpg"])
    await alike(library, (rows["7.jpg"], other["other.jpg"]))
    await group(library)
    (one,) = await groups(library)
    assert (one.label, one.shots, one.bulk) == (Label.RECOMPRESSED, 51, False)


async def test_thousands_of_equal_files_are_one_group(library: Library) -> None:
    await library.files(
        await library.root(),
        {f"{n}.jpg": None for n in range(3)},
        sha1=b"1" * 20,
        sha256=b"2" * 32,
    )
    row = library._row("root-photos", "many/0.jpg", None) | {"sha256": b"2" * 32}
    many = [{"root_id": "root-photos", **row, "name": f"{n}.jpg"} for n in range(3000)]
    await library.write(insert(library_files), many)
    await group(library)
    (one,) = await groups(library)
    assert one.shots == 3003


async def test_an_upload_is_equal_to_a_file_by_its_sha1(library: Library) -> None:
    connection = (await library.connection()).id
    await library.files(await library.root(), ["a.jpg"], sha1=b"1" * 20, sha256=b"2" * 32)
    await library.assets(connection, {"asset": "b.jpg"}, sha1=b"1" * 20)
    await library.regroup()
    await group(library)
    (one,) = await groups(library)
    assert (one.label, one.bulk) == (Label.IDENTICAL, True)
    members = (await library.store.duplicates.members([one.id]))[one.id]
    assert {member.source_id for member in members} == {"root-photos", connection}
    assert {member.hash for member in members} == {(b"2" * 32).hex()}


async def test_what_people_gave_an_asset_speaks_for_the_file_that_it_is(library: Library) -> None:
    connection = (await library.connection()).id
    rows = await library.files(await library.root(), ["a.jpg", "long.jpg"], sha1=b"1" * 20)
    (asset,) = (
        await library.assets(connection, {"x": "x.jpg"}, twin_row=rows["long.jpg"], favourite=True)
    ).values()
    other = (await library.assets(connection, {"y": "y.jpg"}, twin_row=rows["a.jpg"]))["y"]
    await library.regroup()
    await group(library)
    (one,) = await groups(library)
    assert (one.keeper, one.reasons[0][0]) == (rows["long.jpg"], "favourite")
    await library.change(asset, favourite=False)
    await group(library)
    assert [each.keeper for each in await groups(library)] == [rows["a.jpg"]]
    await library.store.library_assets.set_albums({asset: 2, other: 1})
    in_groups = await library.store.library_assets.in_duplicates(connection)
    assert in_groups == {"x": (asset, 2), "y": (other, 1)}
    await group(library)
    (one,) = await groups(library)
    assert (one.keeper, one.reasons[0][0]) == (rows["long.jpg"], "albums")
    # When it is that file no longer, nothing speaks for it, and one of the others is not there.
    await library.change(asset, twin_row=None, missing_at=NOW)
    await group(library)
    assert [each.keeper for each in await groups(library)] == [rows["a.jpg"]]


async def test_a_keeper_that_is_not_in_immich_while_others_are_is_told(library: Library) -> None:
    connection = (await library.connection()).id
    rows = await library.files(await library.root(), {"a.jpg": noon()}, width=400, height=300)
    small = await library.assets(connection, {"x": "x.jpg"}, width=40, height=30)
    await library.regroup()
    await alike(library, (rows["a.jpg"], small["x"]))
    await group(library)
    assert [(one.keeper, one.leaves_immich) for one in await groups(library)] == [
        (rows["a.jpg"], True)
    ]
    await library.assets(connection, {"y": "a.jpg"}, twin_row=rows["a.jpg"])
    await library.change(small["x"], favourite=True)
    await group(library)
    assert [one.leaves_immich for one in await groups(library)] == [False]


async def test_whole_shots_are_compared(library: Library) -> None:
    rows = await library.files(
        await library.root(),
        {
            "a/X.CR2": noon(), "a/X.JPG": noon(), "a/X.xmp": None,
            "b/X.JPG": noon(),
        },
    )  # fmt: skip
    await library.regroup()
    await alike(library, (rows["a/X.JPG"], rows["b/X.JPG"]), label=Label.SAME_PICTURE)
    await group(library)
    (one,) = await groups(library)
    assert (one.shots, one.files, one.bytes) == (2, 4, 1000)
    members = (await library.store.duplicates.members([one.id]))[one.id]
    assert [member.path for member in members][-1] == "b/X.JPG"
    assert {member.path: member.picture for member in members}["a/X.xmp"] is False
    # A person says that the RAW is a picture by itself: the group is about other files then.
    await library.store.group_decisions.decide({rows["a/X.CR2"]: Decided(apart="own")})
    await library.regroup()
    await group(library)
    (paths,) = await shown(library)
    assert paths >= {"a/X.JPG", "b/X.JPG"}
    assert "a/X.CR2" not in paths


async def test_a_group_keeps_its_id_while_its_shots_stay(library: Library) -> None:
    rows = await library.files(await library.root(), ["a.jpg", "b.jpg", "c.jpg"])
    a, b, c = rows.values()
    await library.regroup()
    await alike(library, (a, b))
    await group(library)
    (before,) = await groups(library)
    await library.rename(b, "root-photos", "elsewhere/b2.jpg")
    await library.regroup()
    await group(library)
    (after,) = await groups(library)
    assert after.id == before.id
    assert await shown(library) == {frozenset({"a.jpg", "elsewhere/b2.jpg"})}
    await alike(library, (a, c), (b, c))
    await group(library)
    (more,) = await groups(library)
    assert (more.shots, more.id == before.id) == (3, False)


async def test_what_goes_missing_leaves_and_comes_back(library: Library) -> None:
    rows = await library.files(await library.root(), ["a.jpg", "b.jpg", "c.jpg"])
    a, b, c = rows.values()
    await library.regroup()
    await alike(library, (a, b), (a, c), (b, c))
    await group(library)
    await library.change(a, missing_at=NOW)
    await group(library)
    assert await shown(library) == {frozenset({"b.jpg", "c.jpg"})}
    await library.change(b, missing_at=NOW)
    await group(library)
    assert await shown(library) == set()
    await library.change(a, missing_at=None)
    await library.change(b, missing_at=None)
    assert {one.row for one in await library.store.fingerprints.unsearched("user")} == {a, b}
    await group(library)
    assert await shown(library) == {frozenset({"a.jpg", "b.jpg", "c.jpg"})}
    # Other bytes at the same place: nothing that was known of it counts.
    await library.change(a, size=77)
    await group(library)
    assert await shown(library) == {frozenset({"b.jpg", "c.jpg"})}
    assert await library.store.fingerprints.count_unfingerprinted(["root-photos"]) == 1
    await library.store.library_files.prune_missing(NOW)
    await library.store.roots.delete("root-photos")
    await group(library)
    assert await shown(library) == set()


async def test_a_smaller_distance_counts_at_once(library: Library) -> None:
    rows = await library.files(await library.root(), ["a.jpg", "b.jpg"])
    await library.regroup()
    await alike(library, tuple(rows.values()), bits=8)  # type: ignore[arg-type]
    await group(library, distance=10)
    assert len(await groups(library)) == 1
    await library.store.duplicates.ungroup("user")
    await group(library, distance=7)
    assert await groups(library) == []
    await library.store.duplicates.ungroup("user")
    await group(library, distance=8)
    assert len(await groups(library)) == 1


async def test_pages_are_by_what_there_is_to_gain(library: Library) -> None:
    root = await library.root()
    sizes = {f"{'ab'[n % 2]}/{n}/{m}.jpg": 100 * (n % 7) + 1 for n in range(30) for m in range(2)}
    for path, size in sizes.items():
        await library.files(root, [path], size=size)
    await library.regroup()
    rows = {path: await library.row_of(root, path) for path in sizes}
    await alike(
        library,
        *((rows[f"{'ab'[n % 2]}/{n}/0.jpg"], rows[f"{'ab'[n % 2]}/{n}/1.jpg"]) for n in range(30)),
    )
    await group(library)
    every = await groups(library)
    assert len(every) == 30
    assert [one.bytes for one in every] == sorted((one.bytes for one in every), reverse=True)
    for limit in (1, 7, 29, 30):
        found: list[DuplicateGroup] = []
        after = None
        while True:
            page = await library.store.duplicates.page("user", after=after, limit=limit)
            found += page.groups
            if page.next is None:
                break
            after = page.next
        assert found == every
    page = await library.store.duplicates.page("user", folder="a", limit=100)
    assert len(page.groups) == 15
    assert len((await library.store.duplicates.page("user", folder="a/2")).groups) == 1
    assert len((await library.store.duplicates.page("user", source_id=root)).groups) == 30
    assert (await library.store.duplicates.page("user", source_id="other")).groups == []
    assert (await library.store.duplicates.page("user", min_bytes=602)).groups == []
    assert (await library.store.duplicates.page("user", label=Label.SIMILAR)).groups == []
    assert (await library.store.duplicates.page("user", bulk=True)).groups == []
    assert (await library.store.duplicates.page("other")).groups == []
    assert await library.store.duplicates.counts("user") == {
        Label.RECOMPRESSED: DuplicateCount(30, sum(one.bytes for one in every))
    }


@pytest.mark.parametrize("after", ["", "x", "AAAA", "bnVsbA", "WzEsIDJd", "é", "WzFlOTksICIyIl0"])
async def test_a_page_after_nothing_is_refused(library: Library, after: str) -> None:
    with pytest.raises(InvalidError):
        await library.store.duplicates.page("user", after=after)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (duplicate_page(Wanted("u"), None, 9), "owner"),
        (duplicate_page(Wanted("u", min_bytes=5), Cursor(7, "i"), 9), "owner"),
        (duplicate_page(Wanted("u", Label.SIMILAR), Cursor(7, "i"), 9), "owner_label"),
        (duplicate_counts("u"), "owner_label"),
    ],
)
async def test_indexes_are_taken(library: Library, query: ClauseElement, index: str) -> None:
    text = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    async with library.store._database.write() as connection:
        plan = str((await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")).all())
    assert set(re.findall(r"ix_duplicate_groups_(\w+)", plan)) == {index}
    assert "TEMP B-TREE" not in plan
    assert "SCAN" not in plan
