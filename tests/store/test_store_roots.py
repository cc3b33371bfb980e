"""Roots: each folder once, none inside another, and forgotten with all that is known of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from store_samples import open_store, save_connection

from pentaprism.errors import ConflictError, NotFoundError
from pentaprism.store.library_records import RootState, Watching


async def test_a_root_is_what_was_given(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        connection = await save_connection(store)
        root = await store.roots.add(
            "ada",
            "/photos/",
            "Photos",
            connection_id=connection.id,
            immich_path="/mnt/photos",
            watching=Watching.POLLING,
        )
        assert (root.path, root.state, root.scanned_at) == ("/photos", RootState.NEW, None)
        assert await store.roots.get(root.id) == root
        other = await store.roots.add("bob", "/a", "A")
        assert await store.roots.list() == [other, root]
        assert await store.roots.list("ada") == [root]
        at = datetime(2024, 5, 1, tzinfo=UTC)
        changed = await store.roots.update(root.id, name="Pictures", scanned_at=at)
        assert (changed.name, changed.scanned_at, changed.path) == ("Pictures", at, "/photos")
        await store.connections.delete(connection.id)
        assert (await store.roots.get(root.id)).connection_id is None


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/media/photos", "root_exists"),
        ("/media/photos/", "root_exists"),
        ("/media/photos/2024", "roots_overlap"),
        ("/media", "roots_overlap"),
        ("/", "roots_overlap"),
        ("/media/photos/../photos", "root_exists"),
    ],
)
async def test_no_folder_is_in_two_roots(tmp_path: Path, path: str, code: str) -> None:
    async with open_store(tmp_path) as store:
        await store.roots.add("ada", "/media/photos", "Photos")
        beside = await store.roots.add("ada", "/media/photos 2", "More")
        with pytest.raises(ConflictError) as caught:
            await store.roots.add("bob", path, "Other")
        assert caught.value.code == code
        with pytest.raises(ConflictError):
            await store.roots.update(beside.id, path=path)
        assert (await store.roots.update(beside.id, path="/media/photos 3")).id == beside.id


async def test_below_the_topmost_folder_there_is_room_for_nothing_else(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.roots.add("ada", "/", "All")
        with pytest.raises(ConflictError):
            await store.roots.add("ada", "/media", "Media")


async def test_what_is_not_there_cannot_be_had(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        root = await store.roots.add("ada", "/photos", "Photos")
        await store.roots.delete(root.id)
        for ask in (
            store.roots.get(root.id),
            store.roots.delete(root.id),
            store.roots.update(root.id, name="x"),
        ):
            with pytest.raises(NotFoundError) as caught:
                await ask
            assert caught.value.code == "root_not_found"
        assert await store.roots.list() == []
