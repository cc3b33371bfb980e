"""A gateway's core between raw sockets: what arrives behind it is seen byte by byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network

import uvicorn
from raw_http import Message, Wire, read_message, wire, written
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from pentaprism.gateway.exact_protocol import ExactProtocol
from pentaprism.gateway.forwarding import Forwarding
from pentaprism.gateway.passing import Passing
from pentaprism.gateway.upstream import Upstream

OK = written(b"HTTP/1.1 200 OK", [(b"Content-Length", b"2")], b"ok")

type Play = Callable[[Message, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Answers a request, of which only the head was read."""


@dataclass
class Stage:
    """A server on which ``play`` answers each request; it remembers the heads of all of them.

    `ended` counts the connections that the other side has closed, or that `play` has.
    """

    play: Play
    heads: list[bytes] = field(default_factory=list)
    port: int = 0
    opened: int = 0
    ended: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                await self.play(_message(head), reader, writer)
                await writer.drain()
        self.ended += 1
        writer.close()


def _message(head: bytes) -> Message:
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    pairs = (line.partition(b":") for line in lines)
    return Message(first, [(name.lower(), value.strip()) for name, _, value in pairs])


@asynccontextmanager
async def stage(play: Play) -> AsyncIterator[Stage]:
    """Run a server that answers as ``play`` does."""
    made = Stage(play)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


async def play_ok(
    message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer ``ok`` to a request without a body."""
    writer.write(OK)


@asynccontextmanager
async def serving(application: ASGIApp) -> AsyncIterator[int]:
    """Serve an application in this loop, as the gateway does; gives the port."""
    config = uvicorn.Config(
        application,
        http=ExactProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: ExactProtocol(config, state, {}), host="127.0.0.1", port=0
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in tuple(state.connections):
            assert isinstance(connection, ExactProtocol)
            connection.transport.close()
        await until(lambda: not state.tasks)


@asynccontextmanager
async def passing_to(
    url: str | None, *, trusted: str | None = None, patience: float = 30.0
) -> AsyncIterator[Passing]:
    """Start the core in front of the server at ``url``; ``trusted`` is a network."""
    upstream = Upstream.parse(url) if url else None
    networks = [ip_network(trusted)] if trusted else []
    passing = Passing(lambda: upstream, Forwarding(networks), timeout=patience, connect_timeout=2.0)
    await passing.start()
    try:
        yield passing
    finally:
        await passing.close()


@asynccontextmanager
async def between(
    url: str | None, *, trusted: str | None = None, patience: float = 30.0
) -> AsyncIterator[Wire]:
    """Open a connection to the core in front of the server at ``url``."""
    async with (
        passing_to(url, trusted=trusted, patience=patience) as passing,
        serving(passing) as port,
        wire("127.0.0.1", port) as connection,
    ):
        yield connection


async def exchange_bytes(connection: Wire, sent: bytes) -> Message:
    """Send bytes and read a reply."""
    connection.writer.write(sent)
    return await asyncio.wait_for(read_message(connection.reader), 10)


async def until(happened: Callable[[], bool]) -> None:
    """Wait until something has happened, which it does soon."""
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110 - others make it happen, and tell nobody
            await asyncio.sleep(0.01)
