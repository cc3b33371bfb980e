"""The sandbox's routes and replies against Immich's OpenAPI document."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sandbox_calls import caller, main_album

from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.call import Route
from pentaprism.sandbox.immich.routes import API

DOCUMENT = Path(__file__).parents[3] / "shared" / "immich" / "immich-openapi-specs.json"


@cache
def document() -> Any:
    if not DOCUMENT.exists():
        pytest.skip(f"the OpenAPI document is not beside the checkout ({DOCUMENT})")
    return _with_null(json.loads(DOCUMENT.read_text(encoding="utf-8")))


def _with_null(node: Any) -> Any:
    """Turn OpenAPI 3.0's ``nullable`` into JSON Schema."""
    if isinstance(node, list):
        return [_with_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _with_null(value) for key, value in node.items() if key != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made


def operation(method: str, path: str) -> Any:
    """Return what the document says of a call; parameters may have other names."""
    wanted = re.sub(r"\{\w+\}", "{}", path)
    for known, methods in document()["paths"].items():
        if re.sub(r"\{\w+\}", "{}", known) == wanted and method.lower() in methods:
            return methods[method.lower()]
    return None


def validate(method: str, path: str, status: int, value: Any) -> None:
    content = operation(method, path)["responses"][str(status)]["content"]
    (form,) = content.values()
    jsonschema.validate(value, form["schema"] | {"components": document()["components"]})


@pytest.mark.parametrize("route", API, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_is_immichs_and_needs_the_same_permission(route: Route) -> None:
    # 3.1 answers PATCH where its document has only PUT yet
    said = operation(route.method, route.path) or operation("PUT", route.path)
    assert said is not None
    assert said.get("x-immich-permission", "") == (route.permission or "")
    assert bool(said.get("security")) == (route.permission is not None)


async def test_replies_fit_the_schemas() -> None:
    async with Sandbox(assets=90) as sandbox, caller(sandbox) as owner:
        holiday = main_album(sandbox)
        items = await owner.listing(holiday, withDeleted=True, withExif=True)
        calls = [
            ("/server/ping", ""),
            ("/server/version", ""),
            ("/server/features", ""),
            ("/server/config", ""),
            ("/server/about", ""),
            ("/server/media-types", ""),
            ("/server/statistics", ""),
            ("/server/storage", ""),
            ("/api-keys/me", ""),
            ("/api-keys", ""),
            ("/users/me", ""),
            ("/api-keys/{id}", next(iter(sandbox.library.keys.values())).id),
            ("/assets/statistics", ""),
            ("/albums", ""),
            ("/albums/{id}", holiday),
            ("/stacks", ""),
            ("/stacks/{id}", next(iter(sandbox.library.stacks))),
            ("/tags", ""),
            ("/duplicates", ""),
            *(("/assets/{id}", item["id"]) for item in items),
        ]
        for path, id_ in calls:
            reply = await owner.get("/api" + path.format(id=id_))
            validate("GET", path, reply.status, reply.json)
        asked = {"albumIds": [holiday], "size": 1000, "withDeleted": True, "withExif": True}
        reply = await owner.post("/api/search/metadata", asked)
        validate("POST", "/search/metadata", reply.status, reply.json)
        months = await owner.get(f"/api/timeline/buckets?albumId={holiday}")
        validate("GET", "/timeline/buckets", months.status, months.json)
        for month in months.json:
            query = f"?albumId={holiday}&timeBucket={month['timeBucket']}"
            reply = await owner.get("/api/timeline/bucket" + query)
            validate("GET", "/timeline/bucket", reply.status, reply.json)


async def test_replies_to_changes_fit_the_schemas() -> None:
    async with Sandbox(assets=21, hostile=False) as sandbox, caller(sandbox) as owner:
        one, two, *_ = (item["id"] for item in await owner.listing(main_album(sandbox)))
        (leaf,) = (await owner.call("PUT", "/api/tags", {"tags": ["a/b"]})).json
        made = (await owner.post("/api/albums", {"albumName": "New"})).json["id"]
        other = list(sandbox.library.users)[1]
        users = {"albumUsers": [{"userId": other, "role": "viewer"}]}
        key = sandbox.library.add_key(["album.read"]).id
        login = {"email": "admin@example.test", "password": "sandbox"}
        calls: list[tuple[str, str, str, Any]] = [
            ("POST", "/albums", "", {"albumName": "New", "assetIds": [one]}),
            ("PATCH", "/albums/{id}", made, {"albumName": "Newer"}),
            ("PUT", "/albums/{id}/assets", made, {"ids": [one, one, leaf["id"]]}),
            ("DELETE", "/albums/{id}/assets", made, {"ids": [one, two]}),
            ("PUT", "/albums/{id}/users", made, users),
            ("POST", "/api-keys", "", {"name": "x", "permissions": ["album.read"]}),
            ("PUT", "/api-keys/{id}", key, {"name": "y"}),
            ("POST", "/stacks", "", {"assetIds": [one, two]}),
            ("PUT", "/assets/{id}", one, {"description": "x"}),
            ("PUT", "/tags", "", {"tags": ["c"]}),
            ("PUT", "/tags/assets", "", {"tagIds": [leaf["id"]], "assetIds": [one]}),
            ("PUT", "/tags/{id}/assets", leaf["id"], {"ids": [one, two]}),
            ("POST", "/trash/restore/assets", "", {"ids": [one]}),
            ("POST", "/auth/validateToken", "", None),
            ("POST", "/auth/login", "", login),
            ("POST", "/auth/logout", "", None),
        ]
        for method, path, id_, body in calls:
            reply = await owner.call(method, "/api" + path.format(id=id_), body)
            validate(method, path, reply.status, reply.json)
