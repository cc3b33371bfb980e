"""Groups: lists of them, and what they say about assets of Immich."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from library_samples import NOON, NOW, Library, noon, open_library
from sqlalchemy import ClauseElement
from sqlalchemy.dialects import sqlite

from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.groups.files import GroupType, Kind
from pentaprism.store.asset_shots import _ASSETS, _MEMBERS, _OF_FILES, _SHOTS
from pentaprism.store.file_groups import AssetShot, WantedStack
from pentaprism.store.group_pages import (
    Cursor,
    Wanted,
    group_counts,
    timed_groups,
    timeless_groups,
)
from pentaprism.store.library_records import FileGroup


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path) as library:
        yield library


async def pages(library: Library, limit: int, **narrowed: object) -> list[FileGroup]:
    found: list[FileGroup] = []
    after = None
    while True:
        page = await library.groups.page("user", after=after, limit=limit, **narrowed)  # type: ignore[arg-type]
        found += page.groups
        if page.next is None:
            return found
        assert len(page.groups) == limit
        after = page.next


async def test_pages_go_from_the_newest_to_those_without_a_time(library: Library) -> None:
    root = await library.root()
    times = {
        f"IMG_{n}.{ending}": NOON + timedelta(days=n // 2) if n < 8 else None
        for n in range(12)
        for ending in ("CR2", "JPG")
    }
    rows = await library.files(root, times)
    await library.files(await library.root("theirs", "other"), times)
    await library.regroup()
    every = [await library.group_with(rows[f"IMG_{n}.JPG"]) for n in range(12)]
    every.sort(key=lambda one: (one.taken_at is not None, one.taken_at or NOON, one.id))
    for limit in (1, 2, 5, 7, 8, 12, 100):
        assert await pages(library, limit) == every[::-1]
        assert await pages(library, limit, source_id=root) == every[::-1]
        assert await pages(library, limit, type=GroupType.RAW_JPEG) == every[::-1]
    assert await pages(library, 100, source_id="root-theirs") == []
    assert await library.groups.counts("user") == {GroupType.RAW_JPEG: 12}
    assert await library.groups.counts("nobody") == {}


async def test_groups_are_found_by_type_and_by_a_part_of_a_path(library: Library) -> None:
    root = await library.root()
    rows = await library.files(
        root,
        {
            **{f"100_CANON/IMG_{n}.CR2": noon(300 * n) for n in range(3)},
            **{f"100_CANON/IMG_{n}.JPG": noon(300 * n) for n in range(3)},
            "50%/Holiday.MOV": noon(9e6),
            "50%/Holiday.HEIC": noon(9e6),
        },
    )
    await library.regroup()
    live = await library.group_with(rows["50%/Holiday.HEIC"])
    burst = await library.group_with(rows["100_CANON/IMG_0.JPG"], 1)
    assert await pages(library, 10) == [live, burst]
    assert await library.groups.counts("user") == {GroupType.LIVE_PHOTO: 1, GroupType.BURST: 1}
    assert await pages(library, 10, type=GroupType.BURST) == [burst]
    assert await pages(library, 10, type=GroupType.RAW_JPEG) == []
    for text, found in {
        "holiday.m": [live],
        "50%": [live],
        "%/": [live],
        "0_canon/": [burst],
        "img_1.cr2": [burst],
        "_1.": [burst],
        "IMG_7": [],
    }.items():
        assert await pages(library, 10, text=text) == found, text
        # The way that is taken where many groups have the text.
        walked = await library.rows(timed_groups(Wanted("user", text=text), None, 10))
        assert [FileGroup(*row) for row in walked] == found, text
    assert await pages(library, 1, text="a", source_id=root) == [live, burst]


@pytest.mark.parametrize(
    "after", ["", "x", "AAAA", "bnVsbA", "WzEsIDJd", "W251bGwsIDNd", "é", "WzFlOTksICIyIl0"]
)
async def test_a_page_after_nothing_is_refused(library: Library, after: str) -> None:
    with pytest.raises(InvalidError) as caught:
        await library.groups.page("user", after=after)
    assert caught.value.code == "invalid_page"


async def test_a_group_that_is_not_there(library: Library) -> None:
    with pytest.raises(NotFoundError) as caught:
        await library.groups.get("nothing")
    assert caught.value.code == "group_not_found"
    assert await library.groups.members(["nothing"]) == {}
    assert await library.groups.children("nothing") == []
    assert await library.groups.containing([7]) == {}


async def test_what_a_file_is_in(library: Library) -> None:
    rows = await library.files(
        await library.root(),
        {f"F{n}.{end}": noon(300 * n) for n in range(3) for end in ("CR2", "JPG")},
    )
    await library.regroup()
    found = await library.groups.containing([rows["F1.JPG"], rows["F1.CR2"]])
    assert [group.level for group in found[rows["F1.JPG"]]] == [0, 1]
    assert [group.level for group in found[rows["F1.CR2"]]] == [0]
    assert await library.groups.get(found[rows["F1.CR2"]][0].id) == found[rows["F1.JPG"]][0]
    assert await library.groups.count() == 4


async def test_the_shot_of_an_asset(library: Library) -> None:
    connection = (await library.connection()).id
    other = (await library.connection("other")).id
    names = {"jpg": "X.JPG", "raw": "X.CR2", "alone": "Y.JPG"}
    await library.assets(connection, names)
    await library.assets(other, {"theirs": "X.JPG"})
    await library.regroup()
    found = await library.groups.of_assets(connection, ["jpg", "raw", "alone", "theirs", "no"])
    assert found.keys() == {"jpg", "raw"}
    assets = (("jpg", Kind.IMAGE), ("raw", Kind.RAW))
    id_ = found["jpg"].group_id
    assert found["jpg"] == AssetShot(
        id_, GroupType.RAW_JPEG, "jpg", primary=True, kind=Kind.IMAGE, has_raw=True, assets=assets
    )
    assert found["raw"] == AssetShot(
        id_, GroupType.RAW_JPEG, "jpg", primary=False, kind=Kind.RAW, has_raw=True, assets=assets
    )
    assert await library.groups.of_assets(other, ["theirs", "jpg"]) == {}


async def test_the_shot_of_an_asset_that_is_a_file(library: Library) -> None:
    connection = (await library.connection()).id
    files = await library.files(await library.root(), ["X.JPG", "X.CR2", "X.xmp"])
    rows = await library.assets(connection, {"again": "X.CR2", "raw": "X.CR2"})
    for row in rows.values():
        await library.change(row, twin_row=files["X.CR2"])
    await library.regroup()
    found = await library.groups.of_assets(connection, ["raw"])
    assert found["raw"].primary_asset_id is None
    assert found["raw"].assets == (("again", Kind.RAW), ("raw", Kind.RAW))
    more = await library.assets(connection, {"jpg": "X.JPG"})
    await library.change(more["jpg"], twin_row=files["X.JPG"])
    await library.change(rows["again"], missing_at=NOW)
    await library.regroup()
    found = await library.groups.of_assets(connection, ["raw", "again"])
    assert found.keys() == {"raw"}
    assert found["raw"].primary_asset_id == "jpg"
    assert found["raw"].assets == (("jpg", Kind.IMAGE), ("raw", Kind.RAW))


async def test_groups_as_stacks(library: Library) -> None:
    connection = (await library.connection()).id
    other = (await library.connection("other")).id
    # A burst of pairs among the assets.
    burst = {f"{end.lower()}{n}": f"F{n}.{end}" for n in range(3) for end in ("CR2", "JPG")}
    for n in range(3):
        some = {id_: name for id_, name in burst.items() if id_.endswith(str(n))}
        await library.assets(connection, some, taken_at=noon(300 * n))
    # Files of a root: one shot is in Immich as two assets, one of the other as one only.
    files = await library.files(
        await library.root(), {f"{s}.{e}": noon(9e6) for s in "XY" for e in ("CR2", "JPG", "xmp")}
    )
    twins = {"x-raw": "X.CR2", "x-raw-again": "X.CR2", "x-jpg": "X.JPG", "y": "Y.JPG"}
    for asset_id, row in (await library.assets(connection, twins)).items():
        await library.change(row, twin_row=files[twins[asset_id]])
    # Somebody else's, and one that is not there any more.
    await library.assets(other, {"a": "Z.JPG", "b": "Z.CR2"}, taken_at=noon(18e6))
    gone = await library.assets(connection, {"c": "Q.JPG", "d": "Q.CR2"}, taken_at=noon(27e6))
    await library.regroup()
    await library.change(gone["d"], missing_at=NOW)
    await library.regroup()

    async def wanted(size: int) -> list[WantedStack]:
        found = library.groups.wanted_stacks(connection, size=size)
        return [stack async for page in found for stack in page]

    found = await wanted(100)
    assert {stack.asset_ids for stack in found} == {
        ("jpg0", "cr20", "jpg1", "cr21", "jpg2", "cr22"),
        ("x-jpg", "x-raw"),
    }
    assert await wanted(1) == found
    by_id = {stack.asset_ids[0]: stack.group_id for stack in found}
    group = await library.groups.get(by_id["jpg0"])
    assert (group.type, group.level) == (GroupType.BURST, 1)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (timed_groups(Wanted("u"), None, 9), "owner"),
        (timed_groups(Wanted("u"), Cursor(NOON, "i"), 9), "owner"),
        (timed_groups(Wanted("u", GroupType.EDIT), Cursor(NOON, "i"), 9), "owner_type"),
        (timed_groups(Wanted("u", source_id="s"), Cursor(NOON, "i"), 9), "source"),
        (timed_groups(Wanted("u", GroupType.EDIT, "s"), Cursor(NOON, "i"), 9), "source_type"),
        (timeless_groups(Wanted("u"), Cursor(None, "i"), 9), "owner"),
        (timeless_groups(Wanted("u", GroupType.EDIT, "s"), None, 9), "source_type"),
        (group_counts("u"), "owner_type"),
    ],
)
async def test_indexes_are_taken_for_groups(
    library: Library, query: ClauseElement, index: str
) -> None:
    plan = await plan_of(query, library)
    assert set(re.findall(r"ix_file_groups_(\w+)", plan)) == {index}
    assert "TEMP B-TREE" not in plan
    assert "SCAN" not in plan


@pytest.mark.parametrize("query", [_ASSETS, _SHOTS, _MEMBERS, _OF_FILES])
async def test_indexes_are_taken_for_assets(library: Library, query: ClauseElement) -> None:
    plan = await plan_of(query, library)
    assert not re.search(r"SCAN (library_files|group_members|file_groups)", plan), plan


async def plan_of(query: ClauseElement, library: Library) -> str:
    """How the database would find what is asked for, as it says itself."""
    compiled = query.compile(dialect=sqlite.dialect())
    names = compiled.positiontup or ()  # type: ignore[attr-defined]
    values = tuple(
        "[]" if name in {"rows", "ids", "keys"} else compiled.params.get(name, "") for name in names
    )
    async with library.store._database.write() as connection:
        rows = await connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {compiled}",
            tuple(0 if isinstance(value, type(NOON)) else value for value in values),
        )
        return "\n".join(str(row.detail) for row in rows)
