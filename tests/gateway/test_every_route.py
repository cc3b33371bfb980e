"""Every call of Immich's API goes through the gateway to Immich, once, as it was sent.

The calls are those of Immich's OpenAPI document; what fills their paths and queries is odd enough
to show anything that is decoded, normalised or put together anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from gateway_door import gateway_before
from raw_http import Headers, Message, Wire, upstream, wire, written

from pentaprism.gateway.enrichment import kind_of

DOCUMENT = Path(__file__).parents[3] / "shared" / "immich" / "immich-openapi-specs.json"

ID = b"7a63c716-5781-4c03-9479-ea6a43d3f60e"
ODD = (
    ID,
    b"%37a63c716-5781-4c03-9479-ea6a43d3f60e",
    b"a%2Fb%2e%2E",
    b"..;x=1",
    b"%E2%82%AC+%20~'()*!$",
    b"%zz%",
    b"%C3%28",
)
QUERY = b"?mark=%d&a=1&a=2&&b&c=%%20+%%zz&d=%%E2%%82%%AC&=e&f=/?:@"
BODY = b'{"odd": "\xe2\x82\xac", "twice": 1, "twice": 2}\r\n\x00'
OURS = {b"host", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"}
WHO = (b"/api/users/me", b"/api/api-keys/me")

type Call = tuple[bytes, bytes]


@cache
def calls() -> tuple[Call, ...]:
    """Return the method and the path of every call of the document, and HEAD for every GET."""
    if not DOCUMENT.exists():
        pytest.skip(f"the OpenAPI document is not beside the checkout ({DOCUMENT})")
    paths = json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"]
    made = [
        (method.upper().encode(), b"/api" + path.encode())
        for path, methods in paths.items()
        for method in methods
    ]
    return (*made, *((b"HEAD", path) for method, path in made if method == b"GET"))


def filled(path: bytes, start: int) -> bytes:
    """Return the path with odd values for its parameters, from number ``start`` on."""
    values: Iterator[bytes] = iter(ODD[start:] + ODD)
    return re.sub(rb"\{\w+\}", lambda _: next(values), path)


def answer(message: Message) -> bytes:
    """Return a reply that nobody can take for JSON, and that tells what it answers."""
    body = b"\x00\xff " + message.target
    headers = [
        (b"Content-Type", b"application/x-odd; charset=\xe9"),
        (b"X-Twice", b"1"),
        (b"X-Twice", b"2"),
        (b"ETag", b'W/"odd"'),
        (b"Set-Cookie", b"a=1; Path=/"),
        (b"Set-Cookie", b"b=2"),
        (b"Content-Length", b"%d" % len(body)),
    ]
    return written(b"HTTP/1.1 207 Odd", headers, b"" if message.method == b"HEAD" else body)


def sent(method: bytes) -> tuple[Headers, bytes]:
    headers = [
        (b"x-pentaprism-enrichment", b"off"),
        (b"x-api-key", b"secret"),
        (b"accept", b"*/*"),
        (b"accept-encoding", b"gzip, br"),
        (b"x-odd", b"\xe9 \t odd"),
        (b"cookie", b'a="b"; c'),
    ]
    if method in (b"POST", b"PUT", b"PATCH", b"DELETE"):
        return [*headers, (b"content-type", b"application/json")], BODY
    return headers, b""


async def ask(line: Wire, method: bytes, target: bytes) -> Message:
    headers, body = sent(method)
    return await line.ask(method, target, headers, body)


async def test_every_call_arrives_once_and_as_it_was_sent(tmp_path: Path) -> None:
    asked: list[tuple[Call, Message]] = []
    async with (
        upstream(answer) as immich,
        gateway_before(immich.url, tmp_path) as url,
        wire("127.0.0.1", urlsplit(url).port or 0) as line,
    ):
        for number, (method, path) in enumerate(calls()):
            target = filled(path, number % len(ODD)) + QUERY % number
            asked.append(((method, target), await ask(line, method, target)))
    assert len(asked) > 250
    assert [(one.method, one.target) for one in immich.asked] == [call for call, _ in asked]
    for (call, reply), came in zip(asked, immich.asked, strict=True):
        headers, body = sent(call[0])
        is_told_more = kind_of(call[0].decode(), call[1].partition(b"?")[0]) is not None
        told = headers[1:] if is_told_more else headers
        assert came.lasting(*OURS, b"content-length") == told
        assert came.body == body
        assert len(came.all(b"host")) == 1
        assert all(len(came.all(name)) == 1 for name in OURS)
        expected = answer(came)
        assert reply.first.split(b" ")[1] == b"207"
        assert written(b"", reply.lasting()).lower() == written(b"", _headers(expected)).lower()
        assert reply.body == expected.partition(b"\r\n\r\n")[2]


async def test_calls_that_may_be_told_more_arrive_too(tmp_path: Path) -> None:
    targets = [
        (b"GET", b"/api/assets/" + ID),
        (b"HEAD", b"/api/assets/" + ID),
        (b"POST", b"/api/search/metadata"),
        (b"GET", b"/api/timeline/bucket?timeBucket=2024-01-01"),
    ]
    async with (
        upstream(answer) as immich,
        gateway_before(immich.url, tmp_path) as url,
        wire("127.0.0.1", urlsplit(url).port or 0) as line,
    ):
        for method, target in targets:
            headers, body = sent(method)
            reply = await line.ask(method, target, headers[1:], body)
            whole = b"" if method == b"HEAD" else b"\x00\xff " + target
            assert (reply.status, reply.body) == (207, whole)
    # The gateway itself asks who is calling; and the headers of HEAD are those of a whole reply.
    arrived = [one for one in immich.asked if one.target not in WHO]
    asked = [(b"GET" if method == b"HEAD" else method, target) for method, target in targets]
    assert [(one.method, one.target) for one in arrived] == asked
    assert [one.body for one in arrived] == [sent(method)[1] for method, _ in targets]


def _headers(message: bytes) -> Headers:
    head = message.partition(b"\r\n\r\n")[0]
    lines = [one.partition(b": ") for one in head.split(b"\r\n")[1:]]
    return [(name.lower(), value) for name, _, value in lines]
