"""Whatever is sent, Immich gets one well-formed request or none."""

from __future__ import annotations

import asyncio
from string import ascii_letters, digits

import pytest
from gateway_upstreams import OK, Stage, between, passing_to, play_ok, serving, stage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_http import Message, read_message, upstream, wire, written

from pentaprism.gateway.forwarding import Forwarding
from pentaprism.gateway.headers import request_head
from pentaprism.gateway.problems import UpstreamError
from pentaprism.gateway.upstream import Upstream

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
INSIDE = b"GET /inside HTTP/1.1\r\nHost: b\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INSIDE,
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n" + INSIDE,
        POST + b"Content-Length: 0\r\nContent-Length: 33\r\n\r\n" + INSIDE,
        POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
        POST + b"Content-Length: 0,33\r\n\r\n" + INSIDE,
        POST + b"Content-Length: +33\r\n\r\n" + INSIDE,
        POST + b"Content-Length: 0x21\r\n\r\n" + INSIDE,
        POST + b"Content-Length: 99999999999999999999999\r\n\r\n" + INSIDE,
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + INSIDE,
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + INSIDE,
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" + INSIDE,
        POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + INSIDE,
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + INSIDE,
        POST + b"Transfer-Encoding\r\n : chunked\r\n\r\n0\r\n\r\n" + INSIDE,
        POST + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n" + INSIDE,
        POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n" + INSIDE,
        POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\na\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n" + INSIDE,
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n" + INSIDE,
        POST + b"X: 1\r\n 2\r\n\r\n",
        POST + b" X: 1\r\n\r\n",
        POST + b"X : 1\r\n\r\n",
        POST + b"X: 1\nContent-Length: 33\r\n\r\n" + INSIDE,
        POST + b"X: 1\rContent-Length: 33\r\n\r\n" + INSIDE,
        POST + b"X: 1\x00\r\n\r\n",
        POST + b"X\x00: 1\r\n\r\n",
        POST + b"X: \x7f\r\n\r\n",
        POST + b": 1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET evil.example HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET @evil.example/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_what_could_be_read_in_two_ways_is_refused(sent: bytes) -> None:
    async with stage(play_ok) as immich, between(immich.url) as client:
        client.writer.write(sent)
        client.writer.write_eof()
        answered = await asyncio.wait_for(client.reader.read(), 5)
    assert answered.startswith(b"HTTP/1.1 400 ") or not answered
    assert b"HTTP/1.1 200" not in answered
    assert not any(b"/inside" in head for head in immich.heads)


@pytest.mark.parametrize("length", [1, 40])
async def test_an_upgrade_hides_no_body(length: int) -> None:
    """uvicorn takes what follows such a request for another protocol, not for its body."""
    sent = b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: %d\r\n\r\n" % length
    async with stage(play_ok) as immich, passing_to(immich.url) as core, serving(core) as port:
        async with wire("127.0.0.1", port) as client:
            client.writer.write(POST + sent + INSIDE)
            reply = await asyncio.wait_for(read_message(client.reader), 5)
            assert reply.status == 400
        async with wire("127.0.0.1", port) as client:
            assert (await client.ask(b"GET", b"/after")).body == b"ok"
    assert not any(b"/inside" in head for head in immich.heads)
    assert immich.heads[-1].startswith(b"GET /after HTTP/1.1\r\n")


async def test_a_body_that_ends_too_soon_is_not_made_up_for() -> None:
    bodies: list[bytes] = []

    async def play(
        message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        bodies.append(await reader.read())
        writer.write(OK)

    async with stage(play) as immich, between(immich.url) as client:
        client.writer.write(POST + b"Content-Length: 100\r\n\r\nshort")
        client.writer.write_eof()
        assert not await client.reader.read()
    assert all(body == b"short" for body in bodies)


async def test_what_stands_for_line_ends_in_an_address_stays_there() -> None:
    target = b"/%0d%0aX-Injected:%201%0d%0a%0d%0aGET%20/inside?%0a%0d%00"
    async with stage(play_ok) as immich, between(immich.url) as client:
        assert (await client.ask(b"GET", target)).status == 200
    assert len(immich.heads) == 1
    assert immich.heads[0].startswith(b"GET " + target + b" HTTP/1.1\r\n")
    assert b"\r\nx-injected" not in immich.heads[0].lower()


@pytest.mark.parametrize("bad", [b"a\r\nX: 1", b"a\nX: 1", b"a\rX: 1", b"a\0"])
@pytest.mark.parametrize("name", [b"x", b"host", b"x-forwarded-for", b"content-length"])
def test_no_line_is_made_of_a_value_whoever_parsed_it(name: bytes, bad: bytes) -> None:
    scope = {
        "method": "GET",
        "raw_path": b"/",
        "query_string": b"",
        "scheme": "http",
        "client": ("10.0.0.1", 1),
        "headers": [(name, bad)],
    }
    immich = Upstream.parse("http://immich.test")
    try:
        head, _ = request_head(scope, immich, Forwarding([]))
    except UpstreamError as error:
        assert error.status == 400  # noqa: PT017 - either is right
    else:
        assert bad not in head


_TOKEN = st.text(ascii_letters + digits + "!#$%&'*+-.^_`|~", min_size=1, max_size=20)
_SAFE = _TOKEN.filter(
    lambda name: not name.lower().startswith(("x-forwarded", "content-length", "transfer-enc"))
).map(lambda name: f"x-{name}".encode())
_VALUE = st.binary(max_size=40).map(
    lambda raw: bytes(b for b in raw if b >= 32 and b != 127).strip()
)
_PATH = st.text(ascii_letters + digits + "/%.;:@&=+$,-_!~*'()|^{}[]\"<>\\`", max_size=60)
_QUERY = st.none() | _PATH.map(lambda text: text + "?")
_PIECES = st.lists(st.binary(min_size=1, max_size=3000), max_size=4)


@given(
    method=st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"PATCH"]),
    path=_PATH,
    query=_QUERY,
    headers=st.lists(st.tuples(_SAFE, _VALUE), max_size=8),
    pieces=_PIECES,
    chunked=st.booleans(),
    answered=st.lists(st.tuples(_SAFE, _VALUE), max_size=8),
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_all_arrives_as_it_was_sent(  # noqa: PLR0917 - hypothesis gives them by name
    method: bytes,
    path: str,
    query: str | None,
    headers: list[tuple[bytes, bytes]],
    pieces: list[bytes],
    chunked: bool,
    answered: list[tuple[bytes, bytes]],
) -> None:
    target = f"/{path}{'' if query is None else '?' + query}".encode()
    body = b"".join(pieces)
    framing: tuple[bytes, bytes] = (b"content-length", b"%d" % len(body))
    sent = body
    if chunked:
        framing = (b"transfer-encoding", b"chunked")
        sent = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"
    reply_framing = (b"content-length", b"%d" % len(body))
    answer = written(b"HTTP/1.1 200 OK", [*answered, reply_framing], body)

    async def run() -> tuple[list[Message], Message]:
        async with upstream(lambda _: answer) as immich, between(immich.url) as client:
            got = await client.ask(method, target, [*headers, framing], sent)
            again = await client.ask(b"GET", b"/again")
            assert again.body == body
        return immich.asked, got

    asked, got = asyncio.run(run())
    assert [one.target for one in asked] == [target, b"/again"]
    assert asked[0].method == method
    assert asked[0].body == body
    told = (b"host", b"content-length", b"x-forwarded-for", b"x-forwarded-host")
    assert asked[0].lasting(*told, b"x-forwarded-proto") == [(n.lower(), v) for n, v in headers]
    assert got.body == body
    assert got.lasting(b"content-length") == [(n.lower(), v) for n, v in answered]


@given(sent=st.binary(max_size=200).map(lambda raw: POST + raw) | st.binary(max_size=200))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_noise_is_one_request_or_none(sent: bytes) -> None:
    async def run() -> Stage:
        async with stage(play_ok) as immich, between(immich.url) as client:
            client.writer.write(sent)
            client.writer.write_eof()
            await asyncio.wait_for(client.reader.read(), 5)
        return immich

    for head in asyncio.run(run()).heads:
        assert head.count(b"\r\nhost: 127.0.0.1") == 1
        assert head.count(b"\r\n") == head.count(b"\n")
