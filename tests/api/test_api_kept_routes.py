"""The routes that scripts have always used, with the bodies that they send."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from api_world import ApiWorld, api_world

from pentaprism.store import AccountState


async def test_a_script_saves_its_connection(world: ApiWorld) -> None:
    caller = await world.with_token()
    key = world.world.library.add_key()
    immich = {"immich_url": f"{world.world.sandbox.url}/api", "immich_api_key": key.secret}
    tested = await caller.post("/api/config/immich/test", immich)
    assert tested.status == 200
    assert tested.body["success"] is True
    assert tested.body["user"] == world.owner.name
    assert tested.body["missing"] == []
    saved = await caller.post("/api/config/immich", immich)
    assert saved.body["success"] is True
    assert saved.body["url"] == world.world.sandbox.url
    (connection,) = await world.app.store.connections.list()
    assert connection.id == saved.body["connection_id"]
    assert connection.api_key == key.secret
    assert connection.home
    for answer in (tested, saved, await caller.get("/api/connections")):
        assert key.secret not in answer.text


async def test_a_script_sets_up_a_mirror_and_runs_it(world: ApiWorld) -> None:
    caller = await world.with_token()
    album = world.album("Summer", 2)
    wanted = {"album_id": album.id, "album_name": "Summer"}
    none = await caller.post("/api/config/album", wanted)
    assert (none.status, none.code) == (404, "no_account")
    account = await world.account()
    chosen = await caller.post("/api/config/album", wanted)
    assert chosen.status == 200
    assert chosen.body["success"] is True
    again = await caller.post("/api/config/album", wanted)
    assert again.body == chosen.body
    (mirror,) = await world.app.store.mirrors.list()
    assert (mirror.id, mirror.kind, mirror.place) == (
        chosen.body["mirror_id"],
        "google_photos",
        account.id,
    )

    synced = await caller.post("/api/config/sync", {"enabled": True, "interval_minutes": 60})
    assert synced.status == 200
    assert synced.body["interval_minutes"] == 60
    assert synced.body["next_run_at"] is not None
    status = (await caller.get("/api/config/status")).body
    assert status["configured"] is True
    assert status["sync_enabled"] is True
    assert status["interval_minutes"] == 60
    assert status["album_id"] == album.id
    assert status["google_connected"] is True

    begun = await caller.post("/api/sync/run")
    run = await world.ended(mirror.id)
    assert run.id == begun.body["run_id"]
    assert world.world.shown() == ["Summer 0.jpg", "Summer 1.jpg"]
    items = (await caller.get("/api/sync/items", limit=1)).body
    assert [item["state"] for item in items["items"]] == ["OK"]
    rest = (await caller.get("/api/sync/items", after=items["next"])).body
    assert len(rest["items"]) == 1
    assert rest["next"] is None
    assert (await caller.get("/api/sync/items", state="FAILED")).body["items"] == []
    assert len((await caller.get("/api/sync/items", search="SUMMER 1")).body["items"]) == 1

    off = await caller.post("/api/config/sync", {"enabled": False})
    assert off.body["enabled"] is False
    assert (await caller.post("/api/sync/run")).code == "paused"
    on = await caller.post("/api/config/sync", {"enabled": True})
    assert (on.body["enabled"], on.body["interval_minutes"]) == (True, 60)


async def test_another_album_becomes_another_mirror(world: ApiWorld) -> None:
    caller = await world.with_token()
    await world.account()
    summer, winter = world.album("Summer"), world.album("Winter")
    first = (await caller.post("/api/config/album", {"album_id": summer.id})).body["mirror_id"]
    world.world.pass_time(seconds=1)
    second = (await caller.post("/api/config/album", {"album_id": winter.id})).body["mirror_id"]
    assert first != second
    moved = await caller.post("/api/config/album", {"album_id": winter.id, "mirror_id": first})
    assert (moved.status, moved.code) == (409, "album_fixed")
    status = await caller.get("/api/config/status", mirror_id=second)
    assert status.body["album_name"] == "Winter"
    assert (await caller.get("/api/config/status")).body["album_name"] == "Summer"
    absent = world.world.library.new_id()
    assert (await caller.post("/api/config/album", {"album_id": absent})).code == "album_not_found"


async def test_two_accounts_have_to_be_told_apart(world: ApiWorld) -> None:
    caller = await world.with_token()
    one, two = await world.account(), await world.account(email="bob@example.org")
    album = world.album("Summer")
    unclear = await caller.post("/api/config/album", {"album_id": album.id})
    assert (unclear.status, unclear.code) == (422, "ambiguous")
    body = {"album_id": album.id, "account_id": two.id}
    mirror_id = (await caller.post("/api/config/album", body)).body["mirror_id"]
    assert (await world.app.store.mirrors.get(mirror_id)).place == two.id
    other = {"album_id": album.id, "account_id": one.id}
    assert (await caller.post("/api/config/album", other)).body["mirror_id"] != mirror_id


async def test_the_status_of_nothing_is_told(world: ApiWorld) -> None:
    caller = await world.with_token(world.other())
    status = (await caller.get("/api/config/status")).body
    assert status["configured"] is False
    assert status["immich_configured"] is False
    assert (await caller.get("/api/sync/status")).body["mirror_id"] is None
    assert (await caller.get("/api/sync/runs")).body == {"runs": [], "next": None}
    assert (await caller.get("/api/sync/items")).body == {"items": [], "next": None}
    run = await caller.post("/api/sync/run")
    assert (run.status, run.code) == (404, "no_mirror_yet")
    assert (await caller.get("/api/immich/albums")).code == "no_connection"


@pytest.mark.parametrize("minutes", [0, 4.9, 600_000, "NaN"])
async def test_an_interval_that_is_none_changes_nothing(
    world: ApiWorld, minutes: float | str
) -> None:
    caller = await world.with_token()
    (connection,) = await world.app.store.connections.list()
    mirror = await world.mirror(connection, world.album("Summer"))
    wrong = await caller.post("/api/config/sync", {"enabled": True, "interval_minutes": minutes})
    assert wrong.status == 422
    assert await world.app.store.mirrors.get(mirror.id) == mirror
    no_interval = await caller.post("/api/config/sync", {"enabled": True})
    assert no_interval.code == "schedule"


async def test_a_key_without_what_is_needed_is_not_saved(world: ApiWorld) -> None:
    caller = await world.with_token()
    weak = world.world.library.add_key(["user.read", "album.read"])
    body = {"immich_url": world.world.sandbox.url, "immich_api_key": weak.secret}
    tested = (await caller.post("/api/config/immich/test", body)).body
    assert tested["success"] is False
    assert "asset.read" in tested["missing"]
    saved = await caller.post("/api/config/immich", body)
    assert (saved.status, saved.code) == (422, "permissions")
    assert "asset.read" in saved.body["detail"] + saved.body["hint"]
    (connection,) = await world.app.store.connections.list()
    assert connection.api_key != weak.secret


async def test_what_is_no_immich_is_told_and_tries_are_counted(world: ApiWorld) -> None:
    caller = await world.with_token()
    body = {"immich_url": world.world.sandbox.url, "immich_api_key": "wrong"}
    for _ in range(10):
        answer = await caller.post("/api/config/immich/test", body)
        assert (answer.status, answer.code) == (422, "bad_key")
    limited = await caller.post("/api/config/immich/test", body)
    assert (limited.status, limited.code) == (429, "too_many_attempts")
    assert int(limited.headers["retry-after"]) > 0


async def test_google_is_told_and_disconnected(world: ApiWorld) -> None:
    caller = await world.with_token()
    before = (await caller.get("/auth/google/status")).body
    assert before == {"connected": False, "client_configured": True, "accounts": []}
    assert (await caller.post("/auth/google/disconnect")).code == "no_account"
    account = await world.account()
    status = await caller.get("/auth/google/status")
    assert status.body["connected"] is True
    assert account.refresh_token
    assert account.refresh_token not in status.text
    assert account.client_secret not in status.text
    gone = await caller.post("/auth/google/disconnect")
    assert gone.body["account_id"] == account.id
    after = await world.app.store.accounts.get(account.id)
    assert after.state is AccountState.DISCONNECTED
    assert (await caller.get("/auth/google/status")).body["connected"] is False


async def test_health_needs_nobody_and_no_immich(world: ApiWorld) -> None:
    stranger = world.stranger
    health = await stranger.get("/healthz")
    assert health.status == 200
    assert health.body["status"] == "ok"
    assert set(health.body) == {"status", "version", "database", "immich"}
    (connection,) = await world.app.store.connections.list()
    await world.world.sandbox.stop()
    await world.program.health.check(connection)
    away = await stranger.get("/healthz")
    assert away.status == 200
    assert (away.body["status"], away.body["immich"]) == ("degraded", "away")
    assert world.owner.name not in away.text


async def test_health_tells_of_a_database_that_is_gone(world: ApiWorld) -> None:
    with closing(sqlite3.connect(world.app.settings.database_path)) as database:
        database.execute("ALTER TABLE connections RENAME TO elsewhere")
    away = await world.stranger.get("/healthz")
    assert (away.status, away.code) == (503, "database")


async def test_before_the_set_up_strangers_are_told_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with api_world(tmp_path_factory.mktemp("home"), connected=False) as world:
        answer = await world.stranger.get("/api/mirrors")
        assert (answer.status, answer.code) == (401, "set_up_needed")
        assert (await world.stranger.get("/healthz")).status == 200
