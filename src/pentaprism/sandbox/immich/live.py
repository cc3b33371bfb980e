"""Immich's events over socket.io, at /api/socket.io and by websocket only.

Every one may connect. A caller with a session, or with a key that has all permissions, is greeted
with ``on_server_version``; another hears ``error`` and is disconnected, with the websocket left
open, as the real one does. Credentials in the query are not looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import socketio
from aiohttp import web

from pentaprism.sandbox.immich.access import identify, require, session_id, session_token
from pentaprism.sandbox.immich.carried import ready, shown
from pentaprism.sandbox.immich.entities import Asset
from pentaprism.sandbox.immich.errors import ApiError
from pentaprism.sandbox.immich.library import Library
from pentaprism.sandbox.immich.replies import Json, Replies

PATH = "/api/socket.io/"
_SHAPES: dict[str, Callable[[Replies, Asset], Json]] = {
    "on_upload_success": shown,
    "on_asset_update": shown,
    "AssetUploadReadyV2": ready,
}
"""The events that carry an asset; the library names its id."""


class Live:
    """Serves the events of one library while its application runs."""

    def __init__(self, library: Library, replies: Replies) -> None:
        self._library = library
        self._replies = replies
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rooms = set[str]()  # of those who were ever here: nobody else is told anything
        self._sent = set[asyncio.Task[None]]()
        self._server = socketio.AsyncServer(
            async_mode="aiohttp",
            transports=["websocket"],
            always_connect=True,
            cors_allowed_origins="*",
            ping_interval=25,
            ping_timeout=20,
        )
        self._server.on("connect", self._greet)

    def attach(self, app: web.Application) -> None:
        """Serve the events with ``app``, from its start to its end."""
        app.router.add_get(PATH, self._serve)
        app.cleanup_ctx.append(self._live)

    async def _live(self, _: web.Application) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        stop = self._library.listen(self._take)
        yield
        stop()
        await self._server.shutdown()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Open a websocket, or refuse in the words of the real one's library."""
        if request.query.get("transport") != "websocket":
            return _refused(0, "Transport unknown")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return _refused(3, "Bad request")
        response: web.StreamResponse = await self._server.handle_request(request)
        return response

    async def _greet(self, sid: str, environ: dict[str, Any]) -> None:
        request: web.Request = environ["aiohttp.request"]
        try:
            user, key = identify(self._library, request.headers, {}, request.cookies)
            require(key, "all")
        except ApiError:
            await self._server.emit("error", "unauthorized", to=sid)
            await self._server.disconnect(sid)
            return
        token = None if key else session_token(request.headers, {}, request.cookies)
        for room in [user.id] + ([session_id(token)] if token else []):
            await self._server.enter_room(sid, room)
            self._rooms.add(room)
        version = self._replies.version
        said = {"major": version.major, "minor": version.minor, "patch": version.patch}
        # Immich tells all of the user's connections.
        await self._server.emit("on_server_version", said | {"prerelease": None}, to=user.id)

    def _take(self, event: str, room: str, data: tuple[Any, ...]) -> None:
        if room not in self._rooms:
            return
        if shape := _SHAPES.get(event):
            data = (shape(self._replies, self._library.assets[data[0]]),)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._send, event, room, data)

    def _send(self, event: str, room: str, data: tuple[Any, ...]) -> None:
        task = asyncio.ensure_future(self._server.emit(event, data, to=room))
        self._sent.add(task)
        task.add_done_callback(self._sent.discard)


def _refused(code: int, message: str) -> web.Response:
    body = orjson.dumps({"code": code, "message": message})
    headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}
    return web.Response(status=400, body=body, headers=headers)
