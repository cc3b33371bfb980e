"""Asking Immich and looking at the reply before it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from gateway_upstreams import passing_to, stage, until
from raw_http import Message, upstream, written

from pentaprism.gateway.answers import Answer
from pentaprism.gateway.passing import Passing
from pentaprism.gateway.problems import UpstreamError

BODY = bytes(range(256)) * 1000
WHOLE = written(
    b"HTTP/1.1 200 OK",
    [
        (b"Content-Length", b"256000"),
        (b"ETag", b'"a"'),
        (b"Set-Cookie", b"a"),
        (b"SET-Cookie", b"b"),
    ],
    BODY,
)


def scope(method: str = "GET", *headers: tuple[bytes, bytes]) -> Any:
    return {
        "type": "http",
        "method": method,
        "raw_path": b"/api/x",
        "query_string": b"y=1",
        "scheme": "http",
        "client": ("192.0.2.1", 1),
        "headers": [(b"host", b"gate"), *headers],
    }


class Client:
    """The client's side: what it sends, and what it is sent."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self.left = asyncio.Event()
        self.sent: list[Any] = []

    async def receive(self) -> Any:
        if self._pieces:
            body = self._pieces.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(self._pieces)}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(one["body"] for one in self.sent[1:])

    @property
    def ended(self) -> bool:
        return not self.sent[-1].get("more_body", False)


@asynccontextmanager
async def asked(answer: bytes = WHOLE, **options: Any) -> AsyncIterator[tuple[Answer, Client]]:
    client = Client(b"")
    async with upstream(lambda _: answer) as immich, passing_to(immich.url) as core:
        made = await core.ask(scope(), client.receive, **options)
        yield made, client
        made.close()


async def test_a_reply_can_be_read() -> None:
    async with asked() as (answer, _):
        assert answer.status == 200
        assert answer.header(b"etag") == b'"a"'
        assert answer.header(b"x-none") is None
        assert answer.headers[2:] == [(b"set-cookie", b"a"), (b"set-cookie", b"b")]
        assert await answer.read(len(BODY)) == BODY
        assert await answer.read(len(BODY)) == BODY


@pytest.mark.parametrize("most", [0, 1, 1000, 255_999])
async def test_a_reply_that_is_too_large_is_relayed_whole(most: int) -> None:
    async with asked() as (answer, client):
        assert await answer.read(most) is None
        await answer.relay(client.send)
        assert client.sent[0]["headers"] == answer.headers
        assert client.body == BODY
        assert client.ended


@pytest.mark.parametrize("read", [True, False])
async def test_a_reply_can_have_other_headers(read: bool) -> None:
    headers = [(b"x-other", b"1")]
    async with asked() as (answer, client):
        if read:
            await answer.read(1_000_000)
        await answer.relay(client.send, headers=headers)
        assert client.sent[0] == {
            "type": "http.response.start",
            "status": 200,
            "headers": headers,
        }
        assert client.body == BODY
        assert client.ended


async def test_a_reply_comes_in_pieces() -> None:
    async with asked() as (answer, _):
        assert await answer.read(1000) is None
        assert b"".join([piece async for piece in answer.pieces()]) == BODY


async def test_the_request_can_be_changed() -> None:
    client = Client(b"")
    sent = [(b"accept-encoding", b"gzip"), (b"if-none-match", b'"x"'), (b"cookie", b"c")]
    small = written(b"HTTP/1.1 200 OK", [(b"Content-Length", b"256000")])
    async with upstream(lambda _: small) as immich, passing_to(immich.url) as core:
        answer = await core.ask(
            scope("HEAD", *sent),
            client.receive,
            method="HEAD",
            without=frozenset({b"accept-encoding", b"if-none-match"}),
            extra=[(b"accept-encoding", b"identity")],
        )
        assert await answer.read(0) == b""
    message = immich.asked[0]
    assert (message.method, message.target) == (b"HEAD", b"/api/x?y=1")
    assert message.all(b"accept-encoding") == [b"identity"]
    assert message.all(b"if-none-match") == []
    assert message.all(b"cookie") == [b"c"]
    assert message.all(b"x-forwarded-host") == [b"gate"]


@pytest.mark.parametrize("pieces", [[b"whole"], [b"in", b"", b"pieces"]])
async def test_the_body_goes_with_it(pieces: list[bytes]) -> None:
    client = Client(*pieces)
    length = b"%d" % sum(map(len, pieces))
    async with upstream(lambda _: WHOLE) as immich, passing_to(immich.url) as core:
        sent = scope("POST", (b"content-length", length))
        answer = await core.ask(sent, client.receive)
        assert await answer.read(1_000_000) == BODY
    assert immich.asked[0].body == b"".join(pieces)


@pytest.mark.parametrize("begun", [False, True])
async def test_asking_ends_when_the_client_leaves(begun: bool) -> None:
    async def play(
        message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if begun:
            writer.write(WHOLE[:1000])
        await reader.read(1)
        writer.close()

    async def ask(core: Passing, client: Client) -> None:
        answer = await core.ask(scope(), client.receive)
        await answer.read(1_000_000)

    client = Client(b"")
    async with stage(play) as immich, passing_to(immich.url) as core:
        asking = asyncio.create_task(ask(core, client))
        await until(lambda: bool(immich.heads))
        client.left.set()
        with pytest.raises(UpstreamError) as raised:
            await asking
        assert (raised.value.status, raised.value.code) == (499, "client_gone")
        await until(lambda: immich.ended == 1)


async def test_a_broken_reply_is_an_error() -> None:
    async def play(
        message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(WHOLE[:1000])
        writer.close()

    async with stage(play) as immich, passing_to(immich.url) as core:
        answer = await core.ask(scope(), Client(b"").receive)
        with pytest.raises(UpstreamError) as raised:
            await answer.read(1_000_000)
        assert raised.value.code == "immich_broke_off"
        client = Client(b"")
        answer = await core.ask(scope(), client.receive)
        await answer.relay(client.send)
        assert not client.ended


async def test_a_cancelled_question_leaves_nothing_behind() -> None:
    async def play(
        message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read(1)
        writer.close()

    async with stage(play) as immich, passing_to(immich.url) as core:
        asking = asyncio.create_task(core.ask(scope(), Client(b"").receive))
        await until(lambda: bool(immich.heads))
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await until(lambda: immich.ended == 1)


async def test_a_small_question_of_our_own() -> None:
    answer = written(b"HTTP/1.1 401 No", [(b"Content-Length", b"2"), (b"X-A", b"1")], b"{}")
    async with upstream(lambda _: answer) as immich, passing_to(immich.url + "/base") as core:
        reply = await core.fetch(b"/api/users/me", [(b"cookie", b"\xe4")], b"key=%20")
    assert (reply.status, reply.body) == (401, b"{}")
    assert reply.headers[1] == (b"x-a", b"1")
    assert immich.asked[0].target == b"/base/api/users/me?key=%20"
    assert immich.asked[0].all(b"cookie") == [b"\xe4"]


async def test_an_answer_to_our_own_question_has_a_bound() -> None:
    large = written(b"HTTP/1.1 200 OK", [(b"Content-Length", b"1048577")], bytes(1048577))
    async with upstream(lambda _: large) as immich, passing_to(immich.url) as core:
        with pytest.raises(UpstreamError) as raised:
            await core.fetch(b"/", [])
    assert raised.value.status == 502


async def test_without_an_immich_there_is_no_answer() -> None:
    async with passing_to(None) as core:
        for asking in (core.fetch(b"/", []), core.ask(scope(), Client(b"").receive)):
            with pytest.raises(UpstreamError) as raised:
                await asking
            assert (raised.value.status, raised.value.code) == (503, "immich_unset")
