"""What the sandbox tells over socket.io, in the order in which a real Immich 3.1.0 does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import socketio
from sandbox_calls import Caller, caller

from pentaprism.sandbox.immich import READ_ONLY, Sandbox

ENGINE = "/api/socket.io/?EIO=4&transport=websocket"


class Ear:
    """Hears events as one caller, and gives them one by one."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.queue: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("*", lambda *event: self.queue.put_nowait(event))

    async def connect(self, **headers: str) -> None:
        await self.client.connect(
            self.sandbox.url,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            transports=["websocket"],
            socketio_path="/api/socket.io",
        )

    async def next(self) -> tuple[Any, ...]:
        return await asyncio.wait_for(self.queue.get(), 5)

    async def names(self, count: int) -> list[str]:
        """Return the names of the next events, with the file of the asset they carry."""
        told = [await self.next() for _ in range(count)]
        return [f"{name} {data[0]['originalFileName']}" for name, *data in told]


@pytest.fixture
async def owner() -> AsyncIterator[Caller]:
    async with Sandbox(assets=5, hostile=False) as sandbox, caller(sandbox) as session:
        yield session


@pytest.fixture
async def ear(owner: Caller) -> AsyncIterator[Ear]:
    ear = Ear(owner.sandbox)
    await ear.connect(x_api_key=owner.sandbox.api_key)
    assert (await ear.next())[0] == "on_server_version"
    yield ear
    await ear.client.disconnect()


def two(owner: Caller) -> list[str]:
    return list(owner.sandbox.library.assets)[:2]


async def upload(owner: Caller, **fields: str) -> str:
    form = aiohttp.FormData()
    form.add_field("assetData", str(fields).encode(), filename="new.jpg", content_type="image/jpeg")
    for name, value in fields.items():
        form.add_field(name, value)
    url = f"{owner.sandbox.url}/api/assets"
    async with owner.session.post(url, data=form) as reply:
        id_: str = (await reply.json())["id"]
        return id_


async def test_an_upload_is_told_when_it_is_processed(owner: Caller, ear: Ear) -> None:
    id_ = await upload(owner)
    assert ear.queue.empty()
    owner.sandbox.library.set_processed(id_)
    (name, shown), (ready_name, ready) = await ear.next(), await ear.next()
    assert (name, ready_name) == ("on_upload_success", "AssetUploadReadyV2")
    listed = (await owner.get(f"/api/assets/{id_}")).json
    assert shown == {name: listed[name] for name in shown}
    assert {*listed} - {*shown} == {"owner", "stack"}
    assert {**shown, **ready["asset"]} == shown | {"deletedAt": None, "stackId": None}
    assert ready["exif"]["assetId"] == id_
    assert ready["exif"].keys() - shown["exifInfo"].keys() == {
        "assetId",
        "profileDescription",
        "fps",
    }


async def test_the_video_of_a_live_photo_is_hidden(owner: Caller, ear: Ear) -> None:
    video = await upload(owner, filename="a.mov")
    await upload(owner, filename="a.heic", livePhotoVideoId=video)
    assert await ear.next() == ("on_asset_hidden", video)


async def test_trash_and_what_follows(owner: Caller, ear: Ear) -> None:
    ids = two(owner)
    await owner.call("DELETE", "/api/assets", {"ids": ids})
    assert await ear.next() == ("on_asset_trash", ids)
    await owner.post("/api/trash/restore/assets", {"ids": ids})
    assert await ear.next() == ("on_asset_restore", ids)
    await owner.post("/api/trash/restore/assets", {"ids": ids[:1]})
    assert await ear.next() == ("on_asset_restore", ids[:1])
    await owner.call("DELETE", "/api/assets", {"ids": ids, "force": True})
    assert [await ear.next(), await ear.next()] == [("on_asset_delete", id_) for id_ in ids]


async def test_changes_that_go_into_a_sidecar_are_told(owner: Caller, ear: Ear) -> None:
    ids = two(owner)
    first, second = (owner.sandbox.library.assets[id_].filename for id_ in ids)
    await owner.call("PUT", f"/api/assets/{ids[0]}", {"isFavorite": True})
    await owner.call("PUT", f"/api/assets/{ids[0]}", {"visibility": "archive"})
    await owner.call("PUT", f"/api/assets/{ids[0]}", {"description": "x"})
    assert await ear.names(1) == [f"on_asset_update {first}"]
    await owner.call("PUT", "/api/assets", {"ids": ids, "rating": 3})
    assert await ear.names(2) == [f"on_asset_update {name}" for name in (first, second)]
    await owner.call("PUT", f"/api/assets/{ids[1]}", {"dateTimeOriginal": "2024-01-02T03:04:05Z"})
    assert await ear.names(1) == [f"on_asset_update {second}"]
    tag = (await owner.call("PUT", "/api/tags", {"tags": ["a/b"]})).json[0]
    await owner.call("PUT", "/api/tags/assets", {"tagIds": [tag["id"]], "assetIds": ids[1:]})
    _, shown = await ear.next()
    assert [tag["value"] for tag in shown["tags"]] == ["a/b"]


async def test_albums_are_told_to_all_who_see_them(owner: Caller, ear: Ear) -> None:
    library, ids = owner.sandbox.library, two(owner)
    made = await owner.post("/api/albums", {"albumName": "New", "assetIds": ids[:1]})
    album = made.json["id"]
    friend = library.add_user("Friend", "friend@example.org", "x")
    library.share_album(album, friend.id)
    other = Ear(owner.sandbox)
    await other.connect(x_api_key=library.add_key(user_id=friend.id).secret)
    assert (await other.next())[0] == "on_server_version"
    for method, body in [("PUT", {"ids": ids}), ("PUT", {"ids": ids}), ("DELETE", {"ids": ids})]:
        await owner.call(method, f"/api/albums/{album}/assets", body)
    await owner.call("PATCH", f"/api/albums/{album}", {"albumName": "Newer"})
    for one in (ear, other):
        assert [await one.next(), await one.next()] == [("on_album_update", album)] * 2
    await owner.call("DELETE", "/api/assets", {"ids": ids[:1]})
    assert (await ear.next())[0] == "on_asset_trash"
    assert other.queue.empty()
    await other.client.disconnect()


async def test_stacks_are_told_without_saying_which(owner: Caller, ear: Ear) -> None:
    ids = list(owner.sandbox.library.assets)[:3]
    stack = (await owner.post("/api/stacks", {"assetIds": ids})).json["id"]
    await owner.call("PUT", f"/api/stacks/{stack}", {"primaryAssetId": ids[1]})
    await owner.call("DELETE", f"/api/stacks/{stack}/assets/{ids[2]}")
    await owner.call("DELETE", f"/api/stacks/{stack}")
    assert [await ear.next() for _ in range(4)] == [("on_asset_stack_update",)] * 4
    stacks = [(await owner.post("/api/stacks", {"assetIds": ids})).json["id"]]
    await owner.call("DELETE", "/api/stacks", {"ids": stacks})
    assert [await ear.next() for _ in range(2)] == [("on_asset_stack_update",)] * 2


async def test_the_end_of_a_session_is_told_to_it(owner: Caller, ear: Ear) -> None:
    user = owner.sandbox.library.owner
    body = {"email": user.email, "password": user.password}
    token = (await owner.post("/api/auth/login", body)).json["accessToken"]
    mine = Ear(owner.sandbox)
    await mine.connect(Cookie=f"immich_access_token={token}")
    assert (await mine.next())[0] == "on_server_version"
    assert (await ear.next())[0] == "on_server_version"  # all of a user's connections hear it
    bearer = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=bearer) as session:
        await session.post(f"{owner.sandbox.url}/api/auth/logout")
    name, session_id = await mine.next()
    assert (name, len(session_id)) == ("on_session_delete", 36)
    assert ear.queue.empty()
    await mine.client.disconnect()


@pytest.mark.parametrize("how", ["nothing", "unknown", "too little", "query"])
async def test_strangers_are_told_so_and_disconnected(owner: Caller, how: str) -> None:
    url, key = owner.sandbox.url + ENGINE, owner.sandbox.api_key
    weak = owner.sandbox.library.add_key(READ_ONLY).secret
    sent = {"unknown": {"x-api-key": "x"}, "too little": {"x-api-key": weak}}.get(how, {})
    url += f"&apiKey={key}" if how == "query" else ""
    async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=sent) as socket:
        assert (await socket.receive_str()).startswith('0{"sid":')
        await socket.send_str("40")
        assert (await socket.receive_str()).startswith('40{"sid":')
        told = [await socket.receive_str(), await socket.receive_str()]
        assert told == ['42["error","unauthorized"]', "41"]
        assert not socket.closed


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("?EIO=4&transport=polling", 0, "Transport unknown"),
        ("", 0, "Transport unknown"),
        ("?EIO=4&transport=websocket", 3, "Bad request"),
    ],
)
async def test_there_is_no_other_transport(
    owner: Caller, query: str, code: int, message: str
) -> None:
    answer = await owner.get(f"/api/socket.io/{query}")
    assert (answer.status, answer.json) == (400, {"code": code, "message": message})
    assert "x-powered-by" not in answer.headers


async def test_a_sandbox_in_a_thread_tells_what_is_changed_from_another() -> None:
    with Sandbox(assets=3) as sandbox:
        ear = Ear(sandbox)
        await ear.connect(x_api_key=sandbox.api_key)
        assert (await ear.next())[0] == "on_server_version"
        one = next(iter(sandbox.library.assets))
        sandbox.library.trash([one])
        assert await ear.next() == ("on_asset_trash", [one])
        await ear.client.disconnect()
