"""deploy/nginx.conf in a real nginx: nothing that is large or slow is held back on its way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from nginx_world import in_front
from raw_http import read_message, wire, written

MEGABYTE = 1 << 20
ORIGINAL = b"/api/assets/7a63c716-5781-4c03-9479-ea6a43d3f60e/original"

type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[int]:
    """Run a server whose connections are ``serve``'s."""

    async def until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(until_closed, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize("target", [b"/api/assets", b"/api/search/metadata"])
async def test_an_upload_arrives_while_it_is_sent(tmp_path: Path, target: bytes) -> None:
    began, size = asyncio.Event(), 100 * MEGABYTE
    digest = hashlib.sha1(usedforsecurity=False)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        left = size
        while left:
            piece = await reader.read(min(left, MEGABYTE))
            assert piece
            left -= len(piece)
            digest.update(piece)
            began.set()
        writer.write(written(b"HTTP/1.1 201 Created", [(b"Content-Length", b"2")], b"ok"))
        await writer.drain()

    piece = bytes(range(256)) * (MEGABYTE // 256)
    async with (
        served(take) as port,
        in_front(tmp_path, port, port) as front,
        wire("127.0.0.1", front.clients) as line,
    ):
        head = [(b"Host", b"x"), (b"Content-Length", b"%d" % size)]
        line.writer.write(written(b"POST %b HTTP/1.1" % target, head, piece))
        await asyncio.wait_for(began.wait(), 10)
        for _ in range(99):
            line.writer.write(piece)
            await line.writer.drain()
        reply = await asyncio.wait_for(read_message(line.reader), 30)
    assert (reply.status, reply.body) == (201, b"ok")
    assert digest.digest() == hashlib.sha1(piece * 100, usedforsecurity=False).digest()
    assert list((tmp_path / "client_body").rglob("*")) == []


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("target", [ORIGINAL, b"/api/sync/stream"])
async def test_a_reply_arrives_while_it_is_sent(
    tmp_path: Path, target: bytes, *, chunked: bool
) -> None:
    await _arrives_at_once(tmp_path, target, chunked=chunked)


async def test_events_of_the_pages_come_at_once(tmp_path: Path) -> None:
    await _arrives_at_once(tmp_path, b"/jobs/events", chunked=True, to_pages=True)


async def _arrives_at_once(
    home: Path, target: bytes, *, chunked: bool, to_pages: bool = False
) -> None:
    first = asyncio.Event()
    framing = (b"Transfer-Encoding", b"chunked") if chunked else (b"Content-Length", b"6")
    pieces = (b"3\r\none\r\n", b"3\r\ntwo\r\n0\r\n\r\n") if chunked else (b"one", b"two")

    async def give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(written(b"HTTP/1.1 200 OK", [framing], pieces[0]))
        await writer.drain()
        # The rest is sent when the client has the beginning, and not before.
        await asyncio.wait_for(first.wait(), 10)
        writer.write(pieces[1])
        await writer.drain()

    async with served(give) as port, in_front(home, port, port, port) as front:
        door = front.pages if to_pages else front.clients
        async with wire("127.0.0.1", door) as line:
            line.writer.write(written(b"GET %b HTTP/1.1" % target, [(b"Host", b"x")]))
            head = await asyncio.wait_for(line.reader.readuntil(b"one"), 10)
            first.set()
            await asyncio.wait_for(line.reader.readuntil(b"two"), 10)
    assert head.startswith(b"HTTP/1.1 200 ")
