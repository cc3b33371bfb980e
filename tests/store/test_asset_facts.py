"""What is known of assets: groups, duplicates and mirrors, and whose they are."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from library_samples import NOON
from sqlalchemy import ClauseElement, event
from sqlalchemy.dialects import sqlite
from told_library import ADA, BEN, SCORE, GatewayLibrary, Owned, gateway_library

from pentaprism.assets import Role
from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import GroupType
from pentaprism.store import Connection, ItemState, NewItem, Restated, Store
from pentaprism.store.asset_counts import COUNTS
from pentaprism.store.asset_facts import AssetFacts
from pentaprism.store.asset_facts_queries import ALIKE, ASKED, MEMBERS, MIRRORED, PAIRS
from pentaprism.store.asset_groups import _NAMES


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[GatewayLibrary]:
    async with gateway_library(tmp_path) as library:
        yield library


async def facts_of(library: GatewayLibrary, owned: Owned, **options: Any) -> dict[str, AssetFacts]:
    """What is known of somebody's assets, by the names of their files."""
    found = await library.store.asset_facts.of(owned.user_id, list(owned.ids.values()), **options)
    names = {id_: name for name, id_ in owned.ids.items()}
    return {names[id_]: facts for id_, facts in found.items()}


def members(owned: Owned, facts: AssetFacts) -> list[str]:
    assert facts.group is not None
    names = {id_: name for name, id_ in owned.ids.items()}
    return [names[id_] for id_ in facts.group.members]


async def test_assets_are_told_their_groups_duplicates_and_mirrors(library: GatewayLibrary) -> None:
    ada = await library.own(ADA)
    facts = await facts_of(library, ada)
    assert facts.keys() == ada.ids.keys() - {"alone.jpg"}
    for name in ("IMG_1.CR2", "IMG_1.JPG"):
        group = facts[name].group
        assert group is not None
        assert (group.type, group.primary) == (GroupType.RAW_JPEG, ada.ids["IMG_1.JPG"])
        assert members(ada, facts[name]) == ["IMG_1.JPG", "IMG_1.CR2"]
    assert facts["clip.mp4"].group is None
    for name, other in (("lake.jpg", "sea.jpg"), ("sea.jpg", "lake.jpg")):
        (duplicate,) = facts[name].duplicates
        assert (duplicate.id, duplicate.label, duplicate.score) == (
            ada.ids[other], Label.RECOMPRESSED, SCORE,
        )  # fmt: skip
    for name, one in facts.items():
        (mirror,) = one.mirrors
        wanted = ItemState.FAILED if name == "sea.jpg" else ItemState.OK
        assert (mirror.id, mirror.status) == (ada.mirror_id, wanted)


async def test_the_burst_comes_before_the_shot(library: GatewayLibrary) -> None:
    ada = await library.own(ADA)
    facts = await facts_of(library, ada)
    burst = [name for name in ada.ids if name.startswith("BURST")]
    (group,) = {facts[name].group for name in burst}
    assert group is not None
    assert (group.type, group.primary) == (GroupType.BURST, ada.ids["BURST_1.JPG"])
    told = members(ada, facts["BURST_3.CR2"])
    assert told[0] == "BURST_1.JPG"
    assert sorted(told) == sorted(burst)
    apart = await facts_of(library, ada, bursts=False)
    assert members(ada, apart["BURST_3.CR2"]) == ["BURST_3.JPG", "BURST_3.CR2"]
    assert apart["BURST_1.JPG"].group is None


async def test_nobody_is_told_of_others(library: GatewayLibrary) -> None:
    ada, ben = await library.own(ADA), await library.own(BEN)
    every = [*ada.ids.values(), *ben.ids.values()]
    for one in (ada, ben):
        found = await library.store.asset_facts.of(one.user_id, every)
        assert set(found) == set(one.ids.values()) - {one.ids["alone.jpg"]}
        told = {
            *(id_ for facts in found.values() if facts.group for id_ in facts.group.members),
            *(duplicate.id for facts in found.values() for duplicate in facts.duplicates),
        }
        assert told <= set(one.ids.values())
        mirrors = {mirror.id for facts in found.values() for mirror in facts.mirrors}
        assert mirrors == {one.mirror_id}
    assert await library.store.asset_facts.of("nobody", every) == {}
    assert await library.store.asset_facts.of(ADA, []) == {}


async def test_what_somebody_elses_key_sees_is_told_to_neither(library: GatewayLibrary) -> None:
    """Ada has saved a key of Ben's: his assets are no assets of hers."""
    connection = await _key_of(library.store, BEN, owner_id=ADA)
    await library.library.assets(connection.id, {"raw": "X.CR2", "jpg": "X.JPG"})
    await library.library.regroup()
    assert await library.store.file_groups.of_assets(connection.id, ["raw"])
    for user in (ADA, BEN):
        assert await library.store.asset_facts.of(user, ["raw", "jpg"]) == {}


async def test_a_mirror_of_shared_assets_is_told_to_its_owner(library: GatewayLibrary) -> None:
    """An album may hold assets of others: whose mirror it is may know that they are in it."""
    ada, ben = await library.own(ADA), await library.own(BEN, names=["alone.jpg"])
    shared = ben.ids["alone.jpg"]
    now = datetime(2024, 6, 1, tzinfo=UTC)
    await library.store.items.claim(
        ada.mirror_id, [NewItem(shared, shared, Role.PRIMARY, "b", "b", "b.jpg", now, now)]
    )
    (mirror,) = (await library.store.asset_facts.of(ADA, [shared]))[shared].mirrors
    assert (mirror.id, mirror.status) == (ada.mirror_id, ItemState.PENDING)
    assert await library.store.asset_facts.of(BEN, [shared]) == {}


async def test_companions_are_in_a_mirror_as_well(library: GatewayLibrary) -> None:
    ada = await library.own(ADA, names=["IMG_1.JPG", "IMG_1.CR2"])
    raw, shot = ada.ids["IMG_1.CR2"], ada.ids["IMG_1.JPG"]
    other = await library.store.mirrors.create(
        connection_id=ada.connection.id,
        album_id="other",
        album_name="Other",
        kind="local_folder",
        place="/other",
        options={},
    )
    now = datetime(2024, 6, 1, tzinfo=UTC)
    made = await library.store.items.claim(
        other.id,
        [
            NewItem(shot, shot, Role.PRIMARY, "a", "a", "a", now, now),
            NewItem(raw, shot, Role.VIDEO, "b", "b", "b", now, now),
        ],
    )
    await library.store.items.apply([Restated(made[1].row, ItemState.FAILED)])
    facts = await facts_of(library, ada)
    told = {name: {m.id: m.status for m in one.mirrors} for name, one in facts.items()}
    assert told == {
        "IMG_1.JPG": {ada.mirror_id: ItemState.OK, other.id: ItemState.PENDING},
        "IMG_1.CR2": {ada.mirror_id: ItemState.OK, other.id: ItemState.FAILED},
    }


async def test_what_is_missing_is_not_told(library: GatewayLibrary) -> None:
    ada = await library.own(ADA)
    gone = [ada.rows[name] for name in ("IMG_1.CR2", "sea.jpg", "BURST_2.JPG")]
    await library.store.library_assets.miss(gone, NOON.replace(tzinfo=UTC))
    # Before anything is grouped anew.
    facts = await facts_of(library, ada)
    assert members(ada, facts["IMG_1.JPG"]) == ["IMG_1.JPG"]
    assert facts["lake.jpg"].duplicates == ()
    assert "BURST_2.JPG" not in members(ada, facts["BURST_1.JPG"])
    assert facts["sea.jpg"] == AssetFacts(mirrors=facts["sea.jpg"].mirrors)


async def test_a_group_whose_first_file_is_no_asset(library: GatewayLibrary) -> None:
    """The picture is in a folder only: the RAW in Immich is known as the file that it is."""
    ada = await library.own(ADA, names=[])
    root = await library.library.root(owner_id=ADA)
    files = await library.library.files(root, ["X.JPG", "X.CR2"])
    rows = await library.library.assets(ada.connection.id, {"raw": "X.CR2"})
    await library.library.change(rows["raw"], twin_row=files["X.CR2"])
    await library.library.regroup()
    facts = await library.store.asset_facts.of(ADA, ["raw"])
    group = facts["raw"].group
    assert group is not None
    assert (group.primary, group.members) == (None, ("raw",))
    jpg = await library.library.assets(ada.connection.id, {"jpg": "X.JPG"})
    await library.library.change(jpg["jpg"], twin_row=files["X.JPG"])
    await library.library.regroup()
    group = (await library.store.asset_facts.of(ADA, ["raw"]))["raw"].group
    assert group is not None
    assert (group.primary, group.members) == ("jpg", ("jpg", "raw"))


async def test_equal_files_are_identical_whatever_else_is_in_the_group(
    library: GatewayLibrary,
) -> None:
    ada = await library.own(ADA, names=["lake.jpg", "sea.jpg"])
    copy = {"copy": "another name.jpg"}
    lake = ada.rows["lake.jpg"]
    await library.library.change(lake, sha1=b"1" * 20)
    # Other bytes than before: compared anew.
    await library.alike(ada, "lake.jpg", "sea.jpg", Label.SIMILAR)
    await library.library.assets(ada.connection.id, copy, sha1=b"1" * 20)
    await library.library.regroup()
    await library.group_duplicates()
    ids = {**{id_: name for name, id_ in ada.ids.items()}, "copy": "copy"}
    found = await library.store.asset_facts.of(ADA, list(ids))
    told = {
        ids[id_]: [(ids[one.id], one.label, one.score) for one in facts.duplicates]
        for id_, facts in found.items()
    }
    assert told == {
        "lake.jpg": [
            ("copy", Label.IDENTICAL, 1.0),
            ("sea.jpg", Label.SIMILAR, SCORE),
        ],
        "copy": [("lake.jpg", Label.IDENTICAL, 1.0), ("sea.jpg", Label.SIMILAR, SCORE)],
        "sea.jpg": told["sea.jpg"],
    }
    assert {(name, label) for name, label, _ in told["sea.jpg"]} == {
        ("lake.jpg", Label.SIMILAR),
        ("copy", Label.SIMILAR),
    }


async def test_the_files_of_a_shot_are_no_duplicates_of_each_other(library: GatewayLibrary) -> None:
    ada = await library.own(ADA, names=["IMG_1.JPG", "IMG_1.CR2", "alone.jpg"])
    await library.alike(ada, "IMG_1.JPG", "alone.jpg")
    facts = await facts_of(library, ada)
    pair, alone = {ada.ids["IMG_1.JPG"], ada.ids["IMG_1.CR2"]}, ada.ids["alone.jpg"]
    assert {one.id for one in facts["alone.jpg"].duplicates} == pair
    for name in ("IMG_1.JPG", "IMG_1.CR2"):
        (duplicate,) = facts[name].duplicates
        assert (duplicate.id, duplicate.score) == (alone, SCORE)


@pytest.mark.parametrize("query", [ASKED, MEMBERS, ALIKE, PAIRS, MIRRORED, _NAMES])
async def test_indexes_are_taken(library: GatewayLibrary, query: ClauseElement) -> None:
    plan = await plan_of(query, library)
    scanned = re.findall(r"SCAN (?!json_each|ids|every|anon|\()(\w+)(?: VIRTUAL)?", plan)
    assert scanned == [], plan


async def test_assets_are_counted_by_small_indexes(library: GatewayLibrary) -> None:
    plan = await plan_of(COUNTS, library)
    taken = re.findall(r"library_files USING (?:COVERING )?INDEX (\w+)", plan)
    assert taken == [
        "ix_library_files_shown",
        "ix_library_files_video",
        "ix_library_files_favourite",
        "ix_library_files_twin_row",
    ]


async def plan_of(
    query: ClauseElement, library: GatewayLibrary, given: Mapping[str, Any] | None = None
) -> str:
    """How the database would find what is asked for, as it says itself."""
    compiled = query.compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True})
    values = {"owner": ADA, "ids": "[]", **(given or {})}
    names = compiled.positiontup or ()  # type: ignore[attr-defined]
    bound = tuple(values.get(name, compiled.params.get(name, "")) for name in names)
    async with library.store._database.write() as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", bound)
        return "\n".join(str(row.detail) for row in rows)


@pytest.mark.parametrize("count", [1, 40])
async def test_statements_do_not_grow_with_the_assets(library: GatewayLibrary, count: int) -> None:
    ada = await library.own(ADA)
    for number in range(count):
        names = {f"{end}{number}": f"P{number}.{end}" for end in ("CR2", "JPG")}
        time = NOON + timedelta(days=10 + number)
        await library.library.assets(ada.connection.id, names, taken_at=time)
    await library.library.regroup()
    asked = [*ada.ids.values(), *(f"JPG{number}" for number in range(count))]
    statements: list[str] = []
    engine = library.store._database._reader._engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    facts = await library.store.asset_facts.of(ADA, asked)
    assert len(facts) == len(asked) - 1
    assert len(statements) == 5


async def _key_of(store: Store, user_id: str, owner_id: str) -> Connection:
    return await store.connections.save(
        url="http://immich.test",
        api_key="key",
        user_id=user_id,
        user_name="Ben",
        user_email="ben@example.test",
        server_version="3.0.0",
        name="Ben's",
        ca_file=None,
        owner_id=owner_id,
    )
