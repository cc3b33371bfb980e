"""Replies that show assets say more, to whom it may be said, and are Immich's own in all else."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from enriched_world import NOTHING, EnrichedWorld, Headers, enriched, enriched_sandbox
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from library_samples import NOW
from raw_http import Message, upstream, written
from told_library import NAMES, Owned

from pentaprism.gateway.annotations import Annotations
from pentaprism.gateway.enrichment import Enrichment, kind_of
from pentaprism.gateway.representation import accepts_gzip
from pentaprism.gateway.splicing import Kind
from pentaprism.sandbox.immich import Sandbox

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ID = "7c09785f-8e74-4931-95c0-06391b9f16c3"
SEARCH = "/api/search/metadata"
BUCKET = "/api/timeline/bucket"
ASSET = f"/api/assets/{ID}"


def key_of(sandbox: Sandbox, user_id: str | None = None, *permissions: str) -> Headers:
    key = sandbox.library.add_key(permissions or ("all",), user_id=user_id)
    return [(b"x-api-key", key.secret.encode())]


async def own_all(world: EnrichedWorld, sandbox: Sandbox) -> Owned:
    """Put the owner's assets into the index, and say something of each but one."""
    library = sandbox.library
    ids = [one.id for one in library.assets.values() if one.owner_id == library.owner.id]
    return await world.library.own(library.owner.id, dict(zip(NAMES, ids, strict=False)))


def taken_out(reply: Any) -> Any:
    """Return a reply of any kind without what was added to it."""
    if isinstance(reply, dict):
        return {name: taken_out(value) for name, value in reply.items() if name != "pentaprism"}
    return [taken_out(one) for one in reply] if isinstance(reply, list) else reply


async def test_a_search_tells_of_each_asset(tmp_path: Path) -> None:
    async with enriched_sandbox(tmp_path) as (world, sandbox):
        owned = await own_all(world, sandbox)
        key = key_of(sandbox)
        plain = await world.plain("POST", SEARCH, key, body={"withExif": True})
        shown = await world.ask("POST", SEARCH, key, body={"withExif": True})
        assert shown.status == 200
        assert taken_out(shown.json()) == plain.json()
        assert shown.header(b"content-length") == b"%d" % len(shown.body)
        told = {one["id"]: one["pentaprism"] for one in shown.json()["assets"]["items"]}
        assert len(told) >= len(NAMES)
        assert told[owned.ids["alone.jpg"]]["mirrors"] == []
        lake, sea = owned.ids["lake.jpg"], owned.ids["sea.jpg"]
        assert told[lake]["duplicates"][0]["id"] == sea
        assert told[sea]["mirrors"] == [{"id": owned.mirror_id, "status": "FAILED"}]
        assert len(told[owned.ids["BURST_1.JPG"]]["group"]["members"]) == 4
        differs = {b"content-length", b"etag", b"date", b"vary", b"x-correlation-id"}
        assert [one for one in shown.headers if one[0] not in differs] == [
            one for one in plain.headers if one[0] not in differs
        ]


async def test_a_detail_and_a_bucket_tell_the_same(tmp_path: Path) -> None:
    async with enriched_sandbox(tmp_path) as (world, sandbox):
        owned = await own_all(world, sandbox)
        key = key_of(sandbox)
        lake = owned.ids["lake.jpg"]
        detail = await world.ask("GET", f"/api/assets/{lake}", key)
        plain = await world.plain("GET", f"/api/assets/{lake}", key)
        assert taken_out(detail.json()) == plain.json()
        told = detail.json()["pentaprism"]
        assert told["duplicates"]
        taken = plain.json()["localDateTime"][:7]
        query = f"timeBucket={taken}-01".encode()
        bucket = await world.ask("GET", BUCKET, key, query=query)
        assert (
            taken_out(bucket.json()) == (await world.plain("GET", BUCKET, key, query=query)).json()
        )
        columns = bucket.json()
        assert {len(column) for column in columns.values()} == {len(columns["id"])}
        assert dict(zip(columns["id"], columns["pentaprism"], strict=True))[lake] == told


async def test_only_ones_own_assets_are_told_of(tmp_path: Path) -> None:
    async with enriched_sandbox(tmp_path) as (world, sandbox):
        owned = await own_all(world, sandbox)
        library = sandbox.library
        lake = owned.ids["lake.jpg"]
        second = next(one for one in library.users.values() if one.id != library.owner.id)
        album = library.add_album("Shared", [lake])
        library.share_album(album.id, second.id)
        theirs = key_of(sandbox, second.id)
        body = {"albumIds": [album.id]}
        token = library.add_session(second.id).encode()
        session: Headers = [(b"cookie", b"immich_access_token=" + token)]
        for _ in range(2):
            for viewer in (theirs, session):
                shown = await world.ask("POST", SEARCH, viewer, body=body)
                assert [one["pentaprism"] for one in shown.json()["assets"]["items"]] == [NOTHING]
                detail = await world.ask("GET", f"/api/assets/{lake}", viewer)
                assert detail.json()["pentaprism"] == NOTHING
            mine = await world.ask("POST", SEARCH, key_of(sandbox), body=body)
            assert mine.json()["assets"]["items"][0]["pentaprism"] != NOTHING
            await world.annotations.look()


async def test_people_who_ask_at_once_are_told_of_their_own(tmp_path: Path) -> None:
    async with enriched_sandbox(tmp_path) as (world, sandbox):
        owned = await own_all(world, sandbox)
        library = sandbox.library
        second = next(one for one in library.users.values() if one.id != library.owner.id)
        album = library.add_album("Shared", owned.ids.values())
        library.share_album(album.id, second.id)
        lake = f"/api/assets/{owned.ids['lake.jpg']}"
        people = {library.owner.id: True, second.id: False}
        asked = [
            (headers, people[user_id])
            for user_id in people
            for headers in _every_carrier(sandbox, user_id)
        ] * 4
        await world.annotations.look()
        shown = await asyncio.gather(*(world.ask("GET", lake, headers) for headers, _ in asked))
        for reply, (_, owns) in zip(shown, asked, strict=True):
            assert (reply.json()["pentaprism"] != NOTHING) is owns


def _every_carrier(sandbox: Sandbox, user_id: str) -> list[Headers]:
    token = sandbox.library.add_session(user_id).encode()
    return [
        key_of(sandbox, user_id),
        [(b"authorization", b"Bearer " + token)],
        [(b"cookie", b"immich_access_token=" + token)],
        [(b"x-immich-session-token", token)],
        [(b"x-immich-user-token", token)],
    ]


async def test_share_links_and_keys_that_may_not_say_whose_they_are_are_told_nothing(
    tmp_path: Path,
) -> None:
    async with enriched_sandbox(tmp_path) as (world, sandbox):
        owned = await own_all(world, sandbox)
        path = f"/api/assets/{owned.ids['lake.jpg']}"
        key = list(key_of(sandbox))
        assert (await world.ask("GET", path, key)).json()["pentaprism"] != NOTHING
        for headers, query in (
            ([*key, (b"x-immich-share-key", b"abc")], b""),
            (key, b"key=abc"),
            (key, b"slug=abc"),
            (key_of(sandbox, None, "asset.read"), b""),
        ):
            shown = await world.ask("GET", path, headers, query=query)
            assert shown.status == 200
            assert shown.json()["pentaprism"] == NOTHING


async def test_a_mirrored_asset_in_the_trash_is_no_duplicate_of_the_others(tmp_path: Path) -> None:
    async with enriched_sandbox(tmp_path) as (world, sandbox):
        owned = await own_all(world, sandbox)
        lake, sea = owned.ids["lake.jpg"], owned.ids["sea.jpg"]
        await world.annotations.look()
        before = await world.ask("GET", f"/api/assets/{lake}", key_of(sandbox))
        assert [one["id"] for one in before.json()["pentaprism"]["duplicates"]] == [sea]
        await world.library.library.change(owned.rows["sea.jpg"], missing_at=NOW)
        await world.annotations.look()
        after = await world.ask("GET", f"/api/assets/{lake}", key_of(sandbox))
        assert after.json()["pentaprism"]["duplicates"] == []


@pytest.mark.parametrize("path", [f"/api/assets/{ID}", BUCKET])
async def test_what_immich_refuses_goes_out_as_it_refuses_it(tmp_path: Path, path: str) -> None:
    async with enriched_sandbox(tmp_path, assets=1) as (world, sandbox):
        for headers in ((), key_of(sandbox), key_of(sandbox, None, "album.read")):
            shown = await world.ask("GET", path, headers)
            plain = await world.plain("GET", path, headers)
            assert shown.status == plain.status >= 400
            assert _but_correlated(shown.json()) == _but_correlated(plain.json())
            assert shown.header(b"content-type") == plain.header(b"content-type")


def _but_correlated(reply: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reply.items() if name != "correlationId"}


async def test_a_client_that_has_it_is_sent_nothing(tmp_path: Path) -> None:
    async with enriched_sandbox(tmp_path) as (world, sandbox):
        owned = await own_all(world, sandbox)
        path, key = f"/api/assets/{owned.ids['lake.jpg']}", list(key_of(sandbox))
        first = await world.ask("GET", path, key)
        tag = first.header(b"etag")
        assert tag is not None
        assert tag.startswith(b'"')
        assert tag.endswith(b'"')
        for value in (tag, b"W/" + tag, b'"a", ' + tag, b"*"):
            for method in ("GET", "HEAD"):
                again = await world.ask(method, path, [*key, (b"if-none-match", value)])
                assert again.status == 304
                assert again.body == b""
                assert again.header(b"etag") == tag
                assert again.header(b"content-length") is None
                assert again.header(b"content-type") is None
        other = await world.ask("GET", path, [*key, (b"if-none-match", b'"a"')])
        assert (other.status, other.body) == (200, first.body)
        await world.library.mirror(owned, album="other")
        changed = await world.ask("GET", path, [*key, (b"if-none-match", tag)])
        assert changed.status == 200
        assert changed.header(b"etag") != tag


async def test_immichs_own_tag_is_not_ours(tmp_path: Path) -> None:
    async with enriched_sandbox(tmp_path, assets=1) as (world, sandbox):
        path = f"/api/assets/{next(iter(sandbox.library.assets))}"
        key = list(key_of(sandbox))
        tag = (await world.plain("GET", path, key)).header(b"etag")
        assert tag is not None
        shown = await world.ask("GET", path, [*key, (b"if-none-match", tag)])
        assert shown.status == 200
        assert shown.header(b"etag") != tag


async def test_gzip_is_for_those_who_take_it(tmp_path: Path) -> None:
    async with enriched_sandbox(tmp_path) as (world, sandbox):
        await own_all(world, sandbox)
        key = list(key_of(sandbox))
        plain = await world.ask("POST", SEARCH, key, body={})
        zipped = await world.ask("POST", SEARCH, [*key, (b"accept-encoding", b"br, gzip")], body={})
        assert plain.header(b"content-encoding") is None
        assert zipped.header(b"content-encoding") == b"gzip"
        assert gzip.decompress(zipped.body) == plain.body
        assert zipped.header(b"content-length") == b"%d" % len(zipped.body)
        assert plain.header(b"etag") != zipped.header(b"etag")
        for reply in (plain, zipped):
            assert b"accept-encoding" in (reply.header(b"vary") or b"").lower()


async def test_head_says_what_get_says(tmp_path: Path) -> None:
    async with enriched_sandbox(tmp_path, assets=3) as (world, sandbox):
        key = list(key_of(sandbox))
        for path in [f"/api/assets/{next(iter(sandbox.library.assets))}", ASSET]:
            for more in ([], [(b"accept-encoding", b"gzip")]):
                got = await world.ask("GET", path, key + more)
                head = await world.ask("HEAD", path, key + more)
                assert head.body == b""
                differs = {b"date", b"x-correlation-id", b"content-length", b"etag"}
                assert head.status == got.status
                if got.status == 200:
                    differs -= {b"content-length", b"etag"}
                assert [one for one in head.headers if one[0] not in differs] == [
                    one for one in got.headers if one[0] not in differs
                ]


async def test_without_a_database_replies_go_out_plain(tmp_path: Path) -> None:
    async with enriched_sandbox(tmp_path) as (world, sandbox):
        await own_all(world, sandbox)
        key = key_of(sandbox)
        assert b"pentaprism" in (await world.ask("POST", SEARCH, key, body={})).body
        await world.library.store.close()
        world.store = None
        await world.annotations.look()
        plain = await world.plain("POST", SEARCH, key, body={})
        shown = await world.ask("POST", SEARCH, key, body={})
        assert (shown.status, shown.body) == (200, plain.body)
        assert shown.header(b"etag") == plain.header(b"etag")
        assert world.counters.plain == {"database": 1}


async def test_a_caller_who_cannot_be_asked_for_gets_the_plain_reply(tmp_path: Path) -> None:
    async with Served({b"/api/users/me": b"<html>", ASSET.encode(): _asset()}, tmp_path) as world:
        shown = await world.ask("GET", ASSET)
        assert (shown.status, shown.body) == (200, _asset())
        assert world.counters.plain == {"caller": 1}


async def test_an_immich_that_is_away_is_said_to_be_away(tmp_path: Path) -> None:
    async with Sandbox(assets=1) as sandbox:
        url = sandbox.url
    async with enriched(url, tmp_path) as world:
        shown = await world.ask("GET", ASSET)
        assert shown.status == 502
        assert shown.json()["code"] == "immich_unreachable"


def _asset(**more: Any) -> bytes:
    return json.dumps({"id": ID, "name": "é}", **more}, ensure_ascii=False).encode()


ME = json.dumps({"id": "user", "name": "Ada", "isAdmin": False}).encode()


class Served:
    """An upstream that gives bodies by their paths, with headers."""

    def __init__(self, bodies: dict[bytes, bytes], home: Path, *headers: tuple[bytes, bytes]):
        self.bodies = {b"/api/users/me": ME} | bodies
        self.home = home
        self.headers = list(headers) or [(b"Content-Type", b"application/json; charset=utf-8")]
        self.length: int | None = None

    def answer(self, message: Message) -> bytes:
        body = self.bodies[message.target.split(b"?")[0]]
        if message.target == b"/api/users/me":
            headers = [(b"Content-Type", b"application/json")]
        else:
            headers = self.headers
        length = (b"Content-Length", b"%d" % (self.length or len(body)))
        return written(b"HTTP/1.1 200 OK", [*headers, length], body)

    async def __aenter__(self) -> EnrichedWorld:
        self._stack = AsyncExitStack()
        self.upstream = await self._stack.enter_async_context(upstream(self.answer))
        return await self._stack.enter_async_context(enriched(self.upstream.url, self.home))

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()


async def test_what_is_asked_of_immich_is_plain_and_without_conditions(tmp_path: Path) -> None:
    serving = Served({ASSET.encode(): _asset()}, tmp_path)
    async with serving as world:
        sent: Headers = [
            (b"accept-encoding", b"gzip, br"),
            (b"if-none-match", b'"a"'),
            (b"if-modified-since", b"Sat, 01 Jun 2024 08:00:00 GMT"),
            (b"if-match", b'"a"'),
            (b"range", b"bytes=0-9"),
            (b"x-pentaprism-enrichment", b"on"),
            (b"x-other", b"stays"),
            (b"cookie", b"immich_access_token=a"),
        ]
        shown = await world.ask("HEAD", ASSET, sent, query=b"key=&x=%2F")
        assert shown.status == 200
        (asked,) = [one for one in serving.upstream.asked if b"assets" in one.target]
        assert asked.first == b"GET %b?key=&x=%%2F HTTP/1.1" % ASSET.encode()
        assert asked.all(b"accept-encoding") == [b"identity"]
        for gone in (b"if-none-match", b"if-modified-since", b"if-match", b"range"):
            assert not asked.all(gone)
        assert not asked.all(b"x-pentaprism-enrichment")
        assert asked.all(b"x-other") == [b"stays"]
        assert asked.all(b"cookie") == [b"immich_access_token=a"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([(b"Content-Type", b"text/html")], _asset()),
        ([], b"<html>"),
        ([], b'{"id":"' + ID.encode()),
        ([], b'{"name":"a"}'),
        ([], _asset(pentaprism={"theirs": 1})),
        (
            [(b"Content-Type", b"application/json"), (b"Content-Encoding", b"gzip")],
            gzip.compress(_asset(), mtime=0),
        ),
    ],
)
async def test_what_cannot_be_added_to_goes_out_as_it_came(
    tmp_path: Path, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    async with Served({ASSET.encode(): body}, tmp_path, *headers) as world:
        shown = await world.ask("GET", ASSET)
        plain = await world.plain("GET", ASSET)
        assert (shown.status, shown.headers, shown.body) == (200, plain.headers, body)


async def test_a_weak_tag_says_too_little_of_the_bytes(tmp_path: Path) -> None:
    json_type = (b"Content-Type", b"application/json")
    weak = (b"ETag", b'W/"a"')
    serving = Served({ASSET.encode(): _asset()}, tmp_path, json_type, weak)
    async with serving as world:
        one = await world.ask("GET", ASSET)
        serving.bodies[ASSET.encode()] = _asset(more=1)
        other = await world.ask("GET", ASSET)
        assert one.header(b"etag") != other.header(b"etag")
        assert b"W/" not in (one.header(b"etag") or b"")


async def test_headers_that_are_of_immichs_bytes_do_not_go_out_with_others(tmp_path: Path) -> None:
    headers = [
        (b"Content-Type", b"application/json"),
        (b"Last-Modified", b"Sat, 01 Jun 2024 08:00:00 GMT"),
        (b"Accept-Ranges", b"bytes"),
        (b"Content-MD5", b"a"),
        (b"Vary", b"Origin"),
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
    ]
    async with Served({ASSET.encode(): _asset()}, tmp_path, *headers) as world:
        shown = await world.ask("GET", ASSET)
        assert {name for name, _ in shown.headers} == {
            b"content-type", b"content-length", b"etag", b"vary", b"set-cookie",
        }  # fmt: skip
        assert shown.header(b"vary") == b"Origin, Accept-Encoding"
        assert [value for name, value in shown.headers if name == b"set-cookie"] == [
            b"a=1",
            b"b=2",
        ]


async def test_an_immich_that_breaks_off_is_said_to_have(tmp_path: Path) -> None:
    async with enriched_sandbox(tmp_path, assets=3) as (world, sandbox):
        key = key_of(sandbox)
        sandbox.faults.add("drop", route="search", after_bytes=100)
        shown = await world.ask("POST", SEARCH, key, body={})
        assert shown.status == 502
        assert shown.json()["code"] == "immich_broke_off"
        assert shown.header(b"content-type") == b"application/problem+json"


async def test_a_reply_that_is_too_large_to_look_into_goes_out_plain(tmp_path: Path) -> None:
    large = b'{"id":"' + ID.encode() + b'","text":"' + b"a" * (64 * 1024 * 1024) + b'"}'
    async with Served({ASSET.encode(): large}, tmp_path) as world:
        shown = await world.ask("GET", ASSET)
        assert shown.status == 200
        assert shown.body == large
        assert world.counters.plain == {"size": 1}


async def test_a_mistake_of_ours_costs_nobody_a_reply(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Served({ASSET.encode(): _asset()}, tmp_path) as world:
        world.enrichment = Enrichment(
            world.passing,
            world.callers,
            _Mistaken(lambda: None),
            counters=world.counters,
        )
        for _ in range(2):
            assert (await world.ask("GET", ASSET)).body == _asset()
        assert world.counters.plain == {"mistake": 2}
        assert [one.levelno for one in caplog.records] == [logging.WARNING]


class _Mistaken(Annotations):
    """Says too little."""

    async def of(self, owner_id: str, asset_ids: Sequence[str]) -> list[bytes]:
        del owner_id, asset_ids
        return []


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", ASSET, Kind.DETAIL),
        ("HEAD", ASSET.replace("7c", "7C"), Kind.DETAIL),
        ("POST", SEARCH, Kind.SEARCH),
        ("GET", BUCKET, Kind.BUCKET),
        ("HEAD", BUCKET, Kind.BUCKET),
        ("PUT", ASSET, None),
        ("DELETE", ASSET, None),
        ("POST", BUCKET, None),
        ("GET", SEARCH, None),
        ("GET", ASSET + "/", None),
        ("GET", ASSET + "/thumbnail", None),
        ("GET", ASSET[:-1] + "g", None),
        ("GET", ASSET[:-1], None),
        ("GET", "/api/assets/" + "-" * 36, None),
        ("GET", "/api//assets/" + ID, None),
        ("GET", "/api/assets/../" + ID[3:], None),
        ("GET", "/api/timeline/buckets", None),
        ("POST", SEARCH + "/", None),
        ("GET", "/api/%61ssets/" + ID, None),
    ],
)
def test_only_what_is_spelled_as_immich_spells_it_is_added_to(
    method: str, path: str, kind: Kind | None
) -> None:
    assert kind_of(method, path.encode()) is kind


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ([], False),
        ([b""], False),
        ([b"gzip"], True),
        ([b"br, GZIP;q=0.5"], True),
        ([b"br", b"gzip"], True),
        ([b"*"], True),
        ([b"*;q=0"], False),
        ([b"gzip;q=0, *"], False),
        ([b"gzip ; q=0.000"], False),
        ([b"x-gzip"], True),
        ([b"identity, deflate"], False),
        ([b"gzipped"], False),
        ([b"gzip;q=much"], False),
    ],
)
def test_who_takes_gzip_is_known(accepted: list[bytes], *, expected: bool) -> None:
    headers = [(b"accept-encoding", value) for value in accepted]
    assert accepts_gzip({"headers": headers}) is expected


@UNHURRIED
@given(st.binary())
def test_no_header_breaks_it(accepted: bytes) -> None:
    accepts_gzip({"headers": [(b"accept-encoding", accepted)]})
