"""What the pages tell of the gateway beside them, and whom they ask to look after it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from databases import place_database
from pydantic import SecretStr
from starlette.requests import Request
from web_world import KEY

from pentaprism.app import App
from pentaprism.overview.gateway import GatewayState, KeptGateway
from pentaprism.program import Program, Surroundings, assembled
from pentaprism.sandbox.immich import Sandbox
from pentaprism.settings import Settings
from pentaprism.web.dashboard import target_of
from pentaprism.web.page import Page, view_of
from pentaprism.web.rendering import Pages
from pentaprism.web.system import system


@dataclass
class Gateway:
    """A gateway that does as it is told."""

    state: GatewayState
    port: int = 3000


@asynccontextmanager
async def running(
    home: Path, gateway: KeptGateway | None, **settings: Any
) -> AsyncIterator[Program]:
    path = place_database(home / "data.db")
    given = Settings(database_path=path, app_secret_key=SecretStr(KEY), **settings)
    around = Surroundings("http://localhost", UTC, lambda _code: None, time.monotonic, gateway)
    async with App.open(given) as app, assembled(app, around) as program:
        yield program


async def page_of(program: Program) -> str:
    """Return the page about the program, on which nobody looks who has chosen anything."""
    request = Request({"type": "http", "headers": []})
    answer = await system(Page(request, program, Pages(""), view_of(program, None)))
    return bytes(answer.body).decode()


@pytest.mark.parametrize(
    ("state", "word"),
    [("runs", "Runs"), ("starts", "Is being started"), ("fails", "Ends again and again")],
)
async def test_the_page_of_the_program_tells_how_it_does(
    tmp_path: Path, state: GatewayState, word: str
) -> None:
    async with running(tmp_path, Gateway(state), immich_url="http://immich:2283") as program:
        page = await page_of(program)
    assert f"{word}</span>" in page
    assert "<dd>port 3000 of the machine" in page
    assert "<dd>http://immich:2283</dd>" in page


async def test_it_is_in_front_of_the_home_server(tmp_path: Path) -> None:
    async with running(tmp_path, Gateway("runs")) as program:
        assert "no Immich yet" in await page_of(program)
        with Sandbox(assets=1, seed=1, hostile=False) as sandbox:
            await program.app.connect(sandbox.url, sandbox.api_key, home=True)
        assert f"<dd>{sandbox.url}</dd>" in await page_of(program)


async def test_none_is_told_of_as_well(tmp_path: Path) -> None:
    async with running(tmp_path, None) as program:
        assert "--gateway-port is off" in await page_of(program)


async def test_admins_are_told_of_one_that_does_not_live(tmp_path: Path) -> None:
    gateway = Gateway("runs")
    async with running(tmp_path, gateway) as program:
        people = program.app.store.people
        await people.save("a", "http://immich", "Ada", "ada@example.org", True)
        await people.save("b", "http://immich", "Bea", "bea@example.org", False)
        for state in ("runs", "starts"):
            gateway.state = state
            assert await program.attentions.of("a", []) == []
        gateway.state = "fails"
        (told,) = await program.attentions.of("a", [])
        assert told.code == "gateway"
        assert target_of(told) == "/system#gateway"
        assert await program.attentions.of("b", []) == []
