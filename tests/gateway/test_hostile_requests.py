"""What strangers send to a whole gateway: each is answered or closed, and none is left to hang."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from gateway_door import gateway_before
from gateway_upstreams import OK, Stage, stage, until
from raw_http import Message, Wire, read_message, wire

from pentaprism.gateway.protocol import GatewayProtocol

HEAD = b"GET /api/x HTTP/1.1\r\nHost: photos.test\r\n"
HANDSHAKE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
BEGUN = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nbegun"


async def play(
    message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer, or begin to and leave it at that, or refuse at length."""
    if message.target == b"/begin":
        writer.write(BEGUN)
        await reader.read()
    elif message.target == b"/p":
        await reader.readexactly(int(message.all(b"content-length")[0]))
        writer.write(OK)
    elif message.target == b"/long":
        writer.write(b"HTTP/1.1 400 No\r\nContent-Length: 2000000\r\n\r\n" + bytes(2_000_000))
    else:
        writer.write(OK)


@pytest.fixture
async def immich() -> AsyncIterator[Stage]:
    async with stage(play) as immich:
        yield immich


@pytest.fixture
async def line(immich: Stage, tmp_path: Path) -> AsyncIterator[Wire]:
    async with (
        gateway_before(immich.url, tmp_path) as url,
        wire("127.0.0.1", urlsplit(url).port or 0) as line,
    ):
        yield line


async def rest(line: Wire) -> bytes:
    return await asyncio.wait_for(line.reader.read(), 10)


@pytest.mark.parametrize(
    "sent",
    [
        b"POST" + HEAD[3:] + HANDSHAKE + b"Content-Length: 5\r\n\r\nhello",
        HEAD + HANDSHAKE + b"Content-Length: 5\r\n\r\nhello",
        HEAD + HANDSHAKE + b"Content-Length: 5\r\n\r\n",
        HEAD + HANDSHAKE + b"Transfer-Encoding: chunked\r\n\r\n",
        HEAD + HANDSHAKE + b"Cookie: %b\r\n\r\n" % (b"a" * 9000),
        HEAD + HANDSHAKE + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=["post", "body", "missing body", "chunks", "long header", "many headers"],
)
async def test_a_handshake_that_is_none_is_refused(line: Wire, immich: Stage, sent: bytes) -> None:
    line.writer.write(sent)
    assert (await rest(line)).startswith(b"HTTP/1.1 4")
    assert not immich.heads


async def test_a_request_for_two_hosts_is_refused(line: Wire, immich: Stage) -> None:
    line.writer.write(HEAD + b"Host: other.test\r\n\r\n")
    reply = await asyncio.wait_for(read_message(line.reader), 10)
    assert reply.status == 400
    assert not immich.heads


@pytest.mark.parametrize("next_", [b"\x00garbage\r\n\r\n", HEAD + HANDSHAKE + b"\r\n"])
async def test_what_follows_too_soon_is_not_answered_amidst_a_reply(
    line: Wire, next_: bytes
) -> None:
    line.writer.write(HEAD.replace(b"/api/x", b"/begin") + b"\r\n")
    begun = await asyncio.wait_for(line.reader.readuntil(b"begun"), 10)
    assert begun.startswith(b"HTTP/1.1 200 ")
    line.writer.write(next_)
    assert await rest(line) == b""


async def test_a_body_is_never_taken_for_a_request(line: Wire, immich: Stage) -> None:
    """What ends one request and is another must not be known again as a single one."""
    body = b"GET /a HTTP/1.1\r\nX: y\r\n\r\n"
    behind = HEAD + b"\r\n"
    line.writer.write(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body))
    await asyncio.sleep(0.1)
    line.writer.write(body + behind)
    for _ in range(2):
        assert (await asyncio.wait_for(read_message(line.reader), 10)).body == b"ok"
    line.writer.write(body.replace(b"/a", b"/b") + behind)
    for _ in range(2):
        assert (await asyncio.wait_for(read_message(line.reader), 10)).body == b"ok"
    assert [head.split()[1] for head in immich.heads] == [b"/p", b"/api/x", b"/b", b"/api/x"]


async def test_nothing_is_held_of_a_websocket_that_has_ended(immich: Stage, tmp_path: Path) -> None:
    async with gateway_before(immich.url, tmp_path) as url:
        for _ in range(3):
            async with wire("127.0.0.1", urlsplit(url).port or 0) as line:
                line.writer.write(HEAD + HANDSHAKE + b"\r\n")
                await rest(line)
        await until(lambda: gc.collect() == 0)
        held = [one for one in gc.get_objects() if isinstance(one, GatewayProtocol)]
        assert not held


async def test_a_long_refusal_of_a_websocket_is_not_cut_short(line: Wire) -> None:
    line.writer.write(HEAD.replace(b"/api/x", b"/long") + HANDSHAKE + b"\r\n")
    assert (await rest(line)).startswith(b"HTTP/1.1 502 ")
