"""How large the body of a request may be."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pentaprism.edge.problems import Problems
from pentaprism.edge.refusals import RefusedError

MOST = 1_000_000
"""The most bytes of a body; nothing that people send here comes near it."""


class _TooLargeError(Exception):
    """Ends the reading of a body that grew too large."""


class BodyLimit:
    """ASGI: answers 413 to a request whose body is too large, also when it did not say so."""

    def __init__(self, app: ASGIApp, problems: Problems, *, most: int = MOST) -> None:
        self._app = app
        self._problems = problems
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its body as far as it may go."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if _announced(request) > self._most:
            await self._refuse(request, receive, send)
            return
        body = _Body(receive, send, self._most)
        try:
            await self._app(scope, body.receive, body.send)
        except _TooLargeError:
            pass
        except Exception:
            if not body.too_large:
                raise
        if body.too_large and not body.answered:
            await self._refuse(request, receive, send)

    async def _refuse(self, request: Request, receive: Receive, send: Send) -> None:
        refusal = RefusedError(
            f"The request is larger than {self._most:,} bytes.", code="too_large", status=413
        )
        answer = await self._problems.answer(request, refusal)
        await answer(request.scope, receive, send)


def _announced(request: Request) -> float:
    """Return how many bytes the request says that its body has."""
    try:
        return float(request.headers.get("content-length", "0"))
    except ValueError:
        return 0.0


class _Body:
    """The two ends of one request; what is answered to a body that is too large is dropped."""

    def __init__(self, receive: Receive, send: Send, left: int) -> None:
        self._receive = receive
        self._send = send
        self._left = left
        self.too_large = False
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.too_large = True
            raise _TooLargeError
        return message

    async def send(self, message: Message) -> None:
        if self.too_large and not self.answered:
            return
        self.answered = True
        await self._send(message)
