"""One request to Immich and its reply, on one connection."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, StreamWriter
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from starlette.types import Message, Receive

from pentaprism.gateway.headers import Framing
from pentaprism.gateway.patience import Patience
from pentaprism.gateway.pool import Pool
from pentaprism.gateway.problems import UpstreamError, bad_request, broke_off, gone, slow

_READ_AHEAD: Final = 256 * 1024
"""Bytes of a reply that are read before the client takes them; twice as many at the most."""

_LONGEST_LINE: Final = 64 * 1024
_MOST_HEADERS: Final = 512

_SWITCHING = 101
_FINAL = range(200, 600)

_TOO_SHORT = "The body of the request ended before its Content-Length."
_TOO_LONG = "The body of the request goes on after its Content-Length."
_NO_REPLY = "Immich answered with something that is no HTTP reply."
_LOST = (aiohttp.ClientError, OSError)


class LostError(Exception):
    """The connection was closed before anything of a reply had come."""


class Exchange:
    """Sends a request and reads its reply.

    `waiting` is since when Immich has to do something, in seconds of `loop.time`, None while it has
    not. `status`, `headers` (bytes as they came) and `payload` are there after `begin`. Every
    exchange is ended by `finish` or `abandon`, whatever happens.
    """

    __slots__ = (
        "_ahead",
        "_answered",
        "_connection",
        "_error",
        "_loop",
        "_over",
        "_patience",
        "_pool",
        "_protocol",
        "_receive",
        "_seen",
        "_sent",
        "headers",
        "payload",
        "status",
        "waiting",
    )

    status: int
    headers: tuple[tuple[bytes, bytes], ...]

    def __init__(
        self, connection: Connection, pool: Pool, patience: Patience, receive: Receive
    ) -> None:
        protocol = connection.protocol
        if protocol is None:  # closed before it was given out
            raise LostError
        self._connection = connection
        self._protocol: ResponseHandler = protocol
        self._pool = pool
        self._patience = patience
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._ahead: asyncio.Task[None] | None = None
        self._error: UpstreamError | None = None
        self._over = False
        self._seen = False
        self._sent = True
        self._answered = False
        self.payload: StreamReader = EMPTY_PAYLOAD
        self.waiting: float | None = None

    async def begin(
        self, head: bytes, framing: Framing, first: Message | None, *, empty: bool
    ) -> None:
        """Send a request and wait for the head of its reply.

        ``first`` is the first message of the request's body, None where it has none. ``empty``: the
        reply has no body, as those to HEAD have not. Raises `LostError`, or `UpstreamError`.
        """
        protocol = self._protocol
        protocol.set_response_params(
            skip_payload=empty,
            read_until_eof=True,
            auto_decompress=False,
            read_bufsize=_READ_AHEAD,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
            max_headers=_MOST_HEADERS,
        )
        self._patience.begin(self)
        self._send(head, framing, first)
        try:
            message, payload = await protocol.read()
            while message.code < _SWITCHING or _SWITCHING < message.code < _FINAL.start:
                message, payload = await protocol.read()
        except (UpstreamError, *_LOST) as error:
            raise self._told(error) or LostError from None
        except HttpProcessingError as error:
            raise broke_off(_NO_REPLY) from error
        if message.code not in _FINAL:
            raise broke_off(_NO_REPLY)
        self.status, self.headers, self.payload = message.code, message.raw_headers, payload
        self._answered = True
        if self._sent:
            self.waiting = None

    async def read(self) -> bytes:
        """Return what has come of the reply's body, waiting for more; empty only at its end.

        Raises `UpstreamError`.
        """
        self.waiting = self._loop.time()
        try:
            data = await self.payload.readany()
        except (UpstreamError, *_LOST) as error:
            raise self._told(error) or broke_off("Immich broke off its reply.") from None
        self.waiting = None
        return data

    def arrived(self) -> bytes:
        """Return what has come of the reply's body, without waiting; raise `UpstreamError`."""
        try:
            return self.payload.read_nowait()
        except (UpstreamError, *_LOST) as error:
            raise self._told(error) or broke_off("Immich broke off its reply.") from None

    def finish(self) -> None:
        """Give the connection back; the reply was read to its end."""
        self._over = True
        if self._ahead is not None:
            self._ahead.cancel()
        self._patience.end(self)
        if self._sent:
            self._pool.give_back(self._connection)
        else:
            self._connection.close()

    def abandon(self) -> None:
        """Close the connection, unless it was given back."""
        if self._over:
            return
        self._over = True
        if self._ahead is not None:
            self._ahead.cancel()
        self._patience.end(self)
        self._connection.close()

    def watch(self) -> None:
        """Begin to look for the client's leaving, the second time that this is called."""
        if self._seen and self._ahead is None:
            self._ahead = self._loop.create_task(self._watch())
        self._seen = True

    def run_out(self) -> None:
        """End it, because Immich was silent for too long."""
        self._fail(slow(self._patience.timeout))

    def stop(self) -> None:
        """End it, because the gateway ends."""
        self._fail(broke_off("The gateway is stopping."))

    def _fail(self, error: UpstreamError) -> None:
        self._patience.end(self)
        self._error = error
        self.waiting = None
        if self._answered:
            self.payload.set_exception(error)
        else:
            self._protocol.set_exception(error)

    def _told(self, error: Exception) -> UpstreamError | None:
        """Return anew why this was ended, if it was; ``error`` is what aiohttp keeps of it.

        With the way it came, that would keep all that was read ahead until garbage is collected.
        """
        error.__traceback__ = None
        told = self._error
        return told and UpstreamError(told.status, told.code, told.detail, told.hint)

    def _send(self, head: bytes, framing: Framing, first: Message | None) -> None:
        transport = self._protocol.transport
        if transport is None or transport.is_closing():
            raise LostError
        if first is None:
            transport.write(head)
            self.waiting = self._loop.time()
            return
        body = _Body(framing)
        data = body.framed(first)
        transport.write(head + data if len(data) < _READ_AHEAD else head)
        if len(data) >= _READ_AHEAD:
            transport.write(data)
        if body.more:
            self._sent = False
            self._ahead = self._loop.create_task(self._send_rest(body))
        else:
            self.waiting = self._loop.time()

    async def _send_rest(self, body: _Body) -> None:
        """Send what is left of the body as it comes, then look for the client's leaving."""
        writer = StreamWriter(self._protocol, self._loop)
        try:
            while body.more:
                if self._protocol.writing_paused:
                    self.waiting = self._loop.time()
                    await writer.drain()
                    self.waiting = None
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    self._fail(gone())
                    return
                transport = self._protocol.transport
                if transport is None or transport.is_closing():
                    return  # that the reader is told of, after what Immich said before
                transport.write(body.framed(message))
            self._sent = True
            self.waiting = self._loop.time()
        except UpstreamError as error:
            self._fail(error)
        except _LOST:
            return
        else:
            await self._watch()

    async def _watch(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._fail(gone())
                return


class _Body:
    """Frames a request's body as its head says, and lets it be neither shorter nor longer."""

    __slots__ = ("_chunked", "_left", "more")

    def __init__(self, framing: Framing) -> None:
        self._left = framing.length or 0
        self._chunked = framing.chunked
        self.more = True

    def framed(self, message: Message) -> bytes:
        """Return the bytes to send for a message of the body; raise `UpstreamError`."""
        data: bytes = message.get("body", b"")
        self.more = message.get("more_body", False)
        if self._chunked:
            end = b"" if self.more else b"0\r\n\r\n"
            return b"%x\r\n%b\r\n%b" % (len(data), data, end) if data else end
        self._left -= len(data)
        if self._left < 0:
            raise bad_request(_TOO_LONG)
        if self._left > 0 and not self.more:
            raise bad_request(_TOO_SHORT)
        return data
