"""Websockets, message by message: what the apps hear of their Immich.

Both sides are connections of their own: pings are answered on each, and permessage-deflate is
offered on neither, as Immich itself does not. Neither has a time-out, since socket.io has its
own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
from starlette.types import Message, Receive, Scope, Send

from pentaprism.gateway.forwarding import Forwarding
from pentaprism.gateway.handshakes import (
    Handshake,
    HandshakeAnswer,
    RefusedError,
    handshake_request,
)
from pentaprism.gateway.headers import reply_headers
from pentaprism.gateway.problems import (
    UpstreamError,
    broke_off,
    send_error,
    slow,
    unreachable,
    unset,
)
from pentaprism.gateway.upstream import Upstream
from pentaprism.gateway.websocket_ends import ClientEnd, Closing, ImmichEnd

MOST_MESSAGE = 16 * 1024 * 1024
"""Bytes of the largest message, in either direction."""

_OURS = frozenset({b"sec-websocket-accept", b"sec-websocket-protocol", b"sec-websocket-extensions"})
_FRAMING = frozenset({b"content-length"})  # the web server counts what it sends
_GRACE = 2.0
"""Seconds in which a side must answer a close frame."""

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorCertificateError, "its certificate is not trusted"),
    (aiohttp.ClientConnectorDNSError, "there is no server of that name"),
    (aiohttp.ClientConnectorSSLError, "it does not answer with TLS"),
    (aiohttp.ConnectionTimeoutError, "it took no connection in time"),
)

_log = logging.getLogger(__name__)


class Websockets:
    """Carries the websockets of clients to Immich and back.

    ``timeout`` is how many seconds Immich may take to answer a handshake, ``connect_timeout`` to
    be reached. Needs a web server with the ASGI extension ``websocket.http.response``, through
    which a client gets Immich's own answer, or a problem, where there is no websocket.
    ``open`` counts those that are carried now.
    """

    def __init__(
        self,
        upstream: Callable[[], Upstream | None],
        forwarding: Forwarding,
        *,
        timeout: float = 60.0,
        connect_timeout: float = 5.0,
    ) -> None:
        self.open = 0
        self._upstream = upstream
        self._forwarding = forwarding
        self._timeout = timeout
        self._connect_timeout = connect_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one websocket until either side ends it."""
        await receive()  # websocket.connect
        self.open += 1
        try:
            handshake = Handshake()
            async with self._session(handshake) as session:
                immich = await self._connect(scope, session)
                await self._accept(send, immich, handshake)
                await _carry(ClientEnd(receive, send), ImmichEnd(immich))
        except RefusedError as error:
            await _refuse(send, error.answer)
            await _closed(receive)
        except UpstreamError as error:
            await send_error(_as_websocket(send), error)
            await _closed(receive)
        except OSError:
            _log.debug("A client has left before its websocket was open.")
        finally:
            self.open -= 1

    @asynccontextmanager
    async def _session(self, handshake: Handshake) -> AsyncIterator[aiohttp.ClientSession]:
        """Open a session for one websocket.

        Its end ends the connection, and it is the only way to do so without a close frame: that of
        a client that was lost, or one that has been sent already.
        """
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=1),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            middlewares=(handshake,),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._connect_timeout, sock_read=self._timeout
            ),
        ) as session:
            yield session

    async def _connect(
        self, scope: Scope, session: aiohttp.ClientSession
    ) -> aiohttp.ClientWebSocketResponse[bool]:
        """Ask Immich for a websocket; raises `RefusedError` or `UpstreamError`."""
        upstream = self._upstream()
        if upstream is None:
            raise unset()
        url, headers = handshake_request(scope, upstream, self._forwarding)
        try:
            return await session.ws_connect(
                url,
                headers=headers,
                protocols=scope["subprotocols"],
                ssl=upstream.tls or True,
                autoclose=False,
                max_msg_size=MOST_MESSAGE + 1,  # which aiohttp takes for the first too large
            )
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise unreachable(_reason(error)) from error
        except TimeoutError as error:
            raise slow(self._timeout) from error
        except aiohttp.ClientError as error:
            raise broke_off() from error

    async def _accept(
        self,
        send: Send,
        immich: aiohttp.ClientWebSocketResponse[bool],
        handshake: Handshake,
    ) -> None:
        answered = handshake.answer.headers if handshake.answer else ()
        headers = [one for one in reply_headers(answered) if one[0] not in _OURS]
        accept = {"type": "websocket.accept", "subprotocol": immich.protocol, "headers": headers}
        await send(accept)


async def _carry(client: ClientEnd, immich: ImmichEnd) -> None:
    """Carry messages both ways until one side ends, and end the other in the same way."""
    up = asyncio.create_task(_pump(client, immich))
    down = asyncio.create_task(_pump(immich, client))
    try:
        done, rest = await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        if rest and not any(task.exception() is None and task.result().lost for task in done):
            await asyncio.wait(rest, timeout=_GRACE)
    finally:
        for task in (up, down):
            task.cancel()
        ended = await asyncio.gather(up, down, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            _log.debug("A websocket broke off: %r", error)


async def _pump(source: ClientEnd | ImmichEnd, target: ClientEnd | ImmichEnd) -> Closing:
    """Carry messages from ``source`` until it ends; return how it did."""
    # The next message is read only when this one is on its way: a slow reader slows the writer.
    while (message := await source.next()) is not None:
        await target.send(message)
    await target.end(source.closing)
    return source.closing


async def _refuse(send: Send, answer: HandshakeAnswer) -> None:
    """Answer a client as Immich did."""
    headers = [one for one in reply_headers(answer.headers) if one[0] not in _FRAMING]
    start = {"type": "http.response.start", "status": answer.status, "headers": headers}
    send = _as_websocket(send)
    await send(start)
    await send({"type": "http.response.body", "body": answer.body})


async def _closed(receive: Receive) -> None:
    """Return when the connection of a client that was refused is closed.

    uvicorn says so twice, and complains in its log about an application that returns before that.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE):
            await receive()
            await receive()


def _as_websocket(send: Send) -> Send:
    """Return what sends an HTTP reply in the place of a websocket (an ASGI extension)."""

    async def send_reply(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    return send_reply


def _reason(error: Exception) -> str:
    """Return why there is no connection, as the end of a sentence, without the address in it."""
    return next((why for kind, why in _REASONS if isinstance(error, kind)), "nothing listens there")
