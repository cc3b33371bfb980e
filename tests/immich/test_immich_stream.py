"""Originals as streams on the event loop."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from originals import DATA, OTHER, WRONG_PARTS, make_asset, original
from scripted_server import script

from pentaprism.assets import Asset
from pentaprism.errors import PermanentError, RetryableError
from pentaprism.immich import ImmichClient


async def stream(client: ImmichClient, asset: Asset | None = None, offset: int = 0) -> bytes:
    pieces = [piece async for piece in client.content(asset or make_asset()).stream(offset)]
    return b"".join(pieces)


@pytest.mark.parametrize("offset", [0, 1, len(DATA) - 1])
async def test_a_stream_begins_where_it_is_told(serve: Any, connect: Any, offset: int) -> None:
    server = serve(original)
    assert await stream(connect(server.url), offset=offset) == DATA[offset:]


@pytest.mark.parametrize("wrong", ["part", "ignored", "no Content-Range", "other start"])
@pytest.mark.parametrize("offset", [0, 500])
async def test_a_stream_that_breaks_off_yields_every_byte_once(
    serve: Any, connect: Any, wrong: str, offset: int
) -> None:
    server = serve(
        script(
            partial(original, cut=1000 - offset),
            WRONG_PARTS.get(wrong, original),
            then=original,
        )
    )
    assert await stream(connect(server.url), offset=offset) == DATA[offset:]


async def test_a_stream_of_a_replaced_file_is_given_up(serve: Any, connect: Any) -> None:
    server = serve(
        script(partial(original, cut=300_000), then=partial(original, data=OTHER, etag='W/"new"'))
    )
    with pytest.raises(RetryableError) as caught:
        await stream(connect(server.url))
    assert caught.value.code == "changed"


async def test_a_stream_of_wrong_bytes_ends_in_an_error(serve: Any, connect: Any) -> None:
    with pytest.raises(PermanentError) as caught:
        await stream(connect(serve(partial(original, data=OTHER)).url))
    assert caught.value.code == "checksum_mismatch"


async def test_a_stream_left_early_gives_its_connection_back(serve: Any, connect: Any) -> None:
    server = serve(original)
    client = connect(server.url, connections=1)
    pieces = client.content(make_asset()).stream()
    assert await anext(pieces)
    await pieces.aclose()
    assert await stream(client) == DATA


async def test_a_stream_tells_how_far_it_is(serve: Any, connect: Any) -> None:
    server = serve(script(partial(original, cut=300_000), then=original))
    content = connect(server.url).content(make_asset())
    assert content.received == 0
    at = 500
    async for piece in content.stream(at):
        at += len(piece)
        assert content.received == at
    assert content.received == len(DATA)
    async for piece in content.stream():
        assert content.received == len(piece)
        break
