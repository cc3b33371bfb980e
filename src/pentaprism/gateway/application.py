"""The gateway as an ASGI application: it looks at a request's raw path, and says who answers."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pentaprism.gateway.cache import Cache, may_keep
from pentaprism.gateway.counters import CLASSES, Counters
from pentaprism.gateway.cycles import STATUS
from pentaprism.gateway.enrichment import SWITCH, Kind, kind_of
from pentaprism.gateway.exact_protocol import AtHand
from pentaprism.gateway.problems import send_problem

OWN = b"/api/pentaprism/"
"""The beginning of the paths that are ours; Immich has none there."""

METRICS = b"/metrics"

_SWITCHING = 101
_NOWHERE = [0] * CLASSES
_log = logging.getLogger(__name__)


class Enriching(Protocol):
    """What answers requests for assets."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send, kind: Kind) -> None:
        """Answer with Immich's reply, in which more is told."""


@dataclass(frozen=True, slots=True)
class Application:
    """Hands each request to the part that answers it.

    Only what is spelled exactly as a route of ours is special: no path is decoded or normalised
    here, so that whatever else it may mean goes to Immich, which decides. ``enrichment`` and
    ``cache`` are None where they are switched off.
    """

    passing: ASGIApp
    websockets: ASGIApp
    own: ASGIApp
    metrics: ASGIApp
    enrichment: Enriching | None
    cache: ASGIApp | None
    counters: Counters

    @property
    def at_hand(self) -> AtHand | None:
        """What a web server may ask for a reply that it can write at once; see `ExactProtocol`."""
        return self.cache.at_hand if isinstance(self.cache, Cache) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or carry one websocket."""
        if scope["type"] != "http":
            await self._carry(scope, receive, send)
            return
        path: bytes = scope["raw_path"]
        method: str = scope["method"]
        counts = self.counters.passed
        if STATUS not in scope:
            send = _telling(scope, send)
        try:
            if path.startswith(OWN):
                counts = self.counters.own
                await self.own(scope, receive, send)
            elif path == METRICS:
                counts = self.counters.own
                await self.metrics(scope, receive, send)
            elif (kind := kind_of(method, path)) is not None:
                counts = self.counters.enriched
                await self._enrich(scope, receive, send, kind)
            elif self.cache is not None and may_keep(method, path):
                counts = _NOWHERE  # the cache counts its own
                await self._look_up(self.cache, scope, receive, send)
            else:
                await self.passing(scope, receive, send)
        # A mistake of ours is no reason to leave a client waiting.
        except Exception as error:
            if scope[STATUS]:
                raise  # the web server closes the connection, so the reply does not look complete
            await _apologise(error, send)
        finally:
            counts[scope[STATUS] // 100] += 1

    async def _carry(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            return
        counters, send = self.counters, _telling(scope, send)
        counters.websockets_open += 1
        try:
            await self.websockets(scope, receive, send)
        finally:
            counters.websockets_open -= 1
            counters.websockets[min(scope[STATUS] // 100, CLASSES - 1)] += 1

    async def _enrich(self, scope: Scope, receive: Receive, send: Send, kind: Kind) -> None:
        asked, wanted = _read_switch(scope)
        if not wanted or self.enrichment is None:
            await self.passing(asked, receive, send)
            return
        try:
            await self.enrichment(asked, receive, send, kind)
        except Exception:
            # What a client has sent with a POST has been read, and cannot be passed on again.
            if scope[STATUS] or scope["method"] == "POST":
                raise
            _log.exception("A reply could not be enriched, and is asked for as it is.")
            await self.passing(asked, receive, send)

    async def _look_up(self, cache: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await cache(scope, receive, send)
        except Exception:
            if scope[STATUS]:
                raise
            _log.exception("The cache failed, and the reply is asked for without it.")
            await self.passing(scope, receive, send)


def _telling(scope: Scope, send: Send) -> Send:
    """Return what sends a reply on and puts its status into the scope, as our web server does.

    The first message of a reply has its status; that of a websocket, which has none, accepts it.
    No coroutine of its own: what is awaited is that of the web server.
    """
    scope[STATUS] = 0

    def tell(message: Message) -> Awaitable[None]:
        if not scope[STATUS]:
            scope[STATUS] = message.get("status") or _SWITCHING
        return send(message)

    return tell


def _read_switch(scope: Scope) -> tuple[Scope, bool]:
    """Return the request without the header that is for us, and whether more is to be told."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    said = [value for name, value in headers if name == SWITCH]
    if not said:
        return scope, True
    others = [pair for pair in headers if pair[0] != SWITCH]
    return {**scope, "headers": others}, not any(v.strip().lower() == b"off" for v in said)


async def _apologise(error: Exception, send: Send) -> None:
    """Answer with a problem whose reference is in the log, beside ``error``."""
    reference = secrets.token_hex(4)
    _log.error("A request failed in the gateway. Reference %s.", reference, exc_info=error)
    await send_problem(
        send,
        500,
        "unexpected",
        "Something went wrong in the gateway that should not have.",
        f"The log has the details. The reference is {reference}.",
    )
