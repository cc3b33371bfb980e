"""Immich says who a request comes from, and is asked once in a while."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from enriched_world import Headers, passing_to, request
from raw_http import Message, upstream, written
from starlette.types import Scope

from pentaprism.gateway.callers import Caller, Callers, Refusal
from pentaprism.gateway.problems import UpstreamError
from pentaprism.sandbox.immich import Sandbox


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def by(*headers: tuple[bytes, bytes], query: bytes = b"") -> Scope:
    return request("GET", "/api/assets", headers, query=query)


def by_key(secret: str) -> Scope:
    return by((b"x-api-key", secret.encode()))


@asynccontextmanager
async def asking(clock: Clock | None = None) -> AsyncIterator[tuple[Callers, Sandbox]]:
    async with Sandbox(assets=1, hostile=False) as sandbox, passing_to(sandbox.url) as passing:
        yield Callers(passing, clock=clock or Clock()), sandbox


async def test_every_carrier_is_known_for_whom_it_stands() -> None:
    async with asking() as (callers, sandbox):
        owner, second = list(sandbox.library.users.values())[:2]
        token = sandbox.library.add_session(second.id).encode()
        key = sandbox.library.add_key(user_id=second.id).secret.encode()
        carriers: list[tuple[Headers, bytes]] = [
            ([(b"authorization", b"Bearer " + token)], b""),
            ([(b"cookie", b"theme=dark; immich_access_token=" + token)], b""),
            ([(b"x-immich-user-token", token)], b""),
            ([(b"x-immich-session-token", token)], b""),
            ([(b"x-api-key", key)], b""),
            ([], b"size=preview&sessionKey=" + token),
            ([], b"apiKey=" + key),
        ]
        for headers, query in carriers:
            caller = await callers.of(by(*headers, query=query))
            assert caller == Caller(second.id, second.name), (headers, query)
        assert await callers.of(by_key(sandbox.api_key)) == Caller(
            owner.id, owner.name, is_admin=True
        )


async def test_of_two_credentials_the_one_counts_that_immich_heeds() -> None:
    async with asking() as (callers, sandbox):
        owner, second = list(sandbox.library.users.values())[:2]
        token = sandbox.library.add_session(second.id).encode()
        secret = sandbox.library.add_key(["user.read"], user_id=owner.id).secret
        both = by((b"x-api-key", secret.encode()), (b"x-immich-session-token", token))
        assert await callers.of(both) == Caller(second.id, second.name)


async def test_the_permissions_of_a_key_are_told() -> None:
    async with asking() as (callers, sandbox):
        secret = sandbox.library.add_key(["user.read", "asset.read"]).secret
        caller = await callers.of(by_key(secret))
        assert caller is not None
        assert caller.permissions == frozenset({"user.read", "asset.read"})
        assert caller.may("asset.read")
        assert not caller.may("asset.delete")
        everything = await callers.of(by_key(sandbox.api_key))
        assert everything is not None
        assert everything.may("asset.delete")


async def test_strangers_and_share_links_are_nobody() -> None:
    async with asking() as (callers, sandbox):
        assert await callers.of(by()) is None
        assert await callers.identify(by()) == Refusal(401, "Authentication required")
        assert await callers.identify(by_key("wrong")) == Refusal(401, "Invalid API key")
        few = by_key(sandbox.library.add_key(["asset.read"]).secret)
        assert await callers.of(few) is None
        assert await callers.identify(few) == Refusal(403, "Missing required permission: user.read")
        asked = sandbox.traffic.of("me").requests
        key = (b"x-api-key", sandbox.api_key.encode())
        assert await callers.of(by(key, (b"x-immich-share-key", b"a"))) is None
        assert await callers.of(by(key, query=b"slug=a")) is None
        assert sandbox.traffic.of("me").requests == asked


async def test_an_answer_counts_for_seconds_from_when_it_was_asked_for() -> None:
    clock = Clock()
    async with asking(clock) as (callers, sandbox):
        asked = sandbox.traffic.of("me")
        scope = by_key(sandbox.api_key)
        assert await callers.of(scope) is not None
        clock.now += 4.9
        sandbox.library.remove_key(sandbox.api_key)
        assert await callers.of(scope) is not None
        assert asked.requests == 1
        clock.now += 0.2
        assert await callers.of(scope) is None
        assert await callers.of(scope) is None
        assert asked.requests == 2


async def test_those_who_ask_at_once_share_a_question_and_nobody_takes_it_away() -> None:
    async with asking() as (callers, sandbox):
        scope = by_key(sandbox.api_key)
        first = asyncio.create_task(callers.of(scope))
        others = [asyncio.create_task(callers.of(scope)) for _ in range(5)]
        callers.ask_ahead(scope)
        await asyncio.sleep(0)
        first.cancel()
        found = await asyncio.gather(*others)
        assert {caller and caller.user_id for caller in found} == {sandbox.library.owner.id}
        assert sandbox.traffic.of("me").requests == 1


async def test_who_was_asked_for_ahead_is_known() -> None:
    async with asking() as (callers, sandbox):
        callers.ask_ahead(by_key(sandbox.api_key))
        assert await callers.of(by_key(sandbox.api_key)) is not None
        callers.ask_ahead(by_key(sandbox.api_key))
        callers.ask_ahead(by((b"x-immich-share-key", b"a")))
        assert sandbox.traffic.of("me").requests == 1


async def test_credentials_are_not_kept() -> None:
    async with asking() as (callers, sandbox):
        await callers.of(by_key(sandbox.api_key))
        assert sandbox.api_key not in repr(vars(callers))


async def test_immich_is_told_the_name_of_the_client_and_nothing_else_of_the_request() -> None:
    def answer(message: Message) -> bytes:
        del message
        body = json.dumps({"id": "a", "name": "Ada", "isAdmin": False}).encode()
        return written(b"HTTP/1.1 200 OK", [(b"Content-Length", b"%d" % len(body))], body)

    async with upstream(answer) as server, passing_to(server.url) as passing:
        client = (b"user-agent", b"Immich_iOS_3.1.0")
        cookie = (b"cookie", b"immich_access_token=a")
        scope = by(cookie, client, (b"range", b"bytes=0-1"), query=b"size=preview&sessionKey=b")
        assert await Callers(passing).of(scope) == Caller("a", "Ada")
        (asked,) = server.asked
        assert asked.target == b"/api/users/me?sessionKey=b"
        assert {cookie, client} < set(asked.headers)
        assert not asked.all(b"range")


@pytest.mark.parametrize(
    ("status", "body"),
    [(b"500 Oops", b"{}"), (b"200 OK", b"<html>"), (b"200 OK", b'{"id":1}'), (b"302 Found", b"")],
)
async def test_a_strange_answer_is_none_and_is_not_kept(status: bytes, body: bytes) -> None:
    def answer(message: Message) -> bytes:
        del message
        length = (b"Content-Length", b"%d" % len(body))
        return written(b"HTTP/1.1 " + status, [length], body)

    async with upstream(answer) as server, passing_to(server.url) as passing:
        callers = Callers(passing)
        for _ in range(2):
            with pytest.raises(UpstreamError) as caught:
                await callers.of(by_key("a"))
            assert caught.value.status == 502
        assert len(server.asked) == 2


async def test_an_immich_that_is_away_is_said_to_be_away() -> None:
    async with asking() as (callers, sandbox):
        scope = by_key(sandbox.api_key)
        url = sandbox.url
    async with passing_to(url) as passing:
        callers = Callers(passing)
        callers.ask_ahead(scope)
        with pytest.raises(UpstreamError) as caught:
            await callers.of(scope)
        assert caught.value.code == "immich_unreachable"
