"""Enrichment before a sandbox Immich, asked without a web server, for tests that look closely."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import Message, Scope
from told_library import GatewayLibrary, gateway_library

from pentaprism.gateway.annotations import Annotations
from pentaprism.gateway.callers import Callers
from pentaprism.gateway.counters import Counters
from pentaprism.gateway.enrichment import Enrichment, kind_of
from pentaprism.gateway.forwarding import Forwarding
from pentaprism.gateway.passing import Passing
from pentaprism.gateway.upstream import Upstream
from pentaprism.sandbox.immich import Sandbox
from pentaprism.store import Store

type Headers = Sequence[tuple[bytes, bytes]]

NOTHING: dict[str, Any] = {"group": None, "duplicates": [], "mirrors": []}


def request(
    method: str, path: str, headers: Headers = (), *, query: bytes = b"", body: bytes = b""
) -> Scope:
    """Return the scope of a request, as uvicorn makes it."""
    sent = [(b"host", b"photos.test"), *headers]
    if body:
        sent += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "path": path,
        "query_string": query,
        "headers": sent,
        "scheme": "http",
        "client": ("127.0.0.1", 50_000),
    }


@dataclass
class Shown:
    """A reply, whole."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: bytes) -> bytes | None:
        """Return the value of a header that is there once, None if it is not there."""
        found = [value for known, value in self.headers if known == name]
        assert len(found) <= 1
        return found[0] if found else None

    def json(self) -> Any:
        """Return what the body says."""
        return json.loads(self.body)


async def ask(app: Any, scope: Scope, *more: Any, body: bytes = b"") -> Shown:
    """Send a request to an ASGI application, and return the reply; ``more`` goes on to it."""
    shown = Shown()
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            shown.status = message["status"]
            shown.headers = list(message["headers"])
        else:
            shown.body += message.get("body", b"")

    await app(scope, receive, send, *more)
    return shown


@dataclass
class EnrichedWorld:
    """Enrichment of the replies of ``url``; ``store`` may be taken away by setting it to None."""

    url: str
    passing: Passing
    callers: Callers
    annotations: Annotations
    library: GatewayLibrary
    store: Store | None
    counters: Counters
    enrichment: Enrichment

    async def ask(
        self, method: str, path: str, headers: Headers = (), *, query: bytes = b"", body: Any = None
    ) -> Shown:
        """Ask for what is enriched."""
        kind = kind_of(method, path.encode())
        assert kind is not None
        sent = b"" if body is None else json.dumps(body).encode()
        scope = request(method, path, headers, query=query, body=sent)
        return await ask(self.enrichment, scope, kind, body=sent)

    async def plain(
        self, method: str, path: str, headers: Headers = (), *, query: bytes = b"", body: Any = None
    ) -> Shown:
        """Ask for the same, with nothing added to it."""
        sent = b"" if body is None else json.dumps(body).encode()
        scope = request(method, path, headers, query=query, body=sent)
        return await ask(self.passing, scope, body=sent)


@asynccontextmanager
async def passing_to(url: str) -> AsyncIterator[Passing]:
    """Lend what passes requests on to the server at ``url``."""
    upstream = Upstream.parse(url, None)
    passing = Passing(lambda: upstream, Forwarding(()), timeout=5.0)
    await passing.start()
    try:
        yield passing
    finally:
        await passing.close()


@asynccontextmanager
async def enriched(url: str, home: Path, *, seconds: float = 60.0) -> AsyncIterator[EnrichedWorld]:
    """Lend an enrichment of the server at ``url``, with an empty store in the folder ``home``.

    Nobody watches the store: a test calls `Annotations.look` itself.
    """
    async with gateway_library(home) as library, passing_to(url) as passing:
        annotations = Annotations(lambda: world.store)
        callers = Callers(passing, seconds=seconds)
        counters = Counters()
        enrichment = Enrichment(passing, callers, annotations, counters=counters)
        world = EnrichedWorld(
            url, passing, callers, annotations, library, library.store, counters, enrichment
        )
        yield world


@asynccontextmanager
async def enriched_sandbox(
    home: Path, *, assets: int = 12
) -> AsyncIterator[tuple[EnrichedWorld, Sandbox]]:
    """Lend an enrichment of a sandbox Immich, and the sandbox."""
    async with (
        Sandbox(assets=assets, hostile=False) as sandbox,
        enriched(sandbox.url, home) as world,
    ):
        yield world, sandbox
