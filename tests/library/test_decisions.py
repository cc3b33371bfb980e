"""A person's decisions: what is split, joined or shown first stays so, whatever files do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from library_samples import NOW, Library, Shown, noon, open_library

from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.library import decisions
from pentaprism.library.regrouping import Regrouped
from pentaprism.store.library_records import GroupOrigin

TRIPLE = ("X.CR2", "X.JPG", "X-edited.JPG")


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path) as library:
        yield library


async def triple(library: Library) -> tuple[str, dict[str, int]]:
    root = await library.root()
    rows = await library.files(root, TRIPLE)
    await library.regroup()
    return root, rows


async def split(library: Library, rows: set[int], level: int = 0) -> None:
    group = await library.group_with(min(rows), level)
    await decisions.split(library.store, "user", group.id, rows)
    await library.regroup()


async def test_a_file_that_is_split_off_stays_off(library: Library) -> None:
    root, rows = await triple(library)
    whole = await library.group_with(rows["X.JPG"])
    assert whole.size == 3
    await split(library, {rows["X-edited.JPG"]})
    pair = [Shown("raw_jpeg", "X.JPG", ("X.CR2", "X.JPG"))]
    assert await library.shown() == pair
    assert (await library.group_with(rows["X.JPG"])).id == whole.id
    # It is changed, renamed, gone and back: it stays apart.
    edited = rows["X-edited.JPG"]
    await library.change(edited, camera="Other")
    await library.regroup()
    await library.rename(edited, root, "X-edited-2.JPG")
    await library.regroup()
    await library.change(edited, missing_at=NOW)
    await library.regroup()
    await library.change(edited, missing_at=None)
    await library.regroup()
    await library.store.neighbours.ungroup(list(rows.values()))
    await library.regroup()
    assert await library.shown() == pair
    # Another file of the shot goes to those that are left.
    await library.files(root, ["X.xmp"])
    await library.regroup()
    (shown,) = await library.shown()
    assert shown.members == ("X.CR2", "X.JPG", "X.xmp")


async def test_files_split_off_together_may_be_a_group(library: Library) -> None:
    _, rows = await triple(library)
    await split(library, {rows["X.JPG"], rows["X-edited.JPG"]})
    assert await library.shown() == [
        Shown("edit", "X-edited.JPG", ("X-edited.JPG", "X.JPG")),
    ]
    assert (await library.group_with(rows["X.JPG"])).origin is GroupOrigin.PERSON


async def test_splitting_all_leaves_no_group(library: Library) -> None:
    _, rows = await triple(library)
    await split(library, set(rows.values()))
    assert await library.shown() == []


async def test_a_pair_is_split_off_a_burst_as_a_whole(library: Library) -> None:
    times = {f"F{n}.{ending}": noon(300 * n) for n in range(4) for ending in ("CR2", "JPG")}
    rows = await library.files(await library.root(), times)
    await library.regroup()
    await split(library, {rows["F3.JPG"]}, level=1)
    shown = await library.shown()
    assert shown[-1] == Shown("burst", "F0.JPG", ("F0.JPG", "F1.JPG", "F2.JPG"), 1)
    assert Shown("raw_jpeg", "F3.JPG", ("F3.CR2", "F3.JPG")) in shown
    assert (await library.group_with(rows["F3.JPG"])).within is None
    burst = await library.group_with(rows["F0.JPG"], 1)
    everything = {row for path, row in rows.items() if not path.startswith("F3")}
    await decisions.split(library.store, "user", burst.id, everything)
    await library.regroup()
    assert [(one.level, len(one.members)) for one in await library.shown()] == [(0, 2)] * 4


async def test_files_are_joined_with_all_of_their_shots(library: Library) -> None:
    root = await library.root()
    rows = await library.files(root, {"A.CR2": noon(), "A.JPG": noon(), "B.JPG": noon(9e6)})
    await library.regroup()
    await decisions.join(library.store, "user", [rows["A.JPG"], rows["B.JPG"]])
    await library.regroup()
    group = await library.group_with(rows["B.JPG"])
    assert (group.size, group.origin) == (3, GroupOrigin.PERSON)
    await library.rename(rows["B.JPG"], root, "other/C.JPG")
    await library.regroup()
    assert (await library.group_with(rows["B.JPG"])).id == group.id
    # What was joined can be split again, and what was split can be joined.
    await split(library, {rows["B.JPG"]})
    assert (await library.group_with(rows["A.JPG"])).size == 2
    await decisions.join(library.store, "user", [rows["A.JPG"], rows["B.JPG"]])
    await library.regroup()
    assert (await library.group_with(rows["A.JPG"])).size == 3


async def test_another_file_is_shown_first(library: Library) -> None:
    _, rows = await triple(library)
    group = await library.group_with(rows["X.JPG"])
    for path in ("X.CR2", "X.JPG"):
        await decisions.show_first(library.store, "user", group.id, rows[path])
        await library.regroup()
        now = await library.group_with(rows["X.JPG"])
        assert (now.id, now.primary_row) == (group.id, rows[path])
    assert await library.regroup() == Regrouped()


async def test_another_shot_of_a_burst_is_shown_first(library: Library) -> None:
    rows = await library.files(await library.root(), {f"F{n}.JPG": noon(300 * n) for n in range(3)})
    await library.regroup()
    burst = await library.group_with(rows["F0.JPG"], 1)
    await decisions.show_first(library.store, "user", burst.id, rows["F2.JPG"])
    await library.regroup()
    now = await library.group_with(rows["F0.JPG"], 1)
    assert (now.id, now.primary_row) == (burst.id, rows["F2.JPG"])


async def test_the_rules_come_back(library: Library) -> None:
    _, rows = await triple(library)
    before = await library.shown()
    await split(library, {rows["X-edited.JPG"]})
    group = await library.group_with(rows["X.JPG"])
    await decisions.show_first(library.store, "user", group.id, rows["X.CR2"])
    await library.regroup()
    await decisions.undecide(library.store, "user", group.id)
    await library.regroup()
    assert await library.shown() == before
    await split(library, set(rows.values()))
    await decisions.undecide_files(library.store, "user", [rows["X.JPG"]])
    await library.regroup()
    assert await library.shown() == before


async def test_a_decision_here_counts_for_more_than_a_stack(library: Library) -> None:
    connection = (await library.connection()).id
    rows = await library.assets(connection, {"a": "A.JPG", "b": "B.JPG", "c": "C.JPG"})
    for asset_id, row in rows.items():
        await library.change(row, stack_id="s", stack_first=asset_id == "b")
    await library.regroup()
    assert (await library.group_with(rows["a"])).primary_row == rows["b"]
    group = await library.group_with(rows["a"])
    await decisions.show_first(library.store, "user", group.id, rows["c"])
    await library.regroup()
    await library.change(rows["b"], stack_id="s", stack_first=True)
    await library.regroup()
    assert (await library.group_with(rows["a"])).primary_row == rows["c"]
    await split(library, {rows["a"]})
    assert await library.shown() == [Shown("variant", "C.JPG", ("B.JPG", "C.JPG"))]


async def test_a_decision_about_an_asset_counts_for_the_file_that_it_is(library: Library) -> None:
    connection = (await library.connection()).id
    assets = await library.assets(connection, {name: name for name in TRIPLE})
    await library.regroup()
    await split(library, {assets["X-edited.JPG"]})
    _, files = await triple(library)
    for name in TRIPLE:
        await library.change(assets[name], twin_row=files[name])
    await library.regroup()
    assert await library.shown() == [Shown("raw_jpeg", "X.JPG", ("X.CR2", "X.JPG"))]


async def test_nobody_decides_about_what_is_not_theirs(library: Library) -> None:
    _, rows = await triple(library)
    group = await library.group_with(rows["X.JPG"])
    store, some = library.store, [rows["X.JPG"], rows["X.CR2"]]
    for attempt in (
        decisions.split(store, "other", group.id, some),
        decisions.show_first(store, "other", group.id, rows["X.JPG"]),
        decisions.undecide(store, "other", group.id),
        decisions.split(store, "user", "nothing", some),
    ):
        with pytest.raises(NotFoundError) as caught:
            await attempt
        assert caught.value.code == "group_not_found"
    for person, files in (("other", some), ("user", [rows["X.JPG"], 999])):
        with pytest.raises(NotFoundError) as caught:
            await decisions.join(store, person, files)
        assert caught.value.code == "file_not_found"
    with pytest.raises(NotFoundError):
        await decisions.undecide_files(store, "other", some)
    assert await library.regroup() == Regrouped()


async def test_what_cannot_be_decided(library: Library) -> None:
    _, rows = await triple(library)
    other = await library.files(await library.root("other"), ["Y.JPG"])
    await library.regroup()
    store = library.store
    group = await library.group_with(rows["X.JPG"])
    for code, attempt in (
        ("other_source", decisions.join(store, "user", [rows["X.JPG"], other["Y.JPG"]])),
        ("no_files", decisions.join(store, "user", [other["Y.JPG"]])),
        ("no_files", decisions.join(store, "user", [])),
        ("no_files", decisions.split(store, "user", group.id, [])),
        ("not_in_group", decisions.split(store, "user", group.id, [other["Y.JPG"]])),
        ("not_in_group", decisions.show_first(store, "user", group.id, other["Y.JPG"])),
    ):
        with pytest.raises(InvalidError) as caught:
            await attempt
        assert caught.value.code == code
        assert caught.value.hint
