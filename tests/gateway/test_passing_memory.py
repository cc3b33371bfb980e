"""What was broken off holds on to nothing: not until garbage is collected, which may be long."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp.streams import StreamReader
from gateway_upstreams import Stage, between, exchange_bytes, passing_to, serving, stage, until
from raw_http import Message, wire

from pentaprism.gateway.exchange import Exchange

GET = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n"


async def play(
    message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Say nothing, break off, or send for as long as it is taken."""
    if message.target == b"/silent":
        await reader.read()
    elif message.target == b"/cut":
        writer.write(LONG + bytes(600_000))
        await writer.drain()
        writer.close()
    else:
        writer.write(LONG)
        for _ in range(50):
            writer.write(bytes(1_000_000))
            await writer.drain()


@pytest.fixture
async def immich() -> AsyncIterator[Stage]:
    async with stage(play) as immich:
        yield immich


@pytest.fixture(autouse=True)
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def nothing_is_held() -> None:
    await until(lambda: not held())


def held() -> list[object]:
    """Return the exchanges, and the bodies that were read ahead, that are still in memory."""
    objects = gc.get_objects()
    return [
        one
        for one in objects
        if isinstance(one, Exchange) or (isinstance(one, StreamReader) and one.total_bytes > 0)
    ]


@pytest.mark.parametrize("path", [b"/long", b"/silent"])
async def test_of_a_client_that_has_left(immich: Stage, path: bytes) -> None:
    async with passing_to(immich.url) as passing, serving(passing) as port:
        for _ in range(3):
            async with wire("127.0.0.1", port) as client:
                client.writer.write(GET % path)
                if path == b"/long":
                    await client.reader.readexactly(100_000)
                await asyncio.sleep(0.15)
        await nothing_is_held()


async def test_of_an_immich_that_breaks_off(immich: Stage) -> None:
    async with passing_to(immich.url) as passing, serving(passing) as port:
        for _ in range(3):
            async with wire("127.0.0.1", port) as client:
                client.writer.write(GET % b"/cut")
                assert len(await client.reader.read()) > 600_000
        await nothing_is_held()


async def test_of_an_immich_that_is_silent(immich: Stage) -> None:
    async with between(immich.url, patience=0.1) as client:
        assert (await exchange_bytes(client, GET % b"/silent")).status == 504
        await nothing_is_held()
