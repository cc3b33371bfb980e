"""Several gateways before one Redis, which may be slow, killed, or full of nonsense."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest
from cache_world import ANNA, ASSET, BEN, Gate, World, world
from redis_server import RedisServer, redis_server

from pentaprism.gateway.cache import CacheCounts
from pentaprism.gateway.cache.kept import Kept
from pentaprism.gateway.cache.shared import REST, Shared

SUBJECT = ASSET.encode()
KEY = b"0123456789abcdef"
SECRET = b"s" * 32


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    with redis_server() as server:
        await server.start()
        yield server


@pytest.fixture
async def shared(redis: RedisServer) -> AsyncIterator[Shared]:
    one = Shared(redis.url, SECRET, CacheCounts())
    yield one
    await one.close()


@pytest.fixture
async def pair(redis: RedisServer) -> AsyncIterator[tuple[World, World]]:
    """Two gateways before one Immich, each with a memory of its own."""
    one, other = world(redis_url=redis.url), world(redis_url=redis.url)
    other.immich.asked = one.immich.asked
    yield one, other
    await one.cache.close()
    await other.cache.close()


async def test_what_one_gateway_has_asked_another_knows(pair: tuple[World, World]) -> None:
    one, other = pair
    first = await one.get(ANNA)
    assert await other.get(ANNA) == first
    assert await other.get(ANNA) == first
    assert one.immich.asked == [200]
    assert (other.cache.counts.shared_hits, other.cache.counts.hits) == (1, 2)
    assert (await other.get(BEN)).body.startswith(b"ben sees")
    assert one.immich.asked == [200, 200]


async def test_gateways_with_other_secrets_have_nothing_in_common(redis: RedisServer) -> None:
    one, other = world(redis_url=redis.url), world(redis_url=redis.url, key=b"o" * 32)
    await one.get(ANNA)
    await other.get(ANNA)
    assert other.immich.asked == [200]
    for each in (one, other):
        await each.cache.close()


async def test_what_is_dropped_is_dropped_for_all_callers(
    pair: tuple[World, World], redis: RedisServer
) -> None:
    one, other = pair
    await one.get(ANNA)
    await one.get(BEN)
    one.cache.drop([ASSET])
    await one.cache.close()
    assert not redis.fields()
    other.immich.version = 2
    assert b"version 2" in (await other.get(ANNA)).body


async def test_all_goes_when_another_immich_is_there(
    pair: tuple[World, World], redis: RedisServer
) -> None:
    one, _ = pair
    await one.get(ANNA)
    with redis.client() as client:
        client.set("of somebody else", "1")
        one.cache.clear()
        await one.cache.close()
        assert client.keys() == [b"of somebody else"]


async def test_the_age_of_a_reply_is_that_since_immich_was_asked(shared: Shared) -> None:
    look = await shared.look(SUBJECT, KEY, started=50.0)
    assert look is not None
    assert look.kept is None
    kept = Kept(SUBJECT, [(b"ETag", b'"1"')], b"bytes", asked=0.0, lifetime=10.0)
    await shared.keep(KEY, kept, asked=look.now - 7)
    found = await shared.look(SUBJECT, KEY, started=50.0)
    assert found is not None
    assert found.kept is not None
    assert (found.kept.content, found.kept.headers) == (kept.content, kept.headers)
    assert found.kept.asked <= 43.0
    await shared.renew(KEY, kept, found.id, asked=found.now)
    again = await shared.look(SUBJECT, KEY, started=50.0)
    assert again is not None
    assert again.kept is not None
    assert found.kept.asked < again.kept.asked <= 50.0


async def test_what_comes_from_the_future_proves_nothing(shared: Shared) -> None:
    kept = Kept(SUBJECT, [], b"bytes", asked=0.0, lifetime=10.0)
    await shared.keep(KEY, kept, asked=time.time() + 3600)
    look = await shared.look(SUBJECT, KEY, started=50.0)
    assert look is not None
    assert look.kept is not None
    assert look.kept.lifetime == 0


async def test_a_permission_for_one_reply_is_none_for_another(
    shared: Shared, redis: RedisServer
) -> None:
    look = await shared.look(SUBJECT, KEY, started=0.0)
    assert look is not None
    kept = Kept(SUBJECT, [], b"bytes", asked=0.0, lifetime=10.0)
    await shared.keep(KEY, kept, asked=look.now)
    await shared.renew(KEY, kept, b"an older", asked=look.now)
    found = await shared.look(SUBJECT, KEY, started=0.0)
    assert found is not None
    assert found.kept is None


async def test_nonsense_and_what_is_under_the_wrong_key_is_nothing(
    shared: Shared, redis: RedisServer
) -> None:
    look = await shared.look(SUBJECT, KEY, started=0.0)
    assert look is not None
    kept = Kept(SUBJECT, [], b"bytes", asked=0.0, lifetime=10.0)
    await shared.keep(KEY, kept, asked=look.now)
    ((name, fields),) = redis.fields().items()
    with redis.client() as client:
        client.hset(name, mapping={b"x" * 16 + k[16:]: v for k, v in fields.items()})
        # What others have signed, or nobody
        forged = Shared(redis.url, b"f" * 32, CacheCounts())
        await forged.keep(b"y" * 16, kept, asked=look.now)
        await forged.close()
        signed = await shared.look(SUBJECT, b"y" * 16, started=0.0)
        moved = await shared.look(SUBJECT, b"x" * 16, started=0.0)
        client.hset(name, mapping=dict.fromkeys(fields, b"\x93nonsense"))
        broken = await shared.look(SUBJECT, KEY, started=0.0)
    for found in (signed, moved, broken):
        assert found is not None
        assert found.kept is None


async def test_no_credential_is_in_the_redis(pair: tuple[World, World], redis: RedisServer) -> None:
    one, _ = pair
    await one.get([*ANNA, (b"cookie", b"immich_access_token=ben-key")], query=b"apiKey=ben-key")
    with redis.client() as client:
        ((name, fields),) = redis.fields().items()
        assert client.ttl(name) > 0
    held = b"".join((name, *fields, *fields.values()))
    # The test's Immich writes the address into its picture, as the real one does not.
    assert held.count(b"ben-key") == 1
    assert b"anna-key" not in held


async def test_many_ways_to_ask_for_one_asset_do_not_fill_the_redis(
    shared: Shared, redis: RedisServer
) -> None:
    kept = Kept(SUBJECT, [], b"bytes", asked=0.0, lifetime=10.0)
    for number in range(300):
        await shared.keep(b"%016d" % number, kept, asked=0.0)
        if number % 50 == 0 or number > 250:
            assert sum(map(len, redis.fields().values())) <= 512


async def test_a_killed_redis_is_left_alone_and_comes_back(
    pair: tuple[World, World], redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = pair
    caplog.set_level(logging.INFO)
    first = await one.get(ANNA)
    redis.kill()
    for who in (ANNA, BEN, [*ANNA, (b"accept", b"x")]):
        assert (await one.get(who)).status == 200
    assert one.cache.counts.shared_failed == 1
    one.clock.now += REST
    await asyncio.gather(*(one.get([*BEN, (b"accept", b"%d" % n)]) for n in range(5)))
    assert one.cache.counts.shared_failed == 2  # one has tried for all
    assert (await one.get(ANNA)).body == first.body  # from its own memory
    await redis.start()
    assert (await one.get([*BEN, (b"accept", b"x")])).status == 200
    assert not redis.fields()
    one.clock.now += REST
    for who in (ANNA, BEN):
        assert (await one.get([*who, (b"accept", b"y")])).status == 200
    asked = len(one.immich.asked)
    assert (await other.get([*BEN, (b"accept", b"y")])).body.startswith(b"ben sees")
    assert len(one.immich.asked) == asked
    told = [record.getMessage() for record in caplog.records if "Redis" in record.getMessage()]
    assert len(told) == 2
    assert redis.password not in caplog.text


async def test_a_frozen_redis_holds_nobody_up_for_long(
    pair: tuple[World, World], redis: RedisServer
) -> None:
    one, other = pair
    await one.get(ANNA)
    redis.freeze()
    try:
        assert (await one.get(BEN)).status == 200
        assert (await other.get(ANNA)).status == 200
        other.immich.version = 2
        one.cache.drop([ASSET])
        other.cache.drop([ASSET])
        assert b"version 2" in (await other.get(ANNA)).body
    finally:
        redis.thaw()
    other.clock.now += REST
    assert b"ben sees" in (await other.get(BEN)).body
    assert other.cache.counts.shared_failed == 1


async def test_what_changes_while_it_is_written_is_dropped_again(
    pair: tuple[World, World], redis: RedisServer
) -> None:
    one, _ = pair
    one.immich.gate = gate = Gate()
    asking = asyncio.create_task(one.get(ANNA))
    await gate.reached()
    one.cache.drop([ASSET])
    gate.open()
    await asking
    await one.cache.close()
    assert not redis.fields()


async def test_stale_replies_are_renewed_for_all(redis: RedisServer) -> None:
    one = world(redis_url=redis.url, seconds=0.001)
    other = world(redis_url=redis.url, seconds=0.001)
    try:
        await one.get(ANNA)
        other.clock.now += 1
        time.sleep(0.002)  # noqa: ASYNC251 - so long that the Redis's clock has gone on
        assert (await other.get(ANNA)).body.startswith(b"anna sees")
        assert other.immich.asked == [304]
        one.immich.users.clear()
        one.clock.now += 1
        time.sleep(0.002)  # noqa: ASYNC251
        assert (await one.get(ANNA)).status == 401
        assert not redis.fields()
    finally:
        await one.cache.close()
        await other.cache.close()
