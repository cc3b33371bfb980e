"""Who is told by the gateway's own routes, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from enriched_world import ask, passing_to, request
from gateway_upstreams import serving
from own_world import PATHS, OwnWorld, own_world

from pentaprism.gateway.callers import Callers
from pentaprism.gateway.own import own_routes
from pentaprism.gateway.own.pulse import Pulse
from pentaprism.sandbox.immich import Sandbox
from pentaprism.store import Store


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[OwnWorld]:
    async with own_world(tmp_path) as world:
        yield world


async def test_a_stranger_is_told_nothing(world: OwnWorld) -> None:
    for path in PATHS:
        shown = await world.ask(path)
        assert shown.status == 401
        problem = shown.json()
        assert (problem["detail"], problem["code"]) == ("Authentication required", "not_signed_in")
        assert "x-api-key" in problem["hint"]
        assert shown.header(b"www-authenticate") == b"Bearer"
        for wrong in ((b"x-api-key", b"wrong"), (b"cookie", b"immich_access_token=x")):
            assert await world.code(path, [wrong]) == (401, "not_signed_in")


async def test_a_share_link_is_nobody(world: OwnWorld) -> None:
    """Also beside a credential: Immich heeds the link then."""
    share, ada = (b"x-immich-share-key", b"a-link"), world.key(world.ada)
    for path in PATHS:
        assert await world.code(path, [share]) == (401, "not_signed_in")
        assert await world.code(path, [share, *ada]) == (401, "not_signed_in")
        assert await world.code(path, ada, key="a-link") == (401, "not_signed_in")
        assert await world.code(path, ada, slug="a-link") == (401, "not_signed_in")


async def test_everybody_is_told_of_what_is_theirs(world: OwnWorld) -> None:
    theirs = [*world.ben.ids.values(), world.ben.mirror_id, world.ben.connection.id]
    for path in PATHS:
        told = json.dumps(await world.told(path))
        assert not any(id_ in told for id_ in theirs), path
    stranger = world.sandbox.library.add_user("Eve", "eve@example.test", "eve's password")
    key = world.sandbox.library.add_key(user_id=stranger.id).secret.encode()
    for path, member in (("/assets", "assets"), ("/groups", "groups")):
        shown = await world.ask(path, [(b"x-api-key", key)])
        assert shown.json() == {member: [], "next": None}
    summary = (await world.ask("/summary", [(b"x-api-key", key)])).json()
    assert summary["assets"]["total"] == 0
    assert summary["mirrors"] == []


async def test_every_carrier_is_taken(world: OwnWorld) -> None:
    token = world.sandbox.library.add_session(world.ben.user_id)
    for header in (
        (b"authorization", b"Bearer " + token.encode()),
        (b"cookie", b"immich_access_token=" + token.encode()),
        (b"x-immich-user-token", token.encode()),
    ):
        shown = await world.ask("/assets", [header])
        assert shown.json()["assets"][0]["id"] == world.ben.ids["clip.mp4"]
    shown = await world.ask("/assets", sessionKey=token, limit=1)
    assert shown.json()["assets"][0]["id"] == world.ben.ids["clip.mp4"]


@pytest.mark.parametrize(
    ("given", "lacking"), [("asset.read", "user.read"), ("user.read", "asset.read")]
)
async def test_a_key_needs_two_permissions(world: OwnWorld, given: str, lacking: str) -> None:
    for path in PATHS:
        shown = await world.ask(path, world.key(world.ada, given))
        problem = shown.json()
        assert (shown.status, problem["code"]) == (403, "missing_permission")
        assert lacking in problem["detail"]
        both = await world.ask(path, world.key(world.ada, "asset.read", "user.read"))
        assert both.status == 200


async def test_what_is_not_there_is_a_problem(world: OwnWorld) -> None:
    for path in ("", "/", "/nothing", "/assets/", "/assets/1", "/../assets", "/docs", "/metrics"):
        assert await world.code(path, world.key(world.ada)) == (404, "not_found"), path


async def test_wrong_values_are_refused(world: OwnWorld) -> None:
    key = world.key(world.ada)
    wrong: list[tuple[str, dict[str, str], str]] = [
        ("/assets", {"after": "x"}, "invalid_page"),
        ("/assets", {"after": "W251bGwsIC0xXQ"}, "invalid_page"),
        ("/assets", {"after": "a" * 201}, "invalid_request"),
        ("/assets", {"limit": "0"}, "invalid_request"),
        ("/assets", {"limit": "1001"}, "invalid_request"),
        ("/assets", {"type": "AUDIO"}, "invalid_request"),
        ("/assets", {"grouped": "perhaps"}, "invalid_request"),
        ("/assets", {"taken_after": "2024-05-04T00:00:00Z"}, "invalid_request"),
        ("/assets", {"status": "OK"}, "status_without_mirror"),
        ("/groups", {"after": "x"}, "invalid_page"),
        ("/groups", {"limit": "-1"}, "invalid_request"),
        ("/groups", {"type": "none"}, "invalid_request"),
        ("/duplicates", {"after": "x"}, "invalid_page"),
        ("/duplicates", {"min_bytes": "-1"}, "invalid_request"),
        ("/duplicates", {"min_bytes": str(2**63)}, "invalid_request"),
    ]
    for path, query, code in wrong:
        assert await world.code(path, key, **query) == (422, code), (path, query)


async def test_strangers_are_refused_before_their_values(world: OwnWorld) -> None:
    assert await world.code("/assets", (), limit="0") == (401, "not_signed_in")


async def test_without_the_database_it_is_said_when_to_try_again(world: OwnWorld) -> None:
    world.world.store = None
    for path in PATHS:
        shown = await world.ask(path, world.key(world.ada))
        assert (shown.status, shown.json()["code"]) == (503, "database_away")
        assert shown.header(b"retry-after") == b"5"
        assert await world.code(path) == (401, "not_signed_in")
    health = await world.ask("/healthz")
    assert (health.status, health.json()["database"]) == (200, "away")
    assert health.json()["status"] == "degraded"


async def test_without_immich_nobody_is_known(tmp_path: Path) -> None:
    async with Sandbox(assets=1, hostile=False) as sandbox:
        url = sandbox.url
    async with passing_to(url) as passing:
        app = own_routes(Callers(passing), lambda: None, passing)
        for path in PATHS:
            scope = request("GET", f"/api/pentaprism{path}", [(b"x-api-key", b"x")])
            shown = await ask(app, scope)
            assert (shown.status, shown.json()["code"]) == (502, "immich_unreachable")
        shown = await ask(app, request("GET", "/api/pentaprism/healthz"))
        assert shown.status == 200
        assert shown.json()["immich"] == "away"


async def test_a_mistake_of_ours_is_told_by_its_reference_alone(world: OwnWorld) -> None:
    def broken() -> Store:
        raise RuntimeError("words for the log only")

    app = own_routes(world.world.callers, broken)
    headers = {name.decode(): value.decode() for name, value in world.key(world.ada)}
    async with (
        serving(app) as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/api/pentaprism/assets", headers=headers) as reply,
    ):
        text = await reply.text()
        assert (reply.status, reply.content_type) == (500, "application/problem+json")
    assert json.loads(text)["code"] == "unexpected"
    assert json.loads(text)["reference"]
    assert "words" not in text


async def test_the_health_is_open_and_tells_no_secret(world: OwnWorld) -> None:
    shown = await world.ask("/healthz")
    assert shown.status == 200
    body = shown.json()
    assert (body.pop("status"), body.pop("immich"), body.pop("database")) == ("ok", "ok", "ok")
    assert body.keys() == {"version"}


async def test_the_pulse_is_felt_once_in_a_while() -> None:
    now = [0.0]
    async with Sandbox(assets=1, hostile=False) as sandbox, passing_to(sandbox.url) as passing:
        pulse = Pulse(passing, seconds=2.0, clock=lambda: now[0])
        assert await pulse.feel() == "ok"
    async with passing_to(sandbox.url) as passing:
        # Immich has gone: known when it is asked again.
        assert await pulse.feel() == "ok"
        now[0] = 2.5
        assert await Pulse(passing, clock=lambda: now[0]).feel() == "away"
    assert await Pulse(None).feel() == "unknown"
