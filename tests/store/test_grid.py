"""The grid of photos: one row for each shot, in its order, each once, and found by what it is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from library_samples import NOON
from sqlalchemy import Select
from sqlalchemy.dialects import sqlite
from told_library import ADA, BEN, GatewayLibrary, gateway_library

from pentaprism.assets import MediaType
from pentaprism.errors import InvalidError
from pentaprism.groups.files import GroupType
from pentaprism.store import ItemState
from pentaprism.store.grid import Grid, GridRow, GridWanted
from pentaprism.store.grid_queries import (
    duplicates_wanted,
    groups_wanted,
    mirrored_assets,
    timed_rows,
    timeless_rows,
)
from pentaprism.store.grid_records import GridPlace

EVERY = ["clip.mp4", "IMG_1.JPG", "sea.jpg", "lake.jpg", "BURST_1.JPG", "alone.jpg"]
APART = [*EVERY[:4], "BURST_3.JPG", "BURST_2.JPG", "BURST_1.JPG", "alone.jpg"]
ANY = GridWanted()


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[GatewayLibrary]:
    async with gateway_library(tmp_path) as library:
        yield library


async def rows(
    library: GatewayLibrary, wanted: GridWanted = ANY, owner_id: str = ADA, limit: int = 100
) -> list[GridRow]:
    """All rows, a page at a time."""
    found: list[GridRow] = []
    after = None
    while True:
        page = await library.store.grid.page(owner_id, wanted, after=after, limit=limit)
        found += page.rows
        if page.next is None:
            return found
        assert len(page.rows) == limit
        after = page.next


async def names(library: GatewayLibrary, **wanted: Any) -> list[str]:
    return [row.name for row in await rows(library, GridWanted(**wanted))]


async def test_pages_go_from_the_newest_to_those_without_a_time(library: GatewayLibrary) -> None:
    await library.own(ADA)
    await library.own(BEN, names=["clip.mp4", "alone.jpg"])
    for limit in (1, 2, 3, 5, 6, 100):
        assert [row.name for row in await rows(library, limit=limit)] == EVERY
        apart = await rows(library, GridWanted(bursts=False), limit=limit)
        assert [row.name for row in apart] == APART
    assert [row.name for row in await rows(library, owner_id=BEN)] == ["clip.mp4", "alone.jpg"]
    assert await rows(library, owner_id="nobody") == []


async def test_a_row_tells_what_a_grid_shows(library: GatewayLibrary) -> None:
    ada = await library.own(ADA)
    by_name = {row.name: row for row in await rows(library)}
    facts = await library.store.asset_facts.of(ADA, list(ada.ids.values()))
    clip = by_name["clip.mp4"]
    assert clip == GridRow(
        asset_id=ada.ids["clip.mp4"],
        name="clip.mp4",
        type=MediaType.VIDEO,
        taken_at=NOON + timedelta(days=4),
        width=400,
        height=300,
        thumbhash="hash of clip.mp4",
        duration=4000,
        favourite=False,
        facts=facts[ada.ids["clip.mp4"]],
    )
    # Taken with the camera on its side.
    assert (by_name["lake.jpg"].width, by_name["lake.jpg"].height) == (300, 400)
    assert by_name["sea.jpg"].favourite
    assert by_name["alone.jpg"].taken_at is None
    for row in by_name.values():
        if row.name != "alone.jpg":
            assert row.facts == facts[row.asset_id]


async def test_rows_are_found_by_what_they_are(library: GatewayLibrary) -> None:
    ada, ben = await library.own(ADA), await library.own(BEN)
    shots, bursts = ["IMG_1.JPG", "BURST_1.JPG"], ["BURST_1.JPG"]
    assert await names(library, type=MediaType.VIDEO) == ["clip.mp4"]
    assert await names(library, type=MediaType.IMAGE) == EVERY[1:]
    assert await names(library, grouped=True) == shots
    assert await names(library, grouped=False) == [one for one in EVERY if one not in shots]
    assert await names(library, group_type=GroupType.BURST) == bursts
    assert await names(library, group_type=GroupType.RAW_JPEG) == ["IMG_1.JPG"]
    assert await names(library, group_type=GroupType.RAW_JPEG, bursts=False) == [
        "IMG_1.JPG", "BURST_3.JPG",
    ]  # fmt: skip
    assert await names(library, group_type=GroupType.BURST, grouped=False) == []
    assert await names(library, duplicates=True) == ["sea.jpg", "lake.jpg"]
    assert await names(library, duplicates=False, type=MediaType.IMAGE) == [*shots, "alone.jpg"]
    assert await names(library, favourite=True) == ["IMG_1.JPG", "sea.jpg"]
    assert await names(library, favourite=False) == [
        one for one in EVERY if one not in {"IMG_1.JPG", "sea.jpg"}
    ]
    assert await names(library, mirror_id=ada.mirror_id) == EVERY[:-1]
    assert await names(library, mirror_id=ada.mirror_id, status=ItemState.FAILED) == ["sea.jpg"]
    assert await names(library, mirror_id=ada.mirror_id, status=ItemState.ORPHANED) == []
    assert await names(library, mirror_id=ben.mirror_id) == []
    assert await names(library, mirror_id="none") == []
    assert await names(library, text="IMG_1") == ["IMG_1.JPG"]
    assert await names(library, text="img") == ["IMG_1.JPG"]
    assert await names(library, text="%") == []
    assert await names(library, text="a", favourite=True) == ["sea.jpg"]


async def test_rows_are_found_by_when_they_were_taken(library: GatewayLibrary) -> None:
    await library.own(ADA)
    day = [NOON + timedelta(days=number) for number in range(5)]
    assert await names(library, taken_after=day[2]) == ["clip.mp4", "IMG_1.JPG", "sea.jpg"]
    assert await names(library, taken_before=day[2]) == ["lake.jpg", "BURST_1.JPG"]
    assert await names(library, taken_after=day[1], taken_before=day[2]) == ["lake.jpg"]
    # A page after one with a time, and what has none is in no span.
    between = GridWanted(taken_after=day[0])
    found = await rows(library, between, limit=1)
    assert [row.name for row in found] == EVERY[:-1]


async def test_what_many_have_is_found_as_what_few_have(library: GatewayLibrary) -> None:
    """Whether a kind counts as rare makes no difference but to how long it takes."""
    ada, ben = await library.own(ADA), await library.own(BEN, names=["sea.jpg"])
    every = [
        GridWanted(grouped=True),
        GridWanted(grouped=True, bursts=False),
        GridWanted(group_type=GroupType.RAW_JPEG, bursts=False),
        GridWanted(group_type=GroupType.BURST),
        GridWanted(duplicates=True),
        GridWanted(text="img"),
        GridWanted(text="g", favourite=True),
        GridWanted(mirror_id=ada.mirror_id),
        GridWanted(mirror_id=ada.mirror_id, status=ItemState.FAILED),
        GridWanted(mirror_id=ben.mirror_id),
    ]
    for few in (0, 1):
        grid = Grid(library.store._database, few=few)
        for wanted in every:
            assert (await grid.page(ADA, wanted)).rows == await rows(library, wanted), wanted


async def test_what_is_gone_is_no_row(library: GatewayLibrary) -> None:
    ada = await library.own(ADA)
    gone = [ada.rows[name] for name in ("IMG_1.JPG", "clip.mp4", "BURST_1.JPG")]
    await library.store.library_assets.miss(gone, NOON.replace(tzinfo=UTC))
    # Another one of the group shows it at once, not only when all is grouped anew.
    shown = await names(library)
    assert shown == ["IMG_1.CR2", "sea.jpg", "lake.jpg", "BURST_2.JPG", "alone.jpg"]
    await library.library.regroup()
    # Two shots are no burst.
    assert await names(library) == [*shown[:3], "BURST_3.JPG", *shown[3:]]


async def test_a_group_whose_first_file_is_no_asset_is_one_row(library: GatewayLibrary) -> None:
    ada = await library.own(ADA, names=[])
    root = await library.library.root(owner_id=ADA)
    files = await library.library.files(root, ["X.JPG", "X.CR2", "X.XMP"])
    made = await library.library.assets(ada.connection.id, {"raw": "X.CR2"})
    await library.library.change(made["raw"], twin_row=files["X.CR2"])
    await library.library.regroup()
    (row,) = await rows(library)
    assert (row.asset_id, row.facts.group and row.facts.group.primary) == ("raw", None)
    made = await library.library.assets(ada.connection.id, {"jpg": "X.JPG", "copy": "Y.JPG"})
    for id_ in made:
        await library.library.change(made[id_], twin_row=files["X.JPG"])
    await library.library.regroup()
    (row,) = await rows(library)
    assert row.asset_id == "jpg"
    assert row.facts.group is not None
    assert row.facts.group.members == ("jpg", "copy", "raw")


@pytest.mark.parametrize("after", ["", "x", "AAAA", "W251bGwsIC0xXQ", "é", "WzEsImEiXQ"])
async def test_a_page_after_nothing_is_refused(library: GatewayLibrary, after: str) -> None:
    with pytest.raises(InvalidError) as caught:
        await library.store.grid.page(ADA, ANY, after=after)
    assert caught.value.code == "invalid_page"


def test_a_place_is_read_as_it_was_written() -> None:
    for place in (GridPlace(NOON, 7), GridPlace(None, 1 << 60), GridPlace(NOON.replace(1), 0)):
        assert GridPlace.parse(str(place)) == place


PLACE = GridPlace(NOON, 9)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (timed_rows(ANY, None, None, 9), "shown"),
        (timed_rows(ANY, None, PLACE, 9), "shown"),
        (timed_rows(replace(ANY, bursts=False, grouped=True), None, PLACE, 9), "shown"),
        (timed_rows(replace(ANY, group_type=GroupType.BURST), None, PLACE, 9), "shown"),
        (timed_rows(replace(ANY, duplicates=True, text="x"), None, PLACE, 9), "shown"),
        (timed_rows(replace(ANY, mirror_id="m", status=ItemState.OK), None, PLACE, 9), "shown"),
        (timed_rows(replace(ANY, taken_after=NOON, taken_before=NOON), None, None, 9), "shown"),
        (timed_rows(replace(ANY, favourite=True), None, PLACE, 9), "favourite"),
        (timed_rows(replace(ANY, type=MediaType.VIDEO), None, PLACE, 9), "video"),
        (timed_rows(replace(ANY, type=MediaType.IMAGE), None, PLACE, 9), "shown"),
        (timeless_rows(ANY, None, None, 9), "shown"),
        (timeless_rows(ANY, None, GridPlace(None, 4), 9), "shown"),
    ],
)
async def test_a_page_is_read_along_its_index(
    library: GatewayLibrary, query: Select[*tuple[Any, ...]], index: str
) -> None:
    plan = await plan_of(query, library)
    first = plan.splitlines()[0]
    assert re.search(rf"SEARCH library_files USING INDEX ix_library_files_{index} ", first), plan
    assert "TEMP B-TREE" not in plan
    assert "SCAN" not in plan


@pytest.mark.parametrize(
    "query",
    [
        timed_rows(ANY, ["a"], PLACE, 9),
        timeless_rows(replace(ANY, favourite=True, type=MediaType.VIDEO), ["a"], None, 9),
    ],
)
async def test_what_was_found_already_is_not_looked_for(
    library: GatewayLibrary, query: Select[*tuple[Any, ...]]
) -> None:
    plan = await plan_of(query, library)
    first = plan.splitlines()[0]
    assert re.search(r"library_files USING INDEX \w+ \(connection_id=\? AND asset_id=\?\)", first)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (mirrored_assets("m", ItemState.FAILED, 9), "ix_items_not_ok"),
        (mirrored_assets("m", ItemState.OK, 9), "ix_items_mirror_id_row"),
        (groups_wanted(ANY, 9), "ix_file_groups_owner"),
        (groups_wanted(replace(ANY, group_type=GroupType.EDIT), 9), "ix_file_groups_owner_type"),
        (duplicates_wanted(9), "ix_duplicate_groups_owner"),
    ],
)
async def test_what_is_rare_is_found_by_an_index(
    library: GatewayLibrary, query: Select[*tuple[Any, ...]], index: str
) -> None:
    plan = await plan_of(query, library)
    assert index in plan, plan
    assert "SCAN" not in plan


async def plan_of(query: Select[*tuple[Any, ...]], library: GatewayLibrary) -> str:
    """How the database would find what is asked for, as it says itself."""
    compiled = query.compile(dialect=sqlite.dialect())
    params = compiled.construct_params({"owner": ADA})
    names = compiled.positiontup or ()
    bound = (params[name] for name in names)
    plain = tuple("[]" if value == '["a"]' else value for value in bound)
    values = tuple(value if isinstance(value, int | str) else 0 for value in plain)
    async with library.store._database.write() as connection:
        found = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)
        return "\n".join(str(row.detail) for row in found)
