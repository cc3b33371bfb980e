"""Duplicates over HTTP: looked for, listed with reasons, and told to nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from api_world import ApiWorld, Caller
from duplicates_world import Pictures, picture

from pentaprism.api.duplicate_rules import KeeperRulesBody
from pentaprism.duplicates.keeper_rules import Criterion, KeeperRules

BIG = "2024/big.jpg"
SMALL = "2024/small.jpg"
SAME = ("2023/same.jpg", "2024/copies/same copy.jpg")


@pytest.fixture
async def pictures(world: ApiWorld, tmp_path: Path) -> Pictures:
    """A folder in which one picture is there twice, and another one smaller as well."""
    made = Pictures(world, await world.with_token(), tmp_path / "photos")
    made.put(BIG, picture(1))
    made.put(SMALL, picture(1, quality=60, size=(160, 120)))
    for path in SAME:
        made.put(path, picture(2))
    made.put("2024/other.jpg", picture(3))
    return made


async def test_what_is_found_is_listed_with_reasons(pictures: Pictures) -> None:
    caller = pictures.caller
    assert (await caller.get("/api/duplicates/scan")).code == "no_scan"
    assert (await caller.get("/api/duplicates")).body == {"groups": [], "next": None}
    scan = await pictures.search()
    assert (scan["state"], scan["phase"], scan["error"]) == ("ended", "done", None)
    assert scan["fingerprinted"] >= 4
    found = await pictures.groups()
    assert set(found) == {frozenset(SAME), frozenset({BIG, SMALL})}
    same, resized = found[frozenset(SAME)], found[frozenset({BIG, SMALL})]
    assert (same["label"], same["score"], same["bulk"]) == ("identical", 1.0, True)
    assert (resized["label"], resized["bulk"]) == ("recompressed", False)
    assert 0.5 < resized["score"] < 1
    keeper, loser = resized["members"]
    assert (keeper["path"], keeper["keeper"], keeper["score"]) == (BIG, True, 1.0)
    assert (loser["path"], loser["keeper"], loser["score"]) == (SMALL, False, resized["score"])
    assert resized["bytes"] == loser["size"]
    assert len(keeper["phash"]) == 16
    int(keeper["phash"], 16)
    assert len({member["sha256"] for member in same["members"]}) == 1
    assert len(same["members"][0]["sha256"]) == 64
    assert any("320 x 240" in reason for reason in resized["reasons"]), resized["reasons"]
    assert (await caller.get(f"/api/duplicates/{resized['id']}")).body == resized
    counts = (await caller.get("/api/duplicates/counts")).body
    assert counts["groups"] == 2
    assert counts["bytes"] == same["bytes"] + resized["bytes"]
    assert {one["label"]: one["groups"] for one in counts["labels"]} == {
        "identical": 1,
        "same_picture": 0,
        "recompressed": 1,
        "similar": 0,
    }


async def test_a_list_is_narrowed_and_paged(pictures: Pictures) -> None:
    await pictures.search()
    caller, both = pictures.caller, await pictures.list()
    assert len(both) == 2
    assert both[0]["bytes"] >= both[1]["bytes"]
    (root,) = (await caller.get("/api/roots")).body
    (connection,) = (await caller.get("/api/connections")).body
    assert set(await pictures.groups(label="identical")) == {frozenset(SAME)}
    assert set(await pictures.groups(bulk="false")) == {frozenset({BIG, SMALL})}
    assert set(await pictures.groups(folder="2023")) == {frozenset(SAME)}
    assert set(await pictures.groups(folder="2024/copies/")) == {frozenset(SAME)}
    assert len(await pictures.groups(folder="2024")) == 2
    assert await pictures.groups(folder="202") == {}
    assert len(await pictures.groups(root_id=root["id"])) == 2
    assert await pictures.groups(connection_id=connection["id"]) == {}
    assert len(await pictures.groups(min_bytes=both[1]["bytes"])) == 2
    assert len(await pictures.groups(min_bytes=both[1]["bytes"] + 1)) == 1
    two = await caller.get("/api/duplicates", root_id=root["id"], connection_id=connection["id"])
    assert (two.status, two.code) == (422, "two_sources")
    assert (await caller.get("/api/duplicates", root_id="x")).code == "root_not_found"
    assert (await caller.get("/api/duplicates", after="x")).code == "invalid_page"
    assert (await caller.get("/api/duplicates", label="alike")).status == 422


async def test_a_search_is_watched_and_cancelled(world: ApiWorld, pictures: Pictures) -> None:
    await pictures.index()
    caller = pictures.caller
    async with caller.watching("/api/duplicates/scan/events") as events:
        assert [event async for event in events] == [("end", "", None)]
    await world.program.duplicate_scans._turn.acquire()  # as if somebody else's were at work
    begun = await caller.post("/api/duplicates/scan", {"symmetries": True})
    assert (begun.status, begun.body["state"]) == (202, "queued")
    assert begun.body["started_at"] is None
    again = await caller.post("/api/duplicates/scan")
    assert again.body["asked_at"] == begun.body["asked_at"]
    async with caller.watching("/api/duplicates/scan/events") as events:
        name, _, told = await anext(events)
        assert (name, told["state"]) == ("progress", "queued")
        assert (await caller.delete("/api/duplicates/scan")).status == 204
        ended = [event async for event in events]
    assert [(name, told["state"]) for name, _, told in ended] == [("end", "cancelled")]
    assert (await caller.get("/api/duplicates/scan")).body["state"] == "cancelled"
    assert (await caller.delete("/api/duplicates/scan")).status == 204


async def test_the_rules_are_told(world: ApiWorld) -> None:
    caller: Caller = await world.with_token()
    rules = (await caller.get("/api/duplicates/rules")).body
    assert rules["own"] is False
    names = [one["criterion"] for one in rules["criteria"]]
    assert names == list(map(str, world.app.duplicates.rules.criteria))
    assert all(one["meaning"].endswith(".") for one in rules["criteria"])


def test_rules_of_ones_own_are_told_in_words() -> None:
    rules = KeeperRules(
        edited="edit", folders=("Photos", "Camera"), avoid=("Chat",), formats=("dng", "heic")
    )
    told = KeeperRulesBody.of(rules, own=True)
    meanings = {one.criterion: one.meaning for one in told.criteria}
    assert told.own
    assert meanings[Criterion.EDITED] == "It has the edit."
    assert meanings[Criterion.FOLDERS] == (
        "It is not in Chat. Its folder comes first among Photos, Camera."
    )
    assert "dng, heic" in meanings[Criterion.FORMAT]
    usual = KeeperRulesBody.of(KeeperRules(favourites=False), own=False)
    assert Criterion.FAVOURITES not in {one.criterion for one in usual.criteria}


async def test_what_could_not_be_looked_at_is_listed_with_the_reason(pictures: Pictures) -> None:
    caller = pictures.caller
    pictures.put("2024/half.jpg", picture(4)[:600])
    pictures.put("2024/nothing.jpg", b"")
    scan = await pictures.search()
    assert scan["state"] == "ended"
    first = (await caller.get("/api/duplicates/scan/problems", limit=1)).body
    second = (await caller.get("/api/duplicates/scan/problems", limit=1, after=first["next"])).body
    told = {one["path"]: one["code"] for one in first["files"] + second["files"]}
    assert told == {"2024/half.jpg": "damaged", "2024/nothing.jpg": "empty"}
    assert second["next"] is None
    assert all(one["message"] and one["root_id"] for one in first["files"])
    other = await pictures.world.signed_in(pictures.world.other())
    assert (await other.get("/api/duplicates/scan/problems")).body == {"files": [], "next": None}
