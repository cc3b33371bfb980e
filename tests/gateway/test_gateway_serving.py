"""A whole gateway: where it finds its Immich and its database, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path

import aiohttp
import pytest
import uvicorn
from gateway_world import GatewayWorld, gateway_settings, gateway_world, served
from pydantic import SecretStr
from raw_http import wire

from pentaprism.app import App
from pentaprism.errors import ActionRequiredError, InvalidError
from pentaprism.gateway.protocol import MOST_HEAD
from pentaprism.gateway.serving import configured, serve_gateway
from pentaprism.listening import listen
from pentaprism.sandbox.immich import Sandbox

PING = "/api/server/ping"


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < end, "it did not come about in time"
        await asyncio.sleep(0.02)


def asset_of(world: GatewayWorld) -> str:
    return f"/api/assets/{next(iter(world.sandbox.library.assets))}"


async def is_enriched(world: GatewayWorld) -> bool:
    status, _, body = await world.get(asset_of(world))
    assert status == 200
    return "pentaprism" in json.loads(body)


async def is_plain(world: GatewayWorld) -> bool:
    return not await is_enriched(world)


async def connect(world: GatewayWorld, sandbox: Sandbox) -> None:
    async with App.open(world.settings) as app:
        await app.connect(sandbox.url, sandbox.api_key, home=True)


async def test_it_answers_as_immich_does_and_tells_more(tmp_path: Path) -> None:
    async with gateway_world(tmp_path) as world:
        assert (await world.get(PING))[2] == b'{"res":"pong"}'
        assert await is_enriched(world)
        status, headers, body = await world.get("/metrics")
        assert (status, headers["content-type"][:10]) == (200, "text/plain")
        assert b'requests_total{kind="enriched",status="2xx"} 1.0' in body
        status, _, body = await world.get("/api/pentaprism/nothing")
        assert status == 404
        assert json.loads(body)["code"] == "not_found"


@pytest.mark.parametrize(
    "path",
    ["/api/pentaprism/", "/api/pentaprism/a/../../assets", "/api/pentaprism/%2e%2e/x", "/metrics"],
)
async def test_its_own_routes_never_reach_immich(tmp_path: Path, path: str) -> None:
    async with gateway_world(tmp_path) as world:
        async with wire("127.0.0.1", int(world.url.rpartition(":")[2])) as line:
            answer = await line.ask(b"GET", path.encode(), [(b"x-api-key", b"wrong")])
        assert answer.status in {401, 404}
        assert answer.all(b"content-type") == [b"application/problem+json"]


async def test_an_immich_that_is_connected_later_is_found(tmp_path: Path) -> None:
    async with gateway_world(tmp_path, connected=False) as world:
        status, headers, body = await world.get(PING)
        problem = json.loads(body)
        assert (status, problem["code"]) == (503, "immich_unset")
        assert headers["content-type"] == "application/problem+json"
        assert problem["hint"]
        await connect(world, world.sandbox)
        await world.gateway.finding.look()
        assert (await world.get(PING))[0] == 200


async def test_a_server_that_moved_is_followed_and_nothing_of_the_old_one_is_shown(
    tmp_path: Path,
) -> None:
    async with gateway_world(tmp_path) as world, Sandbox(assets=3, seed=1, hostile=False) as other:
        picture = f"{asset_of(world)}/thumbnail"
        assert (await world.get(picture))[0] == 200
        assert world.gateway.cache is not None
        assert world.gateway.cache.entries == 1
        async with App.open(world.settings) as app:
            (saved,) = await app.store.connections.homes()
            await app.store.connections.delete(saved.id)
        await connect(world, other)
        await world.gateway.finding.look()
        assert world.gateway.finding.upstream() is not None
        assert world.gateway.cache.entries == 0
        sent = {"x-api-key": other.api_key}
        status, _, body = await world.get("/api/users/me", headers=sent)
        assert status == 200
        assert json.loads(body)["id"] in other.library.users


async def test_the_key_of_a_connection_is_shown_to_its_own_server_alone(tmp_path: Path) -> None:
    async with (
        Sandbox(assets=3, seed=1, hostile=False) as ours,
        gateway_world(tmp_path, sandbox=ours) as world,
    ):
        found = await world.gateway.finding.credential()
        assert found is not None
        assert found.api_key == ours.api_key
        with_key = gateway_settings(
            tmp_path, immich_url=ours.url, immich_api_key="a key of its own"
        )
        async with served(with_key) as (_, gateway):
            found = await gateway.finding.credential()
            assert found is not None
            assert found.api_key == "a key of its own"
        elsewhere = gateway_settings(tmp_path, immich_url="http://127.0.0.1:1")
        async with served(elsewhere) as (_, gateway):
            assert gateway.database.store() is not None
            assert await gateway.finding.credential() is None


async def test_events_of_immich_drop_what_was_kept(tmp_path: Path) -> None:
    async with gateway_world(tmp_path) as world:
        cache = world.gateway.cache
        assert cache is not None

        async def heard() -> bool:
            return world.gateway.events.connected

        await until(heard)
        await world.get(f"{asset_of(world)}/thumbnail")
        assert cache.entries == 1
        body = {"ids": [asset_of(world).rpartition("/")[2]]}
        async with world.session.delete(
            f"{world.url}/api/assets", json=body, headers=world.key
        ) as answer:
            assert answer.status == 204

        async def dropped() -> bool:
            return cache.entries == 0

        await until(dropped, 5)


async def test_nothing_is_kept_and_nothing_added_where_it_is_switched_off(tmp_path: Path) -> None:
    async with gateway_world(tmp_path, gateway_cache_seconds=0, gateway_enrichment="off") as world:
        assert world.gateway.cache is None
        assert not await is_enriched(world)


async def test_without_a_database_it_passes_on_and_one_that_comes_is_used(tmp_path: Path) -> None:
    async with (
        Sandbox(assets=5, seed=1, hostile=False) as sandbox,
        gateway_world(tmp_path, sandbox=sandbox, connected=False, immich_url=sandbox.url) as world,
    ):
        database = world.gateway.database
        path = world.settings.database_path
        assert await is_enriched(world)
        away = path.with_name("away")
        shutil.move(path, away)
        await database.look()
        assert database.store() is None
        await until(lambda: is_plain(world))
        assert not path.exists(), "a gateway makes no database"
        path.write_bytes(b"this is no database" * 1000)
        await database.look()
        assert database.store() is None
        await until(lambda: is_plain(world))
        os.replace(away, path)
        await database.look()
        assert database.store() is not None
        await until(lambda: is_enriched(world))


async def test_a_database_that_somebody_writes_to_is_read_meanwhile(tmp_path: Path) -> None:
    async with gateway_world(tmp_path) as world:
        with closing(
            sqlite3.connect(world.settings.database_path, isolation_level=None)
        ) as writing:
            writing.execute("BEGIN EXCLUSIVE")
            assert await is_enriched(world)


async def test_a_header_without_end_is_cut_off(tmp_path: Path) -> None:
    async with gateway_world(tmp_path) as world:
        port = int(world.url.rpartition(":")[2])
        async with wire("127.0.0.1", port) as line:
            # What fits comes through; Immich decides about it.
            answer = await line.ask(b"GET", PING.encode(), [(b"x-much", b"x" * 8000)])
            assert answer.status == 200
            line.writer.write(b"GET / HTTP/1.1\r\nx-much: ")
            for _ in range(MOST_HEAD // 1000 + 2):
                line.writer.write(b"x" * 1000)
                await asyncio.sleep(0)
            # The answer is lost where the system tells of the end before it.
            with suppress(ConnectionError):
                assert (await line.reader.read()).startswith(b"HTTP/1.1 431 ")
        assert (await world.get(PING))[0] == 200


async def test_an_upload_in_many_pieces_is_no_header(tmp_path: Path) -> None:
    async with gateway_world(tmp_path) as world:
        port = int(world.url.rpartition(":")[2])
        async with wire("127.0.0.1", port) as line:
            for _ in range(3):
                answer = await line.ask(b"POST", b"/api/auth/validateToken", body=b"x" * 200_000)
                assert answer.status != 431


async def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ActionRequiredError) as caught:
            await serve_gateway(gateway_settings(tmp_path), host="127.0.0.1", port=port)
    assert caught.value.code == "port"
    assert "--port" in caught.value.hint


async def test_an_address_that_is_none_is_told_at_the_start(tmp_path: Path) -> None:
    settings = gateway_settings(tmp_path, immich_url="photos.local")
    with pytest.raises(InvalidError):
        await serve_gateway(settings, host="127.0.0.1", port=0)


async def test_a_download_under_way_comes_to_its_end(tmp_path: Path) -> None:
    async with (
        Sandbox(assets=2, seed=1, hostile=False, size=3_000_000) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        sandbox.faults.add("stall", route="original", after_bytes=100_000, seconds=1.0)
        path = f"/api/assets/{next(iter(sandbox.library.assets))}/original"
        async with served(gateway_settings(tmp_path, immich_url=sandbox.url)) as (url, _):
            answer = await session.get(url + path, headers={"x-api-key": sandbox.api_key})
            reading = asyncio.create_task(answer.read())
            await asyncio.sleep(0.1)
            assert not reading.done()
        assert len(await reading) == answer.content_length
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(url + PING)


async def test_a_download_that_does_not_end_is_broken_off(tmp_path: Path) -> None:
    async with (
        Sandbox(assets=2, seed=1, hostile=False, size=3_000_000) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        sandbox.faults.add("stall", route="original", after_bytes=100_000, seconds=60)
        path = f"/api/assets/{next(iter(sandbox.library.assets))}/original"
        settings = gateway_settings(tmp_path, immich_url=sandbox.url, gateway_timeout=60)
        began = time.monotonic()
        async with served(settings, patience=1) as (url, _):
            answer = await session.get(url + path, headers={"x-api-key": sandbox.api_key})
        assert time.monotonic() - began < 20
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_who_never_comes_to_the_end_of_a_request_is_cut_off(tmp_path: Path) -> None:
    async with gateway_world(tmp_path) as world:
        # No test waits for the minute that a client has.
        config = configured(world.gateway.application, patience=1)
        config.timeout_keep_alive = 1
        config.load()
        server = uvicorn.Server(config)
        listening = listen("127.0.0.1", 0)
        port = listening.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await until(lambda: asyncio.sleep(0, server.started))
        world.sandbox.faults.add("slow", route="ping", seconds=2.5)
        async with (
            wire("127.0.0.1", port) as silent,
            wire("127.0.0.1", port) as slow,
            wire("127.0.0.1", port) as waiting,
        ):
            slow.writer.write(b"GET / HTTP/1.1\r\nx-slow")
            answer = asyncio.create_task(waiting.ask(b"GET", PING.encode()))
            assert await silent.reader.read() == b""
            while not slow.reader.at_eof():
                with suppress(TimeoutError, ConnectionError):
                    await asyncio.wait_for(slow.reader.read(1), 0.3)
                slow.writer.write(b"x")
            # One who waits for an answer is not idle.
            assert (await answer).status == 200
        server.should_exit = True
        await serving


async def test_no_credential_of_a_websocket_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with gateway_world(tmp_path) as world:
        url = f"{world.url}/api/socket.io/?EIO=4&transport=websocket&sessionKey=a-secret-word"
        async with world.session.ws_connect(url, headers=world.key) as carried:
            assert (await carried.receive_str()).startswith("0{")
    assert "a-secret-word" not in caplog.text


async def test_the_metrics_tell_what_went_wrong(tmp_path: Path) -> None:
    async with gateway_world(tmp_path, metrics_token=SecretStr("a word of sixteen")) as world:
        sandbox = world.sandbox
        asset = asset_of(world)
        await world.gateway.database.close()
        assert await is_plain(world)
        await sandbox.stop()
        assert (await world.get(asset))[0] == 502
        assert (await world.get(PING))[0] == 502
        bearer = {"Authorization": "Bearer a word of sixteen"}
        async with world.session.get(f"{world.url}/metrics", headers=bearer) as answer:
            told = await answer.text()
    assert 'pentaprism_gateway_plain_replies_total{because="database"} 1.0' in told
    assert 'upstream_errors_total{code="immich_unreachable"}' in told
