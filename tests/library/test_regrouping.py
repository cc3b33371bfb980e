"""Regrouping: what changes is grouped beside its neighbours, and nothing else is touched."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from library_samples import NOON, NOW, Shown, noon, open_library
from sqlalchemy import select

from pentaprism.groups.files import Precision
from pentaprism.groups.rules import RULES, Rules
from pentaprism.library.progress import ScanProgress
from pentaprism.library.regrouping import Regrouped, Regrouping
from pentaprism.store.library_records import GroupOrigin
from pentaprism.store.library_tables import left_places, library_files, pushed_stacks

PAIR = ("IMG_1.CR2", "IMG_1.JPG")


async def test_files_of_one_shot_are_a_group(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        root = await library.root()
        rows = await library.files(root, ["2024/IMG_1.CR2", "2024/IMG_1.JPG", "2024/IMG_2.JPG"])
        assert await library.regroup() == Regrouped(files=3, groups=1, changed=1)
        group = await library.group_with(rows["2024/IMG_1.CR2"])
        assert (group.owner_id, group.source_id, group.folder) == ("user", root, "2024")
        assert (group.size, group.bytes, group.taken_at) == (2, 2000, NOON)
        assert (group.origin, group.within, group.primary_row) == (
            GroupOrigin.RULES,
            None,
            rows["2024/IMG_1.JPG"],
        )
        members = (await library.groups.members([group.id]))[group.id]
        assert [member.path for member in members] == ["2024/IMG_1.JPG", "2024/IMG_1.CR2"]
        assert all(member.rule for member in members)


async def test_nothing_is_written_where_nothing_has_changed(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        await library.files(await library.root(), PAIR)
        await library.regroup()
        before = await library.store.version()
        assert await library.regroup() == Regrouped()
        assert await library.store.version() == before


async def test_a_group_that_stays_as_it_is_is_not_touched(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        rows = await library.files(await library.root(), [*PAIR, "B.CR2", "B.JPG"], taken_at=None)
        await library.regroup()
        before = await library.group_with(rows["IMG_1.CR2"])
        await library.change(rows["IMG_1.CR2"], camera="X")
        assert await library.regroup() == Regrouped(files=2, groups=1, changed=0)
        assert await library.group_with(rows["IMG_1.CR2"]) == before


async def test_a_new_file_regroups_its_neighbours_only(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        root = await library.root()
        rows = await library.files(root, [f"IMG_{n}.JPG" for n in range(100, 150)], taken_at=None)
        await library.regroup()
        await library.files(root, ["IMG_120.CR2"], taken_at=None)
        assert await library.regroup() == Regrouped(files=2, groups=1, changed=1)
        before = await library.group_with(rows["IMG_120.JPG"])
        await library.files(root, ["IMG_120-edited.JPG"])
        await library.regroup()
        group = await library.group_with(rows["IMG_120.JPG"])
        assert (group.id, group.size) == (before.id, 3)
        assert group.changed_at > before.changed_at


async def test_a_file_that_is_gone_leaves_its_group_and_comes_back_to_it(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        rows = await library.files(await library.root(), PAIR)
        await library.regroup()
        await library.change(rows["IMG_1.CR2"], missing_at=NOW)
        assert (await library.regroup()).changed == 1
        assert await library.shown() == []
        await library.change(rows["IMG_1.CR2"], missing_at=None)
        await library.regroup()
        assert await library.shown() == [Shown("raw_jpeg", "IMG_1.JPG", PAIR)]


async def test_who_is_left_behind_is_grouped_anew(tmp_path: Path) -> None:
    """The name in common was ambiguous: three files, none of them in a group."""
    async with open_library(tmp_path) as library:
        root = await library.root()
        times = {"X.jpg": NOON, "X.cr2": datetime(2024, 5, 2, 12), "X.heic": None}  # noqa: DTZ001
        rows = await library.files(root, times)
        await library.regroup()
        assert await library.shown() == []
        await library.rename(rows["X.jpg"], root, "Y.jpg")
        await library.regroup()
        assert await library.shown() == [Shown("raw_jpeg", "X.heic", ("X.cr2", "X.heic"))]
        assert await library.rows(select(left_places)) == []


async def test_a_burst_holds_its_pairs(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        root = await library.root()
        times = {f"IMG_{n}.{ending}": noon(400 * n) for n in range(3) for ending in ("CR2", "JPG")}
        rows = await library.files(root, times)
        await library.regroup()
        (burst,) = (await library.groups.page("user")).groups
        assert (burst.level, burst.size, burst.primary_row) == (1, 3, rows["IMG_0.JPG"])
        children = await library.groups.children(burst.id)
        assert [child.primary_row for child in children] == [rows[f"IMG_{n}.JPG"] for n in range(3)]
        assert all(child.within == burst.id for child in children)
        # The one in the middle is gone: neither a burst nor a gap that is short enough is left.
        for ending in ("CR2", "JPG"):
            await library.change(rows[f"IMG_1.{ending}"], missing_at=NOW)
        await library.regroup()
        assert [group.level for group in (await library.groups.page("user")).groups] == [0, 0]
        kept = {child.id for child in children}
        assert {group.id for group in (await library.groups.page("user")).groups} < kept


async def test_a_long_burst_is_found_from_one_of_its_frames(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        root = await library.root()
        rows = await library.files(root, {f"F{n:04}.JPG": noon(300 * n) for n in range(600)})
        await library.regroup()
        await library.change(rows["F0300.JPG"], camera="X")
        assert (await library.regroup()).files == 600
        (burst,) = (await library.groups.page("user")).groups
        assert burst.size == 600


async def test_many_batches_make_the_same_groups(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        root = await library.root()
        # The first and the last row are one shot, and so on inwards.
        names = [f"IMG_{n}.CR2" for n in range(2500)]
        await library.files(root, [*names, *(f"IMG_{n}.JPG" for n in reversed(range(2500)))])
        progress = ScanProgress()
        done = await Regrouping(library.store, RULES, library.clock).regroup(progress)
        assert done == Regrouped(files=5000, groups=2500, changed=2500)
        assert progress.grouped == 5000


async def test_an_asset_is_grouped_as_the_file_that_it_is(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        root, connection = await library.root(), (await library.connection()).id
        files = await library.files(root, PAIR)
        assets = await library.assets(connection, {"a": "IMG_1.JPG", "b": "IMG_1.CR2"})
        await library.regroup()
        assert len(await library.shown()) == 2
        await library.change(assets["a"], twin_row=files["IMG_1.JPG"])
        await library.regroup()
        assert await library.shown() == [Shown("raw_jpeg", "IMG_1.JPG", PAIR)]
        # The file is deleted from the index, and with it what the asset was.
        await library.write(library_files.delete().where(library_files.c.row == files["IMG_1.JPG"]))
        await library.regroup()
        (shown,) = (await library.groups.page("user")).groups
        assert shown.source_id == connection


async def test_a_stack_of_immich_is_a_group_unless_it_is_ours(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        root, connection = await library.root(), (await library.connection()).id
        files = await library.files(root, ["A.JPG", "B.JPG", "C.JPG"])
        twins = {"a": "A.JPG", "b": "B.JPG", "c": "C.JPG"}
        assets = await library.assets(connection, twins)
        for asset_id, path in twins.items():
            await library.change(assets[asset_id], twin_row=files[path])
        for asset_id in "ab":
            await library.change(assets[asset_id], stack_id="s", stack_first=asset_id == "b")
        await library.regroup()
        assert await library.shown() == [Shown("variant", "B.JPG", ("A.JPG", "B.JPG"))]
        assert (await library.group_with(files["A.JPG"])).origin is GroupOrigin.IMMICH
        await library.change(assets["a"], stack_id=None)
        await library.regroup()
        assert await library.shown() == []
        await library.push_stack(connection, "t", ["b", "c"])
        for asset_id in "bc":
            await library.change(assets[asset_id], stack_id="t", stack_first=False)
        await library.regroup()
        assert await library.shown() == []
        await library.write(pushed_stacks.delete())
        await library.regroup()
        assert await library.shown() == [Shown("variant", "B.JPG", ("B.JPG", "C.JPG"))]
        await library.store.connections.delete(connection)
        await library.regroup()
        assert await library.shown() == []


async def test_other_rules_make_other_keys(tmp_path: Path) -> None:
    rules = Rules(sibling_folders=(("jpg", "raw"),))
    async with open_library(tmp_path) as library:
        rows = await library.files(await library.root(), ["RAW/X.CR2", "JPG/X.JPG"])
        await Regrouping(library.store, RULES, library.clock).rekey()
        await library.regroup()
        assert await library.shown() == []
        library.rules = rules
        await Regrouping(library.store, rules, library.clock).rekey()
        assert await library.store.neighbours.count_ungrouped() == 2
        await library.regroup()
        assert (await library.group_with(rows["RAW/X.CR2"])).primary_row == rows["JPG/X.JPG"]
        before = await library.store.version()
        await Regrouping(library.store, rules, library.clock).rekey()
        assert await library.store.version() == before


async def test_names_of_any_bytes_are_grouped(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        paths = ["\udcff/IMG\udce4_1.CR2", "\udcff/IMG\udce4_1.JPG"]
        await library.files(await library.root(), paths)
        await library.regroup()
        assert [shown.members for shown in await library.shown()] == [tuple(paths)]


def cases() -> list[object]:
    path = Path(__file__).parents[2].parent / "shared" / "cases" / "grouping.json"
    if not path.exists():
        return [pytest.param({}, marks=pytest.mark.skip(f"{path} is not here"), id="none")]
    found = json.loads(path.read_text())["cases"]
    return [pytest.param(case, id=str(case["id"])) for case in found]


@pytest.mark.parametrize("case", cases())
async def test_the_cases_come_out_file_by_file(tmp_path: Path, case: dict[str, object]) -> None:
    """Each file is grouped when it comes, beside those that are there already."""
    async with open_library(tmp_path) as library:
        root = await library.root()
        for file in case["files"]:  # type: ignore[attr-defined]
            await library.files(
                root,
                {file["path"]: datetime.fromisoformat(file["taken_at"])},
                content_identifier=file.get("content_identifier"),
                precision=Precision(file.get("precision", "subsecond")),
            )
            await library.regroup()
        shown = {(one.type, one.members): one.primary for one in await library.shown()}
        wanted = {
            (one["type"], tuple(sorted(one["members"]))): one["primary"]
            for one in case["groups"]  # type: ignore[attr-defined]
        }
        assert shown.keys() == wanted.keys()
        if not case.get("primary_any"):
            assert shown == wanted
