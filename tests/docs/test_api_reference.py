"""The page of the API tells of every route, and of nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute

from pentaprism.api import ROUTES
from pentaprism.edge import Allow, declared

PAGE = (Path(__file__).resolve().parents[2] / "docs/api.md").read_text()

_WHO = {Allow.PERSON: "you", Allow.ADMIN: "an admin", Allow.ANYONE: "anyone"}


def _routes() -> dict[tuple[str, str], str]:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for routes in ROUTES:
        app.include_router(routes.router)
    return {
        (method, route.path): _WHO[route.allow or Allow.ANYONE]
        for route in declared(app)
        for method in route.methods
    }


def test_every_route_has_a_row() -> None:
    rows = re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \| ([^|]+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert {(method, path): who for method, path, who, _ in rows} == _routes()


def test_every_row_says_what_the_document_says() -> None:
    every = [route for routes in ROUTES for route in routes.router.routes]
    for route in every:
        assert isinstance(route, APIRoute)
        sentence = (route.endpoint.__doc__ or "").splitlines()[0]
        for method in route.methods or ():
            (row,) = re.findall(
                rf"^\| {method} \| `{re.escape(route.path)}` .*$", PAGE, re.MULTILINE
            )
            assert row.endswith(f"| {sentence} |")
