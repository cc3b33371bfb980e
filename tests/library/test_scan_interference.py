"""What happens to a root, or to a connection, while the index is busy with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from catalogue_world import open_catalogue
from scan_world import CountingReads, Library, library_in

from pentaprism.errors import NotFoundError
from pentaprism.groups.files import Kind
from pentaprism.library.reading import READ_VERSION, Reading
from pentaprism.store.file_changes import FileChanges, FileFacts
from pentaprism.store.library_records import RootState

NOW = datetime(2024, 5, 1, tzinfo=UTC)


class InterferingReads(CountingReads):
    """Has something happen before the first files are read."""

    def __init__(self, happen: Callable[[], object]) -> None:
        super().__init__()
        self._happen: Callable[[], object] | None = happen

    async def read(self, paths: Sequence[str]) -> list[Reading]:
        happen, self._happen = self._happen, None
        if happen is not None:
            happen()
        return await super().read(paths)


def fill(library: Library, count: int = 250) -> None:
    for number in range(count):
        library.put(f"{number % 3}/{number}.jpg")


async def test_files_of_a_root_that_was_deleted_cannot_be_written(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        await library.store.roots.delete(library.root_id)
        facts = FileFacts("", "x.jpg", Kind.IMAGE, 1, 2, 3, "f", "x", None)
        with pytest.raises(NotFoundError) as caught:
            await library.store.library_files.apply(
                library.root_id, FileChanges(added=[facts]), NOW
            )
        assert caught.value.code == "root_not_found"


async def test_a_root_that_goes_away_while_its_files_are_read(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        fill(library)
        aside = tmp_path / "aside"
        library.reads = reads = InterferingReads(lambda: library.top.rename(aside))
        await library.scan()
        root = await library.root()
        assert (root.state, root.scanned_at) == (RootState.AWAY, None)
        assert len(reads.paths) < 250
        assert len(await library.present()) == 250
        assert all(file.problem is None for file in await library.every())
        # It comes, and goes at once: that it is away is noted again.
        aside.rename(library.top)
        library.reads = InterferingReads(lambda: library.top.rename(aside))
        await library.scan()
        assert (await library.root()).state is RootState.AWAY
        aside.rename(library.top)
        await library.scan()
        assert (await library.root()).state is RootState.PRESENT
        assert all(file.read_version == READ_VERSION for file in await library.every())


async def test_a_root_that_goes_away_while_a_folder_is_read(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        fill(library, 3)
        await library.scan()
        library.put("0/new.jpg")
        library.reads = InterferingReads(lambda: library.top.rename(tmp_path / "aside"))
        await library.refresh("0")
        assert (await library.root()).state is RootState.AWAY


async def test_a_file_that_vanishes_before_it_is_read_ends_no_scan(tmp_path: Path) -> None:
    async with library_in(tmp_path) as library:
        library.put("x.jpg")
        library.put("y.jpg")
        library.reads = InterferingReads((library.top / "x.jpg").unlink)
        await library.scan()
        root = await library.root()
        assert root.state is RootState.PRESENT
        assert root.scanned_at is not None


async def test_assets_of_a_connection_that_was_deleted_cannot_be_written(tmp_path: Path) -> None:
    async with open_catalogue(tmp_path) as world:
        world.add("x.jpg")
        world.sql("PRAGMA foreign_keys = ON")
        world.sql("DELETE FROM connections")
        with pytest.raises(NotFoundError) as caught:
            await world.refresh()
        assert caught.value.code == "no_connection"


async def test_a_file_that_is_forgotten_before_it_is_linked_is_no_twin(tmp_path: Path) -> None:
    async with open_catalogue(tmp_path) as world:
        asset_id = world.add("x.jpg")
        await world.refresh()
        row = world.row(asset_id)["row"]
        await world.store.library_assets.twins.link({row: row + 1000})
        assert world.row(asset_id)["twin_row"] is None
