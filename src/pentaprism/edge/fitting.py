"""Puts the edge around an application, in the one order that holds."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pentaprism.edge.guard import Allow, Entrance, admit
from pentaprism.edge.headers import Headers
from pentaprism.edge.heads import Heads
from pentaprism.edge.limits import BodyLimit
from pentaprism.edge.openapi import complete
from pentaprism.edge.origin import SameOrigin
from pentaprism.edge.paths import BasePath
from pentaprism.edge.problems import SORTED, Problems, RenderError
from pentaprism.edge.proxies import Network, behind_proxies
from pentaprism.edge.refusals import RefusedError
from pentaprism.edge.sides import side_of

_log = logging.getLogger(__name__)


def fit(
    app: FastAPI,
    entrance: Entrance,
    *,
    render_error: RenderError | None = None,
    trusted_proxies: Iterable[Network] = (),
    form_targets: Iterable[str] = (),
) -> ASGIApp:
    """Return what the server runs: ``app`` behind its guard, with the edge around it.

    ``render_error`` makes the pages of what goes wrong. ``form_targets`` are the origins beside
    our own that a form's answer may lead to.
    """
    problems = Problems(render_error)
    app.state.entrance = entrance
    _handle_errors(app, problems)
    complete(app)
    site = entrance.site
    edge: ASGIApp = SameOrigin(Heads(app), site, problems)
    edge = BodyLimit(edge, problems)
    edge = Faults(edge, app, problems)
    edge = Headers(edge, form_targets=form_targets, https=site.https)
    edge = BasePath(edge, site)
    return behind_proxies(edge, trusted_proxies)


class Faults:
    """ASGI: what was not handled ends here, with the one line in the log that tells of it."""

    def __init__(self, inner: ASGIApp, app: FastAPI, problems: Problems) -> None:
        self._inner = inner
        self._app = app
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer what it raises where the application has not."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        # Refusals before the application look at its state, as those inside it do.
        scope.setdefault("state", {})
        scope["app"] = self._app
        started = False

        async def send_on(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._inner(scope, receive, send_on)
        except Exception as error:  # noqa: BLE001 - nobody above could do more
            answer = None if started else await self._problems.answer(Request(scope), error)
            _log.exception(
                "A request failed in a way that was not foreseen: %s %r",
                scope["method"],
                scope["path"],
            )
            if answer is not None:
                await answer(scope, receive, send)


def _handle_errors(app: FastAPI, problems: Problems) -> None:
    async def handle(request: Request, error: Exception) -> Response:
        return await problems.answer(request, error)

    async def handle_http(request: Request, error: Exception) -> Response:
        return await problems.answer(request, await _known_to_strangers(request, error))

    for kind in (*SORTED, Exception):
        app.add_exception_handler(kind, handle)
    app.add_exception_handler(HTTPException, handle_http)


async def _known_to_strangers(request: Request, error: Exception) -> Exception:
    """Return ``error``, or the refusal of a stranger, who is not told what there is."""
    if hasattr(request.state, "visitor"):
        return error
    try:
        await admit(request, Allow.PERSON, side_of(request))
    except RefusedError as refusal:
        return refusal
    return error
