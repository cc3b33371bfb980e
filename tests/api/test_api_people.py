"""What is a person's own: connections, accounts, tokens, notifications; and the admin's system."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from aiohttp import web
from api_world import ApiWorld

from pentaprism.store import AccountState


async def test_connections_are_saved_renamed_and_deleted(world: ApiWorld) -> None:
    other = world.other()
    caller = await world.with_token(other)
    key = world.world.library.add_key(user_id=other.id)
    body = {"url": world.world.sandbox.url, "api_key": key.secret, "name": "Mine"}
    made = await caller.post("/api/connections", body)
    assert made.status == 201, made.text
    assert made.body["home"] is True  # it is the server where people sign in
    assert made.body["health"]["ok"] is True
    path = f"/api/connections/{made.body['id']}"
    assert (await caller.get(path)).body == made.body
    assert (await caller.patch(path, {"name": "Another"})).body["name"] == "Another"
    fresh = world.world.library.add_key(user_id=other.id)
    renewed = await caller.patch(path, {"api_key": fresh.secret})
    assert renewed.body["name"] == "Another"
    assert (await world.app.store.connections.get(made.body["id"])).api_key == fresh.secret
    wrong = await caller.patch(path, {"api_key": world.world.sandbox.api_key})
    assert (wrong.status, wrong.code) == (422, "other_user")
    checked = (await caller.post(f"{path}/check")).body
    assert checked["user_name"] == "Bea"
    for answer in (made, renewed, await caller.get("/api/connections")):
        assert key.secret not in answer.text
        assert fresh.secret not in answer.text
    assert (await caller.delete(path)).status == 204
    assert (await caller.get(path)).code == "connection_not_found"


async def test_only_an_admin_moves_a_home_connection(world: ApiWorld) -> None:
    (home,) = await world.app.store.connections.list()
    moved = world.world.sandbox.url.replace("127.0.0.1", "localhost")
    body = {"url": moved, "api_key": world.world.sandbox.api_key}
    program = await world.with_token()
    refused = await program.post("/api/connections", body)
    assert (refused.status, refused.code) == (422, "home_moved")
    kept = await program.post(
        "/api/config/immich", {"immich_url": moved, "immich_api_key": body["api_key"]}
    )
    assert kept.status == 422
    admin = await world.signed_in()
    assert (await admin.post("/api/connections", body)).status == 201
    (after,) = await world.app.store.connections.list()
    assert (after.id, after.url, after.home) == (home.id, moved, True)


async def test_a_connection_to_another_server_is_not_home(world: ApiWorld) -> None:
    other = world.other()
    caller = await world.with_token(other)
    key = world.world.library.add_key(user_id=other.id)
    elsewhere = world.world.sandbox.url.replace("127.0.0.1", "localhost")
    made = await caller.post("/api/connections", {"url": elsewhere, "api_key": key.secret})
    assert made.body["home"] is False


async def test_the_last_home_connection_stays(world: ApiWorld) -> None:
    admin = await world.signed_in()
    (home,) = await world.app.store.connections.list()
    refused = await admin.delete(f"/api/connections/{home.id}")
    assert (refused.status, refused.code) == (409, "last_home")
    await world.connect(world.other())
    await world.mirror(home, world.album("Summer"))
    in_use = await admin.delete(f"/api/connections/{home.id}")
    assert (in_use.status, in_use.code) == (409, "connection_in_use")


async def test_albums_are_listed_by_name(world: ApiWorld) -> None:
    caller = await world.with_token()
    world.album("winter", 1)
    world.album("Été", 2)
    (home,) = await world.app.store.connections.list()
    albums = (await caller.get("/api/immich/albums", fresh="true")).body
    listed = [(one["name"], one["asset_count"]) for one in albums["albums"]]
    assert listed == sorted(listed, key=lambda one: one[0].casefold())
    assert {("winter", 1), ("Été", 2)} <= set(listed)
    assert albums["connection_id"] == home.id
    found = await caller.get(f"/api/connections/{home.id}/albums", search="WINT")
    assert [one["name"] for one in found.body["albums"]] == ["winter"]
    await world.world.sandbox.stop()
    stale = (await caller.get("/api/immich/albums")).body
    assert len(stale["albums"]) == len(listed)
    away = await caller.get("/api/immich/albums", fresh="true")
    assert (away.status, away.headers["retry-after"].isdigit()) == (503, True)


async def test_accounts_are_listed_renamed_and_disconnected(world: ApiWorld) -> None:
    caller = await world.with_token()
    account = await world.account()
    (listed,) = (await caller.get("/api/accounts")).body
    assert listed["scopes"] == ["appendonly"]
    assert listed["quota"]["budget"] == 10_000
    path = f"/api/accounts/{account.id}"
    assert (await caller.patch(path, {"name": "Photos"})).body["name"] == "Photos"
    assert (await caller.get(path)).body["name"] == "Photos"
    gone = await caller.delete(path)
    assert (gone.status, gone.body["state"]) == (200, "disconnected")
    assert (await world.app.store.accounts.get(account.id)).state is AccountState.DISCONNECTED


async def test_tokens_are_made_by_people_and_shown_once(world: ApiWorld) -> None:
    person = await world.signed_in()
    until = world.world.now + timedelta(days=1)
    made = await person.post("/api/tokens", {"name": "Script", "expires_at": until.isoformat()})
    assert made.status == 201
    secret = made.body["secret"]
    program = world.stranger
    program.headers["Authorization"] = f"Bearer {secret}"
    (listed,) = (await program.get("/api/tokens")).body
    assert listed["name"] == "Script"
    assert listed["last_used_at"] is not None
    assert secret not in json.dumps(listed)
    another = await program.post("/api/tokens", {"name": "More"})
    assert (another.status, another.code) == (403, "session_needed")
    assert (await person.post("/api/tokens", {"name": " "})).code == "token_name"
    past = {"name": "Old", "expires_at": "2000-01-01T00:00:00Z"}
    assert (await person.post("/api/tokens", past)).code == "token_end"
    assert (await person.delete(f"/api/tokens/{listed['id']}")).status == 204
    assert (await program.get("/api/tokens")).code == "not_signed_in"


async def test_notifications_are_set_tried_and_never_shown(world: ApiWorld) -> None:
    got: list[str] = []

    async def take(request: web.Request) -> web.Response:
        got.append(await request.text())
        return web.Response()

    service = web.Application()
    service.router.add_post("/{tail:.*}", take)
    runner = web.AppRunner(service)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    caller = await world.with_token()
    assert (await caller.post("/api/notifications/test")).code == "no_address"
    address = f"json://ann:secret-word@127.0.0.1:{port}/"
    put = await caller.put("/api/notifications", {"addresses": [address]})
    assert put.status == 200
    assert len(put.body["addresses"]) == 1
    assert "secret-word" not in put.text
    tried = await caller.post("/api/notifications/test")
    assert tried.body["success"] is True
    assert len(got) == 1
    told = await caller.get("/api/notifications")
    assert [notice["kind"] for notice in told.body["recent"]] == ["test"]
    assert "secret-word" not in told.text
    await runner.cleanup()
    assert (await caller.post("/api/notifications/test")).body["success"] is False
    wrong = await caller.put("/api/notifications", {"addresses": ["file:///etc/passwd"]})
    assert (wrong.status, wrong.code) == (422, "notification_url")
    assert len((await caller.get("/api/notifications")).body["addresses"]) == 1
    assert (await caller.put("/api/notifications", {"addresses": []})).body["addresses"] == []


async def test_the_system_is_for_admins_with_a_session(world: ApiWorld) -> None:
    for caller in (await world.with_token(), await world.signed_in(world.other())):
        refused = await caller.get("/api/system")
        assert (refused.status, refused.code) == (403, "not_admin")
    admin = await world.signed_in()
    system = (await admin.get("/api/system")).body
    assert system["database_bytes"] > 0
    assert system["runs_at_work"] == 0
    logger = logging.getLogger("pentaprism")
    before = logger.level
    try:
        level = await admin.put("/api/system/log-level", {"level": "ERROR"})
        assert level.body == {"level": "ERROR"}
        assert logger.level == logging.ERROR
        assert (await admin.get("/api/system")).body["log_level"] == "ERROR"
        assert await world.app.store.program_settings.get("log_level") == "ERROR"
        assert (await admin.put("/api/system/log-level", {"level": "loud"})).status == 422
    finally:
        logger.setLevel(before)
        logging.getLogger("uvicorn").setLevel(logging.NOTSET)
