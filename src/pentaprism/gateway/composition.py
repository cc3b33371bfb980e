"""The parts of a gateway, made from settings and wired together."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from starlette.types import ASGIApp

from pentaprism.gateway.annotations import Annotations
from pentaprism.gateway.application import Application
from pentaprism.gateway.cache import Cache
from pentaprism.gateway.callers import Callers
from pentaprism.gateway.counters import Counters
from pentaprism.gateway.database import GatewayDatabase
from pentaprism.gateway.enrichment import Enrichment
from pentaprism.gateway.events import RECONNECTED, Event, Events
from pentaprism.gateway.finding import Finding
from pentaprism.gateway.forwarding import Forwarding
from pentaprism.gateway.late import Late
from pentaprism.gateway.metrics import Metrics
from pentaprism.gateway.passing import Passing
from pentaprism.gateway.websockets import Websockets
from pentaprism.logs import hide
from pentaprism.settings import Settings
from pentaprism.store import Store


@dataclass(frozen=True, slots=True)
class Gateway:
    """The parts of a gateway that works, for whoever serves it; made by `assembled`."""

    application: Application
    finding: Finding
    database: GatewayDatabase
    cache: Cache | None
    events: Events


@asynccontextmanager
async def assembled(settings: Settings) -> AsyncIterator[Gateway]:
    """Make the parts of a gateway, and let them work while the context lasts.

    Raises `InvalidError` where the settings name an Immich that none can be.
    """
    _hide_secrets(settings)
    async with AsyncExitStack() as stack:
        counters = Counters()
        database = GatewayDatabase(settings)
        stack.push_async_callback(database.close)
        finding = Finding(settings, database.store)
        await database.look()
        await finding.look()
        forwarding = Forwarding(settings.trusted_networks)
        passing = Passing(
            finding.upstream,
            forwarding,
            timeout=settings.gateway_timeout,
            failed=counters.went_wrong,
        )
        await passing.start()
        stack.push_async_callback(passing.close)
        cache = _cache(settings, passing)
        if cache is not None:
            stack.push_async_callback(cache.close)
            finding.when_found(cache.clear)
        callers = Callers(passing)
        annotations = Annotations(database.store)
        events = Events(finding.credential, _hearing(cache, counters))
        token = settings.metrics_token
        application = Application(
            passing=passing,
            websockets=Websockets(finding.upstream, forwarding, timeout=settings.gateway_timeout),
            own=_own_routes(callers, database.store, passing),
            metrics=Metrics(
                counters,
                cache,
                callers.of,
                connected=lambda: events.connected,
                token=token.get_secret_value() if token else None,
            ),
            enrichment=Enrichment(passing, callers, annotations, counters=counters)
            if settings.gateway_enrichment == "on"
            else None,
            cache=cache,
            counters=counters,
        )
        await stack.enter_async_context(
            _at_work(database.run(), finding.run(), annotations.watch(), events.run())
        )
        yield Gateway(application, finding, database, cache, events)


def _hide_secrets(settings: Settings) -> None:
    for secret in (settings.immich_api_key, settings.metrics_token, settings.redis_url):
        if secret is not None:
            hide(secret.get_secret_value())


def _cache(settings: Settings, passing: Passing) -> Cache | None:
    """Return what keeps replies; None where the settings want nothing kept."""
    if not settings.gateway_cache_seconds or not settings.gateway_cache_size:
        return None
    redis = settings.redis_url
    return Cache(
        passing,
        size=settings.gateway_cache_size,
        seconds=settings.gateway_cache_seconds,
        key=_cache_key(settings),
        redis_url=redis.get_secret_value() if redis else None,
    )


def _own_routes(callers: Callers, store: Callable[[], Store | None], passing: Passing) -> ASGIApp:
    def make() -> ASGIApp:
        # FastAPI takes a third of the time that a start takes, and few clients ask for these.
        from pentaprism.gateway.own import own_routes  # noqa: PLC0415

        return own_routes(callers, store, passing)

    return Late(make)


def _cache_key(settings: Settings) -> bytes:
    """Return the key of what is kept: the same for gateways that share a Redis, else a new one.

    It is made of a secret that they share as well, so that what stands in the Redis tells nobody
    who asked for it.
    """
    shared = settings.app_secret_key or settings.redis_url
    if settings.redis_url is None or shared is None:
        return secrets.token_bytes(32)
    return blake2b(shared.get_secret_value().encode(), person=b"gateway cache 1").digest()


def _hearing(cache: Cache | None, counters: Counters) -> Callable[[Event], None]:
    """Return what is done about an event of Immich."""

    def hear(event: Event) -> None:
        counters.events += 1
        if cache is None:
            return
        if event.name == RECONNECTED:
            cache.clear()
        elif event.asset_ids:
            cache.drop(event.asset_ids)

    return hear


@asynccontextmanager
async def _at_work(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let ``work`` go on until the context is left."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
