"""The edge between HTTP and the handlers: reads a request, lets a handler answer, sends it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from pentaprism.sandbox.hosting import Bandwidth
from pentaprism.sandbox.immich.access import identify, require, session_token
from pentaprism.sandbox.immich.body import Body
from pentaprism.sandbox.immich.call import Call, Route, Upload
from pentaprism.sandbox.immich.delivery import deliver, web_page
from pentaprism.sandbox.immich.errors import ApiError
from pentaprism.sandbox.immich.faults import Fault, Faults
from pentaprism.sandbox.immich.library import Library
from pentaprism.sandbox.immich.listing import Listing
from pentaprism.sandbox.immich.live import PATH as LIVE
from pentaprism.sandbox.immich.replies import Replies
from pentaprism.sandbox.immich.reply import Reply, json
from pentaprism.sandbox.immich.sidecars import Sidecars
from pentaprism.sandbox.immich.traffic import Traffic

_log = logging.getLogger(__name__)

KEEP_ALIVE = 5
"""Seconds for which Immich keeps an idle connection."""

_MAX_BODY = 1 << 30


class Edge:
    """Makes the aiohttp application; ``latency`` is seconds before each reply of the API."""

    def __init__(
        self,
        library: Library,
        replies: Replies,
        faults: Faults,
        traffic: Traffic,
        sidecars: Sidecars,
        *,
        latency: float,
        bandwidth: int | None,
    ) -> None:
        self.library = library
        self.listing = Listing(library)
        self.replies = replies
        self.faults = faults
        self.traffic = traffic
        self.sidecars = sidecars
        self.latency = latency
        self.pace = Bandwidth(bandwidth)

    def application(self, routes: tuple[Route, ...], control: tuple[Route, ...]) -> web.Application:
        """Return an application with the API under /api and the control routes beside it."""
        app = web.Application(client_max_size=_MAX_BODY, middlewares=[self._answer_unrouted])
        for route in routes:
            serve = self._serve(route)
            for path in (f"/api{route.path}", f"/api{route.path}/"):
                app.router.add_route(route.method, path, serve)
                if route.method == "GET":
                    app.router.add_route("HEAD", path, serve)
        app.router.add_get("/.well-known/immich", self._tell_endpoint)
        for route in control:
            app.router.add_route(route.method, f"/sandbox{route.path}", self._serve_control(route))
        app.on_response_prepare.append(_set_common_headers)
        return app

    def _serve(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            count = self.traffic.of(route.name)
            count.requests += 1
            call = self._call(request)
            try:
                await _read_body(request, call)
                call.faults = self.faults.striking(
                    route.name, call.params.get(route.asset or ""), _page(call.body.raw)
                )
                await self._wait(call.faults)
                reply = self._faulty(request, route, call.faults)
                if reply is None:
                    self._authenticate(request, route, call)
                    reply = route.handler(call)
            except ApiError as error:
                reply = self._error(error)
            except (AttributeError, KeyError, TypeError, ValueError):
                _log.exception(
                    "The sandbox cannot read what %s %s says", request.method, request.path
                )
                reply = self._error(ApiError(500, "Internal server error"))
            return await deliver(request, reply, call.faults, self.pace, count)

        return serve

    def _serve_control(
        self, route: Route
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            call = self._call(request)
            try:
                await _read_body(request, call)
                reply = route.handler(call)
            except ApiError as error:
                reply = self._error(error)
            except (KeyError, TypeError, ValueError) as error:
                reply = json({"message": f"{type(error).__name__}: {error}"}, 400)
            return await deliver(request, reply, {}, Bandwidth(None), self.traffic.of("control"))

        return serve

    def _call(self, request: web.Request) -> Call:
        return Call(
            self.library,
            self.listing,
            self.replies,
            self.faults,
            self.traffic,
            self.sidecars,
            request.method,
            request.match_info,
            request.query,
            request.headers,
        )

    def _authenticate(self, request: web.Request, route: Route, call: Call) -> None:
        if route.permission is None:
            return
        call.user_or_none, call.key = identify(
            self.library, request.headers, request.query, request.cookies
        )
        if call.key is None:
            call.token = session_token(request.headers, request.query, request.cookies)
        require(call.key, route.permission)

    async def _wait(self, faults: dict[str, Fault]) -> None:
        slow = faults.get("slow")
        seconds = self.latency + (slow.seconds if slow else 0.0)
        if seconds:
            await asyncio.sleep(seconds)

    def _error(self, error: ApiError) -> Reply:
        body: dict[str, Any] = {"message": error.message}
        if error.errors:
            body["errors"] = error.errors
        if self.replies.version.is_old:
            body |= {"error": HTTPStatus(error.status).phrase, "statusCode": error.status}
        return json(body, error.status)

    def _faulty(self, request: web.Request, route: Route, faults: dict[str, Fault]) -> Reply | None:
        """Return the reply that a fault puts in the handler's place."""
        if "maintenance" in faults and route.name not in ("ping", "version"):
            is_config = route.name == "config"
            return json({"maintenanceMode": True}) if is_config else self._unrouted(request)
        if fault := faults.get("status"):
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            return json({"message": HTTPStatus(fault.status).phrase}, fault.status, headers)
        return web_page() if "html" in faults else None

    async def _tell_endpoint(self, request: web.Request) -> web.StreamResponse:
        reply = json({"api": {"endpoint": "/api"}})
        return await deliver(request, reply, {}, self.pace, self.traffic.of("endpoint"))

    @web.middleware
    async def _answer_unrouted(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Answer what no route takes: a web page outside /api, Immich's 404 within."""
        try:
            return await handler(request)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            reply = self._unrouted(request)
        return await deliver(request, reply, {}, self.pace, self.traffic.of("unknown"))

    def _unrouted(self, request: web.Request) -> Reply:
        path = request.raw_path
        within = path == "/api" or path.startswith(("/api/", "/sandbox/"))
        if request.method not in ("GET", "HEAD") or within:
            return self._error(ApiError(404, f"Cannot {request.method} {path}"))
        if request.headers.get("Accept") == "application/json":
            said = f"The route {path} was requested as application/json, but only returns text/html"
            return self._error(ApiError(406, said))
        return web_page()


async def _read_body(request: web.Request, call: Call) -> None:
    if request.content_type == "multipart/form-data":
        call.upload = await _read_form(request)
    elif request.can_read_body:
        data = await request.read()
        if request.content_type == "application/json" and data:
            try:
                call.body = Body(orjson.loads(data))
            except orjson.JSONDecodeError as error:
                raise ApiError(400, str(error)) from error


async def _read_form(request: web.Request) -> Upload:
    fields: dict[str, str] = {}
    found: tuple[str, bytes] | None = None
    form = await request.post()
    for name, value in form.items():
        if isinstance(value, web.FileField):
            if name == "assetData":
                found = value.filename, value.file.read()
        elif isinstance(value, str):
            fields[name] = value
    if found is None:
        raise ApiError(400, "File is required")
    return Upload(found[0], found[1], fields)


def _page(body: Any) -> int | None:
    """Return the page that a search asks for, for faults on single pages."""
    if not isinstance(body, dict):
        return None
    page = body.get("page", 1)
    return page if isinstance(page, int) else None


async def _set_common_headers(request: web.Request, response: web.StreamResponse) -> None:
    headers = response.headers
    if request.path == LIVE:  # Immich's socket.io answers by itself, without Express
        headers.popall("Server", None)
        return
    headers.popall("Server", None)
    headers["X-Powered-By"] = "Express"
    headers["X-Correlation-Id"] = secrets.token_hex(4)
    if request.keep_alive:
        headers["Connection"] = "keep-alive"
        headers["Keep-Alive"] = f"timeout={KEEP_ALIVE}"
