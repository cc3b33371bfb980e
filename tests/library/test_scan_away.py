"""What is not there for a while, a root or a folder in it, is not forgotten."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from scan_world import Library, library_in

from pentaprism.store.file_changes import FileChanges
from pentaprism.store.library_records import FolderMark, RootState


async def away(library: Library) -> str:
    before = await library.every()
    scanned_at = (await library.root()).scanned_at
    await library.scan()
    await library.refresh("a")
    root = await library.root()
    assert (root.state, root.scanned_at) == (RootState.AWAY, scanned_at)
    assert root.reason
    assert await library.every() == before
    return root.reason


async def back(library: Library) -> None:
    library.reads.paths.clear()
    await library.scan()
    root = await library.root()
    assert (root.state, root.reason) == (RootState.PRESENT, None)
    assert library.reads.paths == []
    await library.equals_the_tree()


async def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/x.jpg")
        await library.scan()
        library.top.rename(tmp_path / "aside")
        assert await away(library) == "The folder is not there."
        library.top.write_bytes(b"")
        assert await away(library) == "It is no folder."
        library.top.unlink()
        (tmp_path / "aside").rename(library.top)
        await back(library)


async def test_a_root_that_is_empty_all_of_a_sudden(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/x.jpg")
        await library.scan()
        library.top.rename(tmp_path / "aside")
        library.top.mkdir()
        (library.top / ".mount").touch()
        assert "not mounted" in await away(library)
        shutil.rmtree(library.top)
        (tmp_path / "aside").rename(library.top)
        await back(library)


async def test_a_root_that_was_always_empty_is_there(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        progress = await library.scan()
        assert (await library.root()).state is RootState.PRESENT
        assert progress.folders == 1
        library.put("x.jpg")
        await library.scan()
        await library.equals_the_tree()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list everything")
@pytest.mark.parametrize("mode", [0, 0o444])
async def test_a_folder_that_may_not_be_listed_keeps_its_files(tmp_path: Path, mode: int) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/x.jpg")
        library.put("a/below/y.jpg")
        library.put("b/z.jpg")
        await library.scan()
        (library.top / "a").chmod(mode)
        progress = await library.scan()
        assert progress.problems == (2 if mode else 1)
        await library.refresh("a", "")
        assert len(await library.present()) == 3
        (library.top / "a").chmod(0o755)
        assert (await library.scan()).problems == 0


async def on_another_device(library: Library, *folders: str) -> None:
    """Have the index remember that ``folders`` were on a file system of their own."""
    files = library.store.library_files
    marks = await files.marks(library.root_id)
    changes = FileChanges(
        marks=[
            FolderMark(mark.path, mark.digest, mark.device + 1, mark.files)
            for mark in marks.values()
            if mark.path in folders
        ]
    )
    await files.apply(library.root_id, changes, (await library.root()).created_at)


@pytest.mark.parametrize("point", ["stays", "vanishes"])
async def test_a_folder_whose_file_system_is_not_mounted_keeps_its_files(
    tmp_path: Path, point: str
) -> None:
    async with library_in(tmp_path) as library:
        library.put("disk/x.jpg")
        library.put("disk/below/y.jpg")
        library.put("b/z.jpg")
        await library.scan()
        await on_another_device(library, "disk", "disk/below")
        (library.top / "disk").rename(tmp_path / "aside")
        if point == "stays":
            (library.top / "disk").mkdir()
        before = await library.every()
        for _ in range(2):
            progress = await library.scan()
            assert (progress.problems, progress.missing) == (1, 0)
            await library.refresh("disk", "")
            assert await library.every() == before
        shutil.rmtree(library.top / "disk", ignore_errors=True)
        (tmp_path / "aside").rename(library.top / "disk")
        await back(library)


async def test_a_folder_that_is_emptied_on_the_same_file_system_is_empty(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/x.jpg")
        library.put("b/z.jpg")
        await library.scan()
        (library.top / "a/x.jpg").unlink()
        await library.scan()
        await library.equals_the_tree()
