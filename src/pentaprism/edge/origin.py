"""The proof that a request that changes something comes from our own pages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pentaprism.edge.paths import SESSION_COOKIE, Site, make_origin, origin_of
from pentaprism.edge.problems import Problems
from pentaprism.edge.refusals import RefusedError

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SameOrigin:
    """ASGI: refuses what another site made a browser send.

    Programs that show an API token and no cookie need no proof: no other site can make a browser
    do that.
    """

    def __init__(self, app: ASGIApp, site: Site, problems: Problems) -> None:
        self._app = app
        self._site = site
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        app = self._app
        if scope["type"] == "http" and scope["method"] not in _SAFE:
            request = Request(scope)
            if not is_proven(request, self._site):
                app = await self._problems.answer(request, _refusal())
        await app(scope, receive, send)


def is_proven(request: Request, site: Site) -> bool:
    """Tell whether ``request`` surely comes from a page of ``site``, or from no browser at all."""
    if bearer_token(request) is not None and SESSION_COOKIE not in request.cookies:
        return True
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    origin = make_origin(request.headers.get("origin", ""))
    return origin is not None and origin in {origin_of(request), site.origin}


def bearer_token(request: Request) -> str | None:
    """Return the token of the Authorization header, None without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _refusal() -> RefusedError:
    return RefusedError(
        "The request does not come from a page of this site.",
        code="origin",
        hint="Open the pages at the address that BASE_URL names, or set BASE_URL to the address "
        "at which you open them. Programs send an API token in the Authorization header.",
        status=403,
    )
