"""The files of one shot in a folder: side by side, whatever their clocks and names say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from mirror_world import World, puts, tree
from shot_samples import group, regroup

from pentaprism.assets import Role
from pentaprism.mirrors.work import Planned
from pentaprism.store.records import RunStatus

BY_MONTH = "{year}/{month}/{filename}"
MONTHS_END = int(datetime(2024, 1, 31, 23, 59, 59, tzinfo=UTC).timestamp() * 1000)
DAY = 86_400_000


def short(asset_id: str) -> str:
    return f"~{asset_id.replace('-', '')[:8]}"


def names(world: World) -> set[str]:
    return set(tree(world.folder))


def wanted(pages: Sequence[Planned]) -> set[str]:
    """Return the paths that a dry run tells of."""
    return {str(page.paths[put.asset.id][Role.PRIMARY]) for page in pages for put in puts([page])}


async def test_a_shot_over_the_end_of_a_month_lies_in_one_folder(world: World) -> None:
    jpeg = world.add("a.JPG", taken=MONTHS_END)
    raw = world.add("a.CR2", taken=MONTHS_END + 1000)
    edit = world.add("a-edit.JPG", taken=MONTHS_END + DAY)
    world.add("b.JPG", taken=MONTHS_END + DAY)
    await group(world, edit, jpeg, raw)
    expected = {"2024/01/a.JPG", "2024/01/a.CR2", "2024/01/a-edit.JPG", "2024/02/b.JPG"}
    assert wanted(await world.plan(template=BY_MONTH)) == expected
    await world.run(template=BY_MONTH)
    assert names(world) == expected
    assert (await world.run(template=BY_MONTH)).codes == []
    assert names(world) == expected


async def test_names_made_of_times_share_them(world: World) -> None:
    template = "{year}/{year}{month}{day}_{hour}{minute}{second}_{filename}"
    jpeg = world.add("a.JPG", taken=MONTHS_END)
    await world.run(template=template)
    raw = world.add("a.CR2", taken=MONTHS_END + 1000)
    await group(world, jpeg, raw)
    expected = {"2024/20240131_235959_a.JPG", "2024/20240131_235959_a.CR2"}
    assert wanted(await world.plan(template=template)) == {"2024/20240131_235959_a.CR2"}
    await world.run(template=template)
    assert names(world) == expected


async def test_later_files_follow_those_that_are_there(world: World) -> None:
    edit = world.add("a-edit.JPG", taken=MONTHS_END + DAY)
    await world.run(template=BY_MONTH)
    jpeg = world.add("a.JPG", taken=MONTHS_END)
    id_ = await group(world, edit, jpeg)
    assert wanted(await world.plan(template=BY_MONTH)) == {"2024/02/a.JPG"}
    await world.run(template=BY_MONTH)
    raw = world.add("a.CR2", taken=MONTHS_END)
    await regroup(world, id_, [edit, jpeg, raw])
    await world.run(template="{year}/{filename}")
    assert names(world) == {"2024/02/a-edit.JPG", "2024/02/a.JPG", "2024/02/a.CR2"}


async def test_a_group_that_is_found_later_moves_nothing(world: World) -> None:
    jpeg = world.add("a.JPG", taken=MONTHS_END)
    raw = world.add("a.CR2", taken=MONTHS_END + 1000)
    await world.run(template=BY_MONTH)
    await group(world, jpeg, raw)
    done = await world.run(template=BY_MONTH)
    assert done.codes == []
    assert names(world) == {"2024/01/a.JPG", "2024/02/a.CR2"}


async def test_two_shots_of_equal_names_keep_their_files_together(world: World) -> None:
    shots = [(world.add("a.JPG"), world.add("a.CR2")) for _ in range(2)]
    for shot in shots:
        await group(world, *shot)
    first = short(shots[1][0])
    expected = {"a.JPG", "a.CR2", f"a{first}.JPG", f"a{first}.CR2"}
    assert wanted(await world.plan()) == expected
    await world.run()
    assert names(world) == expected
    files = tree(world.folder)
    assert files[f"a{first}.CR2"] == world.content(shots[1][1])
    assert (await world.run()).originals == 0
    assert names(world) == expected


async def test_one_name_that_is_taken_gives_all_new_files_a_suffix(world: World) -> None:
    world.add("a.CR2")
    jpeg, raw = world.add("a.JPG"), world.add("A.cr2")
    await group(world, jpeg, raw)
    await world.run()
    assert names(world) == {"a.CR2", f"a{short(jpeg)}.JPG", f"A{short(jpeg)}.cr2"}


async def test_later_files_take_the_suffix_of_their_shot(world: World) -> None:
    world.add("a.JPG")
    jpeg = world.add("a.JPG")
    await world.run()
    raw, edit = world.add("a.CR2"), world.add("a-edit.JPG")
    await group(world, edit, jpeg, raw)
    await world.run()
    suffix = short(jpeg)
    assert names(world) == {
        "a.JPG", f"a{suffix}.JPG", f"a{suffix}.CR2", f"a-edit{suffix}.JPG"
    }  # fmt: skip


async def test_later_files_whose_names_are_taken_share_a_suffix(world: World) -> None:
    jpeg = world.add("a.JPG")
    world.add("a.CR2")
    await world.run()
    raw, edit = world.add("a.CR2"), world.add("a-edit.JPG")
    await group(world, edit, jpeg, raw)
    await world.run()
    suffix = short(jpeg)
    assert names(world) == {"a.JPG", "a.CR2", f"a{suffix}.CR2", f"a-edit{suffix}.JPG"}


async def test_files_of_one_shot_and_one_name_are_told_apart(world: World) -> None:
    first, second, raw = world.add("a.JPG"), world.add("a.JPG"), world.add("a.CR2")
    await group(world, first, second, raw)
    await world.run()
    assert names(world) == {"a.JPG", f"a{short(second)}.JPG", "a.CR2"}


async def test_companions_of_a_live_photo_stay_with_it(world: World) -> None:
    for _ in range(2):
        still, _ = world.add_live("a.HEIC", "x.MOV")
        raw = world.add("a.DNG")
        await group(world, still, raw)
    await world.run(sidecars=True)
    suffix = short(still)
    stems = {"a", f"a{suffix}"}
    endings = {".HEIC", ".MOV", ".HEIC.xmp", ".DNG", ".DNG.xmp"}
    assert names(world) == {stem + ending for stem in stems for ending in endings}


async def test_a_file_of_somebody_else_gives_the_whole_shot_a_suffix(world: World) -> None:
    jpeg, raw = world.add("a.JPG"), world.add("a.CR2")
    await group(world, jpeg, raw)
    world.folder.mkdir()
    (world.folder / "a.CR2").write_bytes(b"another program's")
    await world.run()
    assert names(world) == {"a.CR2", f"a{short(jpeg)}.JPG", f"a{short(jpeg)}.CR2"}


async def test_a_file_that_lies_in_the_folder_leads_its_shot(world: World) -> None:
    jpeg, raw = world.add("a.JPG"), world.add("a.CR2")
    await group(world, jpeg, raw)
    (world.folder / "old").mkdir(parents=True)
    (world.folder / "old/a.CR2").write_bytes(world.content(raw))
    await world.run(template=BY_MONTH)
    assert names(world) == {"old/a.CR2", "old/a.JPG"}


async def test_after_a_lost_database_all_are_where_they_were(world: World) -> None:
    for _ in range(2):
        jpeg = world.add("a.JPG", taken=MONTHS_END)
        raw = world.add("a.CR2", taken=MONTHS_END + 1000)
        await group(world, jpeg, raw)
        await group(world, jpeg, raw, database="new.db")
    await world.run(template=BY_MONTH)
    before = tree(world.folder)
    done = await world.run(template=BY_MONTH, database="new.db")
    assert done.originals == 0
    assert tree(world.folder) == before
    assert {PurePosixPath(name).parent.as_posix() for name in before} == {"2024/01"}


async def test_paths_are_those_claimed_first_when_a_run_is_cut_short(world: World) -> None:
    world.add("a.JPG", taken=MONTHS_END)
    jpeg = world.add("a.JPG", taken=MONTHS_END)
    raw = world.add("a.CR2", taken=MONTHS_END + 1000)
    await group(world, jpeg, raw)
    expected = wanted(await world.plan(template=BY_MONTH))
    world.sandbox.faults.add("status", route="original")
    cut = await world.run(template=BY_MONTH)
    assert cut.status is RunStatus.FAILED
    claimed = {item.path for item in await world.items()}
    world.sandbox.faults.clear()
    await world.run(template=BY_MONTH)
    assert claimed == names(world) == expected


@pytest.mark.parametrize("between", [999, 1500])
async def test_files_that_are_listed_on_different_pages_lie_together(
    world: World, between: int
) -> None:
    jpeg = world.add("a.JPG", taken=MONTHS_END)
    for number in range(between):
        world.add(f"{number}.JPG", b"", taken=MONTHS_END + 1000)
    edit = world.add("a-edit.JPG", taken=MONTHS_END + DAY)
    await group(world, edit, jpeg)
    assert {"2024/01/a.JPG", "2024/01/a-edit.JPG"} <= wanted(await world.plan(template=BY_MONTH))
    chosen = {put.asset.id for put in puts(await world.plan(raw="primary"))}
    assert edit in chosen
    assert jpeg not in chosen
