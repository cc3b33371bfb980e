"""Routes that always say who may use them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response

from pentaprism.edge.guard import Allow, admit
from pentaprism.edge.openapi import DOCUMENTED, OPEN, PROTECTED
from pentaprism.edge.sides import Side


class GuardedRoute(APIRoute):
    """A route that looks at its visitor before it reads anything of the request."""

    allow: Allow
    side: Side

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of FastAPI behind the guard."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await admit(request, self.allow, self.side)
            return await handle(request)

        return guarded


@cache
def _route_class(allow: Allow, side: Side) -> type[GuardedRoute]:
    return type("GuardedRoute", (GuardedRoute,), {"allow": allow, "side": side})


class Routes:
    """A group of routes on one side; ``router`` is what the application includes.

    Each of its routes says by ``allow`` who may use it; other keywords are those of FastAPI.
    """

    def __init__(self, side: Side, *, prefix: str = "", tags: Sequence[str] = ()) -> None:
        self._side = side
        labels: list[str | Enum] = list(tags)
        self.router = APIRouter(
            prefix=prefix, tags=labels, include_in_schema=side is Side.API, responses=DOCUMENTED
        )

    def get[**P, R](
        self, path: str, *, allow: Allow, **options: Any
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Make the function below answer GET at ``path``."""
        return self._add("GET", path, allow, options)

    def post[**P, R](
        self, path: str, *, allow: Allow, **options: Any
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Make the function below answer POST at ``path``."""
        return self._add("POST", path, allow, options)

    def put[**P, R](
        self, path: str, *, allow: Allow, **options: Any
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Make the function below answer PUT at ``path``."""
        return self._add("PUT", path, allow, options)

    def patch[**P, R](
        self, path: str, *, allow: Allow, **options: Any
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Make the function below answer PATCH at ``path``."""
        return self._add("PATCH", path, allow, options)

    def delete[**P, R](
        self, path: str, *, allow: Allow, **options: Any
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Make the function below answer DELETE at ``path``."""
        return self._add("DELETE", path, allow, options)

    def _add[**P, R](
        self, method: str, path: str, allow: Allow, options: dict[str, Any]
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        def add(endpoint: Callable[P, R]) -> Callable[P, R]:
            self.router.add_api_route(
                path,
                endpoint,
                methods=[method],
                route_class_override=_route_class(allow, self._side),
                openapi_extra={"security": OPEN if allow is Allow.ANYONE else PROTECTED},
                **options,
            )
            return endpoint

        return add


@dataclass(frozen=True, slots=True)
class Declared:
    """What a route of an application says; None for one that was not made by `Routes`."""

    path: str
    methods: frozenset[str]
    allow: Allow | None
    side: Side | None


def declared(app: FastAPI) -> Iterator[Declared]:
    """Yield what all routes of ``app`` say, so that a test can see that none is open by mistake."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        guarded = route if isinstance(route, GuardedRoute) else None
        yield Declared(
            path=context.path or "",
            methods=frozenset(context.methods or ()),
            allow=guarded.allow if guarded else None,
            side=guarded.side if guarded else None,
        )
