from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from sandbox_calls import Caller, caller, main_album

from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.faults import KINDS, Faults, Kind

BROKEN = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)


@pytest.fixture
async def plain() -> AsyncIterator[Caller]:
    async with Sandbox(assets=9, hostile=False) as sandbox, caller(sandbox) as open_caller:
        yield open_caller


async def original(caller: Caller) -> str:
    items = await caller.listing(main_album(caller.sandbox))
    return f"/api/assets/{items[0]['id']}/original"


async def received(caller: Caller, path: str) -> bytes:
    """Return what arrives before the connection breaks."""
    got = bytearray()
    async with caller.session.get(caller.sandbox.url + path) as reply:
        assert reply.status == 200
        assert int(reply.headers["Content-Length"]) > 1000
        with pytest.raises(BROKEN):
            await _read_into(got, reply)
    return bytes(got)


async def _read_into(got: bytearray, reply: aiohttp.ClientResponse) -> None:
    while piece := await reply.content.readany():
        got += piece


@pytest.mark.parametrize("kind", ["drop", "truncate"])
@pytest.mark.parametrize("after", [0, 1, 1000])
async def test_a_body_ends_early(plain: Caller, kind: Any, after: int) -> None:
    path = await original(plain)
    whole = (await plain.get(path)).body
    plain.sandbox.faults.add(kind, route="original", after_bytes=after, times=1)
    assert await received(plain, path) in (whole[:after], b"")  # a reset may overtake the bytes
    assert (await plain.get(path)).body == whole


async def test_a_truncated_body_arrives_up_to_the_cut(plain: Caller) -> None:
    path = await original(plain)
    plain.sandbox.faults.add("truncate", after_bytes=1234)
    assert len(await received(plain, path)) == 1234


async def test_a_body_never_arrives_whole_when_the_cut_lies_behind_it(plain: Caller) -> None:
    path = await original(plain)
    size = len((await plain.get(path)).body)
    plain.sandbox.faults.add("truncate", after_bytes=10_000_000)
    assert len(await received(plain, path)) == size - 1


async def test_a_connection_breaks_before_the_headers(plain: Caller) -> None:
    plain.sandbox.faults.add("drop_before_headers", route="search", page=2)
    with pytest.raises(BROKEN):
        await plain.listing(main_album(plain.sandbox), size=4)
    assert (await plain.get("/api/albums")).status == 200


@pytest.mark.parametrize("after", [0, 100, 10_000_000])
async def test_one_bit_is_wrong(plain: Caller, after: int) -> None:
    path = await original(plain)
    whole = (await plain.get(path)).body
    plain.sandbox.faults.add("flip", after_bytes=after)
    damaged = (await plain.get(path)).body
    assert len(damaged) == len(whole)
    wrong = [n for n, (a, b) in enumerate(zip(whole, damaged, strict=True)) if a != b]
    assert wrong == [min(after, len(whole) - 1)]
    assert (whole[wrong[0]] ^ damaged[wrong[0]]).bit_count() == 1


async def test_an_error_with_its_waiting_time(plain: Caller) -> None:
    plain.sandbox.faults.add("status", status=429, retry_after=7, times=1)
    reply = await plain.get("/api/albums")
    assert (reply.status, reply.headers["retry-after"]) == (429, "7")
    assert (await plain.get("/api/albums")).status == 200


async def test_a_web_page_instead_of_json(plain: Caller) -> None:
    plain.sandbox.faults.add("html", route="albums")
    reply = await plain.get("/api/albums")
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/html")


async def test_maintenance_hides_all_but_ping_and_version(plain: Caller) -> None:
    plain.sandbox.faults.add("maintenance")
    reply = await plain.get("/api/albums")
    assert (reply.status, reply.json) == (404, {"message": "Cannot GET /api/albums"})
    assert (await plain.get("/api/server/version")).status == 200


async def test_ranges_that_are_ignored_or_wrong(plain: Caller) -> None:
    path = await original(plain)
    whole = (await plain.get(path)).body
    rule = plain.sandbox.faults.add("ignore_range")
    reply = await plain.get(path, Range="bytes=10-19")
    assert (reply.status, reply.body) == (200, whole)
    plain.sandbox.faults.remove(rule)
    plain.sandbox.faults.add("wrong_content_range")
    reply = await plain.get(path, Range="bytes=10-19")
    assert (reply.status, reply.body) == (206, whole[10:20])
    assert reply.headers["content-range"] == f"bytes 11-19/{len(whole)}"


NEVER = 3600.0


async def test_a_body_stalls_after_its_first_bytes(plain: Caller) -> None:
    path = await original(plain)
    whole = (await plain.get(path)).body
    plain.sandbox.faults.add("stall", after_bytes=10, seconds=NEVER)
    async with plain.session.get(plain.sandbox.url + path) as reply:
        assert await reply.content.readexactly(10) == whole[:10]
        rest = asyncio.ensure_future(reply.content.readany())
        await plain.get("/sandbox/requests")
        assert not rest.done()
        rest.cancel()


async def test_a_stalled_body_comes_whole_in_the_end(plain: Caller) -> None:
    path = await original(plain)
    whole = (await plain.get(path)).body
    rule = plain.sandbox.faults.add("stall", after_bytes=10, seconds=0.01)
    assert (await plain.get(path)).body == whole
    assert rule.fired == 1


async def asked(caller: Caller, route: str) -> bool:
    counts = (await caller.get("/sandbox/requests")).json
    return bool(counts[route]["requests"])


async def test_a_slow_reply_is_not_there_yet(plain: Caller) -> None:
    plain.sandbox.faults.add("slow", route="albums", seconds=NEVER)
    waiting = asyncio.ensure_future(plain.get("/api/albums"))
    while not await asked(plain, "albums"):
        pass
    assert (await plain.get("/api/server/ping")).status == 200
    assert not waiting.done()
    waiting.cancel()


async def test_listings_that_lie(plain: Caller) -> None:
    album, faults = main_album(plain.sandbox), plain.sandbox.faults
    all_ids = [item["id"] for item in await plain.listing(album, size=3)]
    faults.add("empty_listing")
    assert await plain.listing(album) == []
    faults.clear()
    faults.add("missing_page", page=2)
    partial = [item["id"] for item in await plain.listing(album, size=3)]
    assert partial == all_ids[:3] + all_ids[6:]
    faults.clear()
    faults.add("count_lies", delta=-2)
    assert (await plain.get(f"/api/albums/{album}")).json["assetCount"] == 7


async def test_an_asset_removed_between_pages_hides_another(plain: Caller) -> None:
    album = main_album(plain.sandbox)
    all_ids = [item["id"] for item in await plain.listing(album, size=3)]
    plain.sandbox.faults.add("remove_between_pages", page=1)
    listed = [item["id"] for item in await plain.listing(album, size=3)]
    assert listed == all_ids[:3] + all_ids[4:]
    assert [i["id"] for i in await plain.listing(album, size=9)] == all_ids[1:]


def strikes(kind: Kind, count: int, rule: dict[str, Any], **request: Any) -> list[bool]:
    faults = Faults()
    faults.add(kind, **rule)
    asked = (request.get("route", "original"), request.get("asset"), request.get("page"))
    return [bool(faults.striking(*asked)) for _ in range(count)]


def test_which_requests_a_rule_strikes() -> None:
    assert strikes("drop", 5, {"skip": 1, "times": 2}) == [False, True, True, False, False]
    assert strikes("drop", 1, {"route": "search"}) == [False]
    assert strikes("drop", 1, {"asset": "a"}, asset="a") == [True]
    assert strikes("drop", 1, {"asset": "a"}, asset="b") == [False]
    assert strikes("drop", 1, {"page": 2}, page=2) == [True]
    often = strikes("drop", 1000, {"probability": 0.3, "seed": 5})
    assert 200 < sum(often) < 400
    assert often == strikes("drop", 1000, {"probability": 0.3, "seed": 5})


def test_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault 'explode'"):
        Faults().add("explode")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="wrong_name"):
        Faults().add("drop", wrong_name=1)


async def test_latency_holds_replies_back() -> None:
    sandbox = Sandbox(assets=1, hostile=False, latency=NEVER)
    async with sandbox, caller(sandbox) as slow:
        waiting = asyncio.ensure_future(slow.get("/api/albums"))
        while not await asked(slow, "albums"):
            pass
        assert not waiting.done()
        waiting.cancel()


async def test_bandwidth_holds_bodies_back() -> None:
    sandbox = Sandbox(assets=1, hostile=False, bandwidth=1)
    async with sandbox, caller(sandbox) as slow:
        waiting = asyncio.ensure_future(slow.get("/api/albums"))
        while not await asked(slow, "albums"):
            pass
        assert (await slow.call("HEAD", "/api/albums")).status == 200
        assert not waiting.done()
        waiting.cancel()


def test_every_kind_is_documented(documentation: str) -> None:
    assert [kind for kind in KINDS if f"`{kind}`" not in documentation] == []


@pytest.fixture
def documentation(pytestconfig: pytest.Config) -> str:
    return (pytestconfig.rootpath / "docs" / "sandbox.md").read_text(encoding="utf-8")
