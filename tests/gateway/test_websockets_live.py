"""What Immich tells its apps, heard by them through the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import socketio
from browsers import ARGUMENTS, chromium
from playwright.async_api import Page, async_playwright
from websocket_world import carried, until
from websockets.asyncio.client import connect

from pentaprism.sandbox.immich import Sandbox

ENGINE = "/api/socket.io/?EIO=4&transport=websocket"
LISTEN = """
    address => {
        window.heard = [];
        window.socket = new WebSocket(address);
        socket.onmessage = message => {
            heard.push(message.data);
            if (message.data.startsWith("0{")) socket.send("40");
        };
        socket.onclose = event => heard.push("closed " + event.code);
    }
"""


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(assets=5, hostile=False) as sandbox:
        yield sandbox


@pytest.fixture
async def door(sandbox: Sandbox) -> AsyncIterator[str]:
    async with carried(sandbox.url) as (address, _):
        yield address


async def test_socket_io_through_the_gateway(sandbox: Sandbox, door: str) -> None:
    heard: list[tuple[Any, ...]] = []
    client = socketio.AsyncClient(reconnection=False)
    client.on("*", lambda *event: heard.append(event))
    token = sandbox.library.add_session(sandbox.library.owner.id)
    await client.connect(
        door,
        headers={"Authorization": f"Bearer {token}"},
        transports=["websocket"],
        socketio_path="/api/socket.io",
    )
    await until(lambda: len(heard) == 1)
    one, two = list(sandbox.library.assets)[:2]
    sandbox.library.trash([one, two])
    await until(lambda: len(heard) == 2)
    await client.disconnect()
    version = {"major": 3, "minor": 1, "patch": 0, "prerelease": None}
    assert heard == [("on_server_version", version), ("on_asset_trash", [one, two])]


async def test_every_caller_hears_only_what_is_theirs(sandbox: Sandbox, door: str) -> None:
    other = sandbox.library.add_user("Other", "other@example.org", "x")
    key = sandbox.library.add_key(user_id=other.id).secret
    async with (
        connect(door + ENGINE, additional_headers={"x-api-key": sandbox.api_key}) as owner,
        connect(door + ENGINE, additional_headers={"x-api-key": key}) as stranger,
        connect(door + ENGINE) as nobody,
    ):
        for client in (owner, stranger, nobody):
            assert (await client.recv())[:1] == "0"
            await client.send("40")
            assert str(await client.recv()).startswith('40{"sid":')
        assert str(await owner.recv()).startswith('42["on_server_version"')
        assert str(await stranger.recv()).startswith('42["on_server_version"')
        assert [await nobody.recv(), await nobody.recv()] == ['42["error","unauthorized"]', "41"]
        mine = next(iter(sandbox.library.assets))
        sandbox.library.trash([mine])
        assert await owner.recv() == f'42["on_asset_trash",["{mine}"]]'
        sandbox.library.tell("on_notification", other.id, "x")
        assert await stranger.recv() == '42["on_notification","x"]'


async def test_a_trash_arrives_in_a_browser(sandbox: Sandbox, door: str) -> None:
    path = chromium()
    token = sandbox.library.add_session(sandbox.library.owner.id)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = await browser.new_page()
        cookie = {"name": "immich_access_token", "value": token, "url": sandbox.url}
        await page.context.add_cookies([cookie])  # type: ignore[list-item]
        await page.goto(sandbox.url)  # a page of the same site: its cookies go along
        await page.evaluate(LISTEN, door + ENGINE)
        await heard(page, 'data.includes("on_server_version")')
        asset = next(iter(sandbox.library.assets))
        await page.evaluate(
            """([key, id]) => fetch("/api/assets", {
                method: "DELETE",
                headers: {"x-api-key": key, "content-type": "application/json"},
                body: JSON.stringify({ids: [id]}),
            })""",
            [sandbox.api_key, asset],
        )
        await heard(page, f'data === \'42["on_asset_trash",["{asset}"]]\'')
        await asyncio.gather(sandbox.stop(), heard(page, 'data.startsWith("closed ")'))
        await browser.close()


async def heard(page: Page, wanted: str) -> None:
    """Wait until the page has heard a message that is ``wanted``."""
    await page.wait_for_function(f"heard.some(data => {wanted})")
