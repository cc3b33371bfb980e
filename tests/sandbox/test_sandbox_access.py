from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sandbox_calls import Caller, caller, main_album

from pentaprism.sandbox.immich import READ_ONLY, Sandbox
from pentaprism.sandbox.immich.population import OWNER_PASSWORD

UNKNOWN = "14e378d0-5fb5-4fdb-92a7-5e49d9f96305"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(assets=6, hostile=False) as started:
        yield started


@pytest.fixture
async def owner(sandbox: Sandbox) -> AsyncIterator[Caller]:
    async with caller(sandbox) as session:
        yield session


@pytest.fixture
async def stranger(sandbox: Sandbox) -> AsyncIterator[Caller]:
    async with caller(sandbox, "") as session:
        yield session


async def test_credentials(sandbox: Sandbox, stranger: Caller) -> None:
    key = sandbox.api_key
    token = sandbox.library.add_session(sandbox.library.owner.id)
    expected = [
        ({}, 401, "Authentication required"),
        ({"x_api_key": "wrong"}, 401, "Invalid API key"),
        ({"x_api_key": ""}, 401, "Authentication required"),
        ({"Authorization": f"Bearer {key}"}, 401, "Invalid user token"),
        ({"Authorization": "Bearer wrong", "x_api_key": key}, 401, "Invalid user token"),
        ({"Authorization": "Basic YTpi"}, 401, "Authentication required"),
        ({"x_api_key": key}, 200, None),
        ({"Authorization": f"Bearer {token}"}, 200, None),
        ({"x_immich_session_token": token}, 200, None),
        ({"x_immich_user_token": token}, 200, None),
        ({"Cookie": f"immich_access_token={token}"}, 200, None),
    ]
    for headers, status, message in expected:
        reply = await stranger.get("/api/albums", **headers)
        assert (reply.status, message) == (status, message and reply.json["message"]), headers
    assert (await stranger.get(f"/api/albums?apiKey={key}")).status == 200
    assert (await stranger.get(f"/api/albums?sessionKey={token}")).status == 200


async def test_a_password_opens_a_session(stranger: Caller) -> None:
    said = {"email": "admin@example.test", "password": OWNER_PASSWORD}
    reply = await stranger.post("/api/auth/login", said)
    assert reply.status == 201
    bearer = f"Bearer {reply.json['accessToken']}"
    assert (await stranger.get("/api/users/me", Authorization=bearer)).json["isAdmin"]
    assert (await stranger.call("POST", "/api/auth/logout", Authorization=bearer)).status == 200
    assert (await stranger.get("/api/users/me", Authorization=bearer)).status == 401
    wrong = await stranger.post("/api/auth/login", said | {"password": "x"})
    assert (wrong.status, wrong.json["message"]) == (401, "Incorrect email or password")


async def test_a_key_may_do_what_its_permissions_say(sandbox: Sandbox) -> None:
    album, asset_id = main_album(sandbox), next(iter(sandbox.library.assets))
    read_only = sandbox.library.add_key(READ_ONLY)
    async with caller(sandbox, read_only.secret) as reader:
        mine = (await reader.get("/api/api-keys/me")).json
        assert mine["permissions"] == list(READ_ONLY)
        assert len(await reader.listing(album)) == 6
        assert (await reader.get(f"/api/assets/{asset_id}/original")).status == 200
        refused = await reader.call("DELETE", "/api/assets", {"ids": [asset_id]})
        assert refused.json == {"message": "Missing required permission: asset.delete"}
    bare = sandbox.library.add_key([])
    async with caller(sandbox, bare.secret) as nobody:
        assert (await nobody.get("/api/api-keys/me")).status == 200
        for path, permission in (
            ("/api/albums", "album.read"),
            (f"/api/assets/{asset_id}", "asset.read"),
            (f"/api/assets/{asset_id}/original", "asset.download"),
            (f"/api/assets/{asset_id}/thumbnail", "asset.view"),
            ("/api/users/me", "user.read"),
            ("/api/server/about", "server.about"),
        ):
            reply = await nobody.get(path)
            said = f"Missing required permission: {permission}"
            assert (reply.status, reply.json["message"]) == (403, said)


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (f"/api/albums/{UNKNOWN}", 400, "Not found or no album.read access"),
        (f"/api/assets/{UNKNOWN}", 400, "Not found or no asset.read access"),
        (f"/api/assets/{UNKNOWN}/thumbnail", 400, "Not found or no asset.view access"),
        (f"/api/assets/{UNKNOWN}/original", 404, "Not Found"),
        ("/api/albums/nonsense", 400, "Validation failed"),
        ("/api/assets/nonsense/original", 400, "Validation failed"),
        ("/api/albums/00000000-0000-0000-0000-000000000000", 400, "Validation failed"),
        ("/api//albums", 404, "Cannot GET /api//albums"),
        ("/api/api/albums", 404, "Cannot GET /api/api/albums"),
        ("/api", 404, "Cannot GET /api"),
        ("/api/nonsense", 404, "Cannot GET /api/nonsense"),
    ],
)
async def test_errors(owner: Caller, path: str, status: int, message: str) -> None:
    reply = await owner.get(path)
    assert (reply.status, reply.json["message"]) == (status, message)
    assert ("errors" in reply.json) == (message == "Validation failed")


async def test_addresses_outside_the_api(owner: Caller) -> None:
    for path in ("/", "/server/ping", "/albums", "//api/albums"):
        reply = await owner.get(path)
        assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (await owner.get("/server/ping", Accept="application/json")).status == 406
    assert (await owner.post("/search/metadata", {})).status == 404
    assert (await owner.get("/api/albums/")).status == 200
    assert (await owner.get("/.well-known/immich")).json == {"api": {"endpoint": "/api"}}


async def test_an_album_is_seen_by_whom_it_is_shared_with(sandbox: Sandbox) -> None:
    library = sandbox.library
    shared = library.album_named("Shared with me")
    asset_id = next(iter(shared.assets))
    async with caller(sandbox) as viewer:
        albums = {album["albumName"]: album for album in (await viewer.get("/api/albums")).json}
        assert [u["role"] for u in albums["Shared with me"]["albumUsers"]] == ["owner", "viewer"]
        assert len(await viewer.listing(shared.id)) == 3
        assert (await viewer.get(f"/api/assets/{asset_id}/original")).status == 200
        library.trash([asset_id])
        assert len(await viewer.listing(shared.id)) == 2
        assert (await viewer.get(f"/api/assets/{asset_id}/original")).status == 404
        library.unshare_album(shared.id, library.owner.id)
        assert (await viewer.get(f"/api/albums/{shared.id}")).status == 400
        search = await viewer.post("/api/search/metadata", {"albumIds": [shared.id]})
        assert (search.status, search.json["message"]) == (400, "Not found or no album.read access")


async def test_a_viewer_reads_the_video_of_a_shared_live_photo(sandbox: Sandbox) -> None:
    library = sandbox.library
    still = next(asset for asset in library.assets.values() if asset.live_video_id)
    other = library.users[next(id_ for id_ in library.users if id_ != library.owner.id)]
    path = f"/api/assets/{still.live_video_id}/original"
    async with caller(sandbox, library.add_key(user_id=other.id).secret) as viewer:
        assert (await viewer.get(path)).status == 404
        library.share_album(main_album(sandbox), other.id)
        assert (await viewer.get(path)).status == 200
