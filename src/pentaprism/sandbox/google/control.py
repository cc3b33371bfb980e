"""The control endpoints under /sandbox: what tests look at and change from outside."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from aiohttp import web

from pentaprism.sandbox.google.library import Photos
from pentaprism.sandbox.google.state import State


class Control:
    """The handlers."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add_to(self, app: web.Application) -> None:
        """Route the endpoints."""
        add = app.router.add_route
        album = "/sandbox/albums/{album}"
        for method, path, handler in (
            ("GET", "/sandbox/albums", self._albums),
            ("DELETE", album, self._delete_album),
            ("DELETE", f"{album}/items/{{item}}", self._take_out),
            ("GET", "/sandbox/uploads", self._uploads),
            ("DELETE", "/sandbox/items/{item}", self._delete_item),
            ("GET", "/sandbox/items/{item}/bytes", self._bytes),
            ("GET", "/sandbox/faults", self._faults),
            ("POST", "/sandbox/faults", self._add_fault),
            ("DELETE", "/sandbox/faults", self._clear_faults),
            ("GET", "/sandbox/settings", self._settings),
            ("PATCH", "/sandbox/settings", self._change_settings),
            ("GET", "/sandbox/clock", self._clock),
            ("POST", "/sandbox/clock", self._set_clock),
            ("GET", "/sandbox/requests", self._requests),
            ("POST", "/sandbox/revoke", self._revoke),
        ):
            add(method, path, _guarded(handler))

    async def _albums(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._state.listed_albums())

    async def _delete_album(self, request: web.Request) -> web.Response:
        album = request.match_info["album"]
        del self._photos_with_album(album).albums[album]
        return web.json_response({})

    async def _take_out(self, request: web.Request) -> web.Response:
        album = request.match_info["album"]
        items = self._photos_with_album(album).albums[album].items
        items.remove(request.match_info["item"])
        return web.json_response({})

    async def _uploads(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._state.listed_uploads())

    async def _delete_item(self, request: web.Request) -> web.Response:
        item = request.match_info["item"]
        self._photos_with_item(item).delete_item(item)
        return web.json_response({})

    async def _bytes(self, request: web.Request) -> web.Response:
        item = request.match_info["item"]
        return web.Response(body=self._photos_with_item(item).items[item].data)

    async def _faults(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._state.faults.listed())

    async def _add_fault(self, request: web.Request) -> web.Response:
        conditions: dict[str, Any] = await request.json()
        kind = conditions.pop("kind")
        fault = self._state.faults.add(kind, **conditions)
        return web.json_response({"id": fault.id})

    async def _clear_faults(self, request: web.Request) -> web.Response:
        del request
        self._state.faults.clear()
        return web.json_response({})

    async def _settings(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(asdict(self._state.settings))

    async def _change_settings(self, request: web.Request) -> web.Response:
        self._state.settings.change(await request.json())
        return await self._settings(request)

    async def _clock(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"now": self._state.clock.iso()})

    async def _set_clock(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        if "advance" in wanted:
            self._state.clock.advance(float(wanted["advance"]))
        else:
            self._state.clock.set(datetime.fromisoformat(wanted["now"]))
        return await self._clock(request)

    async def _requests(self, request: web.Request) -> web.Response:
        del request
        today = self._state.days[self._state.clock.pacific_day()]
        return web.json_response({"today": today, "routes": dict(self._state.requests)})

    async def _revoke(self, request: web.Request) -> web.Response:
        del request
        self._state.grants.revoke_all()
        return web.json_response({})

    def _photos_with_album(self, album: str) -> Photos:
        return next(a.photos for a in self._state.accounts if album in a.photos.albums)

    def _photos_with_item(self, item: str) -> Photos:
        return next(a.photos for a in self._state.accounts if item in a.photos.items)


def _guarded(
    handler: Callable[[web.Request], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answer 400 to what cannot be understood, and 404 to what is not there."""

    async def guarded(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            said = f"{type(error).__name__}: {error}"
            return web.json_response({"message": said}, status=400)
        except (StopIteration, RuntimeError):
            return web.json_response({"message": "There is no such thing."}, status=404)

    return guarded
