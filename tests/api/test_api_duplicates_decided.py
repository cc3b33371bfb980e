"""Decisions about duplicates over HTTP: planned, carried out at Immich, in bulk, for good."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from api_world import ApiWorld, Reply
from duplicates_world import Pictures, picture, shot_of, state_of

BIG, SMALL = "big.jpg", "small.jpg"
ONE, TWO = "one.jpg", "two.jpg"
KEPT, COPY = "2023/kept.jpg", "2023/kept (1).jpg"


@pytest.fixture
async def pictures(world: ApiWorld, tmp_path: Path) -> Pictures:
    """A picture in Immich in two sizes, one there twice, and one twice in a folder only."""
    made = Pictures(world, await world.with_token(), tmp_path / "photos")
    for name, data in ((BIG, picture(1)), (SMALL, picture(1, quality=60, size=(160, 120)))):
        made.put(name, data)
        made.upload(name, data)
    for name in (ONE, TWO):
        made.upload(name, picture(2))
    for path in (KEPT, COPY):
        made.put(path, picture(3))
    library = world.world.library
    library.add_album("Summer", [made.assets[SMALL]])
    library.describe(made.assets[SMALL], description="At the lake", rating=4)
    scan = await made.search()
    assert scan["state"] == "ended", scan
    return made


async def decide(pictures: Pictures, group: Any, verdict: str, **more: Any) -> Reply:
    return await pictures.caller.post(
        f"/api/duplicates/{group['id']}/decide", {"verdict": verdict} | more
    )


async def in_bulk(pictures: Pictures, **body: Any) -> Any:
    """Resolve in bulk, and return how that ended."""
    begun = await pictures.caller.post("/api/duplicates/bulk", {"dry_run": False} | body)
    assert begun.status == 202, begun.text
    return await ended(pictures)


async def ended(pictures: Pictures) -> Any:
    resolutions = pictures.world.program.resolutions
    async with asyncio.timeout(30):
        await resolutions.finished(pictures.owner_id)
        await resolutions.settled()
    return (await pictures.caller.get("/api/duplicates/bulk")).body


async def test_a_shot_is_kept_and_that_is_taken_back(world: ApiWorld, pictures: Pictures) -> None:
    caller, before = pictures.caller, state_of(world)
    big, small = pictures.assets[BIG], pictures.assets[SMALL]
    group = await pictures.group_of(BIG, SMALL)
    keeper = shot_of(group, BIG)
    assert group["keeper"] == keeper
    assert {one["asset_id"] for m in group["members"] for one in m["assets"]} == {big, small}
    plan = (await caller.get(f"/api/duplicates/{group['id']}/plan", keeper=keeper)).body
    assert plan["refusals"] == []
    assert (plan["keeper_asset_id"], plan["trashed"]) == (big, [small])
    assert {step["kind"] for step in plan["steps"]} == {"album", "cover", "metadata", "trash"}
    assert [file["path"] for file in plan["marked"]] == [SMALL]
    assert state_of(world) == before
    reply = await decide(pictures, group, "keep", keeper=keeper)
    assert reply.status == 200, reply.text
    made = reply.body
    assert (made["kind"], made["state"], made["error"]) == ("keep", "done", None)
    assert [file["path"] for file in made["keeper"]] == [BIG, BIG]
    assert {step["state"] for step in made["steps"]} == {"done"}
    now = state_of(world)
    assert now["assets"][small][0]
    assert now["albums"]["Summer"] >= {big}
    assert now["assets"][big][2:4] == ("At the lake", 4)
    await world.program.resolutions.settled()
    assert frozenset({BIG, SMALL}) not in await pictures.groups()
    assert (pictures.folder / SMALL).exists()
    (mark,) = (await caller.get("/api/duplicates/marked")).body["files"]
    assert (mark["path"], mark["keeper"]) == (SMALL, keeper)
    undone = await caller.post(f"/api/journal/{made['id']}/undo")
    assert (undone.status, undone.body["state"]) == (200, "undone"), undone.text
    assert undone.body["error"] is None
    assert state_of(world) == before
    assert (await caller.get("/api/duplicates/marked")).body["files"] == []
    await world.program.resolutions.settled()
    assert frozenset({BIG, SMALL}) in await pictures.groups()


async def test_what_may_not_be_done_is_refused(world: ApiWorld, pictures: Pictures) -> None:
    before = state_of(world)
    group = await pictures.group_of(BIG, SMALL)
    assert (await decide(pictures, group, "keep")).code == "no_keeper"
    absent = await decide(pictures, group, "keep", keeper=999_999)
    assert (absent.status, absent.code) == (422, "no_shot")
    assert (await decide(pictures, group, "delete")).status == 422
    elsewhere = await decide(pictures, group, "keep", keeper=group["keeper"], connection_id="x")
    assert (elsewhere.status, elsewhere.code) == (404, "connection_not_found")
    world.world.library.trash([pictures.assets[BIG]])
    plan = await pictures.caller.get(f"/api/duplicates/{group['id']}/plan")
    assert [one["code"] for one in plan.body["refusals"]] == ["keeper_trashed"]
    refused = await decide(pictures, group, "keep", keeper=group["keeper"])
    assert (refused.status, refused.code) == (409, "refused")
    world.world.library.restore([pictures.assets[BIG]])
    assert state_of(world) == before
    assert (await pictures.caller.get("/api/journal")).body["decisions"] == []


async def test_what_is_identical_is_resolved_in_bulk(world: ApiWorld, pictures: Pictures) -> None:
    caller, before = pictures.caller, state_of(world)
    assert (await caller.get("/api/duplicates/bulk")).code == "no_bulk"
    preview = (await caller.post("/api/duplicates/bulk", {})).body
    assert (preview["groups"], preview["assets"], preview["marked"]) == (2, 1, 1)
    narrow = (await caller.post("/api/duplicates/bulk", {"folder": "2023"})).body
    assert (narrow["groups"], narrow["assets"], narrow["marked"]) == (1, 0, 1)
    other = await caller.post("/api/duplicates/bulk", {"dry_run": False, "groups": 1})
    assert (other.status, other.code) == (409, "changed_since")
    assert state_of(world) == before
    work = await in_bulk(pictures, groups=2)
    assert (work["doing"], work["state"], work["error"]) == ("bulk", "ended", None)
    assert (work["total"], work["done"], work["left"]) == (2, 2, 0)
    assert frozenset({ONE, TWO}) not in await pictures.groups()
    gone = {id_ for id_, told in state_of(world)["assets"].items() if told[0]}
    assert len(gone) == 1
    assert gone < {pictures.assets[ONE], pictures.assets[TWO]}
    assert (await caller.get("/api/duplicates/counts")).body["marked"] == 1
    journal = (await caller.get("/api/journal", review_id=work["review_id"])).body
    assert {one["kind"] for one in journal["decisions"]} == {"keep", "mark"}
    async with caller.watching("/api/duplicates/bulk/events") as events:
        assert [(name, told) async for name, _, told in events] == [("end", work)]
    undone = await caller.post(f"/api/journal/reviews/{work['review_id']}/undo")
    assert (undone.status, undone.body["doing"]) == (202, "undo")
    work = await ended(pictures)
    assert (work["doing"], work["state"], work["done"]) == ("undo", "ended", 2)
    assert state_of(world) == before
    assert (await caller.get("/api/duplicates/counts")).body["marked"] == 0
    review = (await caller.get(f"/api/journal/reviews/{work['review_id']}")).body
    assert review["undone_at"] is not None


async def test_a_verdict_lasts_until_it_is_taken_back(pictures: Pictures) -> None:
    caller = pictures.caller
    resized, copies = frozenset({BIG, SMALL}), frozenset({KEPT, COPY})
    said = await decide(pictures, await pictures.group_of(*resized), "not_duplicate")
    assert (said.status, said.body["state"]) == (200, "done"), said.text
    kept = await decide(pictures, await pictures.group_of(*copies), "keep_all")
    assert kept.body["kind"] == "keep_all"
    assert set(await pictures.groups()) == {frozenset({ONE, TWO})}
    (pictures.folder / COPY).rename(pictures.folder / "2023/another name.jpg")
    await pictures.search()
    assert set(await pictures.groups()) == {frozenset({ONE, TWO})}
    for reply in (said, kept):
        undone = await caller.post(f"/api/journal/{reply.body['id']}/undo")
        assert undone.body["state"] == "undone"
    found = await pictures.groups()
    assert set(found) >= {resized, frozenset({KEPT, "2023/another name.jpg"})}
    assert (await caller.get("/api/duplicates/verdicts")).body["verdicts"] == []


async def test_files_in_folders_only_are_marked(world: ApiWorld, pictures: Pictures) -> None:
    before = state_of(world)
    group = await pictures.group_of(KEPT, COPY)
    made = await decide(pictures, group, "mark", keeper=shot_of(group, COPY))
    assert (made.status, made.body["kind"], made.body["steps"]) == (200, "mark", [])
    (mark,) = (await pictures.caller.get("/api/duplicates/marked")).body["files"]
    assert (mark["path"], mark["keeper"]) == (KEPT, shot_of(group, COPY))
    assert frozenset({KEPT, COPY}) not in await pictures.groups()
    assert state_of(world) == before
    assert (pictures.folder / KEPT).exists()
    only = await decide(pictures, await pictures.group_of(ONE, TWO), "mark")
    assert (only.status, only.code) == (409, "nothing_to_do")


async def test_nobody_else_decides(world: ApiWorld, pictures: Pictures) -> None:
    before = state_of(world)
    group = await pictures.group_of(BIG, SMALL)
    made = await decide(pictures, await pictures.group_of(KEPT, COPY), "mark")
    other = await world.signed_in(world.other())
    at = f"/api/duplicates/{group['id']}"
    replies = [
        await other.get(f"{at}/plan"),
        await other.post(f"{at}/decide", {"verdict": "keep", "keeper": group["keeper"]}),
        await other.post(f"{at}/decide", {"verdict": "keep_all"}),
    ]
    replies.append(await other.get(at))
    assert {(reply.status, reply.code) for reply in replies} == {(404, "duplicates_not_found")}
    assert (await other.get("/api/duplicates")).body == {"groups": [], "next": None}
    assert (await other.get("/api/duplicates/counts")).body["groups"] == 0
    assert (await other.get("/api/duplicates/scan")).code == "no_scan"
    assert (await other.get("/api/duplicates/bulk")).code == "no_bulk"
    assert (await other.post("/api/duplicates/bulk", {})).body["groups"] == 0
    (root,) = (await pictures.caller.get("/api/roots")).body
    bulk = await other.post("/api/duplicates/bulk", {"root_id": root["id"]})
    assert (bulk.status, bulk.code) == (404, "root_not_found")
    journal = f"/api/journal/{made.body['id']}"
    reviews = f"/api/journal/reviews/{made.body['review_id']}"
    replies = [await other.get(journal), await other.post(f"{journal}/undo")]
    assert {(one.status, one.code) for one in replies} == {(404, "decision_not_found")}
    replies = [
        await other.get(reviews),
        await other.post(f"{reviews}/undo"),
        await other.get("/api/journal", review_id=made.body["review_id"]),
        await other.get("/api/journal/reviews", after=made.body["review_id"]),
    ]
    assert {(one.status, one.code) for one in replies} == {(404, "review_not_found")}
    assert (await other.get("/api/journal")).body["decisions"] == []
    assert (await other.get("/api/journal/reviews")).body["reviews"] == []
    assert state_of(world) == before
    assert (await pictures.caller.get(journal)).body["state"] == "done"
