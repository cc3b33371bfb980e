"""Whatever happens to files, regrouping ends where grouping everything would."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from library_samples import NOW, Library, noon, open_library
from sqlalchemy import delete, select

from pentaprism.errors import PentaprismError
from pentaprism.groups.files import ShotFile
from pentaprism.groups.grouping import group
from pentaprism.library import decisions
from pentaprism.library.regrouping import Regrouped
from pentaprism.store.library_records import GroupDecision, IndexedFile
from pentaprism.store.library_tables import (
    file_groups,
    group_decisions,
    group_members,
    left_places,
    library_files,
    pushed_stacks,
)
from pentaprism.store.tables import columns_of

NAMES = (
    "X.jpg", "X.CR2", "X.heic", "X.mov", "X.xmp", "X.jpg.xmp", "X-1.jpg", "X-edited.jpg",
    "X(1).jpg", "Y.jpg", "Y.CR2", "F1.jpg", "F2.jpg", "F3.jpg", "F4.jpg", "F2.CR2",
    "IMG_20231014_183246_BURST001_COVER.jpg", "IMG_20231014_183246_BURST002.jpg",
)  # fmt: skip
FOLDERS = ("", "a", "A", "b/c")
TIMES = (None, *map(noon, (0, 100, 400, 700, 1000, 1600, 3_600_000, 7_200_000)))
PATHS = tuple(f"{folder}/{name}" if folder else name for folder in FOLDERS for name in NAMES)
SMALL = st.integers(0, 30)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(PATHS), st.sampled_from(TIMES)),
        st.tuples(st.just("add_asset"), st.sampled_from(PATHS), st.sampled_from(TIMES)),
        st.tuples(st.just("rename"), SMALL, st.sampled_from(PATHS)),
        st.tuples(st.just("retime"), SMALL, st.sampled_from(TIMES)),
        st.tuples(st.just("identify"), SMALL, st.sampled_from([None, "1", "2"])),
        st.tuples(st.just("burst"), SMALL, st.sampled_from([None, "1", "2"])),
        st.tuples(st.just("flip"), SMALL, SMALL),
        st.tuples(st.just("delete"), SMALL, SMALL),
        st.tuples(st.just("twin"), SMALL, SMALL),
        st.tuples(st.just("stack"), SMALL, st.sampled_from([None, "s", "t"])),
        st.tuples(st.just("ours"), SMALL, st.sampled_from(["s", "t"])),
        st.tuples(st.just("split"), SMALL, SMALL),
        st.tuples(st.just("join"), SMALL, SMALL),
        st.tuples(st.just("first"), SMALL, SMALL),
        st.tuples(st.just("undecide"), SMALL, SMALL),
        st.tuples(st.just("regroup"), SMALL, SMALL),
    ),
    min_size=4,
    max_size=30,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty index, to be copied."""
    folder = tmp_path_factory.mktemp("empty")

    async def make() -> None:
        async with open_library(folder):
            pass

    asyncio.run(make())
    return folder


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=STEPS)
async def test_regrouping_ends_where_grouping_everything_would(
    empty: Path, steps: Sequence[tuple[str, Any, Any]]
) -> None:
    with TemporaryDirectory() as folder:
        shutil.copytree(empty, folder, dirs_exist_ok=True)
        async with open_library(Path(folder)) as library:
            world = World(library, await library.root(), (await library.connection()).id)
            for name, one, other in steps:
                await getattr(world, name)(one, other)
            await library.regroup()
            assert await found_groups(library) == await wanted_groups(library)
            await check_neat(library)


async def check_neat(library: Library) -> None:
    """Nothing is left to do, and doing it again writes nothing."""
    before = await library.store.version()
    assert await library.regroup() == Regrouped()
    assert await library.store.version() == before
    assert await library.rows(select(left_places)) == []
    # Grouping everything again changes nothing either.
    await library.store.neighbours.ungroup(await all_rows(library))
    assert (await library.regroup()).changed == 0


class World:
    """Does to an index what may happen to it; numbers choose among what is there."""

    def __init__(self, library: Library, root: str, connection: str) -> None:
        self.library = library
        self.root = root
        self.connection = connection
        self.count = 0

    async def add(self, path: str, time: Any) -> None:
        if (self.root, path) not in await self._paths():
            await self.library.files(self.root, {path: time})

    async def add_asset(self, path: str, time: Any) -> None:
        self.count += 1
        await self.library.assets(self.connection, {str(self.count): path}, taken_at=time)

    async def rename(self, number: int, path: str) -> None:
        file = await self._file(number)
        if file is not None and (file.root_id, path) not in await self._paths():
            await self.library.rename(file.row, file.root_id or file.connection_id or "", path)

    async def retime(self, number: int, time: Any) -> None:
        await self._change(number, taken_at=time)

    async def identify(self, number: int, identifier: str | None) -> None:
        await self._change(number, content_identifier=identifier)

    async def burst(self, number: int, identifier: str | None) -> None:
        await self._change(number, burst_id=identifier)

    async def flip(self, number: int, _: int) -> None:
        file = await self._file(number)
        if file is not None:
            gone = NOW if file.missing_at is None else None
            await self._change(number, missing_at=gone, twin_row=None)

    async def delete(self, number: int, _: int) -> None:
        file = await self._file(number)
        if (
            file is not None
            and file.missing_at is not None
            and not await self.library.store.neighbours.pending()
        ):
            await self.library.write(delete(library_files).where(library_files.c.row == file.row))

    async def twin(self, number: int, other: int) -> None:
        files = await files_of(self.library)
        assets = [file for file in files if file.asset_id and file.missing_at is None]
        roots = [file for file in files if file.root_id and file.missing_at is None]
        if assets and roots:
            asset, file = assets[number % len(assets)], roots[other % len(roots)]
            row = None if asset.twin_row == file.row else file.row
            await self.library.change(asset.row, twin_row=row)

    async def stack(self, number: int, stack_id: str | None) -> None:
        assets = [file for file in await files_of(self.library) if file.asset_id]
        if assets:
            asset = assets[number % len(assets)]
            first = stack_id is not None and number % 3 == 0
            await self.library.change(asset.row, stack_id=stack_id, stack_first=first)

    async def ours(self, _: int, stack_id: str) -> None:
        if await self.library.rows(
            select(pushed_stacks).where(pushed_stacks.c.stack_id == stack_id)
        ):
            await self.library.write(
                delete(pushed_stacks).where(pushed_stacks.c.stack_id == stack_id)
            )
        elif not any(file.stack_id == stack_id for file in await files_of(self.library)):
            # Ours are noted before anybody can see them in Immich.
            self.count += 1
            await self.library.push_stack(self.connection, stack_id, [], str(self.count))

    async def split(self, number: int, other: int) -> None:
        group = await self._group(number)
        if group is not None:
            members = (await self.library.groups.members([group]))[group]
            rows = {members[n % len(members)].file_row for n in (other, other // 3)}
            await decisions.split(self.library.store, "user", group, rows)

    async def join(self, number: int, other: int) -> None:
        files = [await self._file(number), await self._file(other)]
        try:
            await decisions.join(self.library.store, "user", {file.row for file in files if file})
        except PentaprismError as error:
            assert error.code in {"no_files", "other_source", "file_not_found"}  # noqa: PT017

    async def first(self, number: int, other: int) -> None:
        group = await self._group(number)
        if group is not None:
            members = (await self.library.groups.members([group]))[group]
            row = members[other % len(members)].file_row
            await decisions.show_first(self.library.store, "user", group, row)

    async def undecide(self, number: int, _: int) -> None:
        group = await self._group(number)
        if group is not None:
            await decisions.undecide(self.library.store, "user", group)

    async def regroup(self, _: int, __: int) -> None:
        await self.library.regroup()
        assert await found_groups(self.library) == await wanted_groups(self.library)

    async def _paths(self) -> set[tuple[str | None, str]]:
        return {(file.root_id, file.path) for file in await files_of(self.library) if file.root_id}

    async def _file(self, number: int) -> IndexedFile | None:
        files = await files_of(self.library)
        return files[number % len(files)] if files else None

    async def _group(self, number: int) -> str | None:
        ids = [
            one.id
            for one in await self.library.rows(
                select(file_groups.c.id).order_by("primary_row", "level")
            )
        ]
        return str(ids[number % len(ids)]) if ids else None

    async def _change(self, number: int, **values: Any) -> None:
        file = await self._file(number)
        if file is not None:
            await self.library.change(file.row, **values)


async def files_of(library: Library) -> list[IndexedFile]:
    columns = columns_of(IndexedFile, library_files)
    return [IndexedFile(*row) for row in await library.rows(select(*columns).order_by("row"))]


async def all_rows(library: Library) -> list[int]:
    return [file.row for file in await files_of(library)]


async def found_groups(library: Library) -> set[tuple[Any, ...]]:
    """The groups in the index, without their ids."""
    members: dict[str, set[int]] = {}
    for one in await library.rows(select(group_members)):
        members.setdefault(one.group_id, set()).add(one.file_row)
    groups = {one.id: one for one in await library.rows(select(file_groups))}
    return {
        (
            one.source_id,
            one.level,
            one.type,
            one.primary_row,
            frozenset(members[one.id]),
            groups[one.within].primary_row if one.within else None,
            one.size,
        )
        for one in groups.values()
    }


async def wanted_groups(library: Library) -> set[tuple[Any, ...]]:
    """The groups that grouping makes of all files at once."""
    files = await files_of(library)
    labels = await labels_of(library, files)
    found = set[tuple[Any, ...]]()
    for source in {file.root_id or file.connection_id for file in files}:
        shots = [
            shot_file(file, labels[file.row])
            for file in files
            if file.row in labels and (file.root_id or file.connection_id) == source
        ]
        groups = group(shots)
        bursts = {key: one.primary for one in groups if one.level for key in one.members}
        for one in groups:
            members = frozenset(one.members)
            within = None if one.level else bursts.get(one.primary)
            found.add((source, one.level, one.type, one.primary, members, within, len(one.members)))
    return found


async def labels_of(
    library: Library, files: Sequence[IndexedFile]
) -> Mapping[int, tuple[str | None, str | None, bool]]:
    """What was decided about each file that is grouped: apart, together, first."""
    columns = columns_of(GroupDecision, group_decisions)
    decided = {one.file_row: one for one in await library.rows(select(*columns))}
    ours = {one.stack_id for one in await library.rows(select(pushed_stacks))}
    found: dict[int, tuple[str | None, str | None, bool]] = {}
    chosen = set[str]()
    stack_first = set[int]()
    for file in files:
        if file.missing_at is not None or file.twin_row is not None:
            continue
        same = [file, *(one for one in files if one.twin_row == file.row)]
        said = next((decided[one.row] for one in same if one.row in decided), None)
        stacks = [
            one for one in same if one.stack_id and one.stack_id not in ours and not one.missing_at
        ]
        stack = min(stacks, key=lambda one: one.stack_id or "", default=None)
        stacked = f"immich:{stack.stack_id}" if stack else None
        if said is None:
            found[file.row] = (None, stacked, bool(stack and stack.stack_first))
            if stack and stack.stack_first:
                stack_first.add(file.row)
        else:
            if said.apart or said.together:
                stacked = None
            found[file.row] = (said.apart, said.together or stacked, said.first)
            if said.first and stacked:
                chosen.add(stacked)
    for row in stack_first:
        apart, together, _ = found[row]
        found[row] = (apart, together, together not in chosen)
    return found


def shot_file(file: IndexedFile, label: tuple[str | None, str | None, bool]) -> ShotFile:
    apart, together, first = label
    return ShotFile(
        key=file.row,
        path=file.path,
        taken_at=file.taken_at,
        precision=file.precision,
        in_utc=file.in_utc,
        camera=file.camera,
        content_identifier=file.content_identifier,
        burst_id=file.burst_id,
        apart=apart,
        together=together,
        first=first,
    )
