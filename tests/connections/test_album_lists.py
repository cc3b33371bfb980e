"""Albums that are kept for a while."""

from __future__ import annotations

import asyncio

import pytest
from running_house import House

from pentaprism.connections.albums import AlbumLists
from pentaprism.errors import NotFoundError, PentaprismError


async def test_one_question_for_many_and_none_within_a_minute(
    house: House, albums: AlbumLists
) -> None:
    assert albums.known(house.connection.id) is None
    found = await asyncio.gather(*(albums.of(house.connection) for _ in range(20)))
    assert house.asked("albums") == 1
    assert {len(one.albums) for one in found} == {len(found[0].albums)} != {0}
    house.world.pass_time(seconds=59)
    assert await albums.of(house.connection) == found[0]
    assert albums.known(house.connection.id) == found[0]
    assert house.asked("albums") == 1


async def test_fresh_asks_at_once(house: House, albums: AlbumLists) -> None:
    before = await albums.of(house.connection)
    house.sandbox.library.add_album("New")
    assert await albums.of(house.connection) == before
    after = await albums.of(house.connection, fresh=True)
    assert "New" in {album.name for album in after.albums}


async def test_an_old_list_comes_at_once_and_the_new_one_follows(
    house: House, albums: AlbumLists
) -> None:
    before = await albums.of(house.connection)
    house.sandbox.library.add_album("New")
    house.sandbox.faults.add("slow", route="albums", seconds=0.1, times=1)
    house.world.pass_time(minutes=5)
    assert await albums.of(house.connection) == before
    await asyncio.sleep(0.4)
    assert "New" in {album.name for album in (await albums.of(house.connection)).albums}


async def test_an_old_list_tells_that_immich_is_away_and_recovers(
    house: House, albums: AlbumLists
) -> None:
    before = await albums.of(house.connection)
    fault = house.sandbox.faults.add("status", route="albums", status=503)
    house.world.pass_time(minutes=5)
    away = await albums.of(house.connection, fresh=True)
    assert away.albums == before.albums
    assert away.at == before.at
    assert away.error is not None
    assert away.error.code == "immich_unavailable"
    asked = house.asked("albums")
    assert (await albums.of(house.connection)).error is away.error
    assert house.asked("albums") == asked  # not again within seconds
    house.sandbox.faults.remove(fault)
    house.world.pass_time(seconds=11)
    assert (await albums.of(house.connection)).error is away.error  # known at once; asked behind
    await asyncio.sleep(0.3)
    assert (await albums.of(house.connection)).error is None


async def test_without_a_list_the_error_is_all_there_is(house: House, albums: AlbumLists) -> None:
    house.sandbox.faults.add("slow", route="albums", seconds=30)
    found = await albums.of(house.connection)
    assert found.albums == ()
    assert found.error is not None
    assert "does not answer" in found.error.message


async def test_after_an_hour_an_old_list_is_not_shown_any_more(
    house: House, albums: AlbumLists
) -> None:
    assert (await albums.of(house.connection)).albums
    house.sandbox.faults.add("status", route="albums", status=503)
    house.world.pass_time(minutes=61)
    found = await albums.of(house.connection)
    assert found.albums == ()
    assert found.error is not None


async def test_a_withdrawn_key_is_told(house: House, albums: AlbumLists) -> None:
    house.sandbox.library.remove_key(house.sandbox.api_key)
    found = await albums.of(house.connection)
    assert isinstance(found.error, PentaprismError)
    assert found.error.code == "bad_key"


async def test_find_looks_in_the_list_then_in_immich(house: House, albums: AlbumLists) -> None:
    known = (await albums.of(house.connection)).albums[0]
    assert await albums.find(house.connection, known.id) == known
    assert house.asked("album") == 0
    new = house.sandbox.library.add_album("New")
    assert (await albums.find(house.connection, new.id)).name == "New"
    with pytest.raises(NotFoundError) as caught:
        await albums.find(house.connection, "00000000-0000-4000-8000-000000000000")
    assert caught.value.code == "album_not_found"


async def test_another_key_has_another_list(house: House, albums: AlbumLists) -> None:
    await albums.of(house.connection)
    other = house.sandbox.library.add_key()
    await albums.of(await house.changed(other.secret))
    assert house.asked("albums") == 2
    albums.forget(house.connection.id)
    assert albums.known(house.connection.id) is None
