"""Asking Immich for a websocket, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field

import aiohttp
from multidict import CIMultiDict
from starlette.types import Scope
from yarl import URL

from pentaprism.gateway.forwarding import Forwarding
from pentaprism.gateway.headers import passing_headers, request_target
from pentaprism.gateway.problems import bad_request, broke_off
from pentaprism.gateway.upstream import Upstream

_MOST = 1 << 20
_SWITCHED = 101
_STATUSES = range(200, 600)
_HANDSHAKE = b"sec-websocket-"


class RefusedError(Exception):
    """Immich has not become a websocket; its ``answer`` says why."""

    def __init__(self, answer: HandshakeAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class HandshakeAnswer:
    """Status, headers as they came, and the body of a refusal, up to 1 MB of it."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = field(default=b"", repr=False)


class Handshake:
    """An aiohttp middleware that keeps Immich's ``answer``, and raises a refusal with its body.

    aiohttp itself follows redirects, with all that a caller showed, and drops bodies.
    """

    def __init__(self) -> None:
        self.answer: HandshakeAnswer | None = None

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Return the answer of a websocket; raises `RefusedError` for any other."""
        response = await handler(request)
        headers = tuple(response.raw_headers)
        if response.status == _SWITCHED:
            self.answer = HandshakeAnswer(response.status, headers)
            return response
        body = await _read(response)
        response.close()
        if response.status not in _STATUSES:
            raise broke_off("Immich answered with something that is no reply.")
        raise RefusedError(HandshakeAnswer(response.status, headers, body))


async def refuse_redirects(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Return the answer of a websocket, raise for any other: a key is shown to one server only."""
    response = await handler(request)
    if response.status != _SWITCHED:
        response.close()
        raise aiohttp.WSServerHandshakeError(
            response.request_info, (), status=response.status, message="not a websocket"
        )
    return response


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the body of a refusal; raise `UpstreamError` rather than cut it short."""
    pieces: list[bytes] = []
    left = _MOST
    while left >= 0 and (piece := await response.content.read(left + 1)):
        pieces.append(piece)
        left -= len(piece)
    if left < 0:
        response.close()
        raise broke_off("Immich answered with something that is no websocket, and is too long.")
    return b"".join(pieces)


def handshake_request(
    scope: Scope, upstream: Upstream, forwarding: Forwarding
) -> tuple[URL, CIMultiDict[str]]:
    """Return address and headers with which to ask ``upstream`` for the client's websocket.

    The headers of the handshake itself are each side's own. Raises `UpstreamError` with code
    ``bad_request`` for what cannot be sent exactly as it came.
    """
    target = request_target(scope, upstream)
    origin = upstream.url.removesuffix(upstream.base.decode())
    headers = CIMultiDict({"Host": upstream.host.decode()})
    try:
        url = URL(origin + target.decode(), encoded=True)
        for name, value in passing_headers(scope, forwarding):
            if not name.startswith(_HANDSHAKE):
                headers.add(name.decode(), value.decode())
    except UnicodeDecodeError as error:
        raise bad_request("The headers of the request are not UTF-8.") from error
    if url.raw_path_qs.encode() != target or url.raw_fragment:
        raise bad_request("The address of the request cannot be passed on as it is.")
    return url, headers
