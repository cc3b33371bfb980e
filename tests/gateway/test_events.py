"""Immich's events, as the gateway hears them."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from websocket_world import FarEnd, far_end, self_signed, served, until

from pentaprism.gateway.events import (
    RECONNECTED,
    Event,
    Events,
    EventsCredential,
    Patience,
    ids_in,
)
from pentaprism.gateway.told_once import ToldOnce
from pentaprism.gateway.upstream import Upstream
from pentaprism.sandbox.immich import READ_ONLY, Sandbox

SOON = Patience(0.01, 0.05, 5.0)


class Listener:
    """Keeps what it hears; shows Immich the ``credential`` that it has now."""

    def __init__(self, url: str, api_key: str, ca_file: Path | None = None) -> None:
        self.upstream = Upstream.parse(url, ca_file)
        self.credential: EventsCredential | None = EventsCredential(self.upstream, api_key)
        self.heard: list[Event] = []
        self.asked = 0
        self.events = Events(self.ask, self.heard.append, patience=SOON)

    async def ask(self) -> EventsCredential | None:
        self.asked += 1
        return self.credential

    async def connected(self) -> None:
        await until(lambda: self.events.connected)

    async def hears(self, *events: Event) -> None:
        await until(lambda: len(self.heard) >= len(events))
        assert self.heard == list(events)
        self.heard.clear()


@asynccontextmanager
async def listening(url: str, api_key: str, ca_file: Path | None = None) -> AsyncIterator[Listener]:
    listener = Listener(url, api_key, ca_file)
    running = asyncio.create_task(listener.events.run())
    try:
        yield listener
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert not listener.events.connected


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(assets=5, hostile=False) as sandbox:
        yield sandbox


async def test_events_are_heard_with_the_ids_of_assets(sandbox: Sandbox) -> None:
    library = sandbox.library
    one, two = list(library.assets)[:2]
    async with listening(sandbox.url, sandbox.api_key) as listener:
        await listener.connected()
        library.trash([one, two])
        await listener.hears(Event("on_asset_trash", (one, two)))
        library.restore([two])
        await listener.hears(Event("on_asset_restore", (two,)))
        library.delete([one])
        await listener.hears(Event("on_asset_delete", (one,)))
        library.set_processed(two, processed=False)
        library.set_processed(two)
        await listener.hears(
            Event("on_upload_success", (two,)), Event("AssetUploadReadyV2", (two,))
        )


async def test_a_sandbox_that_was_gone_is_heard_again(sandbox: Sandbox) -> None:
    one = next(iter(sandbox.library.assets))
    async with listening(sandbox.url, sandbox.api_key) as listener:
        await listener.connected()
        for _ in range(2):
            await sandbox.stop()
            await until(lambda: not listener.events.connected)
            sandbox.library.trash([one])  # nobody hears of it
            await sandbox.start()
            await listener.hears(Event(RECONNECTED))
            await listener.connected()
            sandbox.library.restore([one])
            await listener.hears(Event("on_asset_restore", (one,)))


async def test_an_immich_that_comes_late_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    sandbox = Sandbox(assets=1, port=port)
    async with listening(f"http://127.0.0.1:{port}", sandbox.api_key) as listener:
        await until(lambda: listener.asked > 1)
        async with sandbox:
            await listener.connected()
            assert listener.heard == []


async def test_a_credential_is_asked_for_at_each_try(sandbox: Sandbox) -> None:
    async with listening(sandbox.url, sandbox.api_key) as listener:
        good, listener.credential = listener.credential, None
        await until(lambda: listener.asked > 2)
        assert not listener.events.connected
        listener.credential = good
        await listener.connected()


@pytest.mark.parametrize("permissions", [None, READ_ONLY])
async def test_a_refused_key_is_said_once_and_never_shown(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, permissions: tuple[str, ...] | None
) -> None:
    caplog.set_level(logging.DEBUG)
    key = sandbox.library.add_key(permissions or ("all",)).secret
    if permissions is None:
        sandbox.library.remove_key(key)
    async with listening(sandbox.url, key) as listener:
        await until(lambda: listener.asked > 3)
        assert not listener.events.connected
        warnings = [r for r in caplog.records if r.levelno >= logging.WARNING]
        assert len(warnings) == 1
        assert "all permissions" in warnings[0].getMessage()
        listener.credential = EventsCredential(listener.upstream, sandbox.api_key)
        await listener.connected()
    assert key not in caplog.text
    assert sandbox.api_key not in caplog.text
    assert sandbox.api_key not in repr(listener.credential)


async def test_a_key_is_shown_to_one_server_only() -> None:
    other = FarEnd(lambda _: asyncio.sleep(0))
    async with far_end(other) as elsewhere:

        async def redirect(_: web.Request) -> web.StreamResponse:
            return web.Response(status=302, headers={"Location": elsewhere})

        first = FarEnd(lambda _: asyncio.sleep(0), refusal=redirect)
        async with far_end(first) as url, listening(url, "secret") as listener:
            await until(lambda: listener.asked > 2)
            assert first.asked[0].headers["x-api-key"] == "secret"
    assert other.asked == []


async def test_tls_with_a_certificate_of_ones_own(sandbox: Sandbox, tmp_path: Path) -> None:
    ca_file, tls = self_signed(tmp_path)
    async with served(sandbox.application(), tls) as url:
        async with listening(url, sandbox.api_key, ca_file) as listener:
            await listener.connected()
        async with listening(url, sandbox.api_key) as stranger:
            await until(lambda: stranger.asked > 2)
            assert not stranger.events.connected


async def test_an_immich_below_a_path_is_asked_there() -> None:
    far = FarEnd(lambda _: asyncio.sleep(0))
    async with far_end(far) as url, listening(f"{url}/photos", "key"):
        await until(lambda: bool(far.asked))
    assert far.asked[0].path == "/photos/api/socket.io/"
    assert (far.asked[0].query["EIO"], far.asked[0].query["transport"]) == ("4", "websocket")


@pytest.mark.parametrize("said", ["0", "0{", "0[]", '0{"sid":"x"}', "hello", "40", ""])
async def test_nonsense_is_no_end(said: str) -> None:
    async def speak(websocket: web.WebSocketResponse) -> None:
        await websocket.send_str(said)

    far = FarEnd(speak)
    async with far_end(far) as url, listening(url, "key") as listener:
        await until(lambda: listener.asked > 2)
        assert not listener.events.connected


async def test_a_mistake_in_one_event_leaves_the_next(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Event] = []

    def hear(event: Event) -> None:
        heard.append(event)
        raise LookupError("a mistake of ours")

    async def ask() -> EventsCredential:
        return EventsCredential(Upstream.parse(sandbox.url), sandbox.api_key)

    events = Events(ask, hear, patience=SOON)
    running = asyncio.create_task(events.run())
    await until(lambda: events.connected)
    one = next(iter(sandbox.library.assets))
    sandbox.library.trash([one])
    sandbox.library.restore([one])
    await until(lambda: len(heard) == 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert caplog.messages == ["An event of Immich could not be used."] * 2


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        ((), ()),
        (("a",), ("a",)),
        ((["a", "b", 3],), ("a", "b")),
        (({"id": "a", "name": "x"},), ("a",)),
        (({"asset": {"id": "a"}, "edit": []},), ("a",)),
        (({"asset": None},), ()),
        ((None, 3, {}, {"id": 4}), ()),
        (("a", "b"), ("a", "b")),
    ],
)
def test_ids_in_what_an_event_carries(data: tuple[Any, ...], ids: tuple[str, ...]) -> None:
    assert ids_in(data) == ids


def test_a_warning_is_said_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    told = ToldOnce(logging.getLogger("x"), seconds=10, clock=lambda: now[0])
    for at, text in [(0, "a"), (9, "a"), (11, "a"), (12, "b"), (13, "b"), (14, "a")]:
        now[0] = at
        told.warn(text)
    assert caplog.messages == ["a", "a", "b", "a"]
    told.forget()
    told.warn("a")
    assert caplog.messages[-2:] == ["a", "a"]
