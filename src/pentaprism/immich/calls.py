"""Calls of Immich's API on the event loop: one pooled session, decoded answers, retries."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
import msgspec
from yarl import URL

from pentaprism.errors import ActionRequiredError, PentaprismError, RetryableError
from pentaprism.immich.line import KEEP_ALIVE, Line
from pentaprism.immich.models import ConfigReply
from pentaprism.immich.options import Address
from pentaprism.immich.pace import Patience
from pentaprism.immich.refusals import (
    Refusal,
    lost,
    maintenance,
    not_http,
    not_immich,
    silent,
    unreachable,
)

log = logging.getLogger(__name__)

type Explain = Callable[[Refusal, Address], PentaprismError | None]
"""What a refusal means to one call; None leaves it to what it means to all."""

_OK = frozenset({200, 201, 204})
_ABSENT = 400
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer that was wanted; the header names are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Calls:
    """The API's calls, repeated on passing faults.

    That is safe for those that read and for those that say what shall be; a `post` that makes
    something new is asked for once (``repeat``). Sign-in takes no retries.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the session; may be repeated."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def get[T](
        self, path: str, kind: type[T], *, absent: PentaprismError | None = None, once: bool = False
    ) -> T:
        """GET ``path`` and decode it as ``kind``.

        ``absent`` is raised when Immich says that it is not there. ``once`` does not wait for a
        server that cannot be reached at all: that is for the first contact, where the address
        itself is in doubt, and makes the error one for a person.
        """
        answer = await self._repeat("GET", path, absent=absent, once=once)
        return self._decode(answer, kind)

    async def post[T](
        self,
        path: str,
        body: msgspec.Struct | None,
        kind: type[T],
        *,
        absent: PentaprismError | None = None,
        explain: Explain | None = None,
        repeat: bool = True,
    ) -> T:
        """POST ``body`` to ``path`` and decode the answer as ``kind``.

        ``absent`` as in `get`; ``explain`` turns refusals that mean something else here into
        their error. Without ``repeat`` the call is repeated only where no connection came about,
        so that it cannot have been heard.
        """
        data = None if body is None else msgspec.json.encode(body)
        answer = await self._repeat(
            "POST", path, data=data, absent=absent, explain=explain, unheard=not repeat
        )
        return self._decode(answer, kind)

    async def put[T](
        self,
        path: str,
        body: msgspec.Struct,
        kind: type[T],
        *,
        absent: PentaprismError,
        explain: Explain,
        method: Literal["PUT", "PATCH"] = "PUT",
    ) -> T:
        """PUT (or PATCH) ``body`` to ``path``, which may be repeated; the rest is as in `post`."""
        data = msgspec.json.encode(body)
        answer = await self._repeat(method, path, data=data, absent=absent, explain=explain)
        return self._decode(answer, kind)

    async def delete(self, path: str, *, absent: PentaprismError) -> None:
        """DELETE ``path``; ``absent`` as in `get`."""
        await self._repeat("DELETE", path, absent=absent)

    async def fetch(
        self, path: str, *, absent: PentaprismError, method: str = "GET", **params: str
    ) -> Answer | None:
        """Return the answer as it is, or None for a 404: the asset is there, its file is not."""
        answer = await self._repeat(method, path, absent=absent, params=params, none=_NOT_FOUND)
        return None if answer.status == _NOT_FOUND else answer

    @asynccontextmanager
    async def open(
        self, path: str, headers: dict[str, str], **params: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield a response whose body is still to be read; network errors become ours."""
        line = self.line
        async with line.gate.task():
            line.traffic.asked()
            try:
                async with self._started().get(
                    self._url(path, params),
                    headers={"Accept-Encoding": "identity", **headers},
                    allow_redirects=False,
                ) as response:
                    yield response
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise self._network(error) from None  # its request holds the key

    async def _refused(self, refusal: Refusal) -> PentaprismError:
        if refusal.routeless and await self._in_maintenance():
            return maintenance(self.line.address)
        return refusal.error(self.line.address, self.line.pace.now())

    async def _repeat(
        self,
        method: str,
        path: str,
        *,
        absent: PentaprismError | None = None,
        once: bool = False,
        unheard: bool = False,
        **request: Any,
    ) -> Answer:
        patience = Patience(self.line.pace, self.line.options.retries)
        while True:
            try:
                return await self._call(method, path, absent=absent, **request)
            except RetryableError as error:
                if once and error.code == "unreachable":
                    raise ActionRequiredError(
                        error.message, code=error.code, hint=error.hint
                    ) from error
                if unheard and error.code != "unreachable":
                    raise
                delay = patience.after(error)
                log.info("%s Trying again in %.1f s.", error, delay)
                await self.line.pace.sleep(delay)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        absent: PentaprismError | None,
        data: bytes | None = None,
        params: dict[str, str] | None = None,
        none: int | None = None,
        explain: Explain | None = None,
    ) -> Answer:
        line = self.line
        line.traffic.asked()
        try:
            async with (
                line.gate.task(),
                self._started().request(
                    method,
                    self._url(path, params),
                    data=data,
                    headers={"Content-Type": "application/json"} if data else None,
                    allow_redirects=False,
                ) as response,
            ):
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._network(error) from None  # its request holds the key
        line.traffic.read(len(body))
        delay = line.bandwidth.take(len(body))
        if delay:
            await line.pace.sleep(delay)
        if response.status in _OK:
            return Answer(response.status, response.headers, body)
        refusal = Refusal(response.status, response.headers, body)
        if response.status == none and (refusal.absent or method == "HEAD"):
            return Answer(response.status, response.headers, body)
        # Immich says 400 of an album or asset that is not there, and 404 of files and routes only;
        # a 404 here may be a proxy's, which must not pass for a deletion.
        if absent is not None and refusal.absent and response.status == _ABSENT:
            raise absent
        raise (explain and explain(refusal, line.address)) or await self._refused(refusal)

    async def _in_maintenance(self) -> bool:
        try:
            async with self._started().get(self._url("/server/config", None)) as response:
                config = msgspec.json.decode(await response.read(), type=ConfigReply)
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.DecodeError):
            return False
        return bool(config.maintenance_mode)

    def _decode[T](self, answer: Answer, kind: type[T]) -> T:
        address = self.line.address
        try:
            return msgspec.json.decode(answer.body, type=kind)
        except msgspec.ValidationError as error:
            raise not_immich(address, f"its answer has another shape ({error})") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if "html" in answer.headers.get("Content-Type", ""):
                raise not_immich(address, "it sends a web page") from error
            if "json" in answer.headers.get("Content-Type", ""):
                raise lost(address, "its answer is not whole") from error
            raise not_immich(address, "its answer is not JSON") from error

    def _url(self, path: str, params: dict[str, str] | None) -> URL:
        address = self.line.address
        url = URL(f"{address.origin}{address.base}{path}", encoded=True)
        return url.with_query(params) if params else url

    def _started(self) -> aiohttp.ClientSession:
        if self._session is None:
            line = self.line
            headers = {**line.credential, "User-Agent": "pentaprism"}
            if line.address.local:
                headers["Accept-Encoding"] = "identity"
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,  # the gate limits
                    ssl=line.tls or True,
                    keepalive_timeout=KEEP_ALIVE,
                ),
                headers=headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    sock_connect=line.connect_timeout,
                    sock_read=line.options.timeout,
                ),
            )
        return self._session

    def _network(self, error: BaseException) -> PentaprismError:
        address = self.line.address
        match error:
            case aiohttp.ClientConnectorCertificateError():
                cause: BaseException = error.certificate_error
            case aiohttp.ClientConnectorDNSError():
                cause = socket.gaierror()
            case aiohttp.ConnectionTimeoutError():
                return silent(address)
            case aiohttp.ClientConnectorError():
                cause = error.os_error
            case aiohttp.ClientPayloadError():
                return lost(address, "its answer is not whole")
            case aiohttp.ServerDisconnectedError():
                return lost(address, "it hung up without an answer")
            case aiohttp.ClientResponseError():
                return not_http(address)
            case _:
                cause = error
        return unreachable(cause, address)
