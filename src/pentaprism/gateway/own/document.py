"""The OpenAPI document of the gateway's own routes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from pentaprism.edge.problems import MEDIA_TYPE, Problem

_REF = "#/components/schemas/{model}"
_OPEN = frozenset(("/api/pentaprism/healthz",))
_SECURITY: list[dict[str, list[str]]] = [{"api_key": []}, {"session": []}, {"cookie": []}]
_SCHEMES = {
    "api_key": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "An API key of Immich with the permissions user.read and asset.read.",
    },
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "The access token of a session in Immich.",
    },
    "cookie": {"type": "apiKey", "in": "cookie", "name": "immich_access_token"},
}
_REFUSALS = {
    401: ("Immich does not know who asks", "not_signed_in", "Authentication required"),
    403: (
        "The API key lacks a permission",
        "missing_permission",
        "Missing required permission: asset.read",
    ),
    422: ("A value does not fit", "invalid_request", "Some values of the request do not fit."),
    502: (
        "Immich cannot be asked who it is",
        "immich_unreachable",
        "Immich cannot be reached: connection refused.",
    ),
    503: (
        "The database is away, or no Immich is set up",
        "database_away",
        "The database of Pentaprism cannot be used now.",
    ),
    504: ("Immich is silent", "immich_slow", "Immich sent nothing for 60 seconds."),
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of these refusals."""
    return {status: _documented(status) for status in statuses}


def complete(app: FastAPI) -> None:
    """Add to the OpenAPI document of ``app`` what its routes refer to, and how to come in."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        document = make()
        components = document.setdefault("components", {})
        if "securitySchemes" not in components:
            problem = Problem.model_json_schema(ref_template=_REF)
            schemas = components.setdefault("schemas", {})
            schemas.update(problem.pop("$defs", {}))
            schemas["Problem"] = problem
            components["securitySchemes"] = _SCHEMES
            for path, operations in document["paths"].items():
                for operation in operations.values():
                    operation["security"] = [] if path in _OPEN else _SECURITY
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def _documented(status: int) -> dict[str, Any]:
    description, code, detail = _REFUSALS[status]
    shown = Problem(
        title=HTTPStatus(status).phrase.capitalize(), status=status, detail=detail, code=code
    )
    content = {
        "schema": {"$ref": _REF.format(model="Problem")},
        "example": shown.model_dump(exclude_none=True),
    }
    return {"description": description, "content": {MEDIA_TYPE: content}}
