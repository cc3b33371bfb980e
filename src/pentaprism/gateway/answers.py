"""Immich's reply to a request, for those who look into it before it goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.types import Send

from pentaprism.gateway.exchange import Exchange
from pentaprism.gateway.headers import Headers, reply_headers
from pentaprism.gateway.relaying import relay_rest


@dataclass(frozen=True, slots=True)
class Reply:
    """A small reply, whole. ``headers``: names in lower case."""

    status: int
    headers: Headers
    body: bytes


class Answer:
    """A reply whose body has still to come; to be closed, relayed or read to its end.

    ``headers``: names in lower case, without those of one connection only.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._kept: list[bytes] = []
        self._ended = False
        self.status = exchange.status
        self.headers = reply_headers(exchange.headers)

    def header(self, name: bytes) -> bytes | None:
        """Return the value of the first header ``name`` (lower case)."""
        return next((value for key, value in self.headers if key == name), None)

    async def read(self, most: int) -> bytes | None:
        """Return the whole body, or None where it has more than ``most`` bytes.

        `relay` sends all of it either way. Raises `UpstreamError` where it cannot be read to its
        end.
        """
        size = sum(map(len, self._kept))
        while not self._ended and size <= most:
            data = await self._next()
            self._kept.append(data)
            size += len(data)
        if size > most:
            return None
        self._kept = [b"".join(self._kept)]
        return self._kept[0]

    async def relay(self, send: Send, *, headers: Headers | None = None) -> None:
        """Send the reply on, with ``headers`` instead of its own where they are given.

        Where Immich breaks off, the client's connection is broken off too.
        """
        shown = self.headers if headers is None else headers
        before = b"".join(self._kept)
        self._kept.clear()
        if self._ended:
            start = {"type": "http.response.start", "status": self.status, "headers": shown}
            await send(start)
            await send({"type": "http.response.body", "body": before})
            return
        self._ended = True
        await relay_rest(self._exchange, send, shown, before)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes; raise `UpstreamError` where Immich breaks off."""
        for piece in self._kept:
            yield piece
        self._kept.clear()
        while not self._ended:
            data = await self._next()
            if data:
                yield data

    def close(self) -> None:
        """Give up what has not been read; does nothing to a reply that was read to its end."""
        self._ended = True
        self._exchange.abandon()

    async def _next(self) -> bytes:
        payload = self._exchange.payload
        try:
            data = await self._exchange.read()
        except BaseException:
            self.close()
            raise
        if payload.at_eof():
            self._ended = True
            self._exchange.finish()
        return data
