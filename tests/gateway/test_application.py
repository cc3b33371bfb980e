"""Who answers which request: only what is spelled exactly as a route of ours is special."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pentaprism.gateway.application import Application
from pentaprism.gateway.counters import Counters
from pentaprism.gateway.enrichment import Kind

ID = "0f5a3ef2-1f3c-4c36-9d0b-2f4a0c1d2e3f"
PARTS = ("passing", "own", "metrics", "enrichment", "cache")

type Answering = Callable[[str, Scope, Receive, Send], Awaitable[None]]


async def answer(name: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the name of the part that was asked."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": name.encode()})


async def fail(name: str, scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError(f"the {name} has a mistake in it")


async def fail_halfway(name: str, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await fail(name, scope, receive, send)


@dataclass
class Parts:
    """An application whose parts say their names, or do as ``instead`` tells."""

    instead: dict[str, Answering] = field(default_factory=dict)
    enriching: bool = True
    keeping: bool = True
    scopes: list[Scope] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)

    def part(self, name: str) -> ASGIApp:
        async def answering(scope: Scope, receive: Receive, send: Send) -> None:
            self.scopes.append(scope)
            await self.instead.get(name, answer)(name, scope, receive, send)

        return answering

    async def enrich(self, scope: Scope, receive: Receive, send: Send, kind: Kind) -> None:
        self.kinds.append(kind)
        await self.part("enrichment")(scope, receive, send)

    async def ask(self, method: str, path: bytes, headers: Any = (), kind: str = "http") -> str:
        """Ask, and return the body of the answer."""
        application = Application(
            passing=self.part("passing"),
            websockets=self.part("websockets"),
            own=self.part("own"),
            metrics=self.part("metrics"),
            enrichment=self.enrich if self.enriching else None,
            cache=self.part("cache") if self.keeping else None,
            counters=self.counters,
        )
        scope = {"type": kind, "method": method, "raw_path": path, "headers": list(headers)}

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            self.sent.append(message)

        await application(scope, receive, send)
        return b"".join(one.get("body", b"") for one in self.sent).decode()


@pytest.mark.parametrize(
    ("method", "path", "who"),
    [
        ("GET", "/api/pentaprism/assets", "own"),
        ("DELETE", "/api/pentaprism/", "own"),
        ("GET", "/api/pentaprism/../assets", "own"),
        ("GET", "/metrics", "metrics"),
        ("GET", f"/api/assets/{ID}", "enrichment"),
        ("HEAD", f"/api/assets/{ID}", "enrichment"),
        ("POST", "/api/search/metadata", "enrichment"),
        ("GET", "/api/timeline/bucket", "enrichment"),
        ("GET", f"/api/assets/{ID}/thumbnail", "cache"),
        ("HEAD", f"/api/people/{ID}/thumbnail", "cache"),
        ("GET", f"/api/assets/{ID}/original", "cache"),
        # Spelled in another way, it is for Immich to say what it means.
        ("GET", "/api/%70entaprism/assets", "passing"),
        ("GET", "/api//pentaprism/assets", "passing"),
        ("GET", "/API/PENTAPRISM/assets", "passing"),
        ("GET", "/x/../api/pentaprism/assets", "passing"),
        ("GET", "/api/pentaprism", "passing"),
        ("GET", "/api/pentaprisms", "passing"),
        ("GET", "/metrics/", "passing"),
        ("GET", "//metrics", "passing"),
        ("GET", f"/api/assets/{ID}/", "passing"),
        ("GET", f"/api/assets/{ID}%2e", "passing"),
        ("GET", f"/api/assets/../assets/{ID}", "passing"),
        ("PUT", f"/api/assets/{ID}", "passing"),
        ("DELETE", "/api/search/metadata", "passing"),
        ("GET", "/api/search/metadata", "passing"),
        ("POST", f"/api/assets/{ID}/thumbnail", "passing"),
        ("GET", f"/api/assets/{ID}/thumbnail/x", "passing"),
        ("GET", f"/api/assets/{ID}/video/playback", "passing"),
        ("GET", "/", "passing"),
        ("OPTIONS", "*", "passing"),
        ("GET", "", "passing"),
    ],
)
async def test_who_answers(method: str, path: str, who: str) -> None:
    assert await Parts().ask(method, path.encode()) == who


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PROPFIND"]),
    path=st.lists(
        st.sampled_from([
            "/", "//", ".", "..", "%2e", "%2F", "%", "\\", "api", "pentaprism", "metrics", "assets",
            ID, "thumbnail", "search", "metadata", ";x", "?", "#", "\x00", "\r\n", "é",
        ]),
        max_size=9,
    ).map("".join),
)  # fmt: skip
@example(method="GET", path="/metrics")
@example(method="GET", path=f"/api/assets/{ID}/thumbnail")
async def test_whatever_is_asked_the_very_path_is_handed_on(method: str, path: str) -> None:
    parts = Parts()
    raw = path.encode()
    who = await parts.ask(method, raw)
    assert [scope["raw_path"] for scope in parts.scopes] == [raw]
    assert who in PARTS
    assert (who == "own") == path.startswith("/api/pentaprism/")
    assert (who == "metrics") == (path == "/metrics")
    if who in {"enrichment", "cache"}:
        assert path.startswith("/api/")
        assert not {"%", "..", "//", "\\", ";"} & _pieces(path)


def _pieces(path: str) -> set[str]:
    return {path[at : at + size] for at in range(len(path)) for size in (1, 2)}


async def test_websockets_are_carried_and_what_is_unknown_is_left_alone() -> None:
    assert await Parts().ask("GET", b"/metrics", kind="websocket") == "websockets"
    parts = Parts()
    await parts.ask("GET", b"/", kind="lifespan")
    assert parts.sent == []


@pytest.mark.parametrize("value", [b"off", b"OFF", b" off "])
async def test_a_client_can_have_the_reply_as_immich_made_it(value: bytes) -> None:
    parts = Parts()
    headers = [(b"accept", b"*/*"), (b"x-pentaprism-enrichment", value)]
    assert await parts.ask("GET", f"/api/assets/{ID}".encode(), headers) == "passing"
    assert parts.scopes[0]["headers"] == [(b"accept", b"*/*")]
    assert len(headers) == 2


async def test_any_other_word_switches_nothing_off_and_is_for_us_alone() -> None:
    parts = Parts()
    headers = [(b"x-pentaprism-enrichment", b"on"), (b"accept", b"*/*")]
    assert await parts.ask("GET", f"/api/assets/{ID}".encode(), headers) == "enrichment"
    assert parts.scopes[0]["headers"] == [(b"accept", b"*/*")]


async def test_what_is_switched_off_is_passed_on() -> None:
    assert await Parts(enriching=False).ask("POST", b"/api/search/metadata") == "passing"
    path = f"/api/assets/{ID}/thumbnail".encode()
    assert await Parts(keeping=False).ask("GET", path) == "passing"


@pytest.mark.parametrize(
    ("part", "path"),
    [("enrichment", f"/api/assets/{ID}"), ("cache", f"/api/assets/{ID}/thumbnail")],
)
async def test_a_mistake_of_ours_is_not_in_the_way(
    part: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert await Parts({part: fail}).ask("GET", path.encode()) == "passing"
    (record,) = caplog.records
    assert record.exc_info is not None


@pytest.mark.parametrize(
    ("method", "path", "part"),
    [
        ("GET", "/anything", "passing"),
        ("GET", "/api/pentaprism/assets", "own"),
        ("GET", "/metrics", "metrics"),
        # What was sent has been read.
        ("POST", "/api/search/metadata", "enrichment"),
    ],
)
async def test_a_mistake_that_leaves_nothing_is_told_with_a_reference(
    method: str, path: str, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    parts = Parts({part: fail})
    problem = json.loads(await parts.ask(method, path.encode()))
    assert parts.sent[0]["status"] == problem["status"] == 500
    assert problem["code"] == "unexpected"
    assert "mistake" not in json.dumps(problem)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    reference = problem["hint"].rpartition("reference is ")[2].rstrip(".")
    assert len(reference) == 8
    assert reference in record.getMessage()


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ("passing", "/anything"),
        ("enrichment", f"/api/assets/{ID}"),
        ("cache", f"/api/assets/{ID}/thumbnail"),
    ],
)
async def test_a_reply_that_has_begun_is_never_made_to_look_whole(part: str, path: str) -> None:
    parts = Parts({part: fail_halfway})
    with pytest.raises(LookupError):
        await parts.ask("GET", path.encode())
    assert [one["type"] for one in parts.sent] == ["http.response.start"]


async def test_requests_are_counted_by_who_answered_and_how() -> None:
    parts = Parts({"metrics": fail})
    for path in ("/anything", f"/api/assets/{ID}", "/api/pentaprism/x", "/metrics"):
        await parts.ask("GET", path.encode())
    assert parts.counters.passed == [0, 0, 1, 0, 0, 0]
    assert parts.counters.enriched == [0, 0, 1, 0, 0, 0]
    assert parts.counters.own == [0, 0, 1, 0, 0, 1]
