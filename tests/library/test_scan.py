"""Scans: the index has what is in the folders, and a second look reads and writes nothing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scan_world import CountingReads, Library, library_in

from pentaprism.groups.files import Kind
from pentaprism.groups.rules import Rules
from pentaprism.library.folders import WHOLE
from pentaprism.library.progress import Phase
from pentaprism.library.reading import Reading
from pentaprism.store.library_records import RootState


class Cancelled(CountingReads):
    """Is broken off as soon as it reads."""

    async def read(self, paths: Sequence[str]) -> list[Reading]:
        raise asyncio.CancelledError(paths)


NAMES = ("IMG_1.jpg", "2024/IMG_2.CR2", "2024/05/IMG_3.MOV", "2024/05/IMG_3.xmp")


def fill(library: Library) -> None:
    for name in NAMES:
        library.put(name)


async def test_the_first_scan_takes_in_all_pictures_with_their_kinds(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        fill(library)
        library.put("notes.txt")
        progress = await library.scan()
        rows = await library.present()
        assert {path: file.kind for path, file in rows.items()} == {
            "IMG_1.jpg": Kind.IMAGE,
            "2024/IMG_2.CR2": Kind.RAW,
            "2024/05/IMG_3.MOV": Kind.VIDEO,
            "2024/05/IMG_3.xmp": Kind.SIDECAR,
        }
        assert (progress.files, progress.folders, progress.added) == (4, 3, 4)
        assert (progress.to_read, progress.read, progress.phase) == (3, 3, Phase.DONE)
        assert len(library.reads.paths) == 3
        root = await library.root()
        assert root.state is RootState.PRESENT
        assert root.scanned_at is not None


async def test_a_second_scan_reads_nothing_and_changes_no_row(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        fill(library)
        await library.scan()
        library.reads.paths.clear()
        before = await library.every()
        progress = await library.scan()
        assert library.reads.paths == []
        assert (progress.files, progress.folders, progress.read) == (4, 3, 0)
        assert await library.every() == before
        version = await library.store.version()
        await library.refresh(WHOLE)
        await library.refresh("2024", "2024/05", "")
        # A refresh does not even note when it was.
        assert await library.store.version() == version


async def test_what_is_added_changed_and_deleted_is_noticed(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        fill(library)
        await library.scan()
        before = await library.present()
        library.put("2024/new.jpg")
        library.put("IMG_1.jpg", b"edited")
        (library.top / "2024/05/IMG_3.xmp").unlink()
        progress = await library.scan()
        await library.equals_the_tree()
        assert (progress.added, progress.changed, progress.missing) == (1, 1, 1)
        assert progress.read == 2
        after = await library.present()
        assert after["IMG_1.jpg"].row == before["IMG_1.jpg"].row
        assert set(await library.missing()) == {"2024/05/IMG_3.xmp"}


async def test_what_was_deleted_and_comes_back_is_the_same_file(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        fill(library)
        await library.scan()
        before = await library.present()
        away = tmp_path / "elsewhere.jpg"
        (library.top / "IMG_1.jpg").rename(away)
        assert (await library.scan()).missing == 1
        away.rename(library.top / "IMG_1.jpg")
        library.reads.paths.clear()
        await library.scan()
        assert (await library.present())["IMG_1.jpg"] == before["IMG_1.jpg"]
        assert library.reads.paths == []


async def test_an_editor_that_replaces_a_file_leaves_it_the_same_one(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        fill(library)
        await library.scan()
        before = await library.present()
        library.put(".IMG_1.tmp", b"better than before").rename(library.top / "IMG_1.jpg")
        progress = await library.scan()
        await library.equals_the_tree()
        after = await library.present()
        assert after["IMG_1.jpg"].row == before["IMG_1.jpg"].row
        assert (progress.changed, progress.added, progress.missing) == (1, 0, 0)
        # Also where the new content was seen under another name before.
        library.put("IMG_1.new.jpg", b"best of all")
        await library.scan()
        (library.top / "IMG_1.new.jpg").rename(library.top / "IMG_1.jpg")
        await library.scan()
        await library.equals_the_tree()
        assert (await library.present())["IMG_1.jpg"].row == before["IMG_1.jpg"].row


async def test_what_desktops_and_servers_leave_behind_is_passed_over(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("IMG_1.jpg")
        for path in (
            ".hidden.jpg", "._IMG_1.jpg", "@eaDir/IMG_1.jpg", ".Trash-1000/a.jpg", "#recycle/a.jpg",
            "lost+found/a.jpg", ".thumbnails/a.jpg", ".stfolder/a.jpg", "Thumbs.db", ".DS_Store",
            "shut/.nomedia", "shut/a.jpg", "shut/below/a.jpg", "own/.pentaprismignore", "own/a.jpg",
        ):  # fmt: skip
            library.put(path)
        await library.scan()
        assert set(await library.present()) == {"IMG_1.jpg"}
        (library.top / "shut/.nomedia").unlink()
        await library.refresh("shut")
        assert set(await library.present()) == {"IMG_1.jpg", "shut/a.jpg", "shut/below/a.jpg"}
        library.put("shut/.nomedia")
        await library.refresh("shut/below")
        await library.refresh("shut")
        assert set(await library.present()) == {"IMG_1.jpg"}


async def test_endings_of_a_persons_own_are_taken_in_when_they_are_set(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("IMG_1.jpg")
        library.put("IMG_1.recipe")
        await library.scan()
        assert set(await library.present()) == {"IMG_1.jpg"}
        await library.scan(Rules(sidecars=frozenset({"recipe"})))
        assert set(await library.present()) == {"IMG_1.jpg", "IMG_1.recipe"}


async def test_a_refresh_looks_at_its_folders_alone(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        fill(library)
        await library.scan()
        library.put("2024/new.jpg")
        library.put("2024/06/deep/new.jpg")
        library.put("2024/05/unseen.jpg")
        library.put("unseen.jpg")
        await library.refresh("2024")
        assert set(await library.present()) == {
            *NAMES, "2024/new.jpg", "2024/06/deep/new.jpg",
        }  # fmt: skip
        await library.refresh("2024/05", "")
        await library.equals_the_tree()


async def test_a_refresh_of_what_is_gone_looks_at_where_it_was(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        fill(library)
        await library.scan()
        (library.top / "2024/05/IMG_3.MOV").unlink()
        (library.top / "2024/05/IMG_3.xmp").unlink()
        (library.top / "2024/05").rmdir()
        progress = await library.refresh("2024/05")
        assert progress.missing == 2
        await library.equals_the_tree()
        assert "2024/05" not in await library.store.library_files.marks(library.root_id)
        library.put("a/b/c/new.jpg")
        await library.refresh("a/b/c")
        await library.equals_the_tree()


async def test_a_refresh_reads_only_what_it_came_upon(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        fill(library)
        counting, library.reads = library.reads, Cancelled()
        with pytest.raises(asyncio.CancelledError):
            await library.scan()
        library.reads = counting
        library.put("2024/new.jpg")
        await library.refresh("2024")
        assert sorted(map(os.path.basename, library.reads.paths)) == ["IMG_2.CR2", "new.jpg"]
        await library.scan()
        assert len(library.reads.paths) == 4


async def test_a_file_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.settle = 0.3
        fill(library)
        young = library.top / "young.jpg"
        young.write_bytes(b"all of it")
        began = time.monotonic()
        await library.scan()
        assert time.monotonic() - began >= 0.3
        await library.equals_the_tree()
        assert {Path(path).name for path in library.reads.paths} >= {"young.jpg"}


async def test_a_file_that_does_not_stop_changing_is_left_for_next_time(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.settle = 0.2
        fill(library)
        stop = asyncio.Event()

        async def write() -> None:
            with (library.top / "growing.jpg").open("wb", buffering=0) as file:
                while not stop.is_set():
                    file.write(b"more")
                    await asyncio.sleep(0.02)

        writing = asyncio.create_task(write())
        await asyncio.sleep(0.05)
        await library.scan()
        assert set(await library.present()) == set(NAMES)
        stop.set()
        await writing
        await library.scan()
        await library.equals_the_tree()


async def test_a_time_in_the_future_holds_nothing_up(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        ahead = datetime.now(UTC) + timedelta(days=400)
        library.put("future.jpg", at=int(ahead.timestamp() * 1e9))
        await library.scan()
        await library.equals_the_tree()


async def test_a_cancelled_scan_is_taken_up(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        for number in range(300):
            library.put(f"{number // 10}/{number}.jpg")
        scan = await library.make()
        scan.cancel()
        await scan.run()
        assert (await library.root()).scanned_at is None
        task = asyncio.create_task((await library.make()).run())
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await library.scan()
        await library.equals_the_tree()
        assert sorted(set(library.reads.paths)) == sorted(
            str(path) for path in library.top.rglob("*.jpg")
        )
