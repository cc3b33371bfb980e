"""What is told of assets is true, is kept while it is, and never holds anybody up."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from logging import DEBUG, WARNING
from pathlib import Path
from typing import Any

import pytest
from enriched_world import NOTHING
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from told_library import ADA, BEN, SCORE, GatewayLibrary, Owned, gateway_library

from pentaprism.gateway.annotations import Annotations, UntoldError
from pentaprism.gateway.facts import NOTHING as NOTHING_TEXT
from pentaprism.gateway.facts import write_facts
from pentaprism.gateway.kept_facts import KeptFacts
from pentaprism.store import Store
from pentaprism.store.asset_facts_records import AssetFacts, MirrorFact
from pentaprism.store.records import ItemState

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def annotated(
    home: Path, **options: Any
) -> AsyncIterator[tuple[Annotations, GatewayLibrary, Owned]]:
    async with gateway_library(home) as library:
        ada = await library.own(ADA)
        yield Annotations(lambda: library.store, **options), library, ada


async def told(annotations: Annotations, owner: str, *asset_ids: str) -> list[dict[str, Any]]:
    return [json.loads(one) for one in await annotations.of(owner, asset_ids)]


async def test_each_asset_is_told_of_in_the_order_of_the_question(tmp_path: Path) -> None:
    async with annotated(tmp_path) as (annotations, _, ada):
        ids = ada.ids
        asked = [ids["alone.jpg"], ids["lake.jpg"], "unknown", ids["IMG_1.CR2"], ids["sea.jpg"]]
        for _ in range(2):
            alone, lake, unknown, raw, sea = await told(annotations, ADA, *asked)
            assert alone == unknown == NOTHING
            assert lake["group"] is None
            assert lake["duplicates"] == [
                {"id": ids["sea.jpg"], "label": "recompressed", "score": SCORE}
            ]
            assert lake["mirrors"] == [{"id": ada.mirror_id, "status": "OK"}]
            assert sea["mirrors"] == [{"id": ada.mirror_id, "status": "FAILED"}]
            assert raw["group"]["primary"] == raw["group"]["members"][0]
            assert sorted(raw["group"]["members"]) == sorted([ids["IMG_1.CR2"], ids["IMG_1.JPG"]])
            assert list(raw) == ["group", "duplicates", "mirrors"]
            assert list(raw["group"]) == ["id", "type", "primary", "members"]
            await annotations.look()


async def test_nobody_is_told_of_what_is_anothers(tmp_path: Path) -> None:
    async with annotated(tmp_path) as (annotations, library, ada):
        ben = await library.own(BEN)
        await annotations.look()
        asked = [ada.ids["lake.jpg"], ben.ids["lake.jpg"]]
        for _ in range(2):
            of_ada = await told(annotations, ADA, *asked)
            of_ben = await told(annotations, BEN, *asked)
            assert of_ada[0] != NOTHING
            assert of_ada[1] == of_ben[0] == NOTHING
            assert of_ben[1]["mirrors"] == [{"id": ben.mirror_id, "status": "OK"}]


async def test_what_was_read_is_kept_until_the_database_changes(tmp_path: Path) -> None:
    async with annotated(tmp_path) as (annotations, library, ada):
        lake = ada.ids["lake.jpg"]
        await annotations.look()
        before = await told(annotations, ADA, lake)
        other = await library.mirror(ada, album="other")
        assert await told(annotations, ADA, lake) == before
        await annotations.look()
        (after,) = await told(annotations, ADA, lake)
        assert {one["id"] for one in after["mirrors"]} == {ada.mirror_id, other}


async def test_nothing_is_kept_while_nobody_watches(tmp_path: Path) -> None:
    async with annotated(tmp_path) as (annotations, library, ada):
        lake = ada.ids["lake.jpg"]
        before = await told(annotations, ADA, lake)
        await library.mirror(ada, album="other")
        assert await told(annotations, ADA, lake) != before


async def test_what_was_read_before_a_change_is_not_kept_after_it(tmp_path: Path) -> None:
    async with gateway_library(tmp_path) as library:
        ada = await library.own(ADA)
        lake = ada.ids["lake.jpg"]
        store = Slow(library.store)
        annotations = Annotations(lambda: store)  # type: ignore[arg-type, return-value]
        await annotations.look()
        reading = asyncio.create_task(told(annotations, ADA, lake))
        await store.read.wait()
        other = await library.mirror(ada, album="other")
        await annotations.look()
        store.go_on.set()
        (before,) = await reading
        assert [one["id"] for one in before["mirrors"]] == [ada.mirror_id]
        (after,) = await told(annotations, ADA, lake)
        assert {one["id"] for one in after["mirrors"]} == {ada.mirror_id, other}


class Slow:
    """A store that has read what it was asked for, and does not say so until it is let go on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read = asyncio.Event()
        self.go_on = asyncio.Event()
        self.asset_facts = self
        self.asked = 0

    async def version(self) -> int:
        return await self._store.version()

    async def of(self, owner_id: str, asset_ids: list[str]) -> Mapping[str, AssetFacts]:
        self.asked += 1
        facts = await self._store.asset_facts.of(owner_id, asset_ids)
        self.read.set()
        await self.go_on.wait()
        return facts


async def test_a_slow_database_is_not_waited_for_and_left_alone_for_a_while(
    tmp_path: Path,
) -> None:
    clock = Clock()
    async with gateway_library(tmp_path) as library:
        ada = await library.own(ADA)
        store = Slow(library.store)
        annotations = Annotations(
            lambda: store,  # type: ignore[arg-type, return-value]
            patience=0.2,
            clock=clock,
        )
        for now, asked in ((0.0, 1), (4.9, 1), (5.1, 2)):
            clock.now = 100.0 + now
            with pytest.raises(UntoldError):
                await annotations.of(ADA, [ada.ids["lake.jpg"]])
            assert store.asked == asked


async def test_threads_that_are_all_busy_are_not_waited_for(tmp_path: Path) -> None:
    go_on = threading.Event()
    async with annotated(tmp_path, patience=0.05) as (annotations, library, ada):
        threads = library.store._database._reader._threads
        busy = [threads.submit(go_on.wait) for _ in range(threads._max_workers)]
        with pytest.raises(UntoldError):
            await annotations.of(ADA, [ada.ids["lake.jpg"]])
        go_on.set()
        assert all(one.result() for one in busy)


async def test_a_database_that_went_away_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    stores: list[Store | None] = []
    annotations = Annotations(lambda: stores[-1], clock=clock)
    async with gateway_library(tmp_path) as library:
        ada = await library.own(ADA)
        lake = ada.ids["lake.jpg"]
        stores.append(library.store)
        await annotations.look()
        assert await told(annotations, ADA, lake) != [NOTHING]
    for _ in range(3):
        clock.now += 5.1
        await annotations.look()
        with pytest.raises(UntoldError):
            await annotations.of(ADA, [lake])
    assert [one.levelno for one in caplog.records if one.levelno > DEBUG] == [WARNING]
    stores.append(None)
    await annotations.look()
    with pytest.raises(UntoldError):
        await annotations.of(ADA, [lake])
    clock.now += 5.1
    async with gateway_library(tmp_path / "another") as library:
        stores.append(library.store)
        await annotations.look()
        assert await told(annotations, ADA, lake) == [NOTHING]


async def test_watching_looks_again_and_again(tmp_path: Path) -> None:
    async with annotated(tmp_path, pause=0.001) as (annotations, library, ada):
        lake = ada.ids["lake.jpg"]
        watching = asyncio.create_task(annotations.watch())
        await told(annotations, ADA, lake)
        other = await library.mirror(ada, album="other")
        async with asyncio.timeout(10):
            while other not in str(await told(annotations, ADA, lake)):
                await annotations.of(ADA, ["unknown"])
        watching.cancel()


ids = st.integers(0, 30).map(str)


@UNHURRIED
@given(st.lists(st.tuples(st.sampled_from("ab"), st.lists(ids, max_size=8)), max_size=30))
def test_what_is_kept_is_what_was_given_and_is_bounded(
    pages: list[tuple[str, list[str]]],
) -> None:
    most = 6000
    kept = KeptFacts(most)
    for owner, page in pages:
        found, missing = kept.look_up(owner, page)
        assert [one or one_id for one_id, one in zip(page, found, strict=True)] == [
            one_id if one_id in missing else text(owner, one_id) for one_id in page
        ]
        kept.keep(owner, {one: text(owner, one) for one in missing})
        assert kept.look_up(owner, page)[1] == []
        halves = (kept._young, kept._old)
        entries = sum(len(texts) for half in halves for texts in half.values())
        assert entries * 240 <= most + 8 * 240


def text(owner: str, asset_id: str) -> bytes:
    return f"{owner}/{asset_id}".encode().ljust(100)


def test_what_is_used_stays() -> None:
    kept = KeptFacts(20_000)
    kept.keep("a", {"used": b"text"})
    for number in range(1000):
        kept.keep("a", {str(number): b"other"})
        assert kept.look_up("a", ["used"]) == ([b"text"], [])
    assert kept.look_up("a", ["0"]) == ([b""], ["0"])


def test_facts_are_written_as_json() -> None:
    assert json.loads(NOTHING_TEXT) == NOTHING
    facts = AssetFacts(mirrors=(MirrorFact('"}', ItemState.OK),))
    assert write_facts(facts) == (
        b'{"group":null,"duplicates":[],"mirrors":[{"id":"\\"}","status":"OK"}]}'
    )
