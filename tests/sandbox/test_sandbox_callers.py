"""Sign-in, sessions and API keys of the sandbox; what they answer was seen at a real Immich."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sandbox_calls import Caller, caller

from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.population import OWNER_PASSWORD

UNKNOWN = "14e378d0-5fb5-4fdb-92a7-5e49d9f96305"
EMAIL = "third@example.test"
LOGIN = {"email": EMAIL, "password": OWNER_PASSWORD}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(assets=21, hostile=False) as started:
        yield started


@pytest.fixture
async def stranger(sandbox: Sandbox) -> AsyncIterator[Caller]:
    async with caller(sandbox, "") as session:
        yield session


async def bearer(stranger: Caller, email: str = EMAIL) -> str:
    reply = await stranger.post("/api/auth/login", LOGIN | {"email": email})
    return f"Bearer {reply.json['accessToken']}"


@pytest.mark.parametrize(
    ("email", "is_admin"),
    [("admin@example.test", True), ("second@example.test", False), (EMAIL, False)],
)
async def test_everybody_has_a_password(stranger: Caller, email: str, is_admin: bool) -> None:
    reply = await stranger.post("/api/auth/login", LOGIN | {"email": email.upper()})
    assert (reply.json["userEmail"], reply.json["isAdmin"]) == (email, is_admin)
    headers = {"Authorization": f"Bearer {reply.json['accessToken']}"}
    assert (await stranger.get("/api/users/me", **headers)).json["email"] == email
    assert (await stranger.call("POST", "/api/auth/validateToken", **headers)).json == {
        "authStatus": True
    }


async def test_the_third_has_an_album_that_only_they_see(sandbox: Sandbox) -> None:
    third = list(sandbox.library.users)[2]
    async with caller(sandbox, sandbox.library.add_key(user_id=third).secret) as session:
        albums = (await session.get("/api/albums")).json
    assert [(a["albumName"], a["assetCount"]) for a in albums] == [("Garden", 4)]
    assert "Garden" not in sandbox.ready_line()


@pytest.mark.parametrize(
    ("said", "status", "message"),
    [
        ({"password": "x"}, 401, "Incorrect email or password"),
        ({"password": ""}, 401, "Incorrect email or password"),
        ({"email": "nobody@example.test"}, 401, "Incorrect email or password"),
        ({"email": f" {EMAIL} "}, 400, "Validation failed"),
        ({"email": ""}, 400, "Validation failed"),
        ({"email": None}, 400, "Validation failed"),
        ({"password": 5}, 400, "Validation failed"),
    ],
)
async def test_a_login_that_is_refused(
    stranger: Caller, said: dict[str, object], status: int, message: str
) -> None:
    reply = await stranger.post("/api/auth/login", LOGIN | said)
    assert (reply.status, reply.json["message"]) == (status, message)


async def test_password_login_is_switched_off(stranger: Caller) -> None:
    token = await bearer(stranger)
    await stranger.post("/sandbox/sign-in", {"passwordLogin": False, "oauth": True})
    reply = await stranger.post("/api/auth/login", LOGIN)
    assert (reply.status, reply.json) == (401, {"message": "Password login has been disabled"})
    features = (await stranger.get("/api/server/features")).json
    assert (features["passwordLogin"], features["oauth"]) == (False, True)
    assert (await stranger.get("/api/users/me", Authorization=token)).status == 200
    await stranger.post("/sandbox/sign-in", {"passwordLogin": True})
    assert (await stranger.post("/api/auth/login", LOGIN)).status == 201


async def test_sessions_end(sandbox: Sandbox, stranger: Caller) -> None:
    second, third = list(sandbox.library.users)[1:]
    tokens = [await bearer(stranger, email) for email in ("second@example.test", EMAIL, EMAIL)]

    async def statuses() -> list[int]:
        return [(await stranger.get("/api/users/me", Authorization=t)).status for t in tokens]

    token = tokens[2].removeprefix("Bearer ")
    out = await stranger.call("POST", "/api/auth/logout", x_immich_session_token=token)
    assert out.json == {"successful": True, "redirectUri": "/auth/login?autoLaunch=0"}
    assert await statuses() == [200, 200, 401]
    again = await stranger.call("POST", "/api/auth/logout", Authorization=tokens[2])
    assert (again.status, again.json) == (401, {"message": "Invalid user token"})
    ended = await stranger.call("DELETE", "/sandbox/sessions", {"userId": third})
    assert (ended.json, await statuses()) == ({"ended": 1}, [200, 401, 401])
    ended = await stranger.call("DELETE", "/sandbox/sessions")
    assert (ended.json, await statuses()) == ({"ended": 1}, [401, 401, 401])
    weak = sandbox.library.add_key(["user.read"], user_id=second)
    refused = await stranger.call("POST", "/api/auth/logout", x_api_key=weak.secret)
    assert refused.json == {"message": "Missing required permission: all"}


async def test_a_user_is_changed_deleted_and_given_back(sandbox: Sandbox, stranger: Caller) -> None:
    token, third = await bearer(stranger), list(sandbox.library.users)[2]
    key = sandbox.library.add_key(user_id=third).secret
    changed = await stranger.post(f"/sandbox/users/{third}", {"name": "New", "isAdmin": True})
    assert changed.json["isAdmin"]
    me = (await stranger.get("/api/users/me", Authorization=token)).json
    assert (me["name"], me["isAdmin"]) == ("New", True)
    await stranger.call("DELETE", f"/sandbox/users/{third}")
    assert (await stranger.get("/sandbox/users")).json[2]["isDeleted"]
    for headers, message in (
        ({"Authorization": token}, "Invalid user token"),
        ({"x_api_key": key}, "Invalid API key"),
    ):
        reply = await stranger.get("/api/users/me", **headers)
        assert (reply.status, reply.json) == (401, {"message": message})
    assert (await stranger.post("/api/auth/login", LOGIN)).status == 401
    await stranger.post(f"/sandbox/users/{third}", {"isDeleted": False, "password": "other"})
    assert (await stranger.get("/api/users/me", Authorization=token)).status == 200
    assert (await stranger.post("/api/auth/login", LOGIN)).status == 401
    assert (await stranger.post("/api/auth/login", LOGIN | {"password": "other"})).status == 201


async def test_keys_of_a_session(stranger: Caller) -> None:
    token = await bearer(stranger)
    wanted = {"name": "", "permissions": ["user.read", "apiKey.create"]}
    made = await stranger.call("POST", "/api/api-keys", wanted, Authorization=token)
    key, path = made.json["apiKey"], f"/api/api-keys/{made.json['apiKey']['id']}"
    assert (key["name"], key["permissions"]) == ("API Key", wanted["permissions"])
    assert (await stranger.get("/api/users/me", x_api_key=made.json["secret"])).status == 200
    more = {"permissions": ["album.read"]}
    reply = await stranger.call("POST", "/api/api-keys", more, x_api_key=made.json["secret"])
    assert (reply.status, reply.json["message"]) == (
        400,
        "Cannot grant permissions you do not have",
    )
    bodies: tuple[dict[str, list[str]], ...] = ({}, {"permissions": []})
    for body in bodies:
        reply = await stranger.call("POST", "/api/api-keys", body, Authorization=token)
        assert (reply.status, reply.json["message"]) == (400, "Validation failed")
    newer = await stranger.call("POST", "/api/api-keys", more, Authorization=token)
    listed = (await stranger.get("/api/api-keys", Authorization=token)).json
    assert [k["id"] for k in listed] == [newer.json["apiKey"]["id"], key["id"]]
    changed = await stranger.call("PUT", path, more | {"name": "x"}, Authorization=token)
    assert (changed.json["name"], changed.json["permissions"]) == ("x", ["album.read"])
    assert (await stranger.get(path, Authorization=token)).json == changed.json
    assert (await stranger.call("PUT", path, {}, Authorization=token)).status == 500
    assert (await stranger.call("DELETE", path, Authorization=token)).status == 204
    for gone in (path, f"/api/api-keys/{UNKNOWN}"):
        reply = await stranger.call("DELETE", gone, Authorization=token)
        assert (reply.status, reply.json) == (400, {"message": "API Key not found"})


async def test_keys_are_changed_from_outside(sandbox: Sandbox, stranger: Caller) -> None:
    made = (await stranger.post("/sandbox/keys", {"permissions": ["user.read"]})).json
    listed = (await stranger.get("/sandbox/keys")).json
    assert made["id"] in [key["id"] for key in listed]
    assert made["secret"] not in str(listed)
    headers = {"x_api_key": made["secret"]}
    assert (await stranger.get("/api/users/me", **headers)).status == 200
    await stranger.post(f"/sandbox/keys/{made['id']}", {"permissions": ["album.read"]})
    assert (await stranger.get("/api/users/me", **headers)).status == 403
    await stranger.call("DELETE", f"/sandbox/keys/{made['id']}")
    assert (await stranger.get("/api/users/me", **headers)).status == 401
    assert (await stranger.call("DELETE", f"/sandbox/keys/{UNKNOWN}")).status == 400


async def test_statistics(sandbox: Sandbox) -> None:
    library = sandbox.library
    photo, other, *_ = [a.id for a in library.assets.values() if a.kind == "jpeg"]
    library.set_visibility(photo, "archive")
    library.describe(photo, favorite=True)
    library.trash([other])
    async with caller(sandbox) as owner:

        async def count(query: str = "") -> tuple[int, int, int]:
            found = (await owner.get(f"/api/assets/statistics{query}")).json
            return found["images"], found["videos"], found["total"]

        assert await count() == (19, 1, 20)
        assert await count("?isTrashed=true") == (1, 0, 1)
        assert await count("?isFavorite=true") == (1, 0, 1)
        assert await count("?visibility=archive") == (1, 0, 1)
        assert await count("?visibility=hidden") == (0, 1, 1)
        locked = await owner.get("/api/assets/statistics?visibility=locked")
        assert (locked.status, locked.json["message"]) == (401, "Elevated permission is required")
        for wrong in ("visibility=x", "isTrashed=maybe"):
            assert (await owner.get(f"/api/assets/statistics?{wrong}")).status == 400


async def test_maintenance_shows_in_the_config(sandbox: Sandbox, stranger: Caller) -> None:
    sandbox.faults.add("maintenance")
    assert (await stranger.get("/api/server/config")).json == {"maintenanceMode": True}
    assert (await stranger.get("/api/server/features")).status == 404
