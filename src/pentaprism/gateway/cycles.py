"""How the gateway writes replies: uvicorn's cycle of a request and its reply, made quick and exact.

A reply's head goes out together with the first bytes of its body, in one write: what a small reply
costs is mostly the calls of the operating system. uvicorn also cannot send a 304 that tells the
length of what it does not send, and sends chunks to clients that know none.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

STATUS = "pentaprism.status"
"""Stands in the scope of a request, with the reply's status, as soon as that has begun."""

_OURS = frozenset({b"transfer-encoding", b"connection"})
_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_CHUNKED = b"transfer-encoding: chunked"
_CLOSE = b"connection: close"
_COPIED = 32 * 1024
"""Bytes up to which copying a body behind its head is cheaper than sending two pieces."""


class Cycle(RequestResponseCycle):
    """Keeps a reply's head back until a message of its body, be it empty, follows."""

    _head = b""
    _left: int | None = None
    _bodiless = False
    _chunks = False

    async def send(self, message: Any) -> None:
        """Write what a message tells; raise `RuntimeError` where it cannot follow the last."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if not self.response_started:
            if kind != "http.response.start":
                raise RuntimeError(f"A reply cannot start with {kind}.")
            self._begin(message["status"], message["headers"])
        elif kind != "http.response.body" or self.response_complete:
            raise RuntimeError(f"A reply cannot go on with {kind}.")
        else:
            self._go_on(message.get("body", b""), more=message.get("more_body", False))

    def _begin(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._bodiless = status in _BODILESS or self.scope["method"] == "HEAD"
        for name, value in headers:
            if name == b"content-length":
                self._left = int(value)
            elif name == b"connection" and value.lower() == b"close":
                self.keep_alive = False
        lines = [b": ".join(one) for one in headers if one[0] not in _OURS]
        if self._left is None and not self._bodiless:
            if self.scope["http_version"] == "1.0":
                self.keep_alive = False
            else:
                self._chunks = True
                lines.append(_CHUNKED)
        if not self.keep_alive:
            lines.append(_CLOSE)
        head = b"\r\n".join(lines)
        if not head.count(b"\n") == head.count(b"\r") == max(0, len(lines) - 1):
            raise RuntimeError("A header of the reply has a line end in it.")
        end = b"\r\n\r\n" if lines else b"\r\n"
        self._head = STATUS_LINE[status] + head + end
        self.scope[STATUS] = status  # type: ignore[literal-required]
        self.response_started = True
        self.waiting_for_100_continue = False

    def _go_on(self, body: bytes, *, more: bool) -> None:
        if self._bodiless:
            body = b""
        elif self._chunks:
            body = _chunked(body, more=more)
        elif self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("The body of the reply is not as long as its head says.")
        if self._head:
            head, self._head = self._head, b""
            if len(body) <= _COPIED:
                self.transport.write(head + body)
            else:
                self.transport.writelines((head, body))
        elif body:
            self.transport.write(body)
        if not more:
            self._end()

    def _end(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def _chunked(body: bytes, *, more: bool) -> bytes:
    end = b"" if more else b"0\r\n\r\n"
    return b"%x\r\n%b\r\n%b" % (len(body), body, end) if body else end
