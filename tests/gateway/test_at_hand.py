"""What is kept is written at once, and looks just as it does when it goes the long way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from gateway_upstreams import passing_to, serving
from raw_http import Message, Upstream, read_message, upstream, wire, written
from starlette.types import Receive, Scope, Send

from pentaprism.gateway.application import Application
from pentaprism.gateway.cache import Cache
from pentaprism.gateway.counters import Counters

PICTURE = b"/api/assets/0f5a3ef2-1f3c-4c36-9d0b-2f4a0c1d2e3f/thumbnail?size=preview"
OTHER = PICTURE.replace(b"0f5a", b"1f5a")
PLAIN = b"/api/server/ping"
ANNA = (b"Cookie", b"immich_access_token=anna")
BODY = b"\xff\xd8" + b"picture" * 3000
ETAG = b'"one"'


def answer(one: Message) -> bytes:
    """Answer as Immich does: a picture for pictures, and the address for all else."""
    if b"/thumbnail" not in one.target:
        return written(
            b"HTTP/1.1 200 OK", [(b"Content-Length", b"%d" % len(one.target))], one.target
        )
    if one.all(b"if-none-match") == [ETAG]:
        return written(b"HTTP/1.1 304 Not Modified", [(b"ETag", ETAG)])
    told = [
        (b"X-Powered-By", b"Express"),
        (b"Cache-Control", b"private, max-age=86400, no-transform"),
        (b"Content-Type", b"image/jpeg"),
        (b"ETag", ETAG),
        (b"Content-Length", b"%d" % len(BODY)),
        (b"Connection", b"keep-alive"),
    ]
    return written(b"HTTP/1.1 200 OK", told, b"" if one.method == b"HEAD" else BODY)


@dataclass
class Ways:
    """One gateway at two ports: one whose web server is told what is at hand, and one is not."""

    immich: Upstream
    cache: Cache
    counters: Counters
    short: int
    long: int


@asynccontextmanager
async def ways() -> AsyncIterator[Ways]:
    async with upstream(answer) as immich, passing_to(immich.url) as core:
        cache = Cache(core, size=1 << 20, seconds=1000, key=b"k" * 32)
        counters = Counters()
        application = Application(
            passing=core,
            websockets=core,
            own=core,
            metrics=core,
            enrichment=None,
            cache=cache,
            counters=counters,
        )

        async def long_way(scope: Scope, receive: Receive, send: Send) -> None:
            await application(scope, receive, send)

        async with serving(application) as short, serving(long_way) as long:
            yield Ways(immich, cache, counters, short, long)


def request(
    target: bytes, *headers: tuple[bytes, bytes], method: bytes = b"GET", version: bytes = b"1.1"
) -> bytes:
    first = b"%b %b HTTP/%b" % (method, target, version)
    return written(first, [(b"Host", b"gateway.test"), ANNA, *headers])


async def spoken(port: int, sent: bytes, *, pieces: int = 1) -> bytes:
    """Return all that is answered to ``sent``, whose last request closes the connection."""
    async with wire("127.0.0.1", port) as line:
        size = -(-len(sent) // pieces)
        for start in range(0, len(sent), size):
            line.writer.write(sent[start : start + size])
            await line.writer.drain()
            await asyncio.sleep(0)
        return await asyncio.wait_for(line.reader.read(), 30)


CLOSE = (b"Connection", b"close")
LAST = request(PLAIN, CLOSE)


@pytest.mark.parametrize(
    "sent",
    [
        request(PICTURE),
        request(PICTURE) * 5,
        request(PICTURE) + request(OTHER) + request(PICTURE),
        request(PLAIN) + request(PICTURE) + request(PLAIN) + request(PICTURE) * 2,
        request(PICTURE) + request(PLAIN) + request(OTHER) + request(PLAIN),
        request(PICTURE, method=b"HEAD") + request(PICTURE),
        request(PICTURE, (b"If-None-Match", ETAG)) + request(PICTURE),
        request(PICTURE, (b"Range", b"bytes=0-10")) + request(PICTURE),
        request(PICTURE, (b"Cache-Control", b"no-cache")) + request(PICTURE),
        request(PICTURE, (b"Content-Length", b"0")) + request(PICTURE),
        request(PICTURE, (b"Content-Length", b"5")) + b"hello" + request(PICTURE),
        request(PICTURE, (b"Transfer-Encoding", b"chunked")) + b"0\r\n\r\n" + request(PICTURE),
        request(PICTURE, (b"Expect", b"100-continue"), (b"Content-Length", b"1")) + b"x",
        request(PICTURE, (b"Upgrade", b"h2c"), (b"Connection", b"upgrade, close")),
        b"\r\n" + request(PICTURE) + b"\r\n" + request(PICTURE),
        request(PICTURE, (b"Connection", b"keep-alive")) + request(PICTURE, CLOSE),
        request(b"http://gateway.test" + PICTURE) + request(PICTURE),
    ],
)
@pytest.mark.parametrize("pieces", [1, 3])
async def test_both_ways_say_the_same(sent: bytes, pieces: int) -> None:
    async with ways() as w:
        for target in (PICTURE, OTHER):
            await spoken(w.long, request(target, CLOSE))
        kept = w.cache.entries
        long = await spoken(w.long, sent + LAST, pieces=pieces)
        asked, hits = len(w.immich.asked), w.cache.counts.hits
        short = await spoken(w.short, sent + LAST, pieces=pieces)
    assert kept == 2
    assert short == long
    assert long.count(b"HTTP/1.1 ") >= 1
    again = asked - 2
    assert len(w.immich.asked) == asked + again
    assert w.cache.counts.hits == 2 * hits


@pytest.mark.parametrize("headers", [(), ((b"Connection", b"keep-alive"),)])
async def test_an_older_client_is_answered_and_left(headers: tuple[tuple[bytes, bytes]]) -> None:
    sent = request(PICTURE, *headers, version=b"1.0")
    async with ways() as w:
        await spoken(w.long, request(PICTURE, CLOSE))
        long = await spoken(w.long, sent)
        assert await spoken(w.short, sent) == long
    assert long.endswith(BODY)
    assert b"connection: close" in long


async def test_it_goes_on_after_what_was_at_hand_in_any_order() -> None:
    async with ways() as w, wire("127.0.0.1", w.short) as line:
        for target in (PICTURE, PICTURE, PLAIN, PICTURE, OTHER, OTHER, PLAIN):
            got = await line.ask(b"GET", target, [ANNA])
            assert got.body == (PLAIN if target == PLAIN else BODY)
        assert [one.target for one in w.immich.asked] == [PICTURE, PLAIN, OTHER, PLAIN]
        assert (w.cache.counts.hits, w.cache.counts.answered[2]) == (3, 3)
        assert w.counters.passed[2] == 2


async def test_other_credentials_on_the_same_connection_are_others() -> None:
    async with ways() as w, wire("127.0.0.1", w.short) as line:
        for name in (b"anna", b"ben", b"anna", b"ben"):
            carrier = (b"Cookie", b"immich_access_token=" + name)
            assert (await line.ask(b"GET", PICTURE, [carrier])).body == BODY
        assert len(w.immich.asked) == 2
        assert (await line.ask(b"GET", PICTURE + b"&key=share", [ANNA])).body == BODY
        assert len(w.immich.asked) == 3


async def test_a_client_that_does_not_read_is_waited_for() -> None:
    count = 800
    async with ways() as w, wire("127.0.0.1", w.short) as line:
        await line.ask(b"GET", PICTURE, [ANNA])
        line.writer.write(request(PICTURE) * count)
        hits = -1
        while hits != w.cache.counts.hits:  # until nothing goes on any more
            hits = w.cache.counts.hits
            await asyncio.sleep(0.1)
        assert hits < count, "all has been written, or is held in memory"
        for _ in range(count):
            assert (await asyncio.wait_for(read_message(line.reader), 30)).body == BODY
        assert len(w.immich.asked) == 1


async def test_a_mistake_at_hand_is_told_and_the_long_way_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        def at_hand(self, _: Scope) -> None:
            raise LookupError("a mistake")

        async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    async with serving(Broken()) as port, wire("127.0.0.1", port) as line:
        assert (await line.ask(b"GET", PICTURE)).status == 204
        assert (await line.ask(b"GET", PICTURE)).status == 204
    assert "at hand" in caplog.text
