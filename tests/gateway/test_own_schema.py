"""The document of the gateway's own routes says what is answered, whatever is asked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from gateway_upstreams import serving
from hypothesis import HealthCheck, Phase, given, seed, settings
from own_world import PATHS, OwnWorld, own_world
from pydantic import BaseModel
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pentaprism.gateway.own import OPENAPI, PREFIX
from pentaprism.gateway.own.bodies import Answer

_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_EXAMPLES = 12


@pytest.mark.timeout(120)
async def test_answers_are_as_documented(tmp_path: Path) -> None:
    async with own_world(tmp_path) as world, serving(world.app) as port:
        document = (await world.ask("/openapi.json")).json()
        ((_, secret),) = world.key(world.ada)
        headers = {"x-api-key": secret.decode()}
        statuses = await asyncio.to_thread(
            _fuzz, f"http://127.0.0.1:{port}", headers, document, world
        )
    assert {200, 422} <= statuses


def _fuzz(url: str, headers: dict[str, str], document: Any, world: OwnWorld) -> set[int]:
    """Ask for everything; return the statuses that were answered."""
    statuses: set[int] = set()
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @seed(1)
        @settings(
            max_examples=_EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=operation.as_strategy()
            | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        )
        def ask(case: Case[Any]) -> None:
            for name in case.query or {}:
                if name == "mirror_id" and len(str(case.query[name])) % 2:
                    case.query[name] = world.ada.mirror_id
            response = case.call(base_url=url, headers=headers, timeout=20)
            statuses.add(response.status_code)
            case.validate_response(response, checks=_CHECKS)

        ask()
    return statuses


async def test_the_document_is_open_and_names_every_route(tmp_path: Path) -> None:
    async with own_world(tmp_path) as world:
        shown = await world.ask("/openapi.json")
    assert shown.status == 200
    document = shown.json()
    assert set(document["paths"]) == {PREFIX + path for path in (*PATHS, "/healthz")}
    assert OPENAPI not in document["paths"]
    for path, operations in document["paths"].items():
        ((method, operation),) = operations.items()
        assert method == "get"
        assert bool(operation["security"]) is (path != f"{PREFIX}/healthz")
        for scheme in operation["security"]:
            assert set(scheme) <= set(document["components"]["securitySchemes"])
        for status, answer in operation["responses"].items():
            kind = "application/json" if status == "200" else "application/problem+json"
            assert list(answer["content"]) == [kind], (path, status)
    schemas = document["components"]["schemas"]
    lacking = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, told in schema.get("properties", {}).items()
        if "description" not in told and name != "HTTPValidationError"
    ]
    assert lacking == []


def test_every_example_is_one() -> None:
    models = list(_below(Answer))
    assert len(models) > 10
    for model in models:
        extra = model.model_config["json_schema_extra"]
        assert isinstance(extra, dict)
        examples = extra["examples"]
        assert isinstance(examples, list)
        for shown in examples:
            assert isinstance(shown, dict)
            assert model.model_validate(shown).model_dump(mode="json") == shown, model


def _below(model: type[BaseModel]) -> list[type[BaseModel]]:
    found = []
    for one in model.__subclasses__():
        found += [one, *_below(one)]
    return found
