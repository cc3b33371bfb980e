"""The application of the gateway's own routes."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pentaprism import __version__
from pentaprism.edge.heads import Heads
from pentaprism.edge.problems import SORTED, Problems
from pentaprism.gateway.own import assets, duplicates, groups, health, summary
from pentaprism.gateway.own.asking import Asking, Surroundings
from pentaprism.gateway.own.document import complete, refusals
from pentaprism.gateway.own.pulse import Fetching, Pulse
from pentaprism.store import Store

PREFIX = "/api/pentaprism"
OPENAPI = f"{PREFIX}/openapi.json"

_PROTECTED: tuple[APIRouter, ...] = (
    assets.router,
    groups.router,
    duplicates.router,
    summary.router,
)
_WORTH_PACKING = 1024
_HEADERS = ((b"cache-control", b"private, no-store"), (b"x-content-type-options", b"nosniff"))


def own_routes(
    callers: Asking, store: Callable[[], Store | None], passing: Fetching | None = None
) -> ASGIApp:
    """Return what answers all below `PREFIX`; what is not there is not Immich's either.

    ``store`` returns the database, None while it is away. ``passing`` asks Immich whether it is
    there.
    """
    app = FastAPI(
        title="Pentaprism's gateway",
        version=__version__,
        description="What Pentaprism knows of the assets of an Immich user.",
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.surroundings = Surroundings(callers, store, Pulse(passing))
    for router in _PROTECTED:
        app.include_router(
            router,
            prefix=PREFIX,
            responses=refusals(401, 403, 422, 502, 503, 504),
        )
    app.include_router(health.router, prefix=PREFIX)
    _handle_errors(app)
    complete(app)
    app.add_middleware(GZipMiddleware, minimum_size=_WORTH_PACKING, compresslevel=1)
    return Private(Heads(app))


class Private:
    """ASGI: says of each answer that nobody may keep it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back with the headers."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, send_on)


def _handle_errors(app: FastAPI) -> None:
    problems = Problems(None)

    async def handle(request: Request, error: Exception) -> Response:
        return await problems.answer(request, error)

    for kind in (*SORTED, HTTPException, Exception):
        app.add_exception_handler(kind, handle)
