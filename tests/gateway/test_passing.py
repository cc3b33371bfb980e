"""Requests and replies pass unchanged."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from gateway_upstreams import (
    OK,
    between,
    exchange_bytes,
    passing_to,
    play_ok,
    serving,
    stage,
)
from raw_http import Message, read_message, upstream, wire, written
from starlette.types import Receive, Scope, Send

from pentaprism.gateway.cycles import STATUS


def _always(answer: bytes, _: Message) -> bytes:
    return answer


TARGETS = [
    b"/",
    b"/api/assets?x=1",
    b"/a/../b/./c",
    b"//evil.example/x",
    b"/%2F%2f/%00/%0d%0aX-Evil:%201",
    b"/a+b/%C3%A9?q=%20+%2B&q=&&=",
    b"/a?",
    b"/?a?b?",
    b"/;params,=@:!$'()*~",
    b'/a|b^{c}`\\"<>',
]


@pytest.mark.parametrize("target", TARGETS)
async def test_the_address_arrives_as_it_was_sent(target: bytes) -> None:
    async with upstream(lambda _: OK) as immich, between(immich.url) as client:
        reply = await client.ask(b"GET", target)
    assert (reply.status, reply.body) == (200, b"ok")
    assert [one.target for one in immich.asked] == [target]


@pytest.mark.parametrize("target", [b"http://evil.example/x?y", b"https://evil.example:1/x?y"])
async def test_no_other_server_is_reached(target: bytes) -> None:
    async with upstream(lambda _: OK) as immich, between(immich.url) as client:
        sent = b"GET %b HTTP/1.1\r\nHost: other.example\r\n\r\n" % target
        reply = await exchange_bytes(client, sent)
    assert reply.status == 200
    assert [one.target for one in immich.asked] == [b"/x?y"]
    assert immich.asked[0].all(b"host") == [immich.url.removeprefix("http://").encode()]


async def test_the_base_path_is_put_before() -> None:
    async with upstream(lambda _: OK) as immich, between(immich.url + "/photos/api") as client:
        await client.ask(b"GET", b"/api/x?y")
        await client.ask(b"OPTIONS", b"*")
    assert [one.target for one in immich.asked] == [b"/photos/api/x?y", b"*"]


@pytest.mark.parametrize(
    "method", [b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"PROPFIND", b"QUERY"]
)
async def test_methods_and_bodies_pass(method: bytes) -> None:
    body = bytes(range(256)) * 3
    async with upstream(lambda _: OK) as immich, between(immich.url) as client:
        await client.ask(method, b"/x", [], body)
        await client.ask(method, b"/x")
        await client.ask(method, b"/x", [(b"Content-Length", b"0")])
    assert [one.method for one in immich.asked] == [method] * 3
    assert [one.body for one in immich.asked] == [body, b"", b""]
    lengths = [one.all(b"content-length") for one in immich.asked]
    assert lengths == [[b"768"], [], [b"0"]]


async def test_connect_is_refused() -> None:
    async with upstream(lambda _: OK) as immich, between(immich.url) as client:
        reply = await client.ask(b"CONNECT", b"evil.example:443")
    assert reply.status == 400
    assert not immich.asked


async def test_headers_of_a_request_pass_byte_for_byte() -> None:
    sent = [
        (b"Cookie", b"a=1; b=\xc3\xa4"),
        (b"cookie", b"c=2"),
        (b"X-Latin", b"\xe4\xf6\xff"),
        (b"X-Empty", b""),
        (b"X-Same", b"1"),
        (b"X-Same", b"2"),
        (b"Range", b"bytes=0-1,5-"),
        (b"If-None-Match", b'W/"x", "y"'),
        (b"Accept-Encoding", b"gzip, br;q=0.1"),
    ]
    async with upstream(lambda _: OK) as immich, between(immich.url) as client:
        await client.ask(b"GET", b"/", sent)
    forwarded = (b"host", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto")
    assert immich.asked[0].lasting(*forwarded) == [(k.lower(), v) for k, v in sent]


async def test_nothing_is_made_up() -> None:
    async with upstream(lambda _: OK) as immich, between(immich.url) as client:
        await client.ask(b"POST", b"/", [(b"Content-Length", b"0")])
    names = {name for name, _ in immich.asked[0].headers}
    told = {b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"}
    assert names == {b"host", b"content-length"} | told


async def test_hop_by_hop_headers_end_here() -> None:
    hops = [
        (b"Connection", b"keep-alive, X-Secret"),
        (b"X-Secret", b"1"),
        (b"Keep-Alive", b"timeout=9"),
        (b"TE", b"trailers"),
        (b"Proxy-Authorization", b"Basic eA=="),
        (b"Proxy-Connection", b"keep-alive"),
        (b"X-Kept", b"1"),
    ]
    answer = written(b"HTTP/1.1 200 OK", [*hops, (b"Content-Length", b"0")])
    async with upstream(lambda _: answer) as immich, between(immich.url) as client:
        reply = await client.ask(b"GET", b"/", hops)
    for message in (immich.asked[0], reply):
        seen = {name for name, _ in message.headers}
        assert b"x-kept" in seen
        assert not seen & {name.lower() for name, _ in hops[:-1]}


async def test_headers_that_a_message_needs_cannot_be_named_away() -> None:
    async with upstream(lambda _: OK) as immich, between(immich.url) as client:
        sent = [(b"Connection", b"host, content-length")]
        await client.ask(b"POST", b"/", sent, b"body")
    assert immich.asked[0].all(b"host")
    assert immich.asked[0].body == b"body"


async def test_headers_of_a_reply_pass_byte_for_byte() -> None:
    sent = [
        (b"Set-Cookie", b"a=1; Path=/; HttpOnly"),
        (b"Set-Cookie", b"b=2"),
        (b"Content-Disposition", b'attachment; filename="\xc3\xa4\xff.jpg"'),
        (b"ETag", b'W/"1-2"'),
        (b"Content-Encoding", b"gzip"),
        (b"Location", b"http://127.0.0.1:9/elsewhere?x=%20"),
        (b"Content-Length", b"4"),
        (b"Date", b"Sat, 21 Nov 2026 17:00:00 GMT"),
    ]
    for status in (200, 206, 301, 302, 307, 404, 500, 599):
        answer = written(b"HTTP/1.1 %d X" % status, sent, b"\x1f\x8b\x00\x01")
        async with upstream(partial(_always, answer)) as immich, between(immich.url) as client:
            reply = await client.ask(b"GET", b"/")
        assert reply.status == status
        assert reply.headers == [(k.lower(), v) for k, v in sent]
        assert reply.body == b"\x1f\x8b\x00\x01"


async def test_replies_without_a_body_leave_the_connection_in_step() -> None:
    answers = {
        b"/204": written(b"HTTP/1.1 204 No Content", [(b"X-A", b"1")]),
        b"/304": written(b"HTTP/1.1 304 Not Modified", [(b"ETag", b'"x"')]),
        b"/304l": written(b"HTTP/1.1 304 Not Modified", [(b"Content-Length", b"9")]),
        b"/head": written(b"HTTP/1.1 200 OK", [(b"Content-Length", b"12345")]),
        b"/0": written(b"HTTP/1.1 200 OK", [(b"Content-Length", b"0")]),
    }
    async with upstream(lambda one: answers[one.target]) as immich, between(immich.url) as client:
        for target, status in ((b"/204", 204), (b"/304", 304), (b"/304l", 304), (b"/0", 200)):
            reply = await client.ask(b"GET", target)
            assert (reply.status, reply.body) == (status, b"")
        reply = await client.ask(b"HEAD", b"/head")
        assert reply.all(b"content-length") == [b"12345"]
        assert (await client.ask(b"GET", b"/0")).status == 200


async def test_chunks_pass_both_ways() -> None:
    async def play(
        message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        whole = b""
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            whole += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
            b"%x;ext=1\r\n%b\r\n3\r\nend\r\n0\r\nX-T: 1\r\n\r\n" % (len(whole), whole)
        )

    async with stage(play) as immich, between(immich.url) as client:
        sent = (
            b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3;ext\r\nabc\r\nA\r\n0123456789\r\n0\r\nHost: b\r\nX-Trailer: 1\r\n\r\n"
        )
        for _ in range(2):
            reply = await exchange_bytes(client, sent)
            assert (reply.status, reply.body) == (200, b"abc0123456789end")
            assert not reply.all(b"x-t")
    for head in immich.heads:
        assert b"x-trailer" not in head.lower()
        assert head.lower().count(b"\r\nhost:") == 1
        assert b"x-forwarded-host: a\r\n" in head


async def test_a_reply_until_the_end_of_the_connection_passes() -> None:
    async def play(
        message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nall of it")
        writer.close()

    async with stage(play) as immich, between(immich.url) as client:
        for _ in range(2):
            assert (await client.ask(b"GET", b"/")).body == b"all of it"


async def test_hints_before_a_reply_are_left_out() -> None:
    answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK
    async with upstream(lambda _: answer) as immich, between(immich.url) as client:
        reply = await client.ask(b"GET", b"/")
    assert (reply.status, reply.body) == (200, b"ok")


async def test_a_client_that_waits_may_go_on() -> None:
    async with upstream(lambda _: OK) as immich, between(immich.url) as client:
        client.writer.write(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        )
        first = await client.reader.readuntil(b"\r\n\r\n")
        assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.writer.write(b"body")
        assert (await read_message(client.reader)).status == 200
    assert immich.asked[0].body == b"body"
    assert not immich.asked[0].all(b"expect")


async def test_old_clients_get_replies_that_they_understand() -> None:
    async def play(
        message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")

    async with stage(play) as immich, between(immich.url) as client:
        client.writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answered = await client.reader.read()
    assert answered.endswith(b"\r\n\r\nok")
    assert b"chunked" not in answered


async def test_connections_are_kept() -> None:
    async with stage(play_ok) as immich, between(immich.url) as client:
        for _ in range(5):
            await client.ask(b"GET", b"/")
        await client.ask(b"HEAD", b"/")
    assert immich.opened == 1
    assert len(immich.heads) == 6


async def test_requests_that_came_together_are_answered_in_turn() -> None:
    def answer(one: Message) -> bytes:
        return written(b"HTTP/1.1 200 OK", [(b"Content-Length", b"2")], one.target)

    async with upstream(answer) as immich, between(immich.url) as client:
        client.writer.write(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(8)))
        got = [(await read_message(client.reader)).body for _ in range(8)]
    assert got == [b"/%d" % n for n in range(8)]


async def test_the_status_of_a_reply_stands_in_the_scope() -> None:
    scopes: list[Scope] = []
    async with upstream(lambda _: OK) as immich, passing_to(immich.url) as core:

        async def noting(scope: Scope, receive: Receive, send: Send) -> None:
            assert scope[STATUS] == 0
            await core(scope, receive, send)
            scopes.append(scope)

        async with serving(noting) as port, wire("127.0.0.1", port) as client:
            await client.ask(b"GET", b"/")
            await client.ask(b"GET", b"/")
    assert [scope[STATUS] for scope in scopes] == [200, 200]
