"""The headers that keep a browser from doing more with an answer than it is meant for."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

_UNUSED = ("camera", "geolocation", "microphone", "payment", "usb")


class Headers:
    """ASGI: adds the headers to every answer.

    ``form_targets`` are the origins that a form's answer may lead to; ``https`` tells whether
    people surely come by https, and may be told to come by nothing else.
    """

    def __init__(self, app: ASGIApp, *, form_targets: Iterable[str], https: bool) -> None:
        self._app = app
        policy = {**_POLICY, "form-action": " ".join(("'self'", *form_targets))}
        self._always = {
            "Content-Security-Policy": "; ".join(f"{k} {v}" for k, v in policy.items()),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": ", ".join(f"{name}=()" for name in _UNUSED),
        }
        if https:
            self._always["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back with the headers."""

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._always)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_more if scope["type"] == "http" else send)
