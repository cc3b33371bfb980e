"""A local Immich with a few plain pictures, and the program connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from mirror_world import World
from running_house import House, Ticks

from pentaprism.connections.albums import AlbumLists
from pentaprism.connections.pool import ConnectionPool
from pentaprism.connections.thumbnails import Thumbnails
from pentaprism.sandbox.immich import Sandbox


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(assets=12, hostile=False))
        world = World(tmp_path, sandbox)
        app, connection = await stack.enter_async_context(world.app())
        ticks = Ticks()
        pool = ConnectionPool(app, clock=ticks)
        stack.push_async_callback(pool.close)
        yield House(world, app, connection, pool, ticks)


@pytest.fixture
async def albums(house: House) -> AsyncIterator[AlbumLists]:
    made = AlbumLists(house.pool, house.app.clock, patience=0.5)
    yield made
    await made.close()


@pytest.fixture
async def thumbnails(house: House) -> AsyncIterator[Thumbnails]:
    made = Thumbnails(house.pool, clock=house.ticks, patience=2)
    yield made
    await made.close()
