"""Two users before a whole gateway: each sees what Immich shows to them, and for as long."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway_world import GatewayWorld, gateway_world

from pentaprism.sandbox.immich import Sandbox

SECONDS = 0.3


@dataclass(frozen=True, eq=False)
class Asking:
    """One user's way to ask for a picture."""

    headers: Mapping[str, str]
    query: str = ""


def ways(key: str, token: str) -> Iterator[Asking]:
    yield Asking({"x-api-key": key})
    yield Asking({}, f"apiKey={key}")
    yield Asking({"Authorization": f"Bearer {token}"})
    yield Asking({"x-immich-user-token": token})
    yield Asking({"x-immich-session-token": token})
    yield Asking({"Cookie": f"a=b; immich_access_token={token}"})
    yield Asking({}, f"sessionKey={token}")


class Users:
    """Two users who own every other asset of one Immich, and a stranger."""

    def __init__(self, sandbox: Sandbox) -> None:
        library = sandbox.library
        self.anna = library.owner
        self.ben = library.add_user("Ben", "ben@example.org", "a good password")
        self.assets = list(library.assets)[:4]
        for asset in self.assets[::2]:
            library.assets[asset].owner_id = self.ben.id
        anna = ways(sandbox.api_key, library.add_session(self.anna.id))
        ben_key = library.add_key(user_id=self.ben.id).secret
        self.bens = list(ways(ben_key, library.add_session(self.ben.id)))
        self.all = [*anna, *self.bens, *ways("nobody", "nobody"), Asking({})]

    def askings(self) -> Iterator[tuple[Asking, str]]:
        for way in self.all:
            for asset in self.assets:
                yield way, f"/api/assets/{asset}/thumbnail?size=preview&{way.query}"


async def ask(world: GatewayWorld, server: str, way: Asking, path: str) -> tuple[int, bytes]:
    async with world.session.get(server + path, headers=way.headers) as answer:
        return answer.status, await answer.read()


async def test_nobody_sees_the_pictures_of_others(tmp_path: Path) -> None:
    async with gateway_world(tmp_path, gateway_cache_seconds=30.0) as world:
        users = Users(world.sandbox)
        direct = world.sandbox.url
        truth = {(way, path): await ask(world, direct, way, path) for way, path in users.askings()}
        pictures = {body for status, body in truth.values() if status == 200}
        assert len(pictures) == len(users.assets)
        wanted = [*truth] * 3
        random.Random(1).shuffle(wanted)
        got = await asyncio.gather(*(ask(world, world.url, way, path) for way, path in wanted))
        for one, (status, body) in zip(wanted, got, strict=True):
            assert status == truth[one][0], one
            assert (body in pictures) == (status == 200)
            if status == 200:
                assert body == truth[one][1]
        cache = world.gateway.cache
        assert cache is not None
        assert cache.counts.hits > 0
        assert cache.entries == sum(status == 200 for status, _ in truth.values())


async def test_who_is_shut_out_is_shut_out_after_the_seconds(tmp_path: Path) -> None:
    async with gateway_world(tmp_path, gateway_cache_seconds=SECONDS) as world:
        users = Users(world.sandbox)
        own = users.assets[::2]
        paths = [(way, f"/api/assets/{a}/thumbnail?{way.query}") for way in users.bens for a in own]
        for way, path in paths:
            assert (await ask(world, world.url, way, path))[0] == 200
        library = world.sandbox.library
        library.end_sessions(users.ben.id)
        for secret in [s for s, key in library.keys.items() if key.user_id == users.ben.id]:
            library.remove_key(secret)
        await asyncio.sleep(SECONDS)
        got = await asyncio.gather(*(ask(world, world.url, way, path) for way, path in paths))
        assert {status for status, _ in got} == {401}
