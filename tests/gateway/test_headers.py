"""Which headers go on, and how a request's head is put together."""

from __future__ import annotations

from typing import Any

import pytest

from pentaprism.gateway.forwarding import Forwarding
from pentaprism.gateway.headers import (
    BARE_QUERY,
    HOP_BY_HOP,
    NO_BODY,
    Framing,
    reply_headers,
    request_head,
)
from pentaprism.gateway.problems import UpstreamError
from pentaprism.gateway.upstream import Upstream

IMMICH = Upstream.parse("http://immich.test:2283/api")
NOBODY = Forwarding([])


def scope(*headers: tuple[bytes, bytes], **also: Any) -> dict[str, Any]:
    return {
        "method": "GET",
        "raw_path": b"/x",
        "query_string": b"",
        "scheme": "http",
        "client": None,
        "headers": list(headers),
        **also,
    }


def test_the_whole_head() -> None:
    asked = scope((b"host", b"gate"), (b"x-a", b"1"), (b"content-length", b"3"), method="PUT")
    head, framing = request_head(asked, IMMICH, NOBODY)
    assert head == (
        b"PUT /x HTTP/1.1\r\n"
        b"host: immich.test:2283\r\n"
        b"x-a: 1\r\n"
        b"x-forwarded-proto: http\r\n"
        b"x-forwarded-host: gate\r\n"
        b"content-length: 3\r\n"
        b"\r\n"
    )
    assert framing == Framing(3, chunked=False)


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://immich.test", b"GET /x?y HTTP/1.1"),
        ("http://immich.test/", b"GET /x?y HTTP/1.1"),
        ("http://immich.test/api", b"GET /x?y HTTP/1.1"),
        ("https://immich.test/a/b/api/", b"GET /a/b/x?y HTTP/1.1"),
    ],
)
def test_the_base_path_comes_first(url: str, line: bytes) -> None:
    head, framing = request_head(scope(query_string=b"y"), Upstream.parse(url), NOBODY)
    assert head.split(b"\r\n")[:2] == [line, b"host: immich.test"]
    assert framing is NO_BODY


def test_a_bare_question_mark_stays() -> None:
    head, _ = request_head(scope(**{BARE_QUERY: True}), IMMICH, NOBODY)
    assert head.startswith(b"GET /x? HTTP/1.1\r\n")


def test_headers_are_left_out_and_added() -> None:
    asked = scope((b"range", b"bytes=0-"), (b"x-a", b"1"), (b"x-b", b"2"), (b"connection", b"x-b"))
    head, _ = request_head(
        asked, IMMICH, NOBODY, method="POST", without=frozenset({b"range"}), extra=[(b"y", b"z")]
    )
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /x HTTP/1.1"
    assert lines[2:4] == [b"x-a: 1", b"y: z"]


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"1"), (b"content-length", b"1")],
        [(b"content-length", b"1"), (b"transfer-encoding", b"chunked")],
        [(b"content-length", b"-1")],
        [(b"content-length", b"1" * 5000)],
        [(b"content-length", b"\xb2")],
        [(b"transfer-encoding", b"gzip, chunked")],
        [(b"transfer-encoding", b"")],
    ],
)
def test_a_body_of_which_nobody_knows_the_end_is_refused(
    headers: list[tuple[bytes, bytes]],
) -> None:
    with pytest.raises(UpstreamError) as raised:
        request_head(scope(*headers), IMMICH, NOBODY)
    assert (raised.value.status, raised.value.code) == (400, "bad_request")


@pytest.mark.parametrize("path", [b"", b"x", b"http://evil.test/", b"/a b", b"/a\r\nx: y", b"**"])
def test_what_is_no_path_is_refused(path: bytes) -> None:
    with pytest.raises(UpstreamError) as raised:
        request_head(scope(raw_path=path), IMMICH, NOBODY)
    assert raised.value.status == 400


def test_headers_of_one_connection_are_not_those_of_a_reply() -> None:
    raw = [(name.title(), b"x") for name in HOP_BY_HOP - {b"connection"}]
    kept = [(b"X-Kept", b"1"), (b"Set-Cookie", b"a"), (b"Set-Cookie", b"b")]
    named = [(b"Connection", b"close, X-Named"), (b"connection", b"X-More"), (b"x-more", b"1")]
    got = reply_headers([*raw, *kept, *named, (b"X-Named", b"1")])
    assert got == [(name.lower(), value) for name, value in kept]


def test_upstreams_are_told_apart_by_being_others() -> None:
    one, other = (Upstream.parse("http://immich.test") for _ in range(2))
    assert one != other
    assert (one.host, one.base, one.tls) == (b"immich.test", b"", None)
    assert Upstream.parse("https://immich.test:443").host == b"immich.test"
    assert Upstream.parse("https://[::1]:2283/x").url == "https://[::1]:2283/x"
