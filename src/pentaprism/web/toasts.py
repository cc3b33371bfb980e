"""Toasts that outlive a redirect: what was done is told on the page that comes next."""

from __future__ import annotations

import base64
import binascii
import json

from starlette.requests import Request
from starlette.responses import Response

from pentaprism.edge import local_path
from pentaprism.web.rendering import Toast

COOKIE = "pentaprism_toast"

_SECONDS = 60
_LONGEST = 1500
"""Characters of text that a cookie has room for."""


def leave(response: Response, toast: Toast, *, path: str, secure: bool) -> None:
    """Have the browser bring ``toast`` along to the next page below ``path``."""
    told = json.dumps([toast.text[:_LONGEST], toast.undo], ensure_ascii=False).encode()
    response.set_cookie(
        COOKIE,
        base64.urlsafe_b64encode(told).decode(),
        max_age=_SECONDS,
        path=path,
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def left(request: Request) -> tuple[Toast, ...]:
    """Return the toast that the browser brought along; none where it makes no sense."""
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return ()
    try:
        text, undo = json.loads(base64.urlsafe_b64decode(cookie))
    except (binascii.Error, ValueError, TypeError):
        return ()
    if not isinstance(text, str) or not isinstance(undo, str):
        return ()
    return (Toast(text, undo if undo and local_path(undo) == undo else ""),)
