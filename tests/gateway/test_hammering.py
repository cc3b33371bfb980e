"""Two users, strangers and share links at the same addresses, all at once, on shared connections.

What Immich answers here tells with which credentials it was asked, so that a byte of anybody else's
reply is seen. Requests of all are pipelined on the same connections, as a proxy in front may do.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import library_samples
import pytest
from gateway_world import gateway_settings, served
from pydantic import SecretStr
from raw_http import Message, read_message, upstream
from redis_server import redis_server
from telling_immich import Asked, Askings, TellingImmich, asked_ids, opened, picture
from told_library import ADA, BEN, NAMES, GatewayLibrary, Owned, gateway_library

NOTHING: dict[str, Any] = {"group": None, "duplicates": [], "mirrors": []}
BATCH = 6


@dataclass
class Ground:
    """Gateways before one Immich; both users have the same assets, in mirrors of their own."""

    ports: list[int]
    immich: TellingImmich
    owned: dict[str, Owned]
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def ids(self) -> list[str]:
        return list(self.owned[ADA].ids.values())


async def filled(library: GatewayLibrary) -> dict[str, Owned]:
    ada = await library.own(ADA, names=NAMES)
    return {ADA: ada, BEN: await library.own(BEN, ada.ids)}


@asynccontextmanager
async def ground(home: Path, *, gateways: int = 1, **settings: Any) -> AsyncIterator[Ground]:
    immich = TellingImmich((ADA, BEN))
    async with (
        gateway_library(home) as library,
        upstream(immich.answer) as server,
        AsyncExitStack() as stack,
    ):
        owned = await filled(library)
        given = gateway_settings(
            home,
            immich_url=server.url,
            database_path=home / "data" / "pentaprism.db",
            app_secret_key=SecretStr(library_samples.KEY),
            **settings,
        )
        urls = [(await stack.enter_async_context(served(given)))[0] for _ in range(gateways)]
        yield Ground([urlsplit(url).port or 0 for url in urls], immich, owned)


async def hammer(ground: Ground, seconds: float, *, connections: int = 12, seed: int = 1) -> None:
    """Ask on many connections for a while, and look at each reply."""
    until = time.monotonic() + seconds

    async def one(number: int) -> None:
        askings = Askings((ADA, BEN), ground.ids, seed * 1000 + number)
        port = ground.ports[number % len(ground.ports)]
        while time.monotonic() < until:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                for _ in range(20):
                    batch = [askings.next() for _ in range(1 + number % BATCH)]
                    writer.write(b"".join(asked.bytes for asked in batch))
                    for asked in batch:
                        reply = await asyncio.wait_for(read_message(reader, asked.method), 30)
                        ground.counts[judge(ground, askings, asked, reply)] += 1
                        askings.seen(asked, reply)
            finally:
                writer.close()

    await asyncio.gather(*(one(number) for number in range(connections)))


def judge(ground: Ground, askings: Askings, asked: Asked, reply: Message) -> str:
    """Fail unless ``reply`` is what this very request gets, and return what kind it is of."""
    who = asked.way.who
    if reply.status == 304:
        # It says that the caller has just this: what somebody else was given has another tag.
        assert askings.gave(asked), asked
        return "304"
    body = opened(reply)
    if asked.path.startswith(b"/api/pentaprism/"):
        return judge_own(ground, asked, reply.status, body)
    if not who and b"of-" not in asked.bytes:
        assert reply.status == 401, (asked, reply)
        return "401"
    assert reply.status == 200, (asked, reply)
    if asked.path.endswith(b"/thumbnail"):
        assert body == picture(asked.shown), (asked, body[:300])
        return "picture"
    if asked.method != b"HEAD":
        judge_told(ground, asked, json.loads(body))
    return "told"


def judge_told(ground: Ground, asked: Asked, shown: Any) -> None:
    if asked.path == b"/api/timeline/bucket":
        assert set(shown["for"]) == {asked.shown}
        told = dict(zip(shown["id"], shown["pentaprism"], strict=True))
    else:
        assets = shown["assets"]["items"] if "assets" in shown else [shown]
        assert {one["for"] for one in assets} == {asked.shown}
        told = {one["id"]: one["pentaprism"] for one in assets}
    assert list(told) == asked_ids(asked.path, asked.query)
    for asset_id, facts in told.items():
        judge_facts(ground, asked.way.who, asset_id, facts)


def judge_facts(ground: Ground, who: str, asset_id: str, facts: Any) -> None:
    if not who:
        assert facts == NOTHING
        return
    mirrors = [one["id"] for one in facts["mirrors"]]
    alone = asset_id == ground.owned[who].ids["alone.jpg"]
    assert mirrors == ([] if alone else [ground.owned[who].mirror_id]), (who, asset_id, facts)


def judge_own(ground: Ground, asked: Asked, status: int, body: bytes) -> str:
    who = asked.way.who
    if not who:
        assert status == 401, (asked, body)
        return "401"
    assert status == 200, (asked, body)
    mirror = ground.owned[who].mirror_id.encode()
    other = next(one for user, one in ground.owned.items() if user != who).mirror_id.encode()
    assert other not in body
    if asked.path.endswith((b"/assets", b"/summary")):
        assert mirror in body
    return "own"


@pytest.mark.parametrize("seconds", [0.0, 0.05, 30.0])
async def test_nobody_gets_what_is_for_somebody_else(tmp_path: Path, seconds: float) -> None:
    async with ground(tmp_path, gateway_cache_seconds=seconds) as place:
        await hammer(place, 0.8)
        assert min(place.counts[kind] for kind in ("picture", "told", "own", "304", "401")) > 5


async def test_gateways_that_share_a_redis_mix_nobody_up(tmp_path: Path) -> None:
    with redis_server() as redis:
        await redis.start()
        settings = {"gateway_cache_seconds": 0.2, "redis_url": SecretStr(redis.url)}
        async with ground(tmp_path, gateways=2, **settings) as place:
            await hammer(place, 1.0)
            assert place.counts["picture"] > 5
            # A busy machine may have been too slow for the Redis to be asked at all.
            for _ in range(20):
                if redis.fields():
                    return
                await hammer(place, 0.3)
            pytest.fail("Nothing was kept in the Redis.")


async def test_who_is_refused_is_refused_at_once_where_nothing_is_kept(tmp_path: Path) -> None:
    async with ground(tmp_path, gateway_cache_seconds=0.0) as place:
        await hammer(place, 0.3)
        place.immich.refused.add(BEN)
        askings = Askings((ADA, BEN), place.ids, 5)
        bens = [one for one in (askings.next() for _ in range(800)) if one.way.who == BEN]
        reader, writer = await asyncio.open_connection("127.0.0.1", place.ports[0])
        for asked in bens:
            if asked.path.startswith(b"/api/pentaprism/"):
                continue  # those who ask Immich for their name are believed for five seconds
            writer.write(asked.bytes)
            assert (await read_message(reader, asked.method)).status == 401, asked
        writer.close()


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("gateways", "seconds"), [(1, 0.0), (1, 10.0), (2, 0.3), (2, 10.0)])
async def test_nobody_ever_gets_what_is_for_somebody_else(
    tmp_path: Path, gateways: int, seconds: float
) -> None:
    with redis_server() as redis:
        await redis.start()
        shared = {"redis_url": SecretStr(redis.url)} if gateways > 1 else {}
        settings: dict[str, Any] = {"gateway_cache_seconds": seconds, **shared}
        async with ground(tmp_path, gateways=gateways, **settings) as place:
            await hammer(place, 60, connections=40, seed=time.time_ns() % 1_000_000)
            print(place.counts)
            assert place.counts["picture"] > 1000
