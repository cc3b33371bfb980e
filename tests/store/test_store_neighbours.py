"""Neighbours: the indexes by which they are found, and what makes files be grouped anew."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from library_samples import NOW, Library, noon, open_library
from sqlalchemy import ClauseElement, delete, select
from sqlalchemy.dialects import sqlite

from pentaprism.groups.files import Precision
from pentaprism.store import neighbourhoods, shot_labels
from pentaprism.store.library_tables import (
    group_members,
    left_places,
    library_files,
    pushed_stacks,
    roots,
)
from pentaprism.store.neighbours import _PENDING
from pentaprism.store.places import _QUERIES


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path) as library:
        yield library


async def ungrouped(library: Library) -> set[int]:
    query = select(library_files.c.row).where(~library_files.c.grouped)
    return {row for (row,) in await library.rows(query)}


async def set_quietly(library: Library, row: int, **values: Any) -> None:
    """Change a row without saying that it has to be grouped."""
    await library.write(library_files.update().where(library_files.c.row == row).values(values))


@pytest.mark.parametrize(
    ("change", "noted"),
    [
        ({"name_key": "other"}, True),
        ({"folder_key": "other"}, True),
        ({"taken_at": noon(1)}, True),
        ({"taken_at": None}, True),
        ({"taken_at": noon()}, False),
        ({"content_identifier": "x"}, False),
        ({"burst_id": "x", "burst_key": "y"}, False),
        ({"camera": "x", "missing_at": NOW, "grouped": False}, False),
    ],
)
async def test_a_place_that_a_file_leaves_is_noted(
    library: Library, change: dict[str, Any], *, noted: bool
) -> None:
    rows = await library.files(await library.root(), ["X.JPG"])
    await library.regroup()
    await set_quietly(library, rows["X.JPG"], **change)
    assert len(await library.rows(select(left_places))) == noted
    assert await library.store.neighbours.pending() == (noted or "grouped" in change)
    await library.regroup()
    assert not await library.store.neighbours.pending()


async def test_a_first_identifier_is_no_place_that_was_left_but_the_second_is(
    library: Library,
) -> None:
    rows = await library.files(await library.root(), ["X.JPG"])
    for count, value in enumerate(("a", "b", None)):
        for column in ("content_identifier", "burst_id", "burst_key"):
            await set_quietly(library, rows["X.JPG"], **{column: value})
        assert len(await library.rows(select(left_places))) == 3 * count


async def test_both_are_grouped_anew_when_an_asset_becomes_or_was_a_file(
    library: Library,
) -> None:
    files = await library.files(await library.root(), ["X.JPG", "Y.JPG"])
    (asset,) = (await library.assets((await library.connection()).id, {"a": "X.JPG"})).values()
    await library.regroup()
    x, y = files.values()
    for twin, expected in ((x, {x}), (y, {x, y}), (None, {y})):
        await set_quietly(library, asset, twin_row=twin)
        assert await ungrouped(library) == {asset, *expected}
        await library.regroup()
        assert await ungrouped(library) == set()
    await set_quietly(library, asset, twin_row=x)
    await library.regroup()
    await library.write(delete(roots))
    assert await ungrouped(library) == {asset}


async def test_a_file_is_grouped_anew_when_its_asset_in_a_stack_is_forgotten(
    library: Library,
) -> None:
    files = await library.files(await library.root(), ["X.JPG", "Y.JPG"])
    connection = (await library.connection()).id
    assets = await library.assets(connection, {"X.JPG": "X.JPG", "Y.JPG": "Y.JPG"})
    for name, row in assets.items():
        await library.change(row, twin_row=files[name])
    await library.change(assets["X.JPG"], stack_id="s")
    await library.regroup()
    await library.store.connections.delete(connection)
    assert await ungrouped(library) == {files["X.JPG"]}


async def test_assets_are_grouped_anew_when_a_stack_is_no_longer_ours(library: Library) -> None:
    connection = (await library.connection()).id
    rows = await library.assets(connection, {"a": "A.JPG", "b": "B.JPG", "c": "C.JPG"})
    await library.push_stack(connection, "s", ["a", "b"])
    for asset_id in "ab":
        await library.change(rows[asset_id], stack_id="s")
    await library.regroup()
    await library.write(delete(pushed_stacks))
    assert await ungrouped(library) == {rows["a"], rows["b"]}


async def test_groups_go_with_their_root(library: Library) -> None:
    await library.files(await library.root(), ["X.JPG", "X.CR2"])
    await library.regroup()
    await library.write(delete(roots))
    assert await library.shown() == []
    assert await library.rows(select(group_members)) == []
    assert not await library.store.neighbours.pending()


async def test_times_that_are_coarse_are_no_neighbours(library: Library) -> None:
    root = await library.root()
    rows = await library.files(root, ["A.JPG", "B.JPG"], precision=Precision.SECOND)
    await library.regroup()
    await library.change(rows["A.JPG"], camera="X")
    assert (await library.regroup()).files == 1


STATEMENTS = {
    **_QUERIES,
    "_PENDING": _PENDING,
    **{
        name: getattr(module, name)
        for module, names in (
            (neighbourhoods, ("_TURN", "_BY_ROW", "_FELLOWS", "_GROUPS", "_MEMBERS")),
            (shot_labels, ("_WORDS", "_OF_LABELS", "_OF_STACKS")),
        )
        for name in names
    },
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_indexes_are_taken_for_neighbours(library: Library, name: str) -> None:
    plan = await plan_of(STATEMENTS[name], library)
    scans = re.findall(r"SCAN (?!keys|rows|ids|chain|json_each|CONSTANT|left_places)\S+.*", plan)
    allowed = "SCAN library_files USING INDEX ix_library_files_ungrouped"
    covering = allowed.replace("INDEX", "COVERING INDEX")
    assert [scan for scan in scans if scan not in {allowed, covering}] == [], plan
    if name in library_files.c:
        index = "neighbours" if name == "name_key" else name
        assert f"ix_library_files_{index}" in plan, plan


async def plan_of(query: ClauseElement, library: Library) -> str:
    """How the database would find what is asked for, as it says itself."""
    compiled = query.compile(dialect=sqlite.dialect())
    names = compiled.positiontup or ()  # type: ignore[attr-defined]
    given = {"rows": "[]", "ids": "[]", "keys": "[]", "gap": 1}
    values = tuple(given.get(name, compiled.params.get(name)) for name in names)
    async with library.store._database.write() as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)
        return "\n".join(str(row.detail) for row in rows)
