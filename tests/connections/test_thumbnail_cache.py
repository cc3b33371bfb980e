"""Thumbnails that are kept in memory."""

from __future__ import annotations

import asyncio

import pytest
from running_house import House

from pentaprism.connections.thumbnails import Thumbnails
from pentaprism.errors import PentaprismError


async def test_a_picture_is_read_once(house: House, thumbnails: Thumbnails) -> None:
    id_ = house.pictures()[0]
    found = await asyncio.gather(*(thumbnails.of(house.connection, id_) for _ in range(20)))
    again = await thumbnails.of(house.connection, id_)
    assert house.asked("thumbnail") == 1
    assert again is not None
    assert {one.etag for one in found if one} == {again.etag}
    assert again.mime_type == "image/webp"
    assert again.data[8:12] == b"WEBP"
    preview = await thumbnails.of(house.connection, id_, "preview")
    assert preview is not None
    assert preview.mime_type == "image/jpeg"
    assert preview.etag != again.etag


async def test_a_missing_picture_is_asked_for_again_after_half_a_minute(
    house: House, thumbnails: Thumbnails
) -> None:
    id_ = house.pictures()[0]
    house.sandbox.library.set_processed(id_, processed=False)
    assert await thumbnails.of(house.connection, id_) is None
    house.sandbox.library.set_processed(id_)
    house.ticks.now += 29
    assert await thumbnails.of(house.connection, id_) is None
    assert house.asked("thumbnail") == 1
    house.ticks.now += 2
    assert await thumbnails.of(house.connection, id_) is not None


@pytest.mark.parametrize("id_", ["00000000-0000-4000-8000-000000000000", "../../etc", ""])
async def test_what_is_no_asset_has_no_picture(
    house: House, thumbnails: Thumbnails, id_: str
) -> None:
    assert await thumbnails.of(house.connection, id_) is None


async def test_a_key_without_the_right_is_told(house: House, thumbnails: Thumbnails) -> None:
    key = house.sandbox.library.add_key(["album.read"])
    connection = await house.changed(key.secret)
    with pytest.raises(PentaprismError) as caught:
        await thumbnails.of(connection, house.pictures()[0])
    assert caught.value.code == "permissions"


async def test_an_immich_that_is_away_is_not_asked_for_each_picture(
    house: House, thumbnails: Thumbnails
) -> None:
    fault = house.sandbox.faults.add("status", route="thumbnail", status=503)
    found = await asyncio.gather(
        *(thumbnails.of(house.connection, id_) for id_ in house.pictures()),
        return_exceptions=True,
    )
    assert all(isinstance(one, PentaprismError) for one in found)
    assert house.asked("thumbnail") <= 8
    house.sandbox.faults.remove(fault)
    with pytest.raises(PentaprismError):
        await thumbnails.of(house.connection, house.pictures()[0])
    house.ticks.now += 6
    assert await thumbnails.of(house.connection, house.pictures()[0]) is not None


async def test_not_more_is_kept_than_wanted(house: House) -> None:
    ids = house.pictures()
    wide = Thumbnails(house.pool)
    sizes = [len(made.data) for id_ in ids if (made := await wide.of(house.connection, id_))]
    assert wide.held_bytes == sum(sizes) + 512 * len(sizes)
    limit = (max(sizes) + 512) * 4
    assert wide.held_bytes > limit + sizes[0]
    small = Thumbnails(house.pool, max_bytes=limit)
    for id_ in ids:
        await small.of(house.connection, id_)
        assert small.held_bytes <= limit
    asked = house.asked("thumbnail")
    await small.of(house.connection, ids[-1])
    assert house.asked("thumbnail") == asked
    await small.of(house.connection, ids[0])
    assert house.asked("thumbnail") == asked + 1
    small.forget(house.connection.id)
    assert small.held_bytes == 0


async def test_eight_at_once_at_most(house: House, thumbnails: Thumbnails) -> None:
    house.sandbox.faults.add("slow", route="thumbnail", seconds=0.15)
    begun = asyncio.get_running_loop().time()
    await asyncio.gather(*(thumbnails.of(house.connection, id_) for id_ in house.pictures()[:9]))
    assert asyncio.get_running_loop().time() - begun >= 0.3
