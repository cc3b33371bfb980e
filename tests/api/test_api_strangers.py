"""Nobody gets at what is somebody else's, whatever they ask; strangers get at nothing."""

from __future__ import annotations

import re
from typing import Any

from api_world import ApiWorld
from media_folders import index
from owned_duplicates import own_duplicates

from pentaprism.edge import Allow, declared
from pentaprism.store import RunStatus

_BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", "/api/connections/{connection_id}"): {"name": "Mine now"},
    ("PATCH", "/api/accounts/{account_id}"): {"name": "Mine now"},
    ("PATCH", "/api/mirrors/{mirror_id}"): {"paused": True},
    ("PATCH", "/api/roots/{root_id}"): {"name": "Mine now"},
    ("POST", "/api/groups/{group_id}/split"): {"files": [1]},
    ("PUT", "/api/groups/{group_id}/primary"): {"file": 1},
    ("POST", "/api/duplicates/{duplicates_id}/decide"): {"verdict": "keep_all"},
}


async def test_what_is_somebody_elses_is_not_there(world: ApiWorld) -> None:
    (connection,) = await world.app.store.connections.list()
    mirror = await world.mirror(connection, world.album("Summer"))
    run = await world.app.store.runs.start(mirror.id)
    await world.app.store.runs.finish(run.id, RunStatus.WAITING, run.counters, code="quota")
    account = await world.account()
    owner = await world.with_token()
    assert owner.person is not None
    (token,) = await world.app.store.api_tokens.list_of(owner.person.id)
    media = world.world.home / "media"
    root_id, group_id = await index(world.program, owner.person.id, media)
    ids = {
        "connection_id": connection.id,
        "account_id": account.id,
        "mirror_id": mirror.id,
        "run_id": run.id,
        "token_id": token.id,
        "root_id": root_id,
        "group_id": group_id,
        **await own_duplicates(world.program, owner.person.id, root_id),
    }
    unknown = {True: "999999999", False: world.world.library.new_id()}
    absent = {name: unknown[id_.isdigit()] for name, id_ in ids.items()}
    await world.connect(world.other())
    thief = await world.with_token(world.other())
    walked = 0
    for route in declared(world.api):
        names = re.findall(r"\{(\w+)\}", route.path)
        if not names:
            continue
        assert set(names) <= set(ids), route.path
        for method in route.methods:
            walked += 1
            body = _BODIES.get((method, route.path))
            answers = [
                await thief.call(method, route.path.format(**known), json=body)
                for known in (ids, absent)
            ]
            assert [answer.status for answer in answers] == [404, 404], (method, route.path)
            told = [
                re.sub(rf"\b{known[names[-1]]}\b", "ID", answer.text)
                for answer, known in zip(answers, (ids, absent), strict=True)
            ]
            assert told[0] == told[1], "who asks must not learn that there is such a thing"
    assert walked > 20
    assert await world.app.store.mirrors.get(mirror.id) == mirror
    assert await world.app.store.connections.get(connection.id) == connection
    assert (await world.app.store.roots.get(root_id)).name == "media"
    assert (await world.app.store.file_groups.get(group_id)).size == 2


async def test_nor_is_it_when_it_is_named_elsewhere(world: ApiWorld) -> None:
    (connection,) = await world.app.store.connections.list()
    mirror = await world.mirror(connection, world.album("Summer"))
    run = await world.app.store.runs.start(mirror.id)
    account = await world.account()
    await world.connect(world.other())
    thief = await world.with_token(world.other())
    hers = world.album("Hers", user=world.other())
    for path in ("config/status", "sync/status", "sync/runs", "sync/items", "runs"):
        answer = await thief.get(f"/api/{path}", mirror_id=mirror.id)
        assert answer.code == "mirror_not_found", path
    assert (await thief.get("/api/runs", before=run.id)).code == "run_not_found"
    albums = await thief.get("/api/immich/albums", connection_id=connection.id)
    assert albums.code == "connection_not_found"
    named = {"mirror_id": mirror.id}
    assert (await thief.post("/api/sync/run", named)).code == "mirror_not_found"
    assert (await thief.post("/api/config/sync", named | {"enabled": False})).status == 404
    album = {"album_id": hers.id}
    assert (await thief.post("/api/config/album", album | named)).status == 404
    taken = await thief.post("/api/config/album", album | {"account_id": account.id})
    assert taken.code == "account_not_found"
    gone = await thief.post("/auth/google/disconnect", {"account_id": account.id})
    assert gone.code == "account_not_found"
    made = {"kind": "google_photos", "options": {"account": account.id}, **album}
    assert (await thief.post("/api/mirrors", made)).status == 422
    from_hers = {"connection_id": connection.id, **made}
    assert (await thief.post("/api/mirrors", from_hers)).code == "connection_not_found"
    assert (await thief.get("/api/mirrors")).body == []
    assert (await thief.get("/api/runs")).body["runs"] == []
    assert (await thief.get("/api/accounts")).body == []


async def test_strangers_get_at_nothing_but_the_health(world: ApiWorld) -> None:
    open_routes = []
    for route in declared(world.api):
        if route.path == "/openapi.json":
            continue
        if route.allow is Allow.ANYONE:
            open_routes.append(route.path)
            continue
        for method in route.methods:
            path = re.sub(r"\{\w+\}", "x", route.path)
            headers = {"Origin": world.url}
            answer = await world.stranger.call(method, path, headers=headers)
            assert (answer.status, answer.code) == (401, "not_signed_in"), (method, path)
    assert open_routes == ["/healthz"]


async def test_a_session_needs_a_proof_and_a_token_none(world: ApiWorld) -> None:
    person = await world.signed_in()
    del person.headers["Origin"]
    refused = await person.put("/api/notifications", {"addresses": []})
    assert (refused.status, refused.code) == (403, "origin")
    program = await world.with_token()
    assert (await program.put("/api/notifications", {"addresses": []})).status == 200
