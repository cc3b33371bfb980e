"""HTTP/1.1 as uvicorn reads it, without what it loses, what it lets in, and what it costs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httptools
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pentaprism.gateway.cycles import FINISHED, Cycle
from pentaprism.gateway.headers import BARE_QUERY
from pentaprism.gateway.repeats import REPEATED, Repeated

type AtHand = Callable[[Scope], tuple[bytes, bytes] | None]
"""Returns the head and the body of a reply to a GET, None where the application is to be asked."""

_log = logging.getLogger(__name__)


class ExactProtocol(HttpToolsProtocol):
    """Tells of a question mark with nothing behind it, and takes no trailer for a header.

    uvicorn adds the fields behind a body in chunks to the headers: what a proxy in front has
    checked, or set, could come a second time there. It also makes a timer for each request, where
    one for each connection that is looked at when it runs out does as well.

    An application with an ``at_hand`` is asked there first (see `AtHand`): what it has ready is
    written at once, without the task and all else that a reply costs that has to be waited for.
    """

    scope: Any
    cycle: Any
    _idle_since: float | None = None
    _before: Repeated | None = None
    _begun = 0
    _whole = False
    _within = False
    _stays = False

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._at_hand: AtHand | None = getattr(self.app, "at_hand", None)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count as idle from here on."""
        super().connection_made(transport)
        self._idle_since = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def data_received(self, data: bytes) -> None:
        """Read on; what repeats the request before, with another address, is not parsed anew."""
        before = self._before
        if before is not None:
            target = before.target(data)
            if target is not None:
                self._repeat(before, target)
                return
            self._before = None
        self._begun = 0
        within = self._within
        super().data_received(data)
        # What begins with the end of a body is never known again: it could look like a request.
        if self._begun == 1 and self._whole and not within:
            self._before = Repeated.of(data, self.scope["headers"])

    def on_message_begin(self) -> None:
        """Begin to read a request."""
        self._begun += 1
        self._whole, self._within = False, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        parser, scope = self.parser, self.scope
        method = parser.get_method().decode("ascii")
        version = parser.get_http_version()
        scope["method"] = method
        if version != "1.1":
            scope["http_version"] = version
        upgrading = parser.should_upgrade()
        if upgrading and self._should_upgrade():
            if self.url.endswith(b"?"):
                scope[BARE_QUERY] = True
            return
        url = httptools.parse_url(self.url)
        self._tell_address(url.path, url.query or b"")
        if not upgrading:
            self.headers = []  # what comes after the body is none of them
        self._stays = version != "1.0" and parser.should_keep_alive()
        self._answer(whole=False)

    def on_message_complete(self) -> None:
        """Tell that all of a request has come."""
        super().on_message_complete()
        self._whole, self._within = self._stays, False

    def on_response_complete(self) -> None:
        """Go on with the next request, or be idle."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_again(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it has been idle for long enough."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._look_again(left)
        else:
            super().timeout_keep_alive_handler()

    def _repeat(self, before: Repeated, target: bytes) -> None:
        """Answer a request for ``target`` with the headers of the one before."""
        self._idle_since = None
        self.scope = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "headers": before.headers,
            "state": self.app_state.copy(),
            "method": "GET",
            REPEATED: before,
        }
        self.url = target
        path, _, query = target.partition(b"?")
        self._tell_address(path, query)
        self.expect_100_continue = False
        self._stays = True
        self._answer(whole=True)

    def _tell_address(self, path: bytes, query: bytes) -> None:
        """Tell of the address as it came, and of the path as others want it."""
        scope = self.scope
        decoded = path.decode("ascii")
        scope["path"] = unquote(decoded) if "%" in decoded else decoded
        scope["raw_path"] = path
        scope["query_string"] = query
        if not query and self.url.endswith(b"?"):
            scope[BARE_QUERY] = True

    def _answer(self, *, whole: bool) -> None:
        """Let a request be answered, in turn; ``whole``: it has no body that would still come."""
        before = self.cycle
        free = before is None or before.response_complete
        if free and self._stays and self._at_hand is not None and self._answer_at_hand():
            return
        self._idle_since = None
        cycle = self.cycle = Cycle(self, keep_alive=self._stays, whole=whole)
        if free:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _answer_at_hand(self) -> bool:
        """Answer with what the application has ready; return whether it has.

        Nothing is under way on this connection, so replies stay in order. A client that takes them
        slowly has to wait as all others do.
        """
        scope = self.scope
        if scope["method"] != "GET" or self.flow.write_paused or self.transport.is_closing():
            return False
        try:
            ready = self._at_hand(scope) if self._at_hand else None
        # A mistake of ours is no reason for not answering; the long way tells of it.
        except Exception:  # noqa: BLE001
            _log.exception("What is at hand could not be looked at.")
            return False
        if ready is None:
            return False
        head, body = ready
        self.transport.write(head + body)
        if self.cycle is None:
            self.cycle = FINISHED
        self.on_response_complete()
        return True

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def _look_again(self, after: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(after, self.timeout_keep_alive_handler)
