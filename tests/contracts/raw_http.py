"""HTTP/1.1 without a library: a server that answers what it is told to, and requests byte for byte.

Nothing is normalised, added or left out on either side, so that what is in between can be seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

type Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"date"}
"""The headers of one connection, and the date, which every server may set anew."""


@dataclass(frozen=True)
class Message:
    """A request or a reply: its first line, headers with their names in small letters, and body."""

    first: bytes
    headers: Headers
    body: bytes = b""

    @property
    def status(self) -> int:
        """Return the status of a reply."""
        return int(self.first.split(b" ", 2)[1])

    @property
    def method(self) -> bytes:
        """Return the method of a request."""
        return self.first.split(b" ", 1)[0]

    @property
    def target(self) -> bytes:
        """Return the path and query of a request, as they came."""
        return self.first.split(b" ")[1]

    def all(self, name: bytes) -> list[bytes]:
        """Return the values of all headers of that name."""
        return [value for known, value in self.headers if known == name]

    def lasting(self, *also: bytes) -> Headers:
        """Return the headers but those of the connection, and but ``also``."""
        return [pair for pair in self.headers if pair[0] not in HOP_BY_HOP.union(also)]


def written(first: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes = b"") -> bytes:
    """Return the bytes of a message, just as told."""
    lines = [first, *(b"%b: %b" % pair for pair in headers), b"", b""]
    return b"\r\n".join(lines) + body


async def read_message(reader: asyncio.StreamReader, asked: bytes = b"") -> Message:
    """Read one message; ``asked`` is the method that a reply answers.

    Raises `asyncio.IncompleteReadError` where the connection ends too soon.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    pairs = (line.partition(b":") for line in lines)
    headers = [(name.lower(), value.strip()) for name, _, value in pairs]
    message = Message(first, headers)
    bodiless = first.startswith(b"HTTP/") and message.status in (204, 304)
    if asked == b"HEAD" or bodiless:
        return message
    return Message(first, headers, await _read_body(reader, message))


async def _read_body(reader: asyncio.StreamReader, head: Message) -> bytes:
    if head.all(b"transfer-encoding"):
        return b"".join([piece async for piece in _chunks(reader)])
    if lengths := head.all(b"content-length"):
        return await reader.readexactly(int(lengths[0]))
    return await reader.read() if head.first.startswith(b"HTTP/") else b""


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")


class Wire:
    """A connection to a server, on which requests are sent one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(
        self,
        method: bytes,
        target: bytes,
        headers: Sequence[tuple[bytes, bytes]] = (),
        body: bytes = b"",
    ) -> Message:
        """Send a request and read the reply; a body's length is told unless headers frame it."""
        sent = [(b"Host", b"gateway.test"), *headers]
        framed = {name.lower() for name, _ in headers} & {b"content-length", b"transfer-encoding"}
        if body and not framed:
            sent.append((b"Content-Length", b"%d" % len(body)))
        self.writer.write(written(b"%b %b HTTP/1.1" % (method, target), sent, body))
        await self.writer.drain()
        return await asyncio.wait_for(read_message(self.reader, method), 30)


@asynccontextmanager
async def wire(host: str, port: int) -> AsyncIterator[Wire]:
    """Open a connection, and close it at the end."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@dataclass
class Upstream:
    """A server that gives ``answer``'s bytes to each request, and remembers all that came."""

    answer: Callable[[Message], bytes]
    asked: list[Message] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it ends."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                message = await read_message(reader)
                self.asked.append(message)
                writer.write(self.answer(message))
                await writer.drain()
        writer.close()


@asynccontextmanager
async def upstream(answer: Callable[[Message], bytes]) -> AsyncIterator[Upstream]:
    """Run such a server on a free port."""
    made = Upstream(answer)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
