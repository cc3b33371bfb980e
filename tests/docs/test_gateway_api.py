"""The page of the gateway's own routes tells of every route, parameter and answer as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from pentaprism.gateway.own import OPENAPI, PREFIX, assets, duplicates, groups, health, summary

PAGE = (Path(__file__).resolve().parents[2] / "docs/gateway-api.md").read_text()
ROUTERS: dict[str, APIRouter] = {
    "Assets": assets.router,
    "Groups": groups.router,
    "Duplicates": duplicates.router,
    "Summary": summary.router,
    "Health": health.router,
}


def route_of(router: APIRouter) -> APIRoute:
    (route,) = router.routes
    assert isinstance(route, APIRoute)
    return route


def chapter(title: str) -> str:
    (text,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


def document(router: APIRouter) -> Any:
    app = FastAPI()
    app.include_router(router)
    return app.openapi()


def test_every_route_has_a_row() -> None:
    rows = re.findall(r"^\| GET \| `([^`]+)` \| ([^|]+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [
        (
            PREFIX + route_of(router).path,
            "anyone" if router is health.router else "you",
            (route_of(router).endpoint.__doc__ or "").splitlines()[0],
        )
        for router in ROUTERS.values()
    ]
    assert f"`{OPENAPI}`" in PAGE


@pytest.mark.parametrize("title", ["Assets", "Groups", "Duplicates"])
def test_every_parameter_has_a_row(title: str) -> None:
    found = document(ROUTERS[title])
    (operation,) = found["paths"].values()
    told = {
        (one["name"], one.get("description") or one["schema"]["description"])
        for one in operation["get"]["parameters"]
    }
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| (.+) \|$", chapter(title), re.MULTILINE)
    assert {(name, sentence) for name, _, sentence in rows} == told
    for one in operation["get"]["parameters"]:
        (takes,) = [takes for name, takes, _ in rows if name == one["name"]]
        assert re.findall(r"`([^`]+)`", takes) == _words(one["schema"], found)


def _words(schema: dict[str, Any], document: Any) -> list[str]:
    """The values of a parameter, where they can be counted."""
    kinds = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    (kind,) = kinds
    if "$ref" in kind:
        kind = document["components"]["schemas"][kind["$ref"].rpartition("/")[2]]
    if kind.get("type") == "boolean":
        return ["true", "false"]
    return list(kind.get("enum", ()))


@pytest.mark.parametrize("title", list(ROUTERS))
def test_every_sample_is_that_of_the_document(title: str) -> None:
    (sample,) = re.findall(r"((?:^    .*\n)+)", chapter(title), re.MULTILINE)
    model = route_of(ROUTERS[title]).response_model
    assert model is not None
    (example,) = model.model_config["json_schema_extra"]["examples"]
    assert json.loads(sample) == example


def test_every_refusal_is_told() -> None:
    codes = set(re.findall(r"^\| [^|]+ \| (\d{3} .*) \|$", PAGE, re.MULTILINE))
    text = " ".join(codes)
    for code in ("not_signed_in", "missing_permission", "invalid_page", "database_away"):
        assert f"`{code}`" in text
