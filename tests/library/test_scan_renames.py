"""Renames: a file keeps its row, whatever its name and folder, as long as it is the same file."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
from scan_world import LONG_AGO, Library, library_in, tree

from pentaprism.hashing import hash_file
from pentaprism.store.twins import FileHashes


async def rows_by_inode(library: Library) -> dict[int, int]:
    return {file.inode or 0: file.row for file in (await library.present()).values()}


async def renamed(library: Library) -> None:
    """Scan and see that the index equals the tree and that each inode has the row it had."""
    before = await rows_by_inode(library)
    library.reads.paths.clear()
    await library.scan()
    await library.equals_the_tree()
    after = await rows_by_inode(library)
    assert after == {inode: before[inode] for inode in after}
    assert library.reads.paths == []


async def test_within_a_folder(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/one.jpg").rename(library.put("a/two.jpg").with_name("gone.jpg"))
        await library.scan()
        (library.top / "a/gone.jpg").rename(library.top / "a/three.jpg")
        await renamed(library)
        assert await library.missing() == {}


@pytest.mark.parametrize(("old", "new"), [("a/one.jpg", "b/one.jpg"), ("b/one.jpg", "a/two.jpg")])
async def test_across_folders_whichever_is_listed_first(tmp_path: Path, old: str, new: str) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/other.jpg")
        library.put("b/other.jpg")
        library.put(old)
        await library.scan()
        (library.top / old).rename(library.top / new)
        await renamed(library)
        assert await library.missing() == {}


async def test_a_refresh_of_both_folders_knows_a_file_again(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/one.jpg")
        library.put("b/two.jpg")
        await library.scan()
        before = (await library.present())["a/one.jpg"].row
        (library.top / "a/one.jpg").rename(library.top / "b/one.jpg")
        await library.refresh("a")
        assert set(await library.missing()) == {"a/one.jpg"}
        await library.refresh("b")
        assert (await library.present())["b/one.jpg"].row == before
        (library.top / "b/one.jpg").rename(library.top / "a/one.jpg")
        await library.refresh("a")
        assert (await library.present())["a/one.jpg"].row == before
        await library.refresh("b")
        await library.equals_the_tree()


async def test_a_folder_of_a_thousand_files(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        for number in range(1000):
            library.put(f"old/{number % 7}/{number}.jpg")
        await library.scan()
        (library.top / "old").rename(library.top / "new name")
        before = await rows_by_inode(library)
        progress = await library.scan()
        assert (progress.moved, progress.added, progress.missing) == (1000, 0, 0)
        assert await rows_by_inode(library) == before
        await library.equals_the_tree()
        (library.top / "new name").rename(library.top / "a name")
        await library.refresh("")
        assert await rows_by_inode(library) == before
        await library.equals_the_tree()


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("names", [("a/x.jpg", "a/y.jpg"), ("a/x.jpg", "b/x.jpg")])
async def test_two_files_that_change_places(
    tmp_path: Path, names: tuple[str, str], same: bool
) -> None:
    async with library_in(tmp_path) as library:
        one, two = names
        first = library.put(one, b"1", at=LONG_AGO)
        second = library.put(two, b"2", at=LONG_AGO) if same else library.put(two)
        await library.scan()
        first.rename(tmp_path / "aside")
        second.rename(first)
        (tmp_path / "aside").rename(second)
        await renamed(library)


async def test_three_files_in_a_ring_and_one_that_pushes_on(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        files = [library.put(f"{number}/x.jpg", b"." * number) for number in range(1, 4)]
        await library.scan()
        files[0].rename(tmp_path / "aside")
        files[1].rename(files[0])
        files[2].rename(files[1])
        (tmp_path / "aside").rename(files[2])
        await renamed(library)
        # Backwards, the last one to a new name.
        files[2].rename(library.top / "3/y.jpg")
        files[1].rename(files[2])
        files[0].rename(files[1])
        await renamed(library)
        library.put("1/x.jpg", b"another")
        before = await rows_by_inode(library)
        await library.scan()
        after = await rows_by_inode(library)
        assert {inode: after[inode] for inode in before} == before
        await library.equals_the_tree()


async def test_one_that_moves_away_and_another_that_takes_its_name(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/x.jpg", b"old")
        library.put("z/other.jpg")
        await library.scan()
        row = (await library.present())["a/x.jpg"].row
        (library.top / "a/x.jpg").rename(library.top / "z/x.jpg")
        library.put("a/x.jpg", b"new")
        progress = await library.scan()
        assert (progress.moved, progress.added, progress.changed, progress.missing) == (1, 1, 0, 0)
        rows = await library.present()
        assert rows["z/x.jpg"].row == row != rows["a/x.jpg"].row
        await library.equals_the_tree()


async def test_two_names_of_one_file_are_two_files(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        first = library.put("a/x.jpg")
        (library.top / "b").mkdir()
        os.link(first, library.top / "b/x.jpg")
        await library.scan()
        await library.equals_the_tree()
        os.link(first, library.top / "b/y.jpg")
        progress = await library.scan()
        assert (progress.added, progress.moved) == (1, 0)
        await library.equals_the_tree()
        rows = await library.present()
        first.rename(library.top / "a/z.jpg")
        progress = await library.scan()
        assert (progress.added, progress.moved, progress.missing) == (0, 1, 0)
        assert (await library.present())["a/z.jpg"].row == rows["a/x.jpg"].row
        await library.equals_the_tree()


async def hash_all(library: Library) -> None:
    await library.store.library_assets.twins.hashed(
        [
            FileHashes(file.row, file.size or 0, file.mtime_ns, hashes.sha1, hashes.sha256)
            for path, file in (await library.present()).items()
            for hashes in [hash_file(str(library.top / path))]
        ]
    )


@pytest.mark.parametrize(("old", "new"), [("a/x.jpg", "b/x.jpg"), ("b/x.jpg", "a/x.jpg")])
async def test_a_copy_whose_original_is_deleted_is_known_by_its_hash(
    tmp_path: Path, old: str, new: str
) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/other.jpg")
        library.put("b/other.jpg")
        library.put(old, b"content")
        await library.scan()
        await hash_all(library)
        row = (await library.present())[old].row
        shutil.copy2(library.top / old, library.top / new)
        (library.top / old).unlink()
        progress = await library.scan()
        assert (await library.present())[new].row == row
        assert (progress.moved, progress.added, progress.missing) == (1, 0, 0)
        await library.equals_the_tree()
        assert len(library.reads.paths) == 3


async def test_a_file_like_one_that_is_gone_is_another(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("a/x.jpg", b"content")
        library.put("b/y.jpg", b"unhash")
        await library.scan()
        await hash_all(library)
        row = (await library.present())["a/x.jpg"].row
        (library.top / "a/x.jpg").unlink()
        library.put("b/x.jpg", b"CONTENT")
        await library.scan()
        assert (await library.present())["b/x.jpg"].row != row
        assert set(await library.missing()) == {"a/x.jpg"}


async def test_a_file_system_that_numbers_its_files_anew(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        for number in range(20):
            library.put(f"a/{number}.jpg")
        await library.scan()
        before = {path: file.row for path, file in (await library.present()).items()}
        shutil.copytree(library.top / "a", tmp_path / "copy")
        shutil.rmtree(library.top / "a")
        library.reads.paths.clear()
        (tmp_path / "copy").rename(library.top / "a")
        await library.scan()
        await library.equals_the_tree()
        assert {path: file.row for path, file in (await library.present()).items()} == before
        assert library.reads.paths == []


@pytest.mark.parametrize("seed", range(8))
async def test_anything_that_happens_leaves_the_index_equal_to_the_tree(
    tmp_path: Path, seed: int
) -> None:
    """Files and folders are renamed, swapped, linked, deleted and written at random."""
    choose = random.Random(seed)
    async with library_in(tmp_path) as library:
        for number in range(40):
            library.put(f"{'abc'[number % 3]}/{number % 4}/{number}.jpg", b"." * (number % 5 + 1))
        await library.scan()
        for _ in range(6):
            before = await library.present()
            fresh = disturb(library, choose)
            await library.scan()
            await library.equals_the_tree()
            after = {file.inode: file for file in (await library.present()).values()}
            for file in before.values():
                now = after.get(file.inode)
                if now is None or now.inode in fresh or now.row == file.row:
                    continue
                # Only what has replaced another file takes its row instead of its own.
                replaced = before[now.path]
                assert replaced.inode not in after or replaced.inode in fresh
                assert now.row == replaced.row


def disturb(library: Library, choose: random.Random) -> set[int]:
    """Do some things to the tree, and return the inodes of new files."""
    fresh = set()
    for number in range(choose.randrange(1, 15)):
        paths = sorted(tree(library.top))
        one, two = (library.top / choose.choice(paths) for _ in range(2))
        name = f"{choose.choice('abcd')}/{choose.randrange(5)}/{choose.randrange(10**9)}.jpg"
        match choose.randrange(6) if number else 3:
            case 0:
                (library.top / name).parent.mkdir(parents=True, exist_ok=True)
                one.rename(library.top / name)
            case 1:
                aside = library.top.with_name("aside")
                one.rename(aside)
                if two.exists():
                    two.rename(one)
                aside.rename(two)
            case 2:
                one.unlink()
            case 3:
                fresh.add(library.put(name, b"." * choose.randrange(1, 6)).stat().st_ino)
            case 4:
                one.rename(two)
            case _:
                folder, other = (library.top / choose.choice("abcdefgh") for _ in range(2))
                if folder.exists() and not other.exists():
                    folder.rename(other)
    return fresh
