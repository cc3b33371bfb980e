"""The edge between HTTP and the handlers of the Library API: faults, limits, tokens, scopes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from pentaprism.sandbox.google import albums, items
from pentaprism.sandbox.google.call import Call, Dropped, Route
from pentaprism.sandbox.google.errors import LIMITS, ApiError, quota_message, unauthenticated
from pentaprism.sandbox.google.faults import Fault
from pentaprism.sandbox.google.people import Grant
from pentaprism.sandbox.google.state import State
from pentaprism.sandbox.google.uploads import Uploads
from pentaprism.sandbox.hosting import Bandwidth

_PHOTOS = "https://www.googleapis.com/auth/photoslibrary."
_APPEND = frozenset({f"{_PHOTOS}appendonly"})
_READ = frozenset({f"{_PHOTOS}readonly.appcreateddata"})
_EDIT = frozenset({f"{_PHOTOS}edit.appcreateddata"})
_MINUTE = 60
_NOT_ENABLED = (
    "Photos Library API has not been used in project 123456789012 before or it is disabled. Enable "
    "it by visiting https://console.developers.google.com/apis/api/photoslibrary.googleapis.com/"
    "overview?project=123456789012 then retry. If you enabled this API recently, wait a few "
    "minutes for the action to propagate to our systems and retry."
)
_PAGE = "<!DOCTYPE html><html><head><title>Error</title></head><body>Sign in</body></html>"

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(state: State, bandwidth: Bandwidth) -> tuple[Route, ...]:
    """Return the calls of the Library API."""
    uploads = Uploads(state, bandwidth)
    album, item = "/v1/albums/{id:[^:/]+}", "/v1/mediaItems/{id:[^:/]+}"
    return (
        Route("uploads", "POST", "/v1/uploads", _APPEND, uploads.upload),
        Route("albums.create", "POST", "/v1/albums", _APPEND, albums.create, write=True),
        Route("albums.list", "GET", "/v1/albums", _READ, albums.list_albums),
        Route("albums.get", "GET", album, _READ, albums.get),
        Route("albums.patch", "PATCH", album, _EDIT, albums.patch, write=True),
        Route(
            "addEnrichment", "POST", f"{album}:addEnrichment", _APPEND, albums.add_enrichment,
            write=True,
        ),
        Route(
            "batchAddMediaItems", "POST", f"{album}:batchAddMediaItems", _APPEND,
            albums.batch_add, write=True,
        ),
        Route(
            "batchRemoveMediaItems", "POST", f"{album}:batchRemoveMediaItems", _EDIT,
            albums.batch_remove, write=True,
        ),
        Route(
            "batchCreate", "POST", "/v1/mediaItems:batchCreate", _APPEND, items.batch_create,
            write=True,
        ),
        Route("batchGet", "GET", "/v1/mediaItems:batchGet", _READ, items.batch_get),
        Route("search", "POST", "/v1/mediaItems:search", _READ, items.search),
        Route("mediaItems.list", "GET", "/v1/mediaItems", _READ, items.list_items),
        Route("mediaItems.get", "GET", item, _READ, items.get),
        Route("mediaItems.patch", "PATCH", item, _EDIT, items.patch, write=True),
    )  # fmt: skip


class Edge:
    """Serves routes; each request passes what Google would check, in its order."""

    def __init__(self, state: State) -> None:
        self._state = state

    def serve(self, route: Route) -> Handler:
        """Return the handler of ``route``."""

        async def serve(request: web.Request) -> web.StreamResponse:
            self._state.requests[route.name] += 1
            faults = self._state.faults.striking(route.name)
            if "drop_before" in faults:
                return _break(request)
            try:
                response = await self._answer(request, route, faults)
            except ApiError as error:
                response = web.json_response(error.body(), status=error.status)
            except Dropped:
                return _break(request)
            if "drop_reply" in faults:
                return _break(request)
            return response

        return serve

    async def _answer(
        self, request: web.Request, route: Route, faults: dict[str, Fault]
    ) -> web.Response:
        slow = faults.get("slow")
        wait = self._state.latency + (slow.seconds if slow else 0.0)
        faulty = _faulty(faults)
        if faulty is not None:
            await asyncio.sleep(wait)
            return faulty
        self._count()
        grant = self._authenticate(request, route, faults)
        photos = grant.account.photos
        call = Call(self._state, photos, request, faults)
        if not route.write:
            if route.name != "uploads":
                await asyncio.sleep(wait)
                return await route.handler(call)
            response = await route.handler(call)
            await asyncio.sleep(wait)
            return response
        if photos.writing:
            raise ApiError(429, LIMITS["concurrent"])
        self._count_write(photos.writes)
        photos.writing = True
        try:
            await request.read()
            await asyncio.sleep(wait)
            return await route.handler(call)
        finally:
            photos.writing = False

    def _count(self) -> None:
        day = self._state.clock.pacific_day()
        if self._state.days[day] >= self._state.settings.daily_requests:
            raise ApiError(429, LIMITS["daily"])
        self._state.days[day] += 1

    def _count_write(self, writes: list[float]) -> None:
        most = self._state.settings.writes_per_minute
        if most is None:
            return
        now = self._state.clock.now()
        writes[:] = [at for at in writes if now - at < _MINUTE]
        if len(writes) >= most:
            raise ApiError(429, quota_message("WritesPerMinutePerUser"))
        writes.append(now)

    def _authenticate(self, request: web.Request, route: Route, faults: dict[str, Fault]) -> Grant:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise unauthenticated()
        if "revoked" in faults:
            self._state.grants.revoke(token)
        if "unauthorized" in faults:
            self._state.grants.kill_access_token(token)
        grant = self._state.grants.by_access_token(token)
        if not self._state.settings.api_enabled:
            raise ApiError(403, _NOT_ENABLED)
        if not grant.scopes & route.scopes:
            raise ApiError(403, "Request had insufficient authentication scopes.")
        return grant


def _faulty(faults: dict[str, Fault]) -> web.Response | None:
    """Return the reply that a fault puts in the handler's place."""
    if "html" in faults:
        return web.Response(text=_PAGE, content_type="text/html")
    limit = faults.get("rate_limit")
    if limit is not None:
        error = ApiError(429, LIMITS[limit.limit])
        return web.json_response(error.body(), status=429, headers=_retry_after(limit))
    status = faults.get("status")
    if status is None:
        return None
    if status.html:
        return web.Response(text=_PAGE, content_type="text/html", status=status.status)
    error = ApiError(status.status, "The service is currently unavailable.")
    return web.json_response(error.body(), status=status.status, headers=_retry_after(status))


def _retry_after(fault: Fault) -> dict[str, str]:
    return {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}


def _break(request: web.Request) -> web.Response:
    if isinstance(request.transport, asyncio.WriteTransport):
        request.transport.abort()
    return web.Response()
