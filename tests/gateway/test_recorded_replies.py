"""The replies recorded from a real Immich, through the gateway: the same, or told more."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from gateway_door import gateway_before
from immich_clients import without
from raw_http import Headers, Message, upstream, wire, written

from pentaprism.gateway.enrichment import kind_of

RECORDED = Path(__file__).parents[3] / "shared" / "immich" / "recorded"
NAMES = sorted(path.stem for path in RECORDED.glob("*.json"))
NOTHING: dict[str, Any] = {"group": None, "duplicates": [], "mirrors": []}
REMADE = {b"content-length", b"etag", b"vary"}

ENRICHED = {
    "asset-get",
    "asset-get-in-stack",
    "asset-get-video",
    "search-metadata-album-last-page",
    "search-metadata-album-page1",
    "search-metadata-withExif",
    "timeline-bucket",
}
"""The recorded replies that show assets, in which more is told."""


@dataclass(frozen=True)
class Recorded:
    """A call that was recorded, and the bytes of its reply."""

    method: bytes
    target: bytes
    sent: Headers
    asked: bytes
    status: int
    headers: Headers
    body: bytes

    @property
    def reply(self) -> bytes:
        """Return the reply as it went over the wire."""
        first = b"HTTP/1.1 %d Recorded" % self.status
        chunked = (b"transfer-encoding", b"chunked") in self.headers
        framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(self.body), self.body) if chunked else self.body
        return written(first, self.headers, framed)


def read(name: str) -> Recorded:
    """Read a recorded call; pictures, of which only the length was kept, get other bytes."""
    told = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    body = _body(told)
    headers = [
        (key.encode(), b"%d" % len(body) if key == "content-length" else value.encode())
        for key, value in told["response_headers"].items()
    ]
    sent = [(key.encode(), value.encode()) for key, value in told["request_headers"].items()]
    asked = told["request_body"]
    return Recorded(
        told["method"].encode(),
        told["path"].encode(),
        sent,
        b"" if asked is None else json.dumps(asked).encode(),
        told["status"],
        headers,
        body,
    )


def _body(told: Any) -> bytes:
    body = told["response_body"]
    if not isinstance(body, str):
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    length = re.match(r"<(\d+) bytes", body)
    assert length is not None, body
    return (bytes(range(256)) * (int(length[1]) // 256 + 1))[: int(length[1])]


type Ask = Callable[[Recorded], Awaitable[tuple[Message, list[Message]]]]


@pytest.fixture
async def through(tmp_path: Path) -> AsyncIterator[Ask]:
    """Give what asks through a gateway, and tells the reply and all that Immich was asked."""
    if not NAMES:
        pytest.skip(f"the recorded replies are not beside the checkout ({RECORDED})")
    playing: list[Recorded] = []

    def answer(asked: Message) -> bytes:
        return (playing[-1] if asked.target == playing[-1].target else read("users-me")).reply

    async with (
        upstream(answer) as immich,
        gateway_before(immich.url, tmp_path) as url,
        wire("127.0.0.1", urlsplit(url).port or 0) as line,
    ):

        async def ask(call: Recorded) -> tuple[Message, list[Message]]:
            playing.append(call)
            # Everybody is somebody else, so that none is shown what was kept for another.
            token = b"Bearer %d" % len(playing)
            sent = [(b"authorization", token), (b"accept-encoding", b"identity"), *call.sent]
            before = len(immich.asked)
            reply = await line.ask(call.method, call.target, sent, call.asked)
            return reply, immich.asked[before:]

        yield ask


def test_there_are_recorded_replies() -> None:
    if not NAMES:
        pytest.skip(f"the recorded replies are not beside the checkout ({RECORDED})")
    told = {name for name in NAMES if kind_of(*_called(name)) is not None}
    assert told >= ENRICHED
    assert {read(name).status for name in told - ENRICHED} <= {400, 401, 403, 404}


def _called(name: str) -> tuple[str, bytes]:
    call = read(name)
    return call.method.decode(), call.target.partition(b"?")[0]


async def test_replies_pass_unchanged(through: Ask) -> None:
    for name in sorted(set(NAMES) - ENRICHED):
        call = read(name)
        reply, asked = await through(call)
        assert (reply.status, reply.body) == (call.status, call.body), name
        assert reply.lasting() == Message(b"", call.headers).lasting(), name
        assert [one.target for one in asked].count(call.target) == 1, name


async def test_replies_that_show_assets_differ_in_one_key(through: Ask) -> None:
    for name in sorted(ENRICHED & set(NAMES)):
        call = read(name)
        reply, asked = await through(call)
        found: list[Any] = []
        plain = without(json.loads(reply.body), "pentaprism", found.append)
        assert (reply.status, plain) == (call.status, json.loads(call.body)), name
        assert found, name
        assert all(facts in (NOTHING, [NOTHING]) for facts in found), name
        was = Message(b"", call.headers)
        assert reply.lasting(*REMADE) == was.lasting(*REMADE), name
        assert reply.all(b"content-length") == [b"%d" % len(reply.body)], name
        assert reply.all(b"vary") == [b"Accept-Encoding"], name
        assert len(reply.all(b"etag")) == 1, name
        assert reply.all(b"etag") != was.all(b"etag"), name
        assert [one.target for one in asked].count(call.target) == 1, name


async def test_a_client_can_have_them_as_they_were(through: Ask) -> None:
    off = (b"x-pentaprism-enrichment", b"off")
    for name in sorted(ENRICHED & set(NAMES)):
        call = read(name)
        reply, asked = await through(replace(call, sent=[*call.sent, off]))
        assert reply.body == call.body, name
        assert reply.lasting() == Message(b"", call.headers).lasting(), name
        assert [one.target for one in asked] == [call.target], name
        assert asked[0].all(off[0]) == [], name
