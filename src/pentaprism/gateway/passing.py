"""Passing requests on to Immich, and its replies back, unchanged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from starlette.types import Message, Receive, Scope, Send

from pentaprism.gateway.answers import Answer, Reply
from pentaprism.gateway.exchange import Exchange, LostError
from pentaprism.gateway.forwarding import Forwarding
from pentaprism.gateway.headers import NO_BODY, Framing, reply_headers, request_head
from pentaprism.gateway.patience import Patience
from pentaprism.gateway.pool import Pool
from pentaprism.gateway.problems import (
    UpstreamError,
    broke_off,
    gone,
    send_error,
    unset,
)
from pentaprism.gateway.relaying import relay_rest
from pentaprism.gateway.upstream import Upstream

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_FETCHED = 1024 * 1024
_OURS = 500  # the first status that is no client's fault
_TOO_LARGE = "Immich's reply is much larger than it should be."


class Passing:
    """ASGI: answers each request with Immich's reply to it.

    ``upstream`` tells where Immich is now, None where nobody has said so. ``timeout``: seconds for
    which Immich may be silent, ``connect_timeout``: seconds for it to take a connection. ``failed``
    hears the code of each failure of Immich.
    """

    def __init__(
        self,
        upstream: Callable[[], Upstream | None],
        forwarding: Forwarding,
        *,
        timeout: float,
        connect_timeout: float = 5.0,
        failed: Callable[[str], None] | None = None,
    ) -> None:
        self._upstream = upstream
        self._forwarding = forwarding
        self._patience = Patience(timeout)
        self._pool = Pool(connect_timeout)
        self._failed = failed

    async def start(self) -> None:
        """Be ready; to be called in the loop that will carry the requests."""
        self._pool.start()

    async def close(self) -> None:
        """Close every connection to Immich, and so break off what is under way."""
        self._patience.close()
        await self._pool.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request with Immich's reply, or with a problem where there is none."""
        try:
            upstream = self._known()
            head, framing = request_head(scope, upstream, self._forwarding)
            exchange = await self._exchange(upstream, head, framing, receive, scope["method"])
        except UpstreamError as error:
            self._note(error)
            await send_error(send, error)
            return
        await relay_rest(exchange, send, reply_headers(exchange.headers))

    async def ask(
        self,
        scope: Scope,
        receive: Receive,
        *,
        method: str | None = None,
        without: frozenset[bytes] = frozenset(),
        extra: Sequence[tuple[bytes, bytes]] = (),
    ) -> Answer:
        """Send a request on, and return the reply without sending it back.

        ``method`` replaces the request's own, ``without`` are headers (lower case) to leave out,
        ``extra`` ones to add. Raises `UpstreamError`, with status 499 where the client has left.
        """
        upstream = self._known()
        head, framing = request_head(
            scope, upstream, self._forwarding, method=method, without=without, extra=extra
        )
        asked = method or scope["method"]
        try:
            return Answer(await self._exchange(upstream, head, framing, receive, asked))
        except UpstreamError as error:
            self._note(error)
            raise

    async def fetch(
        self, path: bytes, headers: Sequence[tuple[bytes, bytes]], query: bytes = b""
    ) -> Reply:
        """Ask Immich with a GET of the gateway's own, and return the whole reply, up to 1 MB.

        ``path`` begins with a slash, as Immich knows it. Raises `UpstreamError`.
        """
        scope = {
            "method": "GET",
            "raw_path": path,
            "query_string": query,
            "headers": headers,
            "scheme": "http",
            "client": None,
        }
        upstream = self._known()
        head, _ = request_head(scope, upstream, self._forwarding)
        answer = Answer(await self._exchange(upstream, head, NO_BODY, _never, "GET"))
        try:
            body = await answer.read(_MOST_FETCHED)
        finally:
            answer.close()
        if body is None:
            raise broke_off(_TOO_LARGE)
        return Reply(answer.status, answer.headers, body)

    def _note(self, error: UpstreamError) -> None:
        if self._failed is not None and error.status >= _OURS:
            self._failed(error.code)

    def _known(self) -> Upstream:
        upstream = self._upstream()
        if upstream is None:
            raise unset()
        return upstream

    async def _exchange(
        self, upstream: Upstream, head: bytes, framing: Framing, receive: Receive, method: str
    ) -> Exchange:
        """Return an exchange whose reply has begun.

        A connection that was kept may be closed by Immich in the moment in which it is used: what
        has no body and changes nothing is sent once more.
        """
        first: Message | None = None
        if framing.length or framing.chunked:
            first = await receive()
            if first["type"] == "http.disconnect":
                raise gone()
        again = first is None and method in _REPEATABLE
        while True:
            connection = self._pool.take(upstream) or await self._pool.connect(upstream)
            exchange = None
            try:
                exchange = Exchange(connection, self._pool, self._patience, receive)
                await exchange.begin(head, framing, first, empty=method == "HEAD")
            except LostError:
                if exchange is not None:
                    exchange.abandon()
                if not again:
                    raise broke_off() from None
                again = False
            except BaseException:
                if exchange is not None:
                    exchange.abandon()
                raise
            else:
                return exchange


async def _never() -> Message:
    """Be the receiving side of a request without a client."""
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}
