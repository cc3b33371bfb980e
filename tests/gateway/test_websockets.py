"""Websockets through the gateway: what each side says, and how it ends, reaches the other."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from websocket_world import FarEnd, carried, far_end, self_signed, until
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close
from websockets.typing import Subprotocol

MESSAGES: list[str | bytes] = [
    "",
    '42["on_asset_trash",["ä"]]',
    b"",
    b"\x00\xff",
    "x" * 300_000,
    bytes(5_000_000),
]


async def echo(websocket: web.WebSocketResponse) -> None:
    async for message in websocket:
        if message.type is web.WSMsgType.TEXT:
            await websocket.send_str(message.data)
        else:
            await websocket.send_bytes(message.data)


@pytest.fixture
async def far() -> FarEnd:
    return FarEnd(echo)


@pytest.fixture
async def door(far: FarEnd) -> AsyncIterator[str]:
    async with far_end(far) as url, carried(url) as (address, carrier):
        yield address
        await until(lambda: carrier.open == 0)


def opened(address: str, **how: Any) -> connect:
    return connect(address, compression=None, max_size=None, ping_interval=None, **how)


async def opened_once(address: str, **how: Any) -> None:
    async with opened(address, **how):
        pass


async def test_messages_arrive_as_they_were_sent(door: str) -> None:
    async with opened(door) as client:
        for message in MESSAGES:
            await client.send(message)
        assert [await client.recv() for _ in MESSAGES] == MESSAGES


async def test_a_message_of_16_mib_passes_and_a_larger_one_ends_the_websocket(door: str) -> None:
    most = 16 * 1024 * 1024
    async with opened(door) as client:
        await client.send(bytes(most))
        assert await client.recv() == bytes(most)
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.gather(client.send(bytes(most + 1)), client.recv())
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1009


async def test_the_request_arrives_as_it_came(far: FarEnd, door: str) -> None:
    headers = {
        "Cookie": "immich_access_token=abc; x=" + "ä".encode().decode("latin-1"),
        "x-api-key": "k",
        "X-Odd": "1",
        "Origin": "http://here",
        "X-Forwarded-For": "9.9.9.9",
        "X-Forwarded-Host": "evil",
    }
    target = "/api/socket.io/./a//%2e%2F%00/?EIO=4&transport=websocket&k=%20+a&k="
    await opened_once(door + target, additional_headers=headers, user_agent_header=None)
    asked = far.asked[0]
    assert asked.raw_path == target
    told = asked.headers
    assert told["Host"] == f"127.0.0.1:{asked.url.port}"
    assert told["Cookie"] == "immich_access_token=abc; x=ä"
    assert (told["x-api-key"], told["X-Odd"], told["Origin"]) == ("k", "1", "http://here")
    assert told.getall("X-Forwarded-For") == ["127.0.0.1"]
    assert told.getall("X-Forwarded-Host") == [door.removeprefix("ws://")]
    assert told.getall("X-Forwarded-Proto") == ["http"]
    assert not {"User-Agent", "Accept", "Accept-Encoding", "Sec-WebSocket-Extensions"} & set(told)


async def test_the_word_of_a_trusted_proxy_is_passed_on(far: FarEnd) -> None:
    trusted = (ip_network("127.0.0.0/8"),)
    headers = {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Proto": "https"}
    async with far_end(far) as url, carried(url, trusted=trusted) as (door, _):
        await opened_once(door, additional_headers=headers)
    assert far.asked[0].headers["X-Forwarded-For"] == "9.9.9.9, 127.0.0.1"
    assert far.asked[0].headers["X-Forwarded-Proto"] == "https"


async def test_a_base_path_is_put_before(far: FarEnd) -> None:
    async with far_end(far) as url, carried(f"{url}/photos") as (door, _):
        await opened_once(f"{door}/api/socket.io/?EIO=4")
    assert far.asked[0].raw_path == "/photos/api/socket.io/?EIO=4"


async def test_subprotocol_and_headers_of_the_answer(far: FarEnd, door: str) -> None:
    far.protocols, far.headers = ("b",), {"Access-Control-Allow-Origin": "*", "Set-Cookie": "a=b"}
    offered = [Subprotocol("a"), Subprotocol("b")]
    async with opened(door, subprotocols=offered) as client:
        assert client.subprotocol == "b"
        assert client.response is not None
        assert client.response.headers["Access-Control-Allow-Origin"] == "*"
        assert client.response.headers.get_all("Set-Cookie") == ["a=b"]
    assert far.asked[0].headers.getall("Sec-WebSocket-Protocol") == ["a,b"]


@pytest.mark.parametrize(("code", "reason"), [(1000, "bye"), (1001, ""), (1012, "é"), (4001, "x")])
async def test_how_immich_ends_a_websocket(far: FarEnd, door: str, code: int, reason: str) -> None:
    async def leave(websocket: web.WebSocketResponse) -> None:
        await websocket.send_str("last")
        await websocket.close(code=code, message=reason.encode())

    far.speak = leave
    async with opened(door) as client:
        assert await client.recv() == "last"
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
    assert caught.value.rcvd == Close(code, reason)


async def test_immich_ends_a_websocket_without_a_code(far: FarEnd, door: str) -> None:
    async def leave(websocket: web.WebSocketResponse) -> None:
        await websocket.send_frame(b"", web.WSMsgType.CLOSE)
        await websocket.receive()

    far.speak = leave
    async with opened(door) as client:
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
    assert caught.value.rcvd == Close(1005, "")


async def test_immich_is_lost(far: FarEnd, door: str) -> None:
    async def break_off(websocket: web.WebSocketResponse) -> None:
        await websocket.send_str("last")
        transport = far.asked[0].transport
        assert transport is not None
        transport.abort()

    far.speak = break_off
    async with opened(door) as client:
        assert await client.recv() == "last"
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
    assert caught.value.rcvd is None


@pytest.mark.parametrize(("code", "reason"), [(1000, "bye"), (1001, ""), (4001, "é")])
async def test_how_a_client_ends_a_websocket(
    far: FarEnd, door: str, code: int, reason: str
) -> None:
    far.speak = far.read_to_the_end
    async with opened(door) as client:
        await client.send("last")
        await client.close(code, reason)
        assert client.close_code == code
    await far.ended.wait()
    assert far.closed == [(code, reason)]


async def test_a_client_ends_a_websocket_without_a_code(far: FarEnd, door: str) -> None:
    far.speak = far.read_to_the_end
    with socket.create_connection(("127.0.0.1", int(door.rpartition(":")[2]))) as client:
        await asyncio.to_thread(shake_hands, client)
        client.sendall(b"\x88\x80" + bytes(4))
        assert await asyncio.to_thread(client.recv, 100) == b"\x88\x00"
    await far.ended.wait()
    assert far.closed == [(0, "")]


async def test_a_lost_client_is_lost_to_immich(far: FarEnd, door: str) -> None:
    far.speak = far.read_to_the_end
    with socket.create_connection(("127.0.0.1", int(door.rpartition(":")[2]))) as client:
        await asyncio.to_thread(shake_hands, client)
    await far.ended.wait()
    assert far.closed == [(None, None)]


async def test_pings_are_answered_here(far: FarEnd, door: str) -> None:
    async with opened(door) as client:
        await (await client.ping())
        await client.send("after")
        assert await client.recv() == "after"


async def test_pings_of_immich_are_answered_here(far: FarEnd, door: str) -> None:
    async def ping(websocket: web.WebSocketResponse) -> None:
        await websocket.ping(b"p")
        await websocket.send_str((await websocket.receive()).type.name)

    async def speak(websocket: web.WebSocketResponse) -> None:
        await ping(websocket)
        await far.read_to_the_end(websocket)

    far.speak = speak
    # A server of aiohttp answers pongs by itself unless told otherwise: a message comes after it.
    async with opened(door) as client:
        await client.send("x")
        assert await client.recv() == "TEXT"


async def test_a_client_that_does_not_read_slows_immich(far: FarEnd, door: str) -> None:
    count, sent = 1500, [0]

    async def pour(websocket: web.WebSocketResponse) -> None:
        for _ in range(count):
            await websocket.send_bytes(bytes(64 * 1024))
            sent[0] += 1
        await far.read_to_the_end(websocket)

    far.speak = pour
    async with opened(door, max_queue=1) as client:
        held = await settled(sent)
        assert held < count // 2  # of 98 MB: what fits the sockets' buffers, here and there
        for _ in range(count):
            assert len(await client.recv()) == 64 * 1024


async def test_an_immich_that_does_not_read_slows_a_client(far: FarEnd, door: str) -> None:
    count, sent, reading = 1500, [0], asyncio.Event()
    received = [0]

    async def take(websocket: web.WebSocketResponse) -> None:
        await reading.wait()
        while (await websocket.receive()).type is web.WSMsgType.BINARY:
            received[0] += 1

    async def pour(client: ClientConnection) -> None:
        for _ in range(count):
            await client.send(bytes(64 * 1024))
            sent[0] += 1

    far.speak = take
    async with opened(door) as client:
        pouring = asyncio.create_task(pour(client))
        held = await settled(sent)
        assert held < count // 2
        reading.set()
        await pouring
    await far.ended.wait()
    assert received == [count]


async def settled(count: list[int]) -> int:
    """Return a count that has stopped to grow."""
    seen, same = -1, 0
    while same < 20:
        await asyncio.sleep(0.02)
        same = same + 1 if count[0] == seen else 0
        seen = count[0]
    return seen


async def refusal_of(address: str) -> Any:
    with pytest.raises(InvalidStatus) as caught:
        await opened_once(address)
    return caught.value.response


async def test_immich_refuses_a_websocket(far: FarEnd, door: str) -> None:
    async def refuse(_: web.Request) -> web.StreamResponse:
        return web.Response(
            status=401, body=b'{"message":"no"}', headers={"X-Why": "so"}, content_type="a/b"
        )

    far.refusal = refuse
    answer = await refusal_of(door)
    assert (answer.status_code, answer.body) == (401, b'{"message":"no"}')
    assert (answer.headers["X-Why"], answer.headers["Content-Type"]) == ("so", "a/b")
    assert answer.headers.get_all("Content-Length") == ["16"]


async def test_a_redirect_is_not_followed(far: FarEnd, door: str) -> None:
    async def redirect(request: web.Request) -> web.StreamResponse:
        assert request.path == "/from"
        return web.Response(status=302, headers={"Location": "/to"})

    far.refusal = redirect
    with socket.create_connection(("127.0.0.1", int(door.rpartition(":")[2]))) as client:
        head = await asyncio.to_thread(handshake, client, b"/from")
    assert head.startswith(b"HTTP/1.1 302 ")
    assert b"location: /to\r\n" in head.lower()
    assert len(far.asked) == 1


async def problem_of(address: str) -> tuple[int, str]:
    answer = await refusal_of(address)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.body)
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["code"]


async def test_immich_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://nowhere.invalid"):
        async with carried(url) as (door, _):
            assert await problem_of(door) == (502, "immich_unreachable")


async def test_tls_with_a_certificate_of_ones_own(far: FarEnd, tmp_path: Path) -> None:
    ca_file, tls = self_signed(tmp_path)
    async with far_end(far, tls) as url:
        async with carried(url, ca_file=ca_file) as (door, _), opened(door) as client:
            await client.send("over TLS")
            assert await client.recv() == "over TLS"
        async with carried(url) as (door, _):
            assert await problem_of(door) == (502, "immich_unreachable")


async def test_immich_is_not_known() -> None:
    async with carried(None) as (door, _):
        assert await problem_of(door) == (503, "immich_unset")


async def test_immich_says_nothing(far: FarEnd) -> None:
    async def sleep(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    far.refusal = sleep
    async with far_end(far) as url, carried(url, patience=0.2) as (door, _):
        assert await problem_of(door) == (504, "immich_slow")


async def test_immich_breaks_off(far: FarEnd, door: str) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    far.refusal = break_off
    assert await problem_of(door) == (502, "immich_broke_off")


async def test_a_quiet_websocket_stays_open(far: FarEnd) -> None:
    async with (
        far_end(far) as url,
        carried(url, patience=0.2) as (door, _),
        opened(door) as client,
    ):
        await asyncio.sleep(0.6)
        await client.send("still")
        assert await client.recv() == "still"


def shake_hands(client: socket.socket) -> None:
    assert handshake(client).startswith(b"HTTP/1.1 101 ")


def handshake(client: socket.socket, path: bytes = b"/") -> bytes:
    client.sendall(
        b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n"
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    return head
