"""Bodies of any size pass without being gathered: whoever is slow slows the other down."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from gateway_upstreams import OK, between, stage
from raw_http import Message, read_message

PIECE = bytes(range(256)) * 256
BOUND = 40_000_000
"""More than all the buffers of two connections of this machine together."""

type Reader = asyncio.StreamReader
type Writer = asyncio.StreamWriter


async def pour(writer: Writer, done: list[int], most: int) -> None:
    """Write pieces until ``most`` bytes are written; ``done`` grows with each."""
    while len(done) * len(PIECE) < most:
        writer.write(PIECE)
        await writer.drain()
        done.append(1)


async def stalled(done: list[int]) -> int:
    """Return the bytes that were written when nothing has gone on for a while."""
    before = -1
    while before != len(done):
        before = len(done)
        await asyncio.sleep(0.2)
    return before * len(PIECE)


async def test_a_slow_immich_slows_an_upload_down() -> None:
    size = BOUND * 2 // len(PIECE) * len(PIECE)
    go_on = asyncio.Event()
    found = hashlib.sha1()

    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        await go_on.wait()
        left = size
        while left:
            data = await reader.read(min(left, 1_000_000))
            found.update(data)
            left -= len(data)
        writer.write(OK)

    async with stage(play) as immich, between(immich.url) as client:
        client.writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
        done: list[int] = []
        pouring = asyncio.create_task(pour(client.writer, done, size))
        assert await stalled(done) < BOUND
        go_on.set()
        await pouring
        assert (await read_message(client.reader)).status == 200
    assert found.digest() == hashlib.sha1(PIECE * (size // len(PIECE))).digest()


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_slow_client_slows_a_download_down(chunked: bool) -> None:
    size = BOUND * 2 // len(PIECE) * len(PIECE)
    done: list[int] = []

    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        if not chunked:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            await pour(writer, done, size)
            return
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while len(done) * len(PIECE) < size:
            writer.write(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
            await writer.drain()
            done.append(1)
        writer.write(b"0\r\n\r\n")

    async with stage(play) as immich, between(immich.url) as client:
        client.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert await stalled(done) < BOUND
        reply = await read_message(client.reader)
    assert hashlib.sha1(reply.body).digest() == hashlib.sha1(PIECE * (size // len(PIECE))).digest()


async def test_both_ways_at_once() -> None:
    """A reply that begins before its request has ended, as a converter's would."""
    count = 200

    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (count * len(PIECE)))
        for _ in range(count):
            writer.write(await reader.readexactly(len(PIECE)))
            await writer.drain()

    async with stage(play) as immich, between(immich.url) as client:
        size = count * len(PIECE)
        client.writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
        reading = asyncio.create_task(read_message(client.reader))
        await pour(client.writer, [], size)
        assert (await asyncio.wait_for(reading, 10)).body == PIECE * count
