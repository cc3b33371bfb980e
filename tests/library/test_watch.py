"""Watching: whatever happens in a root meanwhile, the index equals the tree in the end."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from scan_world import Library, library_in, tree

from pentaprism.library.folders import WHOLE
from pentaprism.library.watch import SWEEP, watch


@asynccontextmanager
async def watched(
    library: Library,
    *,
    settle: float = 0.3,
    polling: bool | None = None,
    each: float = 0.2,
    sweep: float = SWEEP,
) -> AsyncIterator[list[frozenset[str]]]:
    """Keep the index equal to the tree; lend what the watcher has told."""
    told: list[frozenset[str]] = []
    begun, stop = asyncio.Event(), asyncio.Event()
    root = await library.root()

    async def follow() -> None:
        async for folders in watch(
            root, stop=stop, settle=settle, polling=polling, each=each, sweep=sweep
        ):
            told.append(folders)
            await library.refresh(*folders)
            begun.set()

    task = asyncio.create_task(follow())
    try:
        async with asyncio.timeout(30):
            await begun.wait()
        yield told
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await task


async def until_equal(library: Library, seconds: float = 60) -> None:
    """Wait until the index equals the tree, and fail when that never comes."""
    end = time.monotonic() + seconds
    pause = 0.1
    while time.monotonic() < end:
        with suppress(AssertionError, FileNotFoundError):
            await library.equals_the_tree()
            return
        # Comparing thousands of files takes the time that finding them needs.
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 2)
    await library.equals_the_tree()


@pytest.mark.parametrize("polling", [False, True])
async def test_what_happens_is_told_and_indexed(tmp_path: Path, polling: bool) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/x.jpg")
        library.put("b/y.jpg")
        async with watched(library, polling=polling) as told:
            assert told == [frozenset({WHOLE})]
            library.put("a/new.jpg")
            await until_equal(library)
            assert set().union(*told[1:]) == {"a"}
            (library.top / "b/y.jpg").rename(library.top / "a/z.jpg")
            await until_equal(library)
            (library.top / "a").rename(library.top / "c")
            await until_equal(library)
            library.put("c/deep/deeper/z.jpg")
            await until_equal(library)
            shutil.rmtree(library.top / "c/deep")
            library.put("c/z.jpg", b"edited")
            await until_equal(library)
        assert await library.missing() == {} or set(await library.missing()) == {
            "c/deep/deeper/z.jpg"
        }


async def test_what_does_not_count_is_not_told(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/x.jpg")
        async with watched(library) as told:
            library.put(".hidden/x.jpg")
            library.put("a/.part.jpg")
            library.put("a/@eaDir/x.jpg")
            await asyncio.sleep(1.5)
            assert told[1:] in ([], [frozenset({"a"})], [frozenset({""})], [frozenset({"", "a"})])
            library.put("a/.nomedia")
            async with asyncio.timeout(20):
                while await library.present():  # noqa: ASYNC110 - from outside
                    await asyncio.sleep(0.05)


async def test_a_file_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/x.jpg")
        async with watched(library, settle=0.6):
            with (library.top / "a/long.jpg").open("wb", buffering=0) as file:
                for _ in range(30):
                    file.write(b"more")
                    await asyncio.sleep(0.05)
                    assert set(await library.present()) == {"a/x.jpg"}
            await until_equal(library)
        sizes = [path for path in library.reads.paths if path.endswith("long.jpg")]
        assert len(sizes) == 1


async def test_names_that_cannot_be_told_lose_nothing(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/x.jpg")
        async with watched(library):
            library.put(os.fsdecode(b"a/caf\xe9.jpg"))
            library.put("b/beside.jpg")
            await until_equal(library)
            library.put("b/after.jpg")
            await until_equal(library)


def disturb(library: Library, seed: int, count: int) -> None:
    """Copy, rename and delete files and folders, ``count`` of each, as fast as it goes."""
    choose = random.Random(seed)
    source = library.top.with_name("source.jpg")
    source.write_bytes(b"." * 2000)
    made: list[Path] = []
    for number in range(count):
        path = library.top / f"{number % 50}" / f"{number % 3}" / f"IMG_{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
        with path.open("ab") as file:
            file.write(b"." * choose.randrange(100))
        made.append(path)
    for number in range(count // 3):
        old = made[number]
        made[number] = old.with_name(f"DSC_{number}.jpg")
        if number % 5 == 0:
            made[number] = library.top / "moved" / str(number % 7) / old.name
            made[number].parent.mkdir(parents=True, exist_ok=True)
        old.rename(made[number])
    for number in range(count // 3, count // 2):
        made[number].unlink()
    for number in range(10):
        (library.top / str(number)).rename(library.top / f"folder {number}")


async def test_five_thousand_files_at_once(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("before.jpg")
        before = {f"old/{number}.jpg": library.put(f"old/{number}.jpg") for number in range(500)}
        # The system may lose changes when there are so many; the sweep then finds them.
        async with watched(library, settle=0.5, sweep=10):
            rows = {file.inode: file.row for file in (await library.present()).values()}
            assert len(rows) == 501
            working = threading.Thread(target=disturb, args=(library, 1, 5000))
            working.start()
            for number, path in enumerate(before.values()):
                path.rename(library.top / f"old renamed {number}.jpg")
                if number % 50 == 0:
                    await asyncio.sleep(0.05)
            await asyncio.to_thread(working.join)
            await until_equal(library, 90)
        assert len(tree(library.top)) == 501 + 5000 - 834
        present = await library.present()
        assert {file.inode: file.row for file in present.values() if file.inode in rows} == rows
        assert all(file.read_version for file in present.values())
        files = len(present)
        progress = await library.scan()
        assert (progress.files, progress.added, progress.changed, progress.read) == (files, 0, 0, 0)


async def test_it_stops_when_it_is_told_to(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        for polling in (False, True):
            before = time.monotonic()
            async with watched(library, polling=polling, each=60):
                pass
            assert time.monotonic() - before < 5
        assert [thread.name for thread in threading.enumerate()].count("watch") <= 1


@pytest.mark.parametrize("polling", [False, True])
async def test_a_root_that_is_not_there_cannot_be_watched(tmp_path: Path, polling: bool) -> None:
    async with library_in(tmp_path) as library:
        library.top.rmdir()
        with pytest.raises(FileNotFoundError):
            await anext(watch(await library.root(), stop=asyncio.Event(), polling=polling))
