"""Files of roots: changes are written whole, and files are grouped anew only where they have to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from store_samples import database_in, open_store

from pentaprism.groups.files import Kind, Precision
from pentaprism.store import Store
from pentaprism.store.file_changes import FileChanges, FileFacts, FileReading, Returned
from pentaprism.store.library_records import FolderMark, IndexedFile

AT = datetime(2024, 5, 1, 12, tzinfo=UTC)


def facts(path: str, number: int) -> FileFacts:
    folder, _, name = path.rpartition("/")
    return FileFacts(folder, name, Kind.IMAGE, 10, 20, number, f"r/{folder}", name[:1], None)


async def filled(store: Store, *paths: str) -> str:
    root = await store.roots.add("ada", "/photos", "Photos")
    added = [facts(path, number) for number, path in enumerate(paths, 1)]
    await store.library_files.apply(root.id, FileChanges(added=added), AT)
    return root.id


async def by_path(store: Store, root_id: str) -> dict[str, IndexedFile]:
    return {file.path: file for file in await store.library_files.files(root_id)}


def ungrouped(folder: Path) -> set[int]:
    with closing(sqlite3.connect(database_in(folder))) as database:
        return {
            row for (row,) in database.execute("SELECT row FROM library_files WHERE NOT grouped")
        }


def group_all(folder: Path) -> None:
    with closing(sqlite3.connect(database_in(folder))) as database:
        database.execute("UPDATE library_files SET grouped = 1")
        database.commit()


async def test_files_change_places_in_one_step(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        root_id = await filled(store, "a/x", "b/x", "b/y")
        group_all(tmp_path)
        rows = await by_path(store, root_id)
        moved = {
            rows["a/x"].row: replace(facts("b/x", 1), read_version=None),
            rows["b/x"].row: replace(facts("a/x", 2), read_version=None),
        }
        await store.library_files.apply(root_id, FileChanges(moved=moved), AT)
        after = await by_path(store, root_id)
        assert (after["b/x"].row, after["a/x"].row) == (rows["a/x"].row, rows["b/x"].row)
        assert ungrouped(tmp_path) == set(moved)


async def test_each_change_does_what_it_says(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        files = store.library_files
        root_id = await filled(store, "a", "b", "c", "d", "e")
        rows = {path: file.row for path, file in (await by_path(store, root_id)).items()}
        await files.record([FileReading(row, 10, 20, 1, "image/jpeg") for row in rows.values()])
        group_all(tmp_path)
        changes = FileChanges(
            added=[facts("new", 9)],
            edited={rows["a"]: replace(facts("a", 1), size=11)},
            returned=[Returned(rows["b"], 77)],
            missing=[rows["c"]],
            deleted=[rows["d"]],
            marks=[FolderMark("", b"digest", 5, 4)],
        )
        await files.apply(root_id, changes, AT)
        after = await by_path(store, root_id)
        assert set(after) == {"a", "b", "c", "e", "new"}
        assert (after["a"].size, after["a"].read_version, after["a"].row) == (11, 0, rows["a"])
        assert (after["b"].inode, after["b"].read_version) == (77, 1)
        assert after["c"].missing_at == AT
        assert ungrouped(tmp_path) == {rows["a"], rows["c"], after["new"].row}
        assert await files.marks(root_id) == {"": FolderMark("", b"digest", 5, 4)}
        # One that is there again is grouped again; being there all the time is nothing new.
        group_all(tmp_path)
        back = FileChanges(returned=[Returned(rows["c"], 3, 0), Returned(rows["b"], 78)])
        await files.apply(root_id, back, AT)
        after = await by_path(store, root_id)
        assert (after["c"].missing_at, after["c"].read_version) == (None, 0)
        assert ungrouped(tmp_path) == {rows["c"]}


async def test_nothing_is_written_where_nothing_has_changed(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        root_id = await filled(store, "a")
        version = await store.version()
        await store.library_files.apply(root_id, FileChanges(), AT)
        await store.library_files.record([])
        assert await store.version() == version


async def test_only_what_grouping_looks_at_has_a_file_grouped_anew(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        files = store.library_files
        root_id = await filled(store, "a", "b", "c")
        rows = {path: file.row for path, file in (await by_path(store, root_id)).items()}
        taken = datetime(2024, 1, 2, 3, 4, 5, 678)  # noqa: DTZ001 - as a clock on the wall
        read = FileReading(rows["a"], 10, 20, 1, taken_at=taken, precision=Precision.SUBSECOND)
        await files.record([read, replace(read, row=rows["b"]), replace(read, row=rows["c"])])
        group_all(tmp_path)
        await files.record(
            [
                replace(read, width=100, read_version=2),
                replace(read, row=rows["b"], camera="Other", read_version=2),
                # This one has changed since it was read.
                replace(read, row=rows["c"], mtime_ns=21, camera="Other", read_version=2),
            ]
        )
        after = await by_path(store, root_id)
        assert (after["a"].width, after["a"].taken_at, after["b"].camera) == (100, taken, "Other")
        assert (after["c"].camera, after["c"].read_version) == (None, 1)
        assert ungrouped(tmp_path) == {rows["b"]}


async def test_what_is_unread_comes_in_pages(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        files = store.library_files
        root_id = await filled(store, *(f"{number % 3}/{number}" for number in range(25)))
        assert await files.count_unread(root_id, 1, [Kind.IMAGE]) == 25
        assert await files.count_unread("another", 1, [Kind.IMAGE]) == 0
        found, after = [], 0
        while some := await files.unread(root_id, 0, after=after, limit=10):
            found += some
            after = some[-1].row
        assert [file.name for file in found] == [str(number) for number in range(25)]
        assert len(await files.unread(root_id, 0, among=["1", "none"])) == 8
        await files.record([FileReading(found[3].row, 10, 20, 1, problem="damaged")])
        assert len(await files.unread(root_id, 0)) == 24
        assert [file.row for file in await files.unreadable(root_id, ["damaged"])] == [found[3].row]
        assert [file.path for file in await files.problems(root_id)] == ["0/3"]
        assert await files.problems(root_id, after=found[3].row) == []


async def test_folders_that_are_gone_take_their_files_with_them(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        files = store.library_files
        root_id = await filled(store, "a/x", "a/y", "a/below/z", "b/x")
        marks = [FolderMark(path, b"", 1, 1) for path in ("a", "a/below", "b")]
        await files.apply(root_id, FileChanges(marks=marks), AT)
        assert await files.forget_folders(root_id, ["a", "nowhere"], AT) == 2
        assert await files.forget_folders(root_id, ["a"], AT) == 0
        after = await by_path(store, root_id)
        assert {path for path, file in after.items() if file.missing_at} == {"a/x", "a/y"}
        assert set(await files.marks(root_id)) == {"a/below", "b"}


async def test_what_has_been_missing_for_long_is_deleted(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        files = store.library_files
        root_id = await filled(store, "a", "b", "c")
        rows = {path: file.row for path, file in (await by_path(store, root_id)).items()}
        await files.apply(root_id, FileChanges(missing=[rows["a"]]), AT)
        await files.apply(root_id, FileChanges(missing=[rows["b"]]), AT + timedelta(days=20))
        # Missing is missing since the first time.
        await files.apply(root_id, FileChanges(missing=[rows["a"]]), AT + timedelta(days=20))
        assert await files.prune_missing(AT + timedelta(days=1)) == 1
        assert set(await by_path(store, root_id)) == {"b", "c"}
        await store.roots.delete(root_id)
        assert await files.files(root_id) == []
        assert await files.marks(root_id) == {}


@pytest.mark.parametrize("name", ["caf\udce9.jpg", "nul\0.jpg", "\ufdd0.jpg", "a'b\"c.jpg"])
async def test_folders_of_any_name_are_found(tmp_path: Path, name: str) -> None:
    async with open_store(tmp_path) as store:
        root_id = await filled(store, f"{name}/x", "other/x")
        found = await store.library_files.in_folders(root_id, [name])
        assert [(file.folder, file.name) for file in found] == [(name, "x")]
        with_inode = await store.library_files.with_inodes(root_id, [1, 99])
        assert [file.folder for file in with_inode] == [name]
        assert await store.library_files.with_inodes("another", [1]) == []
