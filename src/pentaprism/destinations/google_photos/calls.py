"""Calls to the Library API: signed in, counted, repeated as long as that makes sense.

How long to wait depends on what Google says. After "too many requests within a minute" the whole
account rests; after "concurrent write" only those who write do, and for minutes; a passing fault
is tried again within seconds. Nothing else is repeated.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from pentaprism.destinations.account import AccountAccess
from pentaprism.destinations.google_photos.backoff import Backoff
from pentaprism.destinations.google_photos.endpoints import endpoints
from pentaprism.destinations.google_photos.quota import Budget
from pentaprism.destinations.google_photos.refusals import (
    DayOverError,
    ReplyLostError,
    UnauthenticatedError,
    explain,
    missing_scope,
    read_refusal,
    reply_lost,
    unreachable,
    unreadable,
)
from pentaprism.errors import RetryableError

_CONNECTIONS = 64
_CONNECT = 15.0
_SILENCE = 180.0
"""Seconds without a byte; making 50 media items may take Google more than a minute."""


def _make_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """Return a socket that gives up when what it sent is not acknowledged for long."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere the system's own patience counts
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(_SILENCE * 1000))
    return made


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``album`` is the title of the album that it is about, if it is about one."""

    method: str
    url: str
    headers: Mapping[str, str]
    data: bytes | AsyncIterator[bytes] | None = None
    params: Mapping[str, str] | None = None
    album: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: its headers and its whole body."""

    headers: Mapping[str, str]
    body: bytes

    def decode[T](self, kind: type[T], what: str) -> T:
        """Return the body as ``kind``; raises `RetryableError` for one that cannot be that."""
        try:
            return msgspec.json.decode(self.body or b"{}", type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(what) from error


class Calls:
    """The way to one account. ``on_wait`` is told why and for how many seconds a call waits."""

    def __init__(self, access: AccountAccess, on_wait: Callable[[str, float], None]) -> None:
        self.access = access
        self.base = endpoints(access.base_url).photos
        self._budget = Budget(access)
        self._backoff = Backoff(access.pace, on_wait)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections and give back what was reserved of the day's requests."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        await self._budget.close()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        scope: str,
        write: bool = False,
        repeat_lost: bool = True,
        album: str | None = None,
        **params: str,
    ) -> Answer:
        """Return the answer to a call of ``/v1`` with JSON.

        ``write`` is for calls that Google wants one at a time. ``repeat_lost`` lets a call be
        repeated whose answer was lost; else `ReplyLostError` is raised. ``album`` is the title of
        the album that the call is about.
        """
        data = None if body is None else msgspec.json.encode(body)
        headers = {} if data is None else {"Content-Type": "application/json"}
        request = Request(method, f"{self.base}/v1/{path}", headers, data, params, album)
        if scope not in self.access.tokens.scopes:
            raise missing_scope(scope)
        return await self.repeated(lambda: self.once(request), write=write, repeat_lost=repeat_lost)

    async def repeated[T](
        self,
        attempt: Callable[[], Awaitable[T]],
        *,
        write: bool = False,
        repeat_lost: bool = True,
    ) -> T:
        """Return what ``attempt`` returns, repeated after errors that pass."""
        patience = self._backoff.patience()
        while True:
            await self._backoff.rest()
            try:
                async with self._writing(write):
                    return await attempt()
            except DayOverError:
                raise await self._budget.exhaust() from None
            except RetryableError as error:
                if isinstance(error, ReplyLostError) and not repeat_lost:
                    raise
                await patience.wait(error)

    async def once(self, request: Request) -> Answer:
        """Send one request and return its answer; raises what Google says instead.

        A body of bytes is sent again with another token where the first one has died; a stream
        cannot be.
        """
        token = await self.access.tokens.access_token()
        try:
            return await self._send(request, token)
        except UnauthenticatedError:
            token = await self.access.tokens.renew(token)
            if request.data is not None and not isinstance(request.data, bytes):
                raise
        return await self._send(request, token)

    async def _send(self, request: Request, token: str) -> Answer:
        await self._budget.take(upload=not isinstance(request.data, bytes | None))
        try:
            async with self._open().request(
                request.method,
                request.url,
                headers={**request.headers, "Authorization": f"Bearer {token}"},
                data=request.data,
                params=request.params,
                allow_redirects=False,
            ) as response:
                body = await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise unreachable(error) from error
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            raise reply_lost(error) from error
        if 200 <= response.status < 300:  # noqa: PLR2004 - successes
            return Answer(response.headers, body)
        refusal = read_refusal(response.status, response.headers, body)
        raise explain(refusal, album=request.album)

    def _writing(self, write: bool) -> AbstractAsyncContextManager[None]:
        return self.access.writing() if write else nullcontext()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, socket_factory=_make_socket),
                timeout=aiohttp.ClientTimeout(
                    total=None, connect=None, sock_connect=_CONNECT, sock_read=_SILENCE
                ),
                trust_env=True,
                auto_decompress=True,
                headers={"User-Agent": "Pentaprism"},
            )
        return self._session
