"""Mirrors over HTTP: made, changed, planned, run, and deleted without a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from api_world import ApiWorld, Caller
from mirror_world import tree

from pentaprism.store import RunStatus


async def _made(world: ApiWorld, caller: Caller, name: str = "Summer", **more: Any) -> Any:
    album = world.album(name)
    body = {
        "album_id": album.id,
        "kind": "local_folder",
        "options": {"path": str(world.world.home / name)},
    }
    made = await caller.post("/api/mirrors", body | more)
    assert made.status == 201, made.text
    return made.body


async def test_a_mirror_is_made_run_and_deleted(world: ApiWorld) -> None:
    caller = await world.with_token()
    made = await _made(world, caller, schedule={"cron": "0 3 * * *", "jitter_seconds": 60})
    assert made["state"]["situation"] == "not_started"
    assert made["schedule"]["cron"] == "0 3 * * *"
    assert made["next_run_at"] is not None
    assert (await caller.get("/api/mirrors")).body == [made]
    begun = await caller.post(f"/api/mirrors/{made['id']}/run")
    assert begun.status == 202
    run = await world.ended(made["id"])
    assert (run.id, run.status) == (begun.body["run_id"], RunStatus.OK)
    detail = (await caller.get(f"/api/mirrors/{made['id']}")).body
    assert detail["items"] == {"OK": 3}
    assert detail["last_run"]["id"] == run.id
    assert detail["state"]["situation"] == "up_to_date"
    items = (await caller.get(f"/api/mirrors/{made['id']}/items", limit=2)).body
    assert len(items["items"]) == 2
    assert items["next"] == items["items"][-1]["row"]
    files = tree(world.world.home / "Summer")
    assert len(files) == 3
    assert (await caller.delete(f"/api/mirrors/{made['id']}")).status == 204
    assert tree(world.world.home / "Summer") == files
    assert (await caller.get(f"/api/mirrors/{made['id']}")).code == "mirror_not_found"


async def test_the_same_mirror_is_not_made_twice(world: ApiWorld) -> None:
    caller = await world.with_token()
    made = await _made(world, caller)
    body = {"album_id": made["album_id"], "kind": made["kind"], "options": made["options"]}
    again = await caller.post("/api/mirrors", body)
    assert (again.status, again.code) == (409, "mirror_exists")
    assert made["id"] in again.body["hint"]


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({}, "body.options.path"),
        ({"path": "relative"}, "body.options.path"),
        ({"path": "/x", "colour": 1}, "body.options.colour"),
        ({"path": "/x", "template": "{nothing}"}, "body.options.template"),
    ],
)
async def test_wrong_options_are_told_one_by_one(
    world: ApiWorld, options: dict[str, Any], where: str
) -> None:
    caller = await world.with_token()
    album = world.album("Summer")
    body = {"album_id": album.id, "kind": "local_folder", "options": options}
    answer = await caller.post("/api/mirrors", body)
    assert answer.status == 422
    assert [wrong["where"] for wrong in answer.body["errors"]] == [where]
    assert await world.app.store.mirrors.list() == []


async def test_only_admins_fill_folders_anywhere(world: ApiWorld, tmp_path: Path) -> None:
    await world.connect(world.other())
    caller = await world.with_token(world.other())
    album = world.album("Hers", user=world.other())
    elsewhere = str(tmp_path.parent / "elsewhere")
    body = {"album_id": album.id, "kind": "local_folder", "options": {"path": elsewhere}}
    answer = await caller.post("/api/mirrors", body)
    assert answer.status == 422
    assert answer.body["errors"][0]["where"] == "body.options.path"
    body["options"] = {"path": str(tmp_path / "hers")}
    assert (await caller.post("/api/mirrors", body)).status == 201
    body = {"album_id": world.album("His").id, "kind": "local_folder"}
    body["options"] = {"path": elsewhere}
    program = await world.with_token()
    assert (await program.post("/api/mirrors", body)).status == 422
    admin = await world.signed_in()
    assert (await admin.post("/api/mirrors", body)).status == 201


async def test_a_mirror_is_changed_where_it_is(world: ApiWorld) -> None:
    caller = await world.with_token()
    path = f"/api/mirrors/{(await _made(world, caller))['id']}"
    changed = await caller.patch(path, {"options": {"removals": "trash"}})
    assert changed.body["options"]["removals"] == "trash"
    planned = await caller.patch(path, {"schedule": {"interval_minutes": 30}})
    assert planned.body["schedule"]["interval_minutes"] == 30
    assert planned.body["options"]["removals"] == "trash"
    none = await caller.patch(path, {"schedule": None})
    assert (none.body["schedule"], none.body["next_run_at"]) == (None, None)
    moved = await caller.patch(path, {"options": {"path": "/elsewhere"}})
    assert moved.status == 422
    assert moved.body["errors"][0]["where"] == "body.options.path"
    wrong = await caller.patch(path, {"schedule": {"cron": "61 * * * *"}})
    assert wrong.code == "schedule"
    both = await caller.patch(path, {"schedule": {"cron": "0 3 * * *", "interval_minutes": 9}})
    assert both.status == 422
    assert (await caller.patch(path, {"paused": True})).body["paused"] is True
    assert (await caller.post(f"{path}/run")).code == "paused"
    assert (await caller.post(f"{path}/resume")).body["paused"] is False
    assert (await caller.post(f"{path}/pause")).body["state"]["situation"] == "paused"
    assert (await caller.patch(path, {"album_id": "x"})).status == 422


async def test_a_mirror_at_work_is_not_deleted(world: ApiWorld) -> None:
    caller = await world.with_token()
    made = await _made(world, caller)
    world.world.sandbox.faults.add("slow", route="original", seconds=1)
    run_id = (await caller.post(f"/api/mirrors/{made['id']}/run")).body["run_id"]
    refused = await caller.delete(f"/api/mirrors/{made['id']}")
    assert (refused.status, refused.code) == (409, "run_at_work")
    await caller.post(f"/api/runs/{run_id}/cancel")
    await world.ended(made["id"])
    assert (await caller.delete(f"/api/mirrors/{made['id']}")).status == 204


async def test_a_plan_is_made_and_nothing_is_moved(world: ApiWorld) -> None:
    caller = await world.with_token()
    owner_id = world.owner.id
    made = await _made(world, caller)
    path = f"/api/mirrors/{made['id']}/plan"
    assert (await caller.get(path)).code == "plan_not_found"
    begun = await caller.post(path)
    assert begun.status == 202
    await world.program.plans.finished(world.program.plans.get(begun.body["plan_id"], owner_id))
    plan = (await caller.get(path, limit=2)).body
    assert plan["done"] is True
    assert plan["plan_id"] == begun.body["plan_id"]
    assert plan["error"] is None
    assert plan["counts"]["put"] == 3
    assert [row["verb"] for row in plan["rows"]] == ["put", "put"]
    rest = (await caller.get(path, limit=2, after=plan["next"])).body
    assert (len(rest["rows"]), rest["next"]) == (1, None)
    assert (await caller.get(path, verb="keep")).body["rows"] == []
    assert tree(world.world.home / "Summer") == {}


async def test_destinations_tell_what_can_be_chosen(world: ApiWorld) -> None:
    caller = await world.with_token()
    kinds = {one["kind"]: one for one in (await caller.get("/api/destinations")).body}
    assert set(kinds) == {"local_folder", "google_photos"}
    assert "path" in kinds["local_folder"]["options"]["properties"]
