"""How connections stand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from running_house import House

from pentaprism.connections.albums import AlbumLists
from pentaprism.connections.health import Health


@pytest.fixture
async def health(house: House, albums: AlbumLists) -> AsyncIterator[Health]:
    made = Health(house.app, house.pool, albums, house.app.clock, patience=0.5)
    yield made
    await made.close()


async def test_a_good_connection(house: House, health: Health, albums: AlbumLists) -> None:
    assert health.of(house.connection) is None
    found = await health.check(house.connection)
    assert found.ok
    assert found.version == "3.1.0"
    assert found.user_name == house.sandbox.library.owner.name
    assert found.asset_count
    assert found.milliseconds is not None
    assert found.milliseconds >= 1
    known = albums.known(house.connection.id)
    assert known is not None
    assert found.album_count == len(known.albums)
    assert (found.problem, found.missing, found.at) == (None, frozenset(), house.world.now)
    assert health.of(house.connection) is found


async def test_one_look_for_many(house: House, health: Health) -> None:
    before = house.asked("my_key")
    found = await asyncio.gather(*(health.check(house.connection) for _ in range(10)))
    assert len({id(one) for one in found}) == 1
    assert house.asked("my_key") == before + 1


@pytest.mark.parametrize(
    ("lacking", "ok"),
    [("server.about", True), ("asset.view", True), ("asset.download", False)],
)
async def test_missing_permissions_are_named(
    house: House, health: Health, lacking: str, *, ok: bool
) -> None:
    all_ = {"album.read", "asset.read", "asset.view", "asset.download", "user.read", "server.about"}
    key = house.sandbox.library.add_key(sorted(all_ - {lacking}))
    found = await health.check(await house.changed(key.secret))
    assert found.ok is ok
    assert found.missing == {lacking}
    assert (found.code == "permissions") is not ok
    assert ok or lacking in f"{found.problem} {found.hint}"
    assert found.asset_count is None  # the key may not ask for it, and that is no fault


async def test_a_withdrawn_key(house: House, health: Health) -> None:
    await health.check(house.connection)
    house.sandbox.library.remove_key(house.sandbox.api_key)
    found = await health.check(house.connection)
    assert not found.ok
    assert found.code == "bad_key"
    assert found.problem
    assert found.hint
    assert found.version == "3.1.0"  # as it was known before


@pytest.mark.parametrize(
    ("kind", "conditions"),
    [("slow", {"seconds": 30}), ("status", {}), ("html", {}), ("maintenance", {})],
)
async def test_an_immich_that_is_not_well(
    house: House, health: Health, kind: str, conditions: dict[str, int]
) -> None:
    house.sandbox.faults.add_rule(kind, **conditions)
    found = await health.check(house.connection)
    assert not found.ok
    assert found.problem
    assert found.milliseconds is None


async def test_a_server_that_is_away_and_back(house: House, health: Health) -> None:
    await house.sandbox.stop()
    found = await health.check(house.connection)
    assert (found.ok, found.code) == (False, "unreachable")


async def test_all_are_looked_at_and_deleted_ones_forgotten(house: House, health: Health) -> None:
    await asyncio.gather(health.check_all(), health.check_all())
    assert health.of(house.connection) is not None
    await house.app.store.connections.delete(house.connection.id)
    await health.check_all()
    assert health.of(house.connection) is None
