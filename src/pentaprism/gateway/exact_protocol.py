"""HTTP/1.1 as uvicorn reads it, without what it loses, what it lets in, and what it costs."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pentaprism.gateway.cycles import Cycle
from pentaprism.gateway.headers import BARE_QUERY


class ExactProtocol(HttpToolsProtocol):
    """Tells of a question mark with nothing behind it, and takes no trailer for a header.

    uvicorn adds the fields behind a body in chunks to the headers: what a proxy in front has
    checked, or set, could come a second time there. It also makes a timer for each request, where
    one for each connection that is looked at when it runs out does as well.
    """

    _idle_since: float | None = None

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

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        if self.url.endswith(b"?"):
            self.scope[BARE_QUERY] = True  # type: ignore[literal-required]
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is before:  # a websocket's handshake
            return
        # The task that answers runs later, so nothing has been asked of the cycle yet.
        self.cycle.__class__ = Cycle
        if not self.parser.should_upgrade():
            self.headers = []

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

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def _look_again(self, after: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(after, self.timeout_keep_alive_handler)
