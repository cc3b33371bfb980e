"""HTTP/1.1 as the gateway reads it, with the bounds that a server of its own needs."""

from __future__ import annotations

import asyncio

from pentaprism.gateway.exact_protocol import ExactProtocol

MOST_HEAD = 64 * 1024
"""Bytes of a request's line and headers; Node.js, which Immich runs on, takes 16 KiB."""

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class GatewayProtocol(ExactProtocol):
    """Ends connections that send headers without end, or slowly, or nothing at all.

    uvicorn bounds none of it: its parser gathers a header until it is complete, and the time for
    which a connection may be idle counts from the first reply on.
    """

    _in_head = False
    _head = 0
    _head_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._look_again(self.timeout_keep_alive)

    def data_received(self, data: bytes) -> None:
        """Read on, unless these headers are too large."""
        super().data_received(data)
        if self._in_head:
            self._bound(len(data))

    def on_message_begin(self) -> None:
        """Count from here on."""
        self._in_head, self._head, self._head_since = True, 0, self.loop.time()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Count no more."""
        self._in_head = False
        super().on_headers_complete()

    def _bound(self, size: int) -> None:
        """Count what came of a head that is not complete."""
        self._head += size
        if self._head > MOST_HEAD and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self.cycle is None or self.cycle.response_complete:
            # A client that never comes to the end of it counts as idle since it began.
            self._idle_since = self._head_since
