"""Events of a real Immich: heard by the gateway, carried by it, and told alike by the sandbox.

`PENTAPRISM_REAL_IMMICH` is the address of a server that may be written to, `PENTAPRISM_REAL_KEY` an
API key with all permissions. What the tests upload they delete again.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import aiohttp
import pytest
import socketio
from PIL import Image
from websocket_world import carried, until

from pentaprism.gateway.events import Event, Events, EventsCredential, Patience
from pentaprism.gateway.upstream import Upstream
from pentaprism.sandbox.immich import READ_ONLY, Sandbox

pytestmark = pytest.mark.real
URL = os.environ.get("PENTAPRISM_REAL_IMMICH", "")
KEY = os.environ.get("PENTAPRISM_REAL_KEY", "")
DATE = "2024-07-14T07:12:33.250Z"


@pytest.fixture(autouse=True)
def needed() -> None:
    if not URL or not KEY:
        pytest.skip("PENTAPRISM_REAL_IMMICH and PENTAPRISM_REAL_KEY name no server")


@dataclass
class Told:
    """One Immich, real or not: what is done to it, and what it tells of that."""

    session: aiohttp.ClientSession
    url: str
    heard: list[tuple[Any, ...]] = field(default_factory=list)
    story: list[Any] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        async with self.session.request(method, f"{self.url}{path}", json=body) as reply:
            assert reply.status < 400, await reply.text()
            return await reply.json() if reply.content_type == "application/json" else None

    async def upload(self, name: str, sandbox: Sandbox | None) -> str:
        picture = BytesIO()
        Image.frombytes("RGB", (32, 32), os.urandom(3072)).save(picture, "JPEG")
        form = aiohttp.FormData({"fileCreatedAt": DATE, "fileModifiedAt": DATE})
        form.add_field("deviceAssetId", name)
        form.add_field("deviceId", "test")
        form.add_field("assetData", picture.getvalue(), filename=name, content_type="image/jpeg")
        async with self.session.post(f"{self.url}/api/assets", data=form) as reply:
            id_: str = (await reply.json())["id"]
        if sandbox is not None:
            sandbox.library.set_processed(id_)
        self.names[id_] = name
        return id_

    async def then(self, count: int) -> None:
        """Note the next events, in the order of what they carry, as two jobs may swap them."""
        await until(lambda: len(self.heard) >= count)
        self.story.append(sorted((self._shape(event) for event in self.heard), key=str))
        self.heard.clear()

    def _shape(self, value: Any) -> Any:
        """Return a value without what differs: names for ids, and an object's names alone."""
        if isinstance(value, dict):
            inner = {name: set(one) for name, one in value.items() if isinstance(one, dict)}
            return (self.names.get(value.get("id", "")), sorted(value), sorted(inner.items()))
        if isinstance(value, list | tuple):
            return [self._shape(one) for one in value]
        return self.names.get(value, value) if isinstance(value, str) else value


@asynccontextmanager
async def telling(url: str, key: str) -> AsyncIterator[Told]:
    """Hear what the Immich at ``url`` tells through a gateway."""
    async with aiohttp.ClientSession(headers={"x-api-key": key}) as session, carried(url) as door:
        told = Told(session, url)
        client = socketio.AsyncClient(reconnection=False)
        client.on("*", lambda *event: told.heard.append(event))
        await client.connect(
            door[0],
            headers={"x-api-key": key},
            transports=["websocket"],
            socketio_path="/api/socket.io",
            wait_timeout=10,
        )
        await told.then(1)
        yield told
        await client.disconnect()


async def story(told: Told, sandbox: Sandbox | None = None) -> list[Any]:
    """Do all that is told of, and return what was told."""
    one = await told.upload("one.jpg", sandbox)
    await told.then(2)
    two = await told.upload("two.jpg", sandbox)
    await told.then(2)
    both = [one, two]
    try:
        await _change(told, one, two)
    finally:
        await told.call("DELETE", "/api/assets", {"ids": both, "force": True})
    await told.then(2)
    return told.story


async def _change(told: Told, one: str, two: str) -> None:
    both = [one, two]
    await told.call("PUT", f"/api/assets/{one}", {"description": "told"})
    await told.then(1)
    await told.call("PUT", f"/api/assets/{one}", {"isFavorite": True})
    await told.call("PUT", f"/api/assets/{two}", {"dateTimeOriginal": DATE})
    await told.then(1)
    body = {"albumName": f"Test {uuid.uuid4()}", "assetIds": [one]}
    album = (await told.call("POST", "/api/albums", body))["id"]
    told.names[album] = "album"
    await told.call("PUT", f"/api/albums/{album}/assets", {"ids": both})
    await told.then(1)
    await told.call("DELETE", f"/api/albums/{album}/assets", {"ids": [two]})
    await told.then(1)
    await told.call("DELETE", f"/api/albums/{album}")
    stack = (await told.call("POST", "/api/stacks", {"assetIds": both}))["id"]
    await told.then(1)
    await told.call("DELETE", f"/api/stacks/{stack}")
    await told.then(1)
    await told.call("DELETE", "/api/assets", {"ids": both})
    await told.then(1)
    await told.call("POST", "/api/trash/restore/assets", {"ids": both})
    await told.then(1)


async def test_the_sandbox_tells_what_immich_tells() -> None:
    async with telling(URL, KEY) as told:
        real = await story(told)
    async with Sandbox(assets=2) as sandbox, telling(sandbox.url, sandbox.api_key) as told:
        played = await story(told, sandbox)
    assert played == real


async def test_the_gateway_hears_a_trash() -> None:
    heard: list[Event] = []

    async def ask() -> EventsCredential:
        return EventsCredential(Upstream.parse(URL), KEY)

    events = Events(ask, heard.append)
    running = asyncio.create_task(events.run())
    await until(lambda: events.connected)
    async with telling(URL, KEY) as told:
        one = await told.upload("heard.jpg", None)
        await told.then(2)
        await told.call("DELETE", "/api/assets", {"ids": [one]})
        await told.then(1)
        await told.call("DELETE", "/api/assets", {"ids": [one], "force": True})
        await told.then(1)
    await until(lambda: len(heard) >= 4)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    ours = [event for event in heard if event.asset_ids == (one,)]
    wanted = ("on_upload_success", "AssetUploadReadyV2", "on_asset_trash", "on_asset_delete")
    assert ours == [Event(name, (one,)) for name in wanted]


async def test_a_key_without_all_permissions_hears_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with aiohttp.ClientSession(headers={"x-api-key": KEY}) as session:
        told = Told(session, URL)
        body = {"name": "Made for a test", "permissions": list(READ_ONLY)}
        made = await told.call("POST", "/api/api-keys", body)

        async def ask() -> EventsCredential:
            return EventsCredential(Upstream.parse(URL), made["secret"])

        events = Events(ask, lambda _: None, patience=Patience(0.1, 0.1, 5.0))
        running = asyncio.create_task(events.run())
        try:
            await until(lambda: "all permissions" in caplog.text)
            assert not events.connected
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await told.call("DELETE", f"/api/api-keys/{made['apiKey']['id']}")
    assert made["secret"] not in caplog.text
