"""What else lies about in folders: links, pipes, names of any kind, files that come and go."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from scan_world import CountingReads, Library, library_in

from pentaprism.groups.files import Precision
from pentaprism.library.reading import Reading


async def paths_of(library: Library) -> set[str]:
    return set(await library.present())


async def test_links_that_go_round_end(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/b/x.jpg")
        (library.top / "a/b/up").symlink_to("../..")
        (library.top / "itself").symlink_to("itself")
        (library.top / "a/out").symlink_to(tmp_path)
        progress = await library.scan()
        assert await paths_of(library) == {"a/b/x.jpg"}
        assert progress.problems == 3
        await library.refresh("a", "a/b", "")
        assert await paths_of(library) == {"a/b/x.jpg"}


async def test_links_between_folders_outside_end_as_well(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        for name, other in (("one", "two"), ("two", "one")):
            folder = tmp_path / "outside" / name
            folder.mkdir(parents=True)
            (folder / f"{name}.jpg").write_bytes(b"x")
            (folder / "other").symlink_to(tmp_path / "outside" / other)
        library.put("x.jpg")
        (library.top / "link").symlink_to(tmp_path / "outside/one")
        (library.top / "same").symlink_to(tmp_path / "outside/one")
        await library.scan()
        expected = {"x.jpg", "link/one.jpg", "link/other/two.jpg"}
        assert await paths_of(library) == expected
        assert (await library.scan()).missing == 0
        await library.refresh("", "link")
        assert await paths_of(library) == expected
        (library.top / "link").unlink()
        await library.refresh("")
        assert await paths_of(library) == {"x.jpg", "same/one.jpg", "same/other/two.jpg"}


async def test_a_new_link_is_followed_by_a_refresh(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("x.jpg")
        await library.scan()
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "y.jpg").write_bytes(b"y")
        (library.top / "link").symlink_to(outside)
        (library.top / "z.jpg").symlink_to(outside / "y.jpg")
        (library.top / "inside").symlink_to(library.top)
        await library.refresh("")
        assert await paths_of(library) == {"x.jpg", "link/y.jpg", "z.jpg"}
        assert (await library.present())["z.jpg"].size == 1
        (outside / "y.jpg").write_bytes(b"yy")
        await library.scan()
        assert {(await library.present())[name].size for name in ("link/y.jpg", "z.jpg")} == {2}


async def test_what_is_no_file_is_never_opened(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("x.jpg")
        os.mkfifo(library.top / "pipe.jpg")
        (library.top / "link.jpg").symlink_to("pipe.jpg")
        (library.top / "folder.jpg").mkdir()
        with socket.socket(socket.AF_UNIX) as made:
            here = os.getcwd()
            os.chdir(library.top)  # for a short path
            try:
                made.bind("socket.jpg")
            finally:
                os.chdir(here)
            async with asyncio.timeout(20):
                await library.scan()
        assert await paths_of(library) == {"x.jpg"}


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 alone")
async def test_names_of_any_bytes(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        names = {
            os.fsdecode(name)
            for name in (
                b"caf\xe9/IMG_\xff.jpg", b"new\nline.jpg", b"tab\t.jpg", "e\u0301.jpg".encode(),
                "\u00e9.jpg".encode(), b"*?[x].jpg", b"\\.jpg", b"a" * 250 + b".jpg",
            )
        }  # fmt: skip
        for name in names:
            library.put(name)
        await library.scan()
        assert await paths_of(library) == names
        rows = {path: file.row for path, file in (await library.present()).items()}
        assert (await library.scan()).read == 0
        old, new = os.fsdecode(b"caf\xe9/IMG_\xff.jpg"), os.fsdecode(b"caf\xe8/\xfe.jpg")
        library.put(os.fsdecode(b"caf\xe8/other.jpg"))
        (library.top / old).rename(library.top / new)
        await library.refresh(os.fsdecode(b"caf\xe8"), os.fsdecode(b"caf\xe9"))
        assert (await library.present())[new].row == rows[old]


class Vanishing(CountingReads):
    """A file that is asked about vanishes this moment."""

    async def read(self, paths: Sequence[str]) -> list[Reading]:
        for path in paths:
            if "gone" in path:
                os.unlink(path)
        return await super().read(paths)


async def test_a_file_that_vanishes_while_it_is_read(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.reads = Vanishing()
        library.put("gone.jpg")
        library.put("x.jpg")
        progress = await library.scan()
        assert (progress.read, progress.problems) == (2, 1)
        assert (await library.scan()).missing == 1
        await library.equals_the_tree()


class Failing(CountingReads):
    """Cannot read any file for the reason ``problem``."""

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem

    async def read(self, paths: Sequence[str]) -> list[Reading]:
        return [Reading(problem=self.problem) for _ in await super().read(paths)]


async def test_what_may_not_be_read_is_tried_again_each_day(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.reads = Failing("not_permitted")
        library.put("x.jpg")
        assert (await library.scan()).problems == 1
        assert len(library.reads.paths) == 1
        problems = await library.store.library_files.problems(library.root_id)
        assert [(file.path, file.problem) for file in problems] == [("x.jpg", "not_permitted")]
        before = await library.every()
        await library.scan()
        assert len(library.reads.paths) == 2
        assert await library.every() == before
        library.reads = CountingReads()
        await library.scan()
        assert await library.store.library_files.problems(library.root_id) == []
        await library.scan()
        assert len(library.reads.paths) == 1


async def test_a_damaged_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.reads = Failing("damaged")
        library.put("x.jpg")
        await library.scan()
        await library.scan()
        assert len(library.reads.paths) == 1
        library.reads = CountingReads()
        library.put("x.jpg", b"whole")
        await library.scan()
        row = (await library.present())["x.jpg"]
        assert (row.problem, row.precision) == (None, Precision.NONE)
        assert len(library.reads.paths) == 1
