"""What the OpenAPI document says is what is answered, whatever is asked.

Schemathesis makes requests from the document, of the values that it allows and of others.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from api_world import ApiWorld, Caller, api_world
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from media_folders import index
from owned_duplicates import own_duplicates
from pydantic import BaseModel
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pentaprism.api import ROUTES
from pentaprism.api.bodies import Answer, Request
from pentaprism.sandbox.immich.entities import User

_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_ELSEWHERE = {"POST /api/notifications/test"}
"""Would send messages to addresses that were made up."""

_EXAMPLES = 6


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    """Keep the levels of the log, which an admin sets."""
    loggers = [logging.getLogger(name) for name in ("pentaprism", "uvicorn")]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.mark.parametrize("way", ["token", "session"])
@pytest.mark.timeout(240)
async def test_answers_are_as_documented(way: str, tmp_path: Path) -> None:
    async with api_world(tmp_path) as world:
        await world.connect(world.other())
        if way == "session":
            ids, caller = await _filled(world, world.owner), await world.signed_in()
        else:
            ids, caller = await _filled(world, world.other()), await world.with_token(world.other())
        document = (await world.stranger.get("/openapi.json")).body
        statuses = await asyncio.to_thread(_fuzz, world, caller, document, ids)
    assert {200, 404, 422} <= statuses


async def _filled(world: ApiWorld, user: User) -> dict[str, str]:
    """Give somebody something to be asked for, and return the ids."""
    (connection,) = await world.app.store.connections.list(user.id)
    album = world.album("Lake", 2, user)
    mirror = await world.mirror(connection, album)
    caller = await world.with_token(user)
    run_id = (await caller.post("/api/sync/run")).body["run_id"]
    await world.ended(mirror.id)
    account = await world.account(user)
    media = world.world.home / f"media of {user.name}"
    root_id, group_id = await index(world.program, user.id, media)
    return {
        "connection_id": connection.id,
        "account_id": account.id,
        "album_id": album.id,
        "mirror_id": mirror.id,
        "run_id": run_id,
        "root_id": root_id,
        "group_id": group_id,
        **await own_duplicates(world.program, user.id, root_id),
    }


def _fuzz(world: ApiWorld, caller: Caller, document: Any, ids: dict[str, str]) -> set[int]:
    """Ask for everything; return the statuses that were answered."""
    schema = schemathesis.openapi.from_dict(document)
    statuses: set[int] = set()
    chance = random.Random(1)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.label in _ELSEWHERE:
            continue

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
            _bring_home(case, world, ids, chance)
            response = case.call(base_url=world.url, headers=caller.headers, timeout=20)
            statuses.add(response.status_code)
            case.validate_response(response, checks=_CHECKS)

        ask()
    return statuses


def _bring_home(
    case: Case[Any], world: ApiWorld, ids: dict[str, str], chance: random.Random
) -> None:
    """Name what there is in every second request that deletes nothing; keep all calls here."""
    world.program.attempts._failed.clear()
    if case.method != "DELETE" and chance.random() < 0.5:
        for name in case.path_parameters or {}:
            case.path_parameters[name] = ids.get(name, "x")
    if isinstance(case.body, dict):
        for name in ("url", "immich_url"):
            if isinstance(case.body.get(name), str):
                case.body[name] = world.world.sandbox.url
        if isinstance(case.body.get("album_id"), str) and chance.random() < 0.5:
            case.body["album_id"] = ids["album_id"]


def test_everything_in_the_document_has_an_example() -> None:
    document = _document()
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for name in _bodies(operation):
                assert schemas[name].get("examples"), (method, path, name)
    lacking = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, told in schema.get("properties", {}).items()
        if "description" not in told and name != "HTTPValidationError"
    ]
    assert lacking == []


def test_every_example_is_one() -> None:
    models = [*_below(Request), *_below(Answer)]
    assert len(models) > 30
    for model in models:
        extra = model.model_config["json_schema_extra"]
        assert isinstance(extra, dict)
        examples = extra["examples"]
        assert isinstance(examples, list)
        for shown in examples:
            told = model.model_validate(shown).model_dump(mode="json")
            assert isinstance(shown, dict)
            assert set(told) >= set(shown), model


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in model.__subclasses__():
        yield one
        yield from _below(one)


def test_every_refusal_is_documented_as_a_problem() -> None:
    for path, operations in _document()["paths"].items():
        for method, operation in operations.items():
            told = operation["responses"]
            wanted = {"401", "403", "422", "503"} if path != "/healthz" else {"503"}
            if "{" in path:
                wanted.add("404")
            assert wanted <= set(told), (method, path)
            for status, answer in told.items():
                if status[0] in "45":
                    assert list(answer["content"]) == ["application/problem+json"]


def test_no_answer_has_a_field_for_a_secret() -> None:
    """All but the secret of a token that was made this moment."""
    document = _document()
    answers = {
        name
        for operations in document["paths"].values()
        for operation in operations.values()
        for name in _bodies(operation, requests=False)
    }
    schemas = document["components"]["schemas"]
    suspicious = {
        f"{name}.{field}"
        for name in answers
        for field in schemas[name].get("properties", {})
        if any(word in field for word in ("secret", "key", "password", "token"))
    }
    assert suspicious == {
        "TokenMade.secret",
        "TokenMade.token",
        "AccountBody.token_expires_at",
    }


def _document() -> Any:
    app = FastAPI()
    for routes in ROUTES:
        app.include_router(routes.router)
    return app.openapi()


def _bodies(operation: Any, *, requests: bool = True) -> set[str]:
    """Return the names of the models in an operation's bodies that are ours."""
    texts = [str(one) for status, one in operation["responses"].items() if status[0] == "2"]
    if requests:
        texts.append(str(operation.get("requestBody", "")))
    marker = "#/components/schemas/"
    return {part.split("'")[0] for text in texts for part in text.split(marker)[1:]}
