"""HTTP/1.1 as the gateway reads it, with the bounds that a server of its own needs."""

from __future__ import annotations

import asyncio
from typing import Any

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

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over, unless the handshake is none: nobody would ever answer it.

        What reads it next takes neither a body nor headers of any size, and says nothing then. A
        reply that is under way is broken off: the handshake's must not come into it.
        """
        if self._is_answering():
            self.transport.close()
            return
        super().handle_websocket_upgrade()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()  # it is not told when the websocket ends
            self.timeout_keep_alive_task = None
        reader: Any = self.transport.get_protocol()
        if not reader.handshake_initiated:
            self.send_400_response("The handshake of the websocket cannot be read.")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, but not in the middle of a reply."""
        if self._is_answering():
            self.transport.close()
        else:
            super().send_400_response(msg)

    def _is_answering(self) -> bool:
        """Return whether a reply has begun and not ended, or more than one is to come."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        return cycle.response_started or bool(self.pipeline)

    def _bound(self, size: int) -> None:
        """Count what came of a head that is not complete."""
        self._head += size
        if self._head > MOST_HEAD and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self.cycle is None or self.cycle.response_complete:
            # A client that never comes to the end of it counts as idle since it began.
            self._idle_since = self._head_since
