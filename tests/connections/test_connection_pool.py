"""The clients that are kept open."""

from __future__ import annotations

import asyncio

import pytest
from running_house import House

from pentaprism.errors import RetryableError


async def test_a_client_is_used_again(house: House) -> None:
    async with house.pool.client(house.connection) as first:
        await first.server()
        async with house.pool.client(house.connection) as second:
            assert second is first
    async with house.pool.client(house.connection) as third:
        assert third is first


async def test_a_changed_key_makes_a_new_client_and_the_lent_one_works_on(house: House) -> None:
    other = house.sandbox.library.add_key()
    async with house.pool.client(house.connection) as old:
        await old.albums()
        async with house.pool.client(await house.changed(other.secret)) as new:
            assert new is not old
            await new.albums()
            await old.albums()
    async with house.pool.client(await house.changed(other.secret)) as same:
        assert same is new


async def test_what_is_not_used_for_ten_minutes_is_closed(house: House) -> None:
    async with house.pool.client(house.connection) as first:
        pass
    house.ticks.now += 599
    async with house.pool.client(house.connection) as again:
        assert again is first
    house.ticks.now += 601
    async with house.pool.client(house.connection) as later:
        assert later is not first


async def test_what_is_lent_is_not_closed_however_long(house: House) -> None:
    async with house.pool.client(house.connection) as first:
        house.ticks.now += 3600
        async with house.pool.client(house.connection) as second:
            assert second is first


async def test_after_close_nothing_is_lent(house: House) -> None:
    await house.pool.close()
    with pytest.raises(RetryableError) as caught:
        async with house.pool.client(house.connection):
            pass
    assert caught.value.code == "stopping"


async def test_many_at_once_get_one_client(house: House) -> None:
    async def ask() -> int:
        async with house.pool.client(house.connection) as client:
            await client.server()
            return id(client)

    assert len(set(await asyncio.gather(*(ask() for _ in range(20))))) == 1
