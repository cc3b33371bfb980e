"""Finds who a request comes from, and decides whether they may use a route."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends
from starlette.requests import Request

from pentaprism.access import STRANGER, Sessions, SetUp, Tokens, Visitor
from pentaprism.edge.origin import bearer_token
from pentaprism.edge.paths import SESSION_COOKIE, SET_UP_COOKIE, Site, local_path, route_path
from pentaprism.edge.refusals import RefusedError
from pentaprism.edge.sides import Side, is_htmx
from pentaprism.store import Person


class Allow(StrEnum):
    """Who may use a route.

    ``set_up``: whoever entered the set-up code, while there is no connection. ``person``: whoever
    has signed in, and programs with their token. ``admin``: an admin of Immich who has signed in.
    """

    ANYONE = "anyone"
    SET_UP = "set_up"
    PERSON = "person"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the guard asks; the application has it as ``app.state.entrance``."""

    site: Site
    sessions: Sessions
    tokens: Tokens
    set_up: SetUp

    async def find(self, request: Request, side: Side) -> Visitor:
        """Return who ``request`` comes from; a token counts for REST only, and before a cookie."""
        secret = bearer_token(request) if side is Side.API else None
        if secret is not None:
            found = await self.tokens.find(secret)
            return STRANGER if found is None else Visitor(found[1], "token")
        session = await self.sessions.find(request.cookies.get(SESSION_COOKIE, ""))
        if session is None:
            return STRANGER
        return Visitor(session.person, "session", session.digest, session.person.is_admin)


async def admit(request: Request, allow: Allow, side: Side) -> None:
    """Note in ``request.state`` who the visitor is; raise `RefusedError` if they may not pass."""
    entrance: Entrance = request.app.state.entrance
    request.state.side = side
    visitor = request.state.visitor = await entrance.find(request, side)
    if allow is Allow.ANYONE:
        return
    if allow is Allow.SET_UP:
        await _admit_to_set_up(request, entrance, side)
        return
    if visitor.person is None:
        raise await _stranger(request, entrance, side)
    if allow is Allow.ADMIN and not visitor.is_admin:
        hint = "An API token never acts as an admin." if visitor.via == "token" else ""
        raise RefusedError(
            "Only admins of Immich may do this.", code="not_admin", hint=hint, status=403
        )


async def _admit_to_set_up(request: Request, entrance: Entrance, side: Side) -> None:
    if not await entrance.set_up.needed():
        raise _away(
            request, entrance, side, "/", RefusedError("The set-up is over.", code="set_up_over")
        )
    if not entrance.set_up.holds(request.cookies.get(SET_UP_COOKIE, "")):
        raise await _stranger(request, entrance, side)


async def _stranger(request: Request, entrance: Entrance, side: Side) -> RefusedError:
    """Return what a stranger is told: where to sign in, or to set up."""
    if await entrance.set_up.needed():
        refusal = RefusedError(
            "Pentaprism is not set up yet.",
            code="set_up_needed",
            hint="Open its pages and follow the set-up, or use `pentaprism connect`.",
            status=401,
            headers={"WWW-Authenticate": "Bearer"},
        )
        return _away(request, entrance, side, "/setup", refusal)
    refusal = RefusedError(
        "This needs somebody who has signed in.",
        code="not_signed_in",
        hint="Send an API token in the Authorization header; the settings page makes them.",
        status=401,
        headers={"WWW-Authenticate": "Bearer"},
    )
    return _away(request, entrance, side, f"/login{_next(request, entrance.site)}", refusal)


def _away(
    request: Request, entrance: Entrance, side: Side, path: str, refusal: RefusedError
) -> RefusedError:
    """Return ``refusal`` as it is for REST, and as the way to ``path`` for people."""
    if side is Side.API:
        return refusal
    target = entrance.site.url(path)
    if is_htmx(request):
        headers = {"HX-Redirect": target}
        return RefusedError(
            refusal.message, code=refusal.code, status=refusal.status, headers=headers
        )
    return RefusedError(
        refusal.message, code=refusal.code, status=303, headers={"Location": target}
    )


def _next(request: Request, site: Site) -> str:
    """Return the query that leads back to the page on which the request was made."""
    if is_htmx(request):
        _, _, rest = request.headers.get("hx-current-url", "").partition("://")
        path, _, query = rest.partition("#")[0].partition("?")
        path = f"/{path.partition('/')[2]}".removeprefix(site.path)
    elif request.method == "GET":
        path = route_path(request.scope)
        query = request.scope["query_string"].decode("latin-1")
    else:
        return ""
    back = local_path(f"{path}?{query}" if query else path)
    return "" if back == "/" else f"?{urlencode({'next': back})}"


def current_visitor(request: Request) -> Visitor:
    """Return who the request comes from."""
    visitor: Visitor = request.state.visitor
    return visitor


def current_person(request: Request) -> Person:
    """Return the person the request comes from; the route must allow nobody else."""
    person = current_visitor(request).person
    if person is None:
        raise RuntimeError("a route that allows strangers asks for a person")
    return person


CurrentVisitor = Annotated[Visitor, Depends(current_visitor)]
CurrentPerson = Annotated[Person, Depends(current_person)]
