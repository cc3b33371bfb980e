"""A cache before an Immich that knows who may see what, without a network between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Message, Receive, Scope, Send

from pentaprism.gateway.cache import Cache

ASSET = "0f8b1b1e-5a9c-4f0e-9d35-2a4a3a0c1d01"
OTHER = "0f8b1b1e-5a9c-4f0e-9d35-2a4a3a0c1d02"
PATH = f"/api/assets/{ASSET}/thumbnail".encode()
KEPT = b"private, max-age=86400, no-transform"

type Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Got:
    """What a client got; ``whole`` is False where the reply was broken off."""

    status: int
    headers: Headers
    body: bytes
    whole: bool = True

    def header(self, name: bytes) -> bytes | None:
        return next((value for known, value in self.headers if known.lower() == name), None)


class Gate:
    """Holds replies back until it is opened, and tells how many have come to it."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._come = asyncio.Semaphore(0)

    async def pass_through(self) -> None:
        self._come.release()
        await self._open.wait()

    async def reached(self, count: int = 1) -> None:
        for _ in range(count):
            await self._come.acquire()

    def open(self) -> None:
        self._open.set()


@dataclass
class Pictures:
    """An Immich with one picture for everybody at every address: who asks, and the address.

    ``users`` are the credentials it knows, each with the name of its user; whoever is taken out is
    refused. ``asked`` are the statuses of its replies in their order. ``gate`` holds each reply
    back between its head and its body; ``breaks`` lets it end there; ``away`` is as it is when
    there is none.
    """

    users: dict[bytes, bytes] = field(default_factory=dict)
    control: bytes = KEPT
    extra: Headers = field(default_factory=list)
    version: int = 1
    gate: Gate | None = None
    breaks: bool = False
    away: bool = False
    asked: list[int] = field(default_factory=list)
    spaces: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        status, headers, body = self._reply(scope)
        self.asked.append(status)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        half = len(body) // 2
        if body[:half]:
            await send({"type": "http.response.body", "body": body[:half], "more_body": True})
        if self.gate is not None:
            await self.gate.pass_through()
        if not self.breaks:
            await send({"type": "http.response.body", "body": body[half:], "more_body": False})

    def _reply(self, scope: Scope) -> tuple[int, Headers, bytes]:
        if self.away:
            return 502, [(b"content-type", b"application/problem+json")], b"{}"
        user = self.user(scope)
        if user is None:
            return 401, [(b"content-type", b"application/json")], b'{"message":"Invalid"}'
        address = scope["raw_path"] + b"?" + scope["query_string"]
        body = b"%b sees %b in version %d" % (user, address, self.version) + b" " * self.spaces
        # As Immich's: made of size and time, so that users' pictures may well have the same.
        etag = b'W/"%d"' % self.version
        headers = [
            (b"X-Correlation-ID", b"c%d" % len(self.asked)),
            (b"Cache-Control", self.control),
            (b"ETag", etag),
            *self.extra,
        ]
        if (b"if-none-match", etag) in scope["headers"]:
            return 304, headers, b""
        own = [(b"Content-Type", b"image/webp"), (b"Content-Length", b"%d" % len(body))]
        return 200, [*headers, *own], b"" if scope["method"] == "HEAD" else body

    def user(self, scope: Scope) -> bytes | None:
        """Return who it is; of several carriers the first in Immich's order counts."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        query = {k: v.encode() for k, v in parse_qsl(scope["query_string"].decode())}
        cookies = dict(
            part.strip().split(b"=", 1)
            for part in headers.get(b"cookie", b"").split(b";")
            if b"=" in part
        )
        bearer = headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        carried = (
            headers.get(b"x-immich-share-key"),
            query.get("key"),
            headers.get(b"x-immich-user-token"),
            headers.get(b"x-immich-session-token"),
            query.get("sessionKey"),
            bearer,
            cookies.get(b"immich_access_token"),
            headers.get(b"x-api-key"),
            query.get("apiKey"),
        )
        return next((self.users.get(one) for one in carried if one), None)


class Clock:
    """A time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class World:
    """A cache, the Immich behind it, and the time."""

    immich: Pictures
    cache: Cache
    clock: Clock

    async def get(
        self,
        headers: Sequence[tuple[bytes, bytes]] = (),
        path: bytes = PATH,
        query: bytes = b"",
        method: str = "GET",
    ) -> Got:
        return await ask(self.cache, headers, path, query, method)


def world(
    *,
    size: int = 10_000_000,
    seconds: float = 10.0,
    redis_url: str | None = None,
    key: bytes = b"k" * 32,
) -> World:
    immich, clock = Pictures({b"anna-key": b"anna", b"ben-key": b"ben"}), Clock()
    cache = Cache(immich, size=size, seconds=seconds, key=key, redis_url=redis_url, clock=clock)
    return World(immich, cache, clock)


ANNA: Headers = [(b"x-api-key", b"anna-key")]
BEN: Headers = [(b"x-api-key", b"ben-key")]


async def ask(
    app: Any,
    headers: Sequence[tuple[bytes, bytes]] = (),
    path: bytes = PATH,
    query: bytes = b"",
    method: str = "GET",
) -> Got:
    """Ask an ASGI application as a web server would."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        await asyncio.sleep(0)
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "headers": list(headers),
        "client": ("127.0.0.1", 1),
        "scheme": "http",
    }
    await app(scope, receive, send)
    start, *rest = sent
    assert start["type"] == "http.response.start"
    assert all(one["type"] == "http.response.body" for one in rest)
    assert all(one.get("more_body") for one in rest[:-1])
    body = b"".join(one.get("body", b"") for one in rest)
    whole = bool(rest) and not rest[-1].get("more_body", False)
    return Got(start["status"], list(start["headers"]), body, whole)
