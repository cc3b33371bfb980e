"""Connections: saved once for each user of a server, their keys in the clear only in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_samples import START, make_mirror, open_store, save_connection

from pentaprism.errors import ActionRequiredError, ConflictError, NotFoundError
from pentaprism.store import generate_key


async def test_the_same_user_of_the_same_server_is_the_same_connection(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        first = await save_connection(store, api_key="one")
        again = await save_connection(store, api_key="two")
        other = await save_connection(store, user="other", api_key="three")
        assert again.id == first.id != other.id
        assert again.created_at == first.created_at > START
        assert (await store.connections.get(first.id)).api_key == "two"
        assert [found.api_key for found in await store.connections.list()] == ["three", "two"]


async def test_the_default_is_the_one_saved_last(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        assert await store.connections.default() is None
        first = await save_connection(store)
        second = await save_connection(store, user="other")
        assert await store.connections.default() == second
        await save_connection(store)
        assert await store.connections.default() == first


async def test_a_connection_that_a_mirror_uses_stays(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        with pytest.raises(ConflictError) as caught:
            await store.connections.delete(mirror.connection_id)
        assert caught.value.code == "connection_in_use"
        await store.mirrors.delete(mirror.id)
        await store.connections.delete(mirror.connection_id)
        assert await store.connections.list() == []


async def test_an_unknown_connection(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        with pytest.raises(NotFoundError):
            await store.connections.get("nothing")
        with pytest.raises(NotFoundError):
            await store.connections.delete("nothing")


async def test_with_another_secret_a_key_is_refused_until_it_is_saved_again(
    tmp_path: Path,
) -> None:
    async with open_store(tmp_path) as store:
        await save_connection(store)
    async with open_store(tmp_path, key=generate_key()) as store:
        with pytest.raises(ActionRequiredError) as caught:
            await store.connections.default()
        assert caught.value.code == "secret_key"
        await save_connection(store, api_key="new")
        assert [found.api_key for found in await store.connections.list()] == ["new"]


async def test_a_server_that_moved_keeps_its_connection(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        before = await save_connection(store, url="http://old:2283")
        after = await save_connection(store, url="https://new")
        assert (after.id, after.url) == (before.id, "https://new")
