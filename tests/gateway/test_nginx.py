"""deploy/nginx.conf in a real nginx: what goes where, and what each side is told."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from gateway_door import gateway_before
from immich_clients import held, repeatable, told_of, walk, without
from nginx_world import Front, command, configured, in_front
from raw_http import Message, Upstream, upstream, wire, written

from pentaprism.sandbox.immich import Sandbox

ID = b"7a63c716-5781-4c03-9479-ea6a43d3f60e"

TO_IMMICH = [
    (b"GET", b"/"),
    (b"GET", b"/photos/" + ID),
    (b"GET", b"/share/key?x=1"),
    (b"GET", b"/_app/immutable/entry.js"),
    (b"GET", b"/.well-known/immich"),
    (b"GET", b"/api"),
    (b"GET", b"/apiary"),
    (b"GET", b"/api/assets/%b/thumbnail?size=preview&c=%%2B" % ID),
    (b"GET", b"/api/assets/%b/original" % ID),
    (b"HEAD", b"/api/assets/%b/original" % ID),
    (b"GET", b"/api/assets/%b/video/playback" % ID),
    (b"GET", b"/api/assets/%b/video/stream/main.m3u8" % ID),
    (b"GET", b"/api/assets/%b/video/stream/%b/0/segment%%20.m4s" % (ID, ID)),
    (b"GET", b"/api/people/%b/thumbnail" % ID),
    (b"GET", b"/api/users/%b/profile-image" % ID),
    (b"POST", b"/api/assets?key=x"),
    (b"DELETE", b"/api/assets"),
    (b"POST", b"/api/download/archive"),
    (b"GET", b"/api/socket.io/?EIO=4&transport=polling"),
]
TO_GATEWAY = [
    (b"GET", b"/api/assets/" + ID),
    (b"GET", b"/api/assets/%37a63c716-5781-4c03-9479-ea6a43d3f60e"),
    (b"PUT", b"/api/assets/" + ID),
    (b"GET", b"/api/assets/statistics"),
    (b"POST", b"/api/assets/bulk-upload-check"),
    (b"POST", b"/api/search/metadata"),
    (b"GET", b"/api/timeline/bucket?timeBucket=2024-01-01"),
    (b"GET", b"/api/pentaprism/assets?after=a%2Fb+%20"),
    (b"GET", b"/api/albums/%7A//../x"),
    (b"POST", b"/api/auth/login"),
    (b"POST", b"/api/sync/stream"),
    (b"GET", b"/api/"),
]
CLOSED = [b"/metrics", b"/%6detrics", b"//metrics", b"/api/../metrics", b"/metrics?x=1"]


def telling(name: bytes) -> Callable[[Message], bytes]:
    """Return what answers every request with ``name`` and the target that was asked for."""

    def answer(asked: Message) -> bytes:
        body = name + b" " + asked.target
        headers = [
            (b"Content-Type", b"text/plain"),
            (b"X-Once", b"1"),
            (b"Location", b"http://immich/somewhere"),
            (b"Content-Length", b"%d" % len(body)),
        ]
        return written(b"HTTP/1.1 200 OK", headers, b"" if asked.method == b"HEAD" else body)

    return answer


@dataclass(frozen=True)
class Yard:
    """nginx before three servers that only tell who they are."""

    front: Front
    immich: Upstream
    gateway: Upstream
    pages: Upstream


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(upstream(telling(name)))
            for name in (b"immich", b"gateway", b"pages")
        ]
        ports = [one.port for one in servers]
        front = await stack.enter_async_context(in_front(tmp_path, *ports))
        yield Yard(front, *servers)


async def test_nginx_has_nothing_to_say_against_the_file(tmp_path: Path) -> None:
    configured(tmp_path, 1, 1, 1)
    process = await asyncio.create_subprocess_exec(
        *command(tmp_path, "-t"), stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said
    assert b"[warn]" not in said
    assert b"[emerg]" not in said


async def test_each_request_goes_its_way_as_it_was_sent(yard: Yard) -> None:
    body = b"\x00\xff body"
    async with wire("127.0.0.1", yard.front.clients) as line:
        for name, server, calls in (
            (b"immich", yard.immich, TO_IMMICH),
            (b"gateway", yard.gateway, TO_GATEWAY),
        ):
            for method, target in calls:
                sent = b"" if method in (b"GET", b"HEAD") else body
                reply = await line.ask(method, target, [(b"X-Odd", b"\xe9")], sent)
                expected = b"" if method == b"HEAD" else name + b" " + target
                assert (reply.status, reply.body) == (200, expected), target
                came = server.asked[-1]
                assert (came.method, came.target, came.body) == (method, target, sent)
                assert came.all(b"x-odd") == [b"\xe9"]
                assert reply.all(b"x-once") == [b"1"]
                assert reply.all(b"location") == [b"http://immich/somewhere"]
                assert len(reply.all(b"date")) == 1
    assert (len(yard.immich.asked), len(yard.gateway.asked)) == (len(TO_IMMICH), len(TO_GATEWAY))


async def test_the_pages_have_a_port_of_their_own(yard: Yard) -> None:
    async with wire("127.0.0.1", yard.front.pages) as line:
        for target in (b"/", b"/api/v1/jobs?x=%2F", b"/static/a.css"):
            assert (await line.ask(b"GET", target)).body == b"pages " + target
    assert yard.immich.asked == yard.gateway.asked == []


async def test_the_metrics_are_not_for_everybody(yard: Yard) -> None:
    for port in (yard.front.clients, yard.front.pages):
        async with wire("127.0.0.1", port) as line:
            for target in CLOSED:
                assert (await line.ask(b"GET", target)).status == 404, target
    assert yard.immich.asked == yard.gateway.asked == yard.pages.asked == []


async def test_nobody_says_for_whom_they_ask(yard: Yard) -> None:
    lies = [
        (b"X-Forwarded-For", b"6.6.6.6"),
        (b"X-Forwarded-Proto", b"https"),
        (b"X-Forwarded-Host", b"evil.test"),
        (b"X-Forwarded-Port", b"666"),
        (b"X-Real-IP", b"6.6.6.6"),
        (b"Forwarded", b"for=6.6.6.6"),
        (b"Upgrade", b"websocket"),
        (b"Connection", b"upgrade"),
    ]
    for target, server in ((b"/", yard.immich), (b"/api/albums", yard.gateway)):
        async with wire("127.0.0.1", yard.front.clients) as line:
            await line.ask(b"GET", target, lies)
        came = server.asked[-1]
        assert came.all(b"x-forwarded-for") == [b"127.0.0.1"]
        assert came.all(b"x-forwarded-proto") == [b"http"]
        assert came.all(b"x-forwarded-host") == came.all(b"host") == [b"gateway.test"]
        assert came.all(b"upgrade") == []
        assert b"666" not in written(came.first, came.headers).replace(b"6.6.6.6", b"666")


async def test_a_gateway_that_trusts_nginx_tells_immich_who_asks(tmp_path: Path) -> None:
    async with (
        upstream(telling(b"immich")) as immich,
        gateway_before(immich.url, tmp_path / "gateway", trusted_proxies="127.0.0.1") as url,
        in_front(tmp_path, immich.port, urlsplit(url).port or 0) as front,
        wire("127.0.0.1", front.clients) as line,
    ):
        await line.ask(b"GET", b"/api/albums", [(b"X-Forwarded-For", b"6.6.6.6"), (b"X-Odd", b"1")])
        (came,) = immich.asked
    assert came.all(b"x-forwarded-for") == [b"127.0.0.1, 127.0.0.1"]
    assert came.all(b"x-forwarded-host") == [b"gateway.test"]
    assert came.all(b"x-forwarded-proto") == [b"http"]
    assert came.all(b"host") == [immich.url.removeprefix("http://").encode()]
    assert len({name for name, _ in came.headers}) == len(came.headers)


async def test_the_log_keeps_no_credentials(yard: Yard) -> None:
    async with wire("127.0.0.1", yard.front.clients) as line:
        await line.ask(
            b"GET", b"/api/albums?apiKey=SECRET", [(b"Referer", b"http://x/?key=SECRET")]
        )
    for _ in range(1000):  # the line is written when the reply has been sent
        if logged := yard.front.log.read_text(encoding="utf-8"):
            break
        await asyncio.sleep(0.01)
    assert '"GET /api/albums" 200' in logged
    assert "SECRET" not in logged


@asynccontextmanager
async def whole(home: Path) -> AsyncIterator[tuple[Sandbox, Front]]:
    """Run a sandbox, a gateway before it, and nginx before both."""
    async with (
        Sandbox(assets=20, hostile=False) as sandbox,
        gateway_before(sandbox.url, home / "gateway") as url,
        in_front(home, *(urlsplit(one).port or 0 for one in (sandbox.url, url))) as front,
    ):
        yield sandbox, front


async def test_json_is_told_more_and_bytes_are_immichs(tmp_path: Path) -> None:
    async with whole(tmp_path) as (sandbox, front), wire("127.0.0.1", front.clients) as line:
        key = (b"x-api-key", sandbox.api_key.encode())
        id_ = next(iter(sandbox.library.album_named("Holiday").assets))
        path = b"/api/assets/" + id_.encode()
        content = sandbox.library.assets[id_].content
        told = json.loads((await line.ask(b"GET", path, [key])).body)
        assert told["id"] == id_
        assert told["pentaprism"] == {"group": None, "duplicates": [], "mirrors": []}
        file = await line.ask(b"GET", path + b"/original", [key])
        assert hashlib.sha1(file.body, usedforsecurity=False).digest() == content.sha1
        part = await line.ask(b"GET", path + b"/original", [key, (b"Range", b"bytes=5-9")])
        assert (part.status, part.body) == (206, file.body[5:10])
        assert part.all(b"content-range") == [b"bytes 5-9/%d" % len(file.body)]
        known = (b"If-None-Match", file.all(b"etag")[0])
        assert (await line.ask(b"GET", path + b"/original", [key, known])).status == 304
        stranger = await line.ask(b"GET", path + b"/thumbnail")
        assert (stranger.status, stranger.all(b"x-powered-by")) == (401, [b"Express"])


async def test_a_client_of_immichs_finds_all_it_knows(tmp_path: Path) -> None:
    async with whole(tmp_path) as (sandbox, front):
        album = sandbox.library.album_named("Holiday")
        asked = {"album": album.id, "asset": next(iter(album.assets))}
        owner, before = ("admin@example.test", "sandbox"), held(sandbox)
        bare = await walk(sandbox.url, owner, asked, tmp_path)
        through = await walk(f"http://127.0.0.1:{front.clients}", owner, asked, tmp_path)
        assert held(sandbox) == before
    assert len(told_of([through], "pentaprism")) == 1 + 5 + 1
    assert repeatable(without(through, "pentaprism")) == repeatable(bare)


async def test_the_websocket_of_immich_is_open(tmp_path: Path) -> None:
    async with whole(tmp_path) as (sandbox, front), wire("127.0.0.1", front.clients) as line:
        headers = [
            (b"Host", b"gateway.test"),
            (b"Connection", b"Upgrade"),
            (b"Upgrade", b"websocket"),
            (b"Sec-WebSocket-Version", b"13"),
            (b"Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
            (b"x-api-key", sandbox.api_key.encode()),
        ]
        target = b"/api/socket.io/?EIO=4&transport=websocket"
        line.writer.write(written(b"GET %b HTTP/1.1" % target, headers))
        head = await asyncio.wait_for(line.reader.readuntil(b"\r\n\r\n"), 10)
        assert head.startswith(b"HTTP/1.1 101 ")
        assert re.search(rb"(?i)sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=", head)
        opened = await asyncio.wait_for(line.reader.readuntil(b"}"), 10)
        assert b'0{"sid":' in opened
