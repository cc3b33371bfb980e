"""What the OpenAPI document says of every route: how to come in, and what a failure looks like."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from pentaprism.edge.paths import SESSION_COOKIE
from pentaprism.edge.problems import MEDIA_TYPE, Problem

_REF = "#/components/schemas/{model}"

_FAILURE = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}

DOCUMENTED: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused, not found, or not understood", "content": _FAILURE},
    "5XX": {"description": "Not possible now", "content": _FAILURE},
}
"""The answers that every route may give beside its own."""

PROTECTED: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
OPEN: list[dict[str, list[str]]] = []

_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token, made on the settings page.",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
}


def complete(app: FastAPI) -> None:
    """Add to the OpenAPI document of ``app`` what its routes refer to."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        document = make()
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        if "Problem" not in schemas:
            problem = Problem.model_json_schema(ref_template=_REF)
            schemas.update(problem.pop("$defs", {}))
            schemas["Problem"] = problem
            components["securitySchemes"] = _SCHEMES
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents
