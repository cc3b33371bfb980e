"""Indexed folders over HTTP: added, scanned, watched, away, changed, and forgotten."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from api_world import ApiWorld, Caller, api_world
from media_folders import PAIR, fill, put


@pytest.fixture
async def photos(tmp_path: Path) -> Path:
    return fill(tmp_path / "photos", (*PAIR, "2024/IMG_2.jpg", "other/x.png"))


async def added(caller: Caller, folder: Path, **more: Any) -> Any:
    """Add a root and return it."""
    reply = await caller.post("/api/roots", {"path": str(folder)} | more)
    assert reply.status == 201, reply.text
    return reply.body


async def scanned(world: ApiWorld, root_id: str) -> None:
    async with asyncio.timeout(30):
        await world.program.scans.ended(root_id)


async def until_files(caller: Caller, root_id: str, count: int) -> None:
    """Return as soon as the index has so many groups of the root."""
    async with asyncio.timeout(30):
        while True:
            page = (await caller.get("/api/groups", root_id=root_id)).body
            if len(page["groups"]) == count:
                return
            await asyncio.sleep(0.1)


@asynccontextmanager
async def watching(world: ApiWorld) -> AsyncIterator[None]:
    task = asyncio.create_task(world.program.watchers.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_folder_is_added_scanned_and_forgotten(world: ApiWorld, photos: Path) -> None:
    caller = await world.signed_in()
    root = await added(caller, photos)
    assert root["name"] == "photos"
    assert root["path"] == str(photos)
    assert root["scan"]["state"] in {"queued", "scanning"}
    await scanned(world, root["id"])
    scan = (await caller.get(f"/api/roots/{root['id']}/scan")).body
    assert (scan["state"], scan["error"]) == ("ended", None)
    assert (scan["files"], scan["added"], scan["read"]) == (4, 4, 4)
    told = (await caller.get(f"/api/roots/{root['id']}")).body
    assert told["state"] == "present"
    assert told["scanned_at"] is not None
    assert told["scan"] == scan
    assert (await caller.get("/api/roots")).body == [told]
    groups = (await caller.get("/api/groups", root_id=root["id"])).body["groups"]
    assert [group["primary_path"] for group in groups] == ["2024/IMG_1-edited.jpg"]
    assert (await caller.delete(f"/api/roots/{root['id']}")).status == 204
    assert (await caller.get("/api/groups")).body["groups"] == []
    assert (await caller.get(f"/api/roots/{root['id']}")).code == "root_not_found"
    assert len([path for path in photos.rglob("*") if path.is_file()]) == 4


async def test_a_second_scan_reads_nothing(world: ApiWorld, photos: Path) -> None:
    caller = await world.signed_in()
    root = await added(caller, photos)
    await scanned(world, root["id"])
    put(photos / "2024/IMG_3.jpg")
    begun = await caller.post(f"/api/roots/{root['id']}/scan")
    assert begun.status == 202
    await scanned(world, root["id"])
    scan = (await caller.get(f"/api/roots/{root['id']}/scan")).body
    assert (scan["added"], scan["read"]) == (1, 1)


async def test_what_cannot_be_read_is_listed(world: ApiWorld, photos: Path) -> None:
    put(photos / "2024/broken.jpg", b"no picture at all")
    put(photos / "2024/empty.jpg", b"")
    caller = await world.signed_in()
    root = await added(caller, photos)
    await scanned(world, root["id"])
    path = f"/api/roots/{root['id']}/problems"
    first = (await caller.get(path, limit=1)).body
    second = (await caller.get(path, limit=1, after=first["next"])).body
    assert second["next"] is None
    found = [*first["files"], *second["files"]]
    assert {one["path"] for one in found} == {"2024/broken.jpg", "2024/empty.jpg"}
    assert all(one["code"] and one["message"].endswith(".") for one in found)


async def test_a_folder_has_to_be_one(world: ApiWorld, photos: Path) -> None:
    caller = await world.signed_in()
    for path in (
        "photos",
        str(photos / "missing"),
        str(photos / PAIR[0]),
        str(world.world.home),
        "/photos\0",
    ):
        reply = await caller.post("/api/roots", {"path": path})
        assert (reply.status, reply.code) == (422, "folder"), path
    await added(caller, photos)
    for place in (photos, photos / "2024", photos / "2024" / ".."):
        assert (await caller.post("/api/roots", {"path": str(place)})).status == 409, place
    assert len((await caller.get("/api/roots")).body) == 1


async def test_only_admins_show_any_folder(world: ApiWorld, photos: Path) -> None:
    other = await world.signed_in(world.other())
    program = await world.with_token()
    for caller in (other, program):
        for path in (photos, Path("/"), photos / "missing"):
            reply = await caller.post("/api/roots", {"path": str(path)})
            assert (reply.status, reply.code) == (422, "folder")
            assert "MEDIA_FOLDERS" in reply.body["detail"]


async def test_everybody_may_have_folders_that_the_settings_name(tmp_path: Path) -> None:
    shared = fill(tmp_path / "shared", PAIR)
    outside = fill(tmp_path / "outside", PAIR)
    (shared / "link").symlink_to(outside)
    async with api_world(tmp_path / "home", media_folders=(shared,)) as world:
        caller = await world.with_token(world.other())
        for place in (outside, shared / "link", shared / ".." / "outside", tmp_path):
            reply = await caller.post("/api/roots", {"path": str(place)})
            assert (reply.status, reply.code) == (422, "folder"), place
        root = await added(caller, shared / "2024")
        await scanned(world, root["id"])
        assert len((await caller.get("/api/groups")).body["groups"]) == 1


async def test_nobody_else_sees_a_folder(world: ApiWorld, photos: Path) -> None:
    owner = await world.signed_in()
    root = await added(owner, photos)
    await scanned(world, root["id"])
    at = f"/api/roots/{root['id']}"
    other = await world.signed_in(world.other())
    assert (await other.get("/api/roots")).body == []
    replies = [
        await other.get(at),
        await other.patch(at, {"name": "mine"}),
        await other.delete(at),
        await other.post(f"{at}/scan"),
        await other.get(f"{at}/scan"),
        await other.delete(f"{at}/scan"),
        await other.get(f"{at}/events"),
        await other.get(f"{at}/problems"),
    ]
    assert {(reply.status, reply.code) for reply in replies} == {(404, "root_not_found")}
    assert (await world.stranger.get(at)).status == 401
    assert (await owner.get(at)).body["name"] == "photos"


async def test_a_folder_is_changed(world: ApiWorld, photos: Path) -> None:
    caller = await world.signed_in()
    (connection,) = await world.app.store.connections.list()
    root = await added(caller, photos, name="Camera")
    at = f"/api/roots/{root['id']}"
    changed = (await caller.patch(at, {"name": "Phone", "watching": "off"})).body
    assert (changed["name"], changed["watching"]) == ("Phone", "off")
    reply = await caller.patch(at, {"immich_path": "/mnt/photos"})
    assert reply.code == "no_connection_chosen"
    seen = {"connection_id": connection.id, "immich_path": "/mnt/photos"}
    changed = (await caller.patch(at, seen)).body
    assert {name: changed[name] for name in seen} == seen
    changed = (await caller.patch(at, {"connection_id": None, "immich_path": None})).body
    assert (changed["connection_id"], changed["immich_path"]) == (None, None)
    reply = await caller.patch(at, {"connection_id": "x"})
    assert reply.code == "connection_not_found"
    assert (await caller.patch(at, {"path": "/"})).status == 422
    await scanned(world, root["id"])


async def test_a_scan_is_watched_to_its_end(world: ApiWorld, photos: Path) -> None:
    fill(photos, [f"many/{n}.jpg" for n in range(60)])
    caller = await world.signed_in()
    root = await added(caller, photos)
    names = []
    async with caller.watching(f"/api/roots/{root['id']}/events") as events:
        async for name, _, data in events:
            names.append(name)
            if name == "end":
                assert data["state"] == "ended"
                assert data["files"] == 64
    assert names[-1] == "end"
    assert set(names[:-1]) <= {"progress", ""}


async def test_a_scan_is_cancelled_and_goes_on_later(world: ApiWorld, photos: Path) -> None:
    fill(photos, [f"many {n % 20}/{n}.jpg" for n in range(400)])
    caller = await world.signed_in()
    root = await added(caller, photos)
    at = f"/api/roots/{root['id']}/scan"
    assert (await caller.delete(at)).status == 204
    assert (await caller.get(at)).body["state"] == "cancelled"
    assert (await caller.delete(at)).status == 204
    await caller.post(at)
    await scanned(world, root["id"])
    scan = (await caller.get(at)).body
    assert (scan["state"], scan["files"]) == ("ended", 404)
    assert len((await caller.get("/api/groups")).body["groups"]) == 1


async def test_what_changes_is_noticed(world: ApiWorld, photos: Path) -> None:
    caller = await world.signed_in()
    root = await added(caller, photos)
    async with watching(world):
        await until_files(caller, root["id"], 1)
        await scanned(world, root["id"])
        await asyncio.sleep(0.5)  # until the system tells what changes
        put(photos / "2024/IMG_2-edited.jpg")
        await until_files(caller, root["id"], 2)
        (photos / "2024/IMG_2.jpg").unlink()
        await until_files(caller, root["id"], 1)
        # A folder that is added later is watched as well.
        later = await added(caller, fill(world.world.home / "later", PAIR))
        await until_files(caller, later["id"], 1)


async def test_a_folder_that_is_away_is_not_forgotten(world: ApiWorld, photos: Path) -> None:
    caller = await world.signed_in()
    root = await added(caller, photos)
    await scanned(world, root["id"])
    at = f"/api/roots/{root['id']}"
    away = photos.with_name("away")
    photos.rename(away)
    await world.program.watchers.look()
    await scanned(world, root["id"])
    told = (await caller.get(at)).body
    assert told["state"] == "away"
    assert told["reason"]
    assert len((await caller.get("/api/groups")).body["groups"]) == 1
    photos.mkdir()  # a mount point with nothing mounted on it
    await world.program.watchers.look()
    await scanned(world, root["id"])
    assert (await caller.get(at)).body["state"] == "away"
    photos.rmdir()
    away.rename(photos)
    async with watching(world):
        async with asyncio.timeout(30):
            while (await caller.get(at)).body["state"] != "present":  # noqa: ASYNC110 - from outside
                await asyncio.sleep(0.05)
        await scanned(world, root["id"])
    assert len((await caller.get("/api/groups")).body["groups"]) == 1


async def test_names_that_are_no_text_are_told(world: ApiWorld, photos: Path) -> None:
    for name in (b"\xff.jpg", b"\xff-edited.jpg"):
        put(photos / os.fsdecode(name))
    caller = await world.signed_in()
    root = await added(caller, photos)
    await scanned(world, root["id"])
    groups = (await caller.get("/api/groups", root_id=root["id"])).body["groups"]
    assert {group["primary_path"] for group in groups} == {
        "\ufffd-edited.jpg",
        "2024/IMG_1-edited.jpg",
    }
