"""How the gateway writes replies: uvicorn's cycle of a request and its reply, made quick and exact.

A reply's head goes out together with the first bytes of its body, in one write: what a small reply
costs is mostly the calls of the operating system. uvicorn also cannot send a 304 that tells the
length of what it does not send, and sends chunks to clients that know none.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

STATUS = "pentaprism.status"
"""Stands in the scope of a request: the status of the reply, 0 until that has begun."""

_OURS = frozenset({b"transfer-encoding", b"connection"})
_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_CHUNKED = b"transfer-encoding: chunked"
_CLOSE = b"connection: close"
_line = b": ".join
_COPIED = 32 * 1024
"""Bytes up to which copying a body behind its head is cheaper than sending two pieces."""


def _nothing() -> None:
    """Stand where a reply's end was to be told, which others are not to be kept alive by."""


class Cycle(RequestResponseCycle):
    """Keeps a reply's head back until a message of its body, be it empty, follows.

    It is for the request that ``protocol`` has just read the headers of; ``whole``: that was all.
    """

    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    _head = b""
    _left: int | None = None
    _bodiless = False
    _chunks = False

    def __init__(self, protocol: HttpToolsProtocol, *, keep_alive: bool, whole: bool) -> None:
        # uvicorn's own takes twice as many arguments, and sets what is set for the class here.
        scope: Any = protocol.scope
        scope[STATUS] = 0
        self.scope = scope
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.logger = protocol.logger
        self.on_response = protocol.on_response_complete
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = protocol.expect_100_continue
        self.message_event = asyncio.Event()
        self.body = bytearray()
        if whole:
            self.more_body = False
            self.message_event.set()

    async def run_asgi(self, app: Any) -> None:
        """Let ``app`` answer; a reply that it does not end, it has said why, is broken off."""
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException:
            self.logger.exception("The gateway failed at a request.")
            if self.response_started:
                self.transport.close()
            else:
                await self.send_500_response()
        else:
            if not self.response_complete and not self.disconnected:
                self.transport.close()
        finally:
            self.on_response = _nothing

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
        named = dict(headers)
        length = named.get(b"content-length")
        if length is not None:
            self._left = int(length)
        if not _OURS.isdisjoint(named):
            if any(one[0] == b"connection" and one[1].lower() == b"close" for one in headers):
                self.keep_alive = False
            headers = [one for one in headers if one[0] not in _OURS]
        lines = list(map(_line, headers))
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
        self._head = b"%b%b%b\r\n" % (STATUS_LINE[status], head, b"\r\n" if lines else b"")
        scope: Any = self.scope
        scope[STATUS] = status
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


class _Finished:
    """What the protocol looks at of a request that is over."""

    response_complete = True
    disconnected = False

    def __init__(self) -> None:
        self.message_event = asyncio.Event()


FINISHED: Any = _Finished()
"""The cycle of all requests that needed none."""


def _chunked(body: bytes, *, more: bool) -> bytes:
    end = b"" if more else b"0\r\n\r\n"
    return b"%x\r\n%b\r\n%b" % (len(body), body, end) if body else end
