"""What Prometheus is told, and who may read it."""

from __future__ import annotations

import pytest
from cache_world import ANNA, ASSET, World, ask, world
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Scope

from pentaprism.gateway.caller_records import Caller
from pentaprism.gateway.counters import Counters
from pentaprism.gateway.metrics import Metrics
from pentaprism.gateway.problems import UpstreamError

TOKEN = "a-word-of-sixteen-letters"

PEOPLE = {
    b"admin": Caller("1", "Anna", is_admin=True),
    b"admins-key": Caller("1", "Anna", is_admin=True, permissions=frozenset({"asset.read"})),
    b"statistics-key": Caller(
        "1", "Anna", is_admin=True, permissions=frozenset({"server.statistics"})
    ),
    b"user": Caller("2", "Ben"),
    b"stranger": None,
}


async def who(scope: Scope) -> Caller | None:
    given = dict(scope["headers"]).get(b"x-api-key", b"stranger")
    if given == b"away":
        raise UpstreamError(502, "immich_unreachable", "Immich cannot be reached.")
    return PEOPLE[given]


def metrics(w: World | None = None, counters: Counters | None = None, **told: str) -> Metrics:
    cache = w.cache if w else None
    return Metrics(counters or Counters(), cache, who, connected=lambda: True, **told)


@pytest.mark.parametrize(
    ("key", "status"),
    [
        (b"admin", 200),
        (b"statistics-key", 200),
        (b"admins-key", 403),
        (b"user", 403),
        (b"stranger", 401),
        (b"away", 502),
    ],
)
async def test_admins_of_immich_may_read(key: bytes, status: int) -> None:
    got = await ask(metrics(), [(b"x-api-key", key)], b"/metrics")
    assert got.status == status
    assert got.header(b"cache-control") == b"no-store"
    if status != 200:
        assert got.header(b"content-type") == b"application/problem+json"
        assert b"pentaprism_gateway" not in got.body


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(b"authorization", b"Bearer " + TOKEN.encode())], 200),
        ([(b"authorization", b"bearer  " + TOKEN.encode())], 200),
        ([(b"authorization", b"Bearer " + TOKEN.encode()[:-1])], 401),
        ([(b"authorization", b"Bearer ")], 401),
        ([(b"authorization", b"Basic " + TOKEN.encode())], 401),
        ([(b"authorization", TOKEN.encode())], 401),
        ([(b"x-api-key", b"stranger"), (b"authorization", b"Bearer \xff\xfe")], 401),
        ([(b"authorization", b"Bearer " + TOKEN.encode())] * 2, 401),
    ],
)
async def test_who_has_the_token_may_read(headers: list[tuple[bytes, bytes]], status: int) -> None:
    got = await ask(metrics(token=TOKEN), headers, b"/metrics")
    assert got.status == status
    if status == 401:
        assert got.header(b"www-authenticate") == b"Bearer"
    without = await ask(metrics(), headers, b"/metrics")
    assert without.status == 401


async def test_it_is_only_to_be_read() -> None:
    admin = [(b"x-api-key", b"admin")]
    got = await ask(metrics(), admin, b"/metrics")
    head = await ask(metrics(), admin, b"/metrics", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.header(b"content-length") == b"%d" % len(got.body)
    refused = await ask(metrics(), admin, b"/metrics", method="POST")
    assert (refused.status, refused.header(b"allow")) == (405, b"GET, HEAD")


async def read(one: Metrics) -> dict[tuple[str, ...], float]:
    got = await ask(one, [(b"x-api-key", b"admin")], b"/metrics")
    assert got.header(b"content-length") == b"%d" % len(got.body)
    return {
        (sample.name.removeprefix("pentaprism_gateway_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(got.body.decode())
        for sample in family.samples
    }


async def test_what_was_counted_is_told() -> None:
    w, counters = world(), Counters()
    counters.passed[2] += 3
    counters.passed[5] += 1
    counters.enriched[2] += 4
    counters.own[4] += 1
    counters.websockets[1] += 2
    counters.websockets_open += 1
    counters.events += 6
    counters.left_plain("database")
    counters.went_wrong("immich_slow")
    counters.went_wrong("immich_slow")
    for _ in range(3):
        await w.get(ANNA)
    await w.get([*ANNA, (b"if-none-match", b'"1"')])
    await w.get([*ANNA, (b"range", b"bytes=0-1")])
    w.clock.now += 10
    await w.get(ANNA)
    w.immich.users.clear()
    w.clock.now += 10
    await w.get(ANNA)
    told = await read(metrics(w, counters))
    assert told["requests_total", "passed", "2xx"] == 3 + 2
    assert told["requests_total", "passed", "4xx"] == 1
    assert told["requests_total", "passed", "5xx"] == 1
    assert told["requests_total", "enriched", "2xx"] == 4
    assert told["requests_total", "own", "4xx"] == 1
    assert told["requests_total", "websocket", "1xx"] == 2
    assert told["requests_total", "cached", "2xx"] == 3
    assert told["requests_total", "cached", "3xx"] == 1
    assert told["cache_lookups_total", "hit"] == 3
    assert told["cache_lookups_total", "miss"] == 1
    assert told["cache_lookups_total", "stale"] == 2
    assert told["cache_lookups_total", "bypassed"] == 1
    assert told["cache_changes_total", "stored"] == 1
    assert told["cache_changes_total", "renewed"] == 1
    assert told["cache_changes_total", "dropped"] == 1
    assert told["plain_replies_total", "database"] == 1
    assert told["upstream_errors_total", "immich_slow"] == 2
    assert told["websockets_open",] == 1
    assert told["events_connected",] == 1
    assert told["events_total",] == 6
    assert told["cache_entries",] == told["cache_bytes",] == 0


async def test_what_is_held_is_told() -> None:
    w = world()
    await w.get(ANNA)
    told = await read(metrics(w))
    assert told["cache_entries",] == 1
    assert told["cache_bytes",] == w.cache.size > 0
    w.cache.drop([ASSET])
    assert (await read(metrics(w)))["cache_bytes",] == 0


async def test_without_a_cache_nothing_is_told_of_one() -> None:
    told = await read(metrics())
    assert not any("cache" in name for name, *_ in told)
    assert told["requests_total", "passed", "2xx"] == 0
