"""The two sides of the web application: pages for people, REST for programs."""

from __future__ import annotations

from enum import StrEnum

from starlette.requests import Request

from pentaprism.edge.paths import route_path

_API = ("/api/", "/openapi.json", "/healthz")


class Side(StrEnum):
    """Whom an answer is for, which decides what a refusal looks like."""

    PAGES = "pages"
    API = "api"


def side_of(request: Request) -> Side:
    """Return the side that ``request`` is for: its route's, or what its path and headers tell."""
    known = request.scope.get("state", {}).get("side")
    if isinstance(known, Side):
        return known
    if f"{route_path(request.scope)}/".startswith(_API):
        return Side.API
    wants_html = "text/html" in request.headers.get("accept", "")
    return Side.PAGES if wants_html or is_htmx(request) else Side.API


def is_htmx(request: Request) -> bool:
    """Tell whether a script of our pages asks for a part of one."""
    return request.headers.get("hx-request") == "true"
