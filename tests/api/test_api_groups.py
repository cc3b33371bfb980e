"""Groups over HTTP: listed, explained, and decided about for good."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from api_world import ApiWorld, Caller
from media_folders import PAIR, fill, jpeg, put

from pentaprism.groups.files import GroupType

NAMES = (*PAIR, "2024/IMG_2.jpg", "2024/IMG_3.jpg", "2024/IMG_3.dng", "2024/IMG_3.jpg.xmp")


@pytest.fixture
async def caller(world: ApiWorld, tmp_path: Path) -> Caller:
    """The owner, who has an indexed folder."""
    fill(tmp_path / "photos", NAMES)
    caller = await world.signed_in()
    reply = await caller.post("/api/roots", {"path": str(tmp_path / "photos")})
    assert reply.status == 201, reply.text
    await rescan(world, caller)
    return caller


async def rescan(world: ApiWorld, caller: Caller) -> None:
    (root,) = (await caller.get("/api/roots")).body
    await caller.post(f"/api/roots/{root['id']}/scan")
    async with asyncio.timeout(30):
        last = await world.program.scans.ended(root["id"])
    assert last is not None
    assert last.error is None


async def groups_in(caller: Caller, **query: Any) -> dict[str, Any]:
    """Return the groups by the path of their primary."""
    found = (await caller.get("/api/groups", **query)).body["groups"]
    return {group["primary_path"]: group for group in found}


async def members_of(caller: Caller, group: Any) -> dict[str, Any]:
    detail = (await caller.get(f"/api/groups/{group['id']}")).body
    return {member["path"]: member for member in detail["members"]}


async def test_groups_are_listed_and_explained(world: ApiWorld, caller: Caller) -> None:
    found = await groups_in(caller)
    assert set(found) == {"2024/IMG_1-edited.jpg", "2024/IMG_3.jpg"}
    edit, shot = found["2024/IMG_1-edited.jpg"], found["2024/IMG_3.jpg"]
    assert (edit["type"], edit["size"], edit["origin"]) == ("edit", 2, "rules")
    assert (shot["type"], shot["size"], shot["level"]) == ("raw_jpeg", 3, 0)
    members = await members_of(caller, shot)
    assert {path: member["type"] for path, member in members.items()} == {
        "2024/IMG_3.jpg": "image",
        "2024/IMG_3.dng": "raw",
        "2024/IMG_3.jpg.xmp": "sidecar",
    }
    assert [path for path, member in members.items() if member["primary"]] == ["2024/IMG_3.jpg"]
    rules = {rule["name"]: rule for rule in (await caller.get("/api/groups/rules")).body}
    for member in members.values():
        assert member["why"] == rules[member["rule"]]["meaning"]
        assert member["assets"] == []


async def test_groups_are_filtered_and_paged(world: ApiWorld, caller: Caller) -> None:
    (connection,) = await world.app.store.connections.list()
    (root,) = (await caller.get("/api/roots")).body
    assert set(await groups_in(caller, type="edit")) == {"2024/IMG_1-edited.jpg"}
    assert set(await groups_in(caller, search="img_3")) == {"2024/IMG_3.jpg"}
    assert len(await groups_in(caller, root_id=root["id"])) == 2
    assert await groups_in(caller, connection_id=connection.id) == {}
    both = await caller.get("/api/groups", root_id=root["id"], connection_id=connection.id)
    assert (both.status, both.code) == (422, "two_sources")
    assert (await caller.get("/api/groups", root_id="x")).code == "root_not_found"
    first = (await caller.get("/api/groups", limit=1)).body
    second = (await caller.get("/api/groups", limit=1, after=first["next"])).body
    assert second["next"] is None
    assert first["groups"] != second["groups"]
    assert (await caller.get("/api/groups", after="nonsense")).status in {200, 422}
    for kind in GroupType:
        assert (await caller.get("/api/groups", type=kind.value)).status == 200


async def test_what_is_split_stays_split(world: ApiWorld, caller: Caller, tmp_path: Path) -> None:
    group = (await groups_in(caller))["2024/IMG_3.jpg"]
    members = await members_of(caller, group)
    raw = members["2024/IMG_3.dng"]["file"]
    reply = await caller.post(f"/api/groups/{group['id']}/split", {"files": [raw]})
    assert reply.status == 200, reply.text
    assert [one["type"] for one in reply.body["groups"]] == ["sidecar"]
    await rescan(world, caller)
    put(tmp_path / "photos/2024/IMG_3.png")
    (tmp_path / "photos/2024/IMG_3.jpg.xmp").rename(tmp_path / "photos/2024/IMG_3.png.xmp")
    await rescan(world, caller)
    now = await groups_in(caller)
    for one in now.values():
        paths = set(await members_of(caller, one))
        assert not {"2024/IMG_3.jpg", "2024/IMG_3.dng"} <= paths


async def test_a_decision_is_taken_back(world: ApiWorld, caller: Caller) -> None:
    group = (await groups_in(caller))["2024/IMG_3.jpg"]
    raw = (await members_of(caller, group))["2024/IMG_3.dng"]["file"]
    first = await caller.put(f"/api/groups/{group['id']}/primary", {"file": raw})
    assert [one["primary"] for one in first.body["groups"]] == [raw]
    group = (await groups_in(caller))["2024/IMG_3.dng"]
    await rescan(world, caller)
    assert "2024/IMG_3.dng" in await groups_in(caller)
    back = await caller.delete(f"/api/groups/{group['id']}/decisions")
    assert [one["primary_path"] for one in back.body["groups"]] == ["2024/IMG_3.jpg"]


async def test_files_are_joined(world: ApiWorld, caller: Caller) -> None:
    found = await groups_in(caller)
    edit = await members_of(caller, found["2024/IMG_1-edited.jpg"])
    shot = await members_of(caller, found["2024/IMG_3.jpg"])
    files = [edit["2024/IMG_1.jpg"]["file"], shot["2024/IMG_3.jpg"]["file"]]
    reply = await caller.post("/api/groups/join", {"files": files})
    assert reply.status == 200, reply.text
    (joined,) = reply.body["groups"]
    assert (joined["size"], joined["origin"]) == (5, "person")
    await rescan(world, caller)
    assert [one["id"] for one in (await groups_in(caller)).values()] == [joined["id"]]
    again = await caller.delete(f"/api/groups/{joined['id']}/decisions")
    assert len(again.body["groups"]) == 2


async def test_wrong_files_are_refused(world: ApiWorld, caller: Caller) -> None:
    group = (await groups_in(caller))["2024/IMG_3.jpg"]
    at = f"/api/groups/{group['id']}"
    for files in ([], [0], [2**63], ["x"], "x"):
        assert (await caller.post(f"{at}/split", {"files": files})).status == 422
    assert (await caller.post(f"{at}/split", {"files": [999_999]})).status in {404, 422}
    assert (await caller.put(f"{at}/primary", {"file": 999_999})).status in {404, 422}
    assert (await caller.post("/api/groups/join", {"files": [999_999]})).status == 404
    assert (await caller.get("/api/groups/x")).code == "group_not_found"


async def test_nobody_else_sees_or_decides(world: ApiWorld, caller: Caller) -> None:
    group = (await groups_in(caller))["2024/IMG_3.jpg"]
    members = await members_of(caller, group)
    file = members["2024/IMG_3.dng"]["file"]
    other = await world.signed_in(world.other())
    assert (await other.get("/api/groups")).body["groups"] == []
    at = f"/api/groups/{group['id']}"
    replies = [
        await other.get(at),
        await other.post(f"{at}/split", {"files": [file]}),
        await other.put(f"{at}/primary", {"file": file}),
        await other.delete(f"{at}/decisions"),
    ]
    assert {(reply.status, reply.code) for reply in replies} == {(404, "group_not_found")}
    for path in ("join", "undecide"):
        reply = await other.post(f"/api/groups/{path}", {"files": [file]})
        assert (reply.status, reply.code) == (404, "file_not_found")
    assert (await groups_in(caller))["2024/IMG_3.jpg"] == group


async def test_assets_of_immich_are_grouped_and_matched(
    world: ApiWorld, caller: Caller, tmp_path: Path
) -> None:
    make = world.world.make
    uploaded = [make(name).id for name in ("DSC_7.jpg", "DSC_7.dng")]
    data = jpeg(77)
    put(tmp_path / "photos/2024/IMG_9.jpg", data)
    put(tmp_path / "photos/2024/IMG_9-edited.jpg")
    twin = make("IMG_9.jpg", data).id
    await rescan(world, caller)
    await world.program.catalogues.look()
    (connection,) = await world.app.store.connections.list()
    (mine,) = (await groups_in(caller, connection_id=connection.id)).values()
    members = await members_of(caller, mine)
    assert {one["asset_id"] for m in members.values() for one in m["assets"]} == set(uploaded)
    shot = (await groups_in(caller, search="IMG_9"))["2024/IMG_9-edited.jpg"]
    members = await members_of(caller, shot)
    assert members["2024/IMG_9.jpg"]["assets"] == [
        {"connection_id": connection.id, "asset_id": twin}
    ]
