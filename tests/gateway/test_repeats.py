"""A request like the one before it is read just as it would be alone."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from pentaprism.gateway.cycles import STATUS
from pentaprism.gateway.exact_protocol import ExactProtocol
from pentaprism.gateway.repeats import REPEATED, Repeated, made_of_headers

FIRST = b"GET /api/assets HTTP/1.1"
BLOCK = b"\r\nHost: a\r\nCookie: one=two\r\nAccept: */*\r\n\r\n"


class Wire(asyncio.Transport):
    """A connection that remembers what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Reading:
    """A connection to a server that remembers what it was asked, and answers nothing much."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.wire = Wire()
        config = uvicorn.Config(self, ws="none", lifespan="off", log_config=None, access_log=False)
        config.load()
        self.protocol = ExactProtocol(config, ServerState(), {})
        self.protocol.connection_made(self.wire)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message: Message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        known = {key: value for key, value in scope.items() if key not in {STATUS, REPEATED}}
        self.asked.append(known | {"body": body, "repeated": REPEATED in scope})
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def feed(self, data: bytes) -> None:
        """Let one piece arrive, and wait until no more can be done about it."""
        if not self.wire.closed:
            self.protocol.data_received(data)
        for _ in range(8):
            await asyncio.sleep(0)

    def repeated(self) -> list[bool]:
        return [one.pop("repeated") for one in self.asked]


async def read(*pieces: bytes) -> Reading:
    reading = Reading()
    for piece in pieces:
        await reading.feed(piece)
    if reading.protocol.timeout_keep_alive_task is not None:
        reading.protocol.timeout_keep_alive_task.cancel()
    return reading


async def check(first: bytes, second: bytes) -> list[bool]:
    """Compare a request that comes as one piece with one that comes letter by letter."""
    whole = await read(first, second, first)
    apart = await read(first, *(second[n : n + 1] for n in range(len(second))), first)
    found = whole.repeated()
    apart.repeated()
    assert whole.asked == apart.asked
    assert whole.wire.written == apart.wire.written
    assert whole.wire.closed == apart.wire.closed
    return found


LINES = st.one_of(
    st.binary(max_size=12).map(lambda more: b"GET /" + more + b" HTTP/1.1"),
    st.text("/?#%&=aZ09.~!\"'<>\\^`{|}[] ", max_size=12).map(
        lambda more: b"GET /" + more.encode() + b" HTTP/1.1"
    ),
    st.sampled_from(
        [
            b"HEAD / HTTP/1.1",
            b"GET / HTTP/1.0",
            b"GET  / HTTP/1.1",
            b"get / HTTP/1.1",
            b"GET / HTTP/1.1 ",
            b"\r\nGET / HTTP/1.1",
            b"GET / HTTP/1.1\r\nContent-Length: 1",
            b"GET / HTTP/1.1\r\n\r\nGET /b HTTP/1.1",
            b"GET http://b/ HTTP/1.1",
            b"OPTIONS * HTTP/1.1",
            b"GET //b/c HTTP/1.1",
            b"GET /? HTTP/1.1",
            b"GET /a?b?c HTTP/1.1",
        ]
    ),
)


@given(LINES)
@example(b"GET /\x7f HTTP/1.1")
@example(b"GET /\xff HTTP/1.1")
@example(b"GET /a%2Fb?c=%0d%0a HTTP/1.1")
async def test_it_is_read_as_the_parser_reads_it(line: bytes) -> None:
    await check(FIRST + BLOCK, line + BLOCK)


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"G", b"a: b\r\n", b"\r\n\r\n"])))
async def test_nothing_else_in_the_first_makes_a_second_of_it(before: list[bytes]) -> None:
    first = b"".join(before) + FIRST + BLOCK
    await check(first, FIRST + BLOCK)


async def test_just_the_usual_ones_are_taken_for_repeated() -> None:
    usual = FIRST + BLOCK
    assert await check(usual, usual) == [False, True, True]
    assert await check(usual, b"GET /b?c HTTP/1.1" + BLOCK) == [False, True, True]
    assert await check(usual, b"HEAD / HTTP/1.1" + BLOCK) == [False, False, False]
    assert await check(usual, FIRST + BLOCK.replace(b"two", b"three")) == [False, False, False]
    for more in (b"Connection: close", b"Content-Length: 0", b"Expect: 100-continue"):
        odd = FIRST + b"\r\n" + more + BLOCK
        assert not any(await check(odd, odd))
    assert not any(await check(usual + usual, usual))


def test_what_was_made_of_other_headers_is_not_given() -> None:
    headers = [(b"cookie", b"anna")]
    repeated = Repeated(BLOCK, headers)
    scope: Scope = {"headers": headers, REPEATED: repeated}
    made: list[list[tuple[bytes, bytes]]] = []

    def make(of: list[tuple[bytes, bytes]]) -> bytes:
        made.append(of)
        return of[0][1]

    assert [made_of_headers(scope, make) for _ in range(2)] == [b"anna", b"anna"]
    assert len(made) == 1
    other = {**scope, "headers": [(b"cookie", b"ben")]}
    assert made_of_headers(other, make) == b"ben"
    assert made_of_headers(scope, make) == b"anna"
    assert len(made) == 2
