"""What either side sees when the other is slow, breaks off, or is not there at all."""

from __future__ import annotations

import asyncio
import json
import socket
from functools import partial
from logging import DEBUG, WARNING
from pathlib import Path

import pytest
from gateway_upstreams import OK, Stage, between, passing_to, play_ok, serving, stage, until
from raw_http import Message, read_message, upstream, wire
from websocket_world import self_signed

from pentaprism.gateway.forwarding import Forwarding
from pentaprism.gateway.passing import Passing
from pentaprism.gateway.upstream import Upstream

type Reader = asyncio.StreamReader
type Writer = asyncio.StreamWriter


def problem(reply: Message) -> tuple[int, str]:
    assert reply.all(b"content-type") == [b"application/problem+json"]
    told = json.loads(reply.body)
    assert told["status"] == reply.status
    assert set(told) == {"type", "title", "status", "detail", "code", "hint"}
    return reply.status, told["code"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_no_immich_is_told() -> None:
    async with between(None) as client:
        reply = await client.ask(b"GET", b"/")
    assert problem(reply) == (503, "immich_unset")


async def test_an_immich_that_is_not_there_is_found_again() -> None:
    port = free_port()
    async with between(f"http://127.0.0.1:{port}") as client:
        assert problem(await client.ask(b"GET", b"/")) == (502, "immich_unreachable")
        server = await asyncio.start_server(Stage(play_ok).serve, "127.0.0.1", port)
        try:
            assert (await client.ask(b"GET", b"/")).status == 200
        finally:
            server.close()


async def test_names_that_nobody_has_are_told() -> None:
    async with between("http://nobody.invalid:2283") as client:
        assert problem(await client.ask(b"GET", b"/")) == (502, "immich_unreachable")


async def test_an_immich_without_tls_is_told() -> None:
    async def refuse(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with between(f"https://127.0.0.1:{port}") as client:
            reply = await client.ask(b"GET", b"/")
        assert problem(reply) == (502, "immich_unreachable")
        assert b"TLS" in reply.body
    finally:
        server.close()


async def test_tls_is_spoken_where_the_certificate_is_trusted(tmp_path: Path) -> None:
    ca_file, tls = self_signed(tmp_path)
    immich = Stage(play_ok)
    server = await asyncio.start_server(immich.serve, "127.0.0.1", 0, ssl=tls)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    known = Upstream.parse(url, ca_file)
    stranger = Upstream.parse(url)
    try:
        for one, status in ((stranger, 502), (known, 200), (known, 200)):
            core = Passing(partial(_always, one), Forwarding([]), timeout=5.0)
            await core.start()
            async with serving(core) as port, wire("127.0.0.1", port) as client:
                for _ in range(2):
                    reply = await client.ask(b"GET", b"/")
                    assert reply.status == status
            await core.close()
    finally:
        server.close()
    assert len(immich.heads) == 4


def _always(upstream: Upstream) -> Upstream:
    return upstream


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200", b"garbage\r\n\r\n", b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n",
     b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
)  # fmt: skip
async def test_what_is_no_reply_is_a_problem(said: bytes) -> None:
    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        writer.write(said)
        writer.close()

    async with stage(play) as immich, between(immich.url) as client:
        for method in (b"GET", b"POST"):
            reply = await client.ask(method, b"/")
            assert problem(reply) == (502, "immich_broke_off")


@pytest.mark.parametrize(
    "begun",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n",
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_reply_that_is_broken_off_never_looks_whole(
    begun: bytes, at_once: bool, caplog: pytest.LogCaptureFixture
) -> None:
    client_has_read = asyncio.Event()

    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        writer.write(begun)
        if not at_once:
            await client_has_read.wait()
        writer.close()

    async with stage(play) as immich, between(immich.url) as client:
        client.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        if not at_once:
            assert (await client.reader.readuntil(b"begun")).startswith(b"HTTP/1.1 200")
        client_has_read.set()
        with pytest.raises(asyncio.IncompleteReadError):
            await read_message(client.reader)
        assert client.reader.at_eof()
    assert [one.levelno for one in caplog.records if one.levelno > DEBUG] == [WARNING]


async def test_a_kept_connection_that_was_closed_is_no_problem() -> None:
    """Immich closes it in the moment in which the request is on its way."""

    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        if message.target == b"/last":
            await reader.read(1)  # the next request begins
            writer.close()

    async with stage(play) as immich, between(immich.url) as client:
        for method in (b"GET", b"HEAD", b"OPTIONS"):
            opened = immich.opened
            await client.ask(b"GET", b"/last")
            reply = await client.ask(method, b"/again")
            assert reply.status == 200
            assert immich.opened == opened + (1 if opened else 2)


async def test_what_may_have_been_done_is_not_done_twice() -> None:
    seen = 0

    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        nonlocal seen
        seen += 1
        writer.close()

    async with stage(play) as immich, between(immich.url) as client:
        for method in (b"POST", b"PATCH", b"DELETE", b"PUT"):
            assert problem(await client.ask(method, b"/")) == (502, "immich_broke_off")
        assert problem(await client.ask(b"GET", b"/", [], b"body")) == (502, "immich_broke_off")
        assert seen == 5
        assert problem(await client.ask(b"GET", b"/")) == (502, "immich_broke_off")
    assert seen == 7


async def test_a_silent_immich_is_told() -> None:
    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        await reader.read(1)
        writer.close()

    async with stage(play) as immich, between(immich.url, patience=0.2) as client:
        assert problem(await client.ask(b"GET", b"/")) == (504, "immich_slow")
        await until(lambda: immich.ended == 1)


async def test_an_immich_that_falls_silent_is_broken_off() -> None:
    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun")
        await reader.read(1)
        writer.close()

    async with stage(play) as immich, between(immich.url, patience=0.2) as client:
        with pytest.raises(asyncio.IncompleteReadError):
            await client.ask(b"GET", b"/")
        await until(lambda: immich.ended == 1)


async def test_a_slow_upload_is_not_immichs_silence() -> None:
    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        await reader.readexactly(6)
        writer.write(OK)

    async with stage(play) as immich, between(immich.url, patience=0.15) as client:
        client.writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n")
        for _ in range(6):
            await asyncio.sleep(0.1)
            client.writer.write(b"x")
        assert (await read_message(client.reader)).status == 200


async def test_a_slow_client_is_not_immichs_silence() -> None:
    size = 20_000_000

    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // 100_000):
            writer.write(bytes(100_000))
            await writer.drain()

    async with stage(play) as immich, between(immich.url, patience=0.2) as client:
        client.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.sleep(0.6)
        assert len((await read_message(client.reader)).body) == size


async def test_an_early_refusal_reaches_the_client() -> None:
    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        await reader.readexactly(5)
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        await writer.drain()
        await reader.read(1)
        writer.close()

    async with stage(play) as immich, between(immich.url) as client:
        client.writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
        reply = await read_message(client.reader)
        assert (reply.status, reply.body) == (413, b"big")
        await until(lambda: immich.ended == 1)
        client.writer.write(b"67890")  # the rest, to which nobody listens any more
        assert (await client.ask(b"POST", b"/", [], b"12345")).status == 413


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\nbody",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n",
    ],
)
@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun"])
async def test_the_leaving_of_a_client_is_passed_on(sent: bytes, begun: bytes) -> None:
    asked = asyncio.Event()

    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        if message.method == b"POST":
            await reader.readuntil(b"body")
        writer.write(begun)
        await writer.drain()
        asked.set()
        while await reader.read(100):
            pass
        writer.close()

    async with stage(play) as immich, passing_to(immich.url) as core, serving(core) as port:
        async with wire("127.0.0.1", port) as client:
            client.writer.write(sent)
            await asked.wait()
            if begun:
                await client.reader.readuntil(b"begun")
            assert not immich.ended
        await until(lambda: immich.ended == 1)


async def test_a_client_that_leaves_a_long_download_ends_it() -> None:
    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"186a0\r\n" + bytes(100_000) + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)

    async with stage(play) as immich, passing_to(immich.url) as core, serving(core) as port:
        async with wire("127.0.0.1", port) as client:
            client.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.reader.readexactly(1_000_000)
        await until(lambda: immich.ended == 1)


async def test_closing_ends_what_is_under_way() -> None:
    begun = asyncio.Event()

    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        if message.target == b"/begun":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun")
            await writer.drain()
        begun.set()
        await reader.read(1)
        writer.close()

    for target in (b"/", b"/begun"):
        begun.clear()
        async with (
            stage(play) as immich,
            passing_to(immich.url) as core,
            serving(core) as port,
            wire("127.0.0.1", port) as client,
        ):
            client.writer.write(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target)
            await begun.wait()
            if target == b"/begun":
                await client.reader.readuntil(b"begun")
            await core.close()
            answered = await asyncio.wait_for(client.reader.read(100), 5)
            assert answered.startswith(b"HTTP/1.1 502" if target == b"/" else b"")
            assert answered or target == b"/begun"


async def test_replies_before_which_nothing_is_known_come_at_once() -> None:
    """The head of a stream is not kept back until its first bytes come."""
    go_on = asyncio.Event()

    async def play(message: Message, reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await writer.drain()
        await go_on.wait()
        writer.write(b"3\r\nabc\r\n0\r\n\r\n")

    async with stage(play) as immich, between(immich.url) as client:
        client.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        head = await client.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        go_on.set()
        assert await client.reader.readuntil(b"0\r\n\r\n") == b"3\r\nabc\r\n0\r\n\r\n"


async def test_many_at_once_do_not_mix() -> None:
    def answer(one: Message) -> bytes:
        body = one.target * 500
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    async def ask(port: int, number: int) -> None:
        async with wire("127.0.0.1", port) as client:
            for turn in range(10):
                target = b"/%d/%d" % (number, turn)
                assert (await client.ask(b"GET", target)).body == target * 500

    async with upstream(answer) as immich, passing_to(immich.url) as core, serving(core) as port:
        await asyncio.gather(*(ask(port, number) for number in range(30)))
