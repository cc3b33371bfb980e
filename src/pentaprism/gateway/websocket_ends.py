"""The two ends of a websocket that is carried: a client's, and Immich's."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
from starlette.types import Receive, Send

_NO_STATUS = 1005
_CODES = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
"""What a close frame may carry (RFC 6455, 7.4, and what was registered since)."""


@dataclass(frozen=True, slots=True)
class Closing:
    """How a side ended: a code (None: a close frame without one) and a reason.

    ``lost`` says that the connection broke off without a close frame.
    """

    code: int | None = None
    reason: str = ""
    lost: bool = False


LOST = Closing(lost=True)


def _closing(code: int | None, reason: str | None) -> Closing:
    return Closing(code, reason or "") if code in _CODES else Closing()


class ClientEnd:
    """The end at which a client is, through the web server."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.closing = LOST
        self._receive = receive
        self._send = send

    async def next(self) -> str | bytes | None:
        """Return the next message, None when the client has ended the websocket."""
        event = await self._receive()
        if event["type"] == "websocket.receive":
            text: str | None = event.get("text")
            data: bytes = event.get("bytes") or b""
            return data if text is None else text
        # The web server tells of a reason only if there was a close frame.
        if "reason" in event or event["code"] != _NO_STATUS:
            self.closing = _closing(event["code"], event.get("reason"))
        return None

    async def send(self, message: str | bytes) -> None:
        """Send a message, and return when the web server can take another."""
        kind = "text" if isinstance(message, str) else "bytes"
        await self._send({"type": "websocket.send", kind: message})

    async def end(self, closing: Closing) -> None:
        """End the websocket in the way that the other side did.

        One that was lost is not closed at all: the web server then drops the connection.
        """
        if not closing.lost:
            code, reason = closing.code, closing.reason
            await self._send({"type": "websocket.close", "code": code, "reason": reason})


class ImmichEnd:
    """The end at which Immich is."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self.closing = LOST
        self._websocket = websocket

    async def next(self) -> str | bytes | None:
        """Return the next message, None when Immich has ended the websocket."""
        message = await self._websocket.receive()
        if message.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
            data: str | bytes = message.data
            return data
        if message.type is aiohttp.WSMsgType.CLOSE:
            self.closing = _closing(message.data, message.extra)
            await self.end(self.closing)
        elif isinstance(message.data, aiohttp.WebSocketError):
            self.closing = Closing(message.data.code)
        return None

    async def send(self, message: str | bytes) -> None:
        """Send a message, and return when another can be taken."""
        if isinstance(message, str):
            await self._websocket.send_str(message)
        else:
            await self._websocket.send_bytes(message)

    async def end(self, closing: Closing) -> None:
        """End the websocket in the way that the other side did, or as Immich did, to answer."""
        if closing.lost or self._websocket.closed:
            return
        if closing.code is None:
            await self._websocket.send_frame(b"", aiohttp.WSMsgType.CLOSE)
        else:
            await self._websocket.close(code=closing.code, message=closing.reason.encode())
