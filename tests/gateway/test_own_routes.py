"""The gateway's own routes: what is told, and in what order."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from own_world import OwnWorld, own_world

from pentaprism.gateway.facts import write_facts
from pentaprism.store import Counters, RunStatus

EVERY = ["clip.mp4", "IMG_1.JPG", "sea.jpg", "lake.jpg", "BURST_1.JPG", "alone.jpg"]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[OwnWorld]:
    async with own_world(tmp_path) as world:
        yield world


async def names(world: OwnWorld, **query: Any) -> list[str]:
    return [row["name"] for row in (await world.told("/assets", **query))["assets"]]


async def test_the_grid_has_one_row_for_each_shot(world: OwnWorld) -> None:
    page = await world.told("/assets")
    assert page["next"] is None
    assert [row["name"] for row in page["assets"]] == EVERY
    facts = await world.world.library.store.asset_facts.of(
        world.ada.user_id, list(world.ada.ids.values())
    )
    for row in page["assets"]:
        told = {name: row.pop(name) for name in ("group", "duplicates", "mirrors")}
        known = facts.get(row["id"])
        # As in the replies that Immich's own routes get.
        assert known is None or told == json.loads(write_facts(known))
    assert page["assets"][0] == {
        "id": world.ada.ids["clip.mp4"],
        "name": "clip.mp4",
        "type": "VIDEO",
        "taken_at": "2024-05-05T12:00:00",
        "width": 400,
        "height": 300,
        "thumbhash": "hash of clip.mp4",
        "duration": 4000,
        "favourite": False,
    }
    assert (page["assets"][3]["width"], page["assets"][3]["height"]) == (300, 400)


async def test_the_grid_is_narrowed(world: OwnWorld) -> None:
    assert await names(world, type="VIDEO") == ["clip.mp4"]
    assert await names(world, group_type="burst") == ["BURST_1.JPG"]
    assert await names(world, grouped="true") == ["IMG_1.JPG", "BURST_1.JPG"]
    assert await names(world, duplicates="true") == ["sea.jpg", "lake.jpg"]
    assert await names(world, favourite="1") == ["IMG_1.JPG", "sea.jpg"]
    mirror_id = world.ada.mirror_id
    assert await names(world, mirror_id=mirror_id, status="FAILED") == ["sea.jpg"]
    assert await names(world, mirror_id=world.ben.mirror_id) == []
    assert await names(world, taken_after="2024-05-04T00:00", taken_before="2024-05-05") == [
        "IMG_1.JPG"
    ]
    assert await names(world, search="LAKE") == ["lake.jpg"]
    assert len(await names(world, bursts="apart")) == len(EVERY) + 2


async def test_lists_are_read_page_by_page(world: OwnWorld) -> None:
    for path, member, count in (("/assets", "assets", 6), ("/groups", "groups", 2)):
        whole = (await world.told(path))[member]
        assert len(whole) == count
        found: list[Any] = []
        query: dict[str, Any] = {}
        while True:
            page = await world.told(path, limit=1, **query)
            found += page[member]
            if page["next"] is None:
                break
            query = {"after": page["next"]}
        assert found == whole


async def test_groups_name_their_assets(world: OwnWorld) -> None:
    shot, burst = (await world.told("/groups"))["groups"]
    assert (shot["type"], shot["primary"]) == ("raw_jpeg", world.ada.ids["IMG_1.JPG"])
    assert shot["members"] == [
        {"id": world.ada.ids[name], "name": name, "type": "IMAGE", "size": 1000}
        for name in ("IMG_1.JPG", "IMG_1.CR2")
    ]
    assert burst["type"] == "burst"
    assert {member["name"][:5] for member in burst["members"]} == {"BURST"}
    assert len(burst["members"]) == 4
    assert (await world.told("/groups", type="burst"))["groups"] == [burst]
    assert (await world.told("/groups", search="img_1"))["groups"] == [shot]


async def test_groups_of_files_that_are_no_assets_are_not_told(world: OwnWorld) -> None:
    library = world.world.library.library
    root = await library.root(owner_id=world.ada.user_id)
    await library.files(root, ["only here.JPG", "only here.CR2"])
    await library.regroup()
    assert len((await library.groups.page(world.ada.user_id)).groups) == 3
    assert len((await world.told("/groups"))["groups"]) == 2


async def test_duplicates_name_their_assets(world: OwnWorld) -> None:
    (group,) = (await world.told("/duplicates"))["duplicates"]
    assert (group["label"], group["score"], group["bytes"]) == ("recompressed", 0.95, 1000)
    kept, other = group["members"]
    assert (kept["keep"], other["keep"]) == (True, False)
    assert (kept["shot"], other["shot"]) == (1, 2)
    assert {kept["name"], other["name"]} == {"sea.jpg", "lake.jpg"}
    assert (await world.told("/duplicates", label="identical"))["duplicates"] == []
    assert (await world.told("/duplicates", min_bytes=1001))["duplicates"] == []
    await world.world.library.store.library_assets.miss(
        [world.ada.rows["sea.jpg"]], world.world.library.library.now
    )
    # What is left is not alone in two shots.
    assert (await world.told("/duplicates"))["duplicates"] == []


async def test_the_summary_counts_everything(world: OwnWorld) -> None:
    store = world.world.library.store
    run = await store.runs.start(world.ada.mirror_id)
    await store.runs.finish(run.id, RunStatus.FAILED, Counters(uploaded=3, failed=1), "The disk.")
    summary = await world.told("/summary")
    assert summary["assets"] == {
        "total": 10, "images": 9, "videos": 1, "favourites": 2, "shots": len(EVERY),
    }  # fmt: skip
    assert summary["groups"] == {"raw_jpeg": 1, "burst": 1}
    assert summary["duplicates"] == {"recompressed": {"groups": 1, "bytes": 1000}}
    (mirror,) = summary["mirrors"]
    assert (mirror["id"], mirror["name"]) == (world.ada.mirror_id, "Album")
    assert mirror["items"] == {"OK": 8, "FAILED": 1}
    last = mirror["last_run"]
    assert (last["status"], last["reason"], last["uploaded"], last["failed"]) == (
        "FAILED", "The disk.", 3, 1,
    )  # fmt: skip


async def test_shots_are_counted_as_the_grid_shows_them(world: OwnWorld) -> None:
    """Also where assets are files of a folder, of which not all are in Immich."""
    library, ada = world.world.library.library, world.ada
    root = await library.root(owner_id=ada.user_id)
    files = await library.files(root, ["X.JPG", "X.CR2", "Y.JPG", "Y.CR2", "Z.JPG"])
    names = {"x": "X.JPG", "xr": "X.CR2", "yr": "Y.CR2", "z": "Z.JPG", "z2": "Z2.JPG"}
    rows = await library.assets(ada.connection.id, names)
    for asset_id, name in {**names, "z2": "Z.JPG"}.items():
        await library.change(rows[asset_id], twin_row=files[name])
    await library.regroup()
    shown = (await world.told("/assets"))["assets"]
    assert (await world.told("/summary"))["assets"]["shots"] == len(shown)


async def test_an_asset_that_has_gone_since_is_told_by_nobody(world: OwnWorld) -> None:
    gone = world.ada.rows["IMG_1.JPG"]
    await world.world.library.store.library_assets.miss([gone], world.world.library.library.now)
    for path in ("/assets", "/groups", "/duplicates"):
        assert world.ada.ids["IMG_1.JPG"] not in json.dumps(await world.told(path))


async def test_long_answers_are_packed_for_who_takes_it(world: OwnWorld) -> None:
    plain = await world.ask("/assets", world.key(world.ada))
    packed = await world.ask("/assets", [*world.key(world.ada), (b"accept-encoding", b"gzip")])
    assert plain.header(b"content-encoding") is None
    assert packed.header(b"content-encoding") == b"gzip"
    assert packed.header(b"content-length") == b"%d" % len(packed.body)
    assert gzip.decompress(packed.body) == plain.body


async def test_head_has_no_body_and_get_alone_is_taken_beside_it(world: OwnWorld) -> None:
    headers = world.key(world.ada)
    for path in ("/assets", "/groups", "/duplicates", "/summary", "/healthz", "/openapi.json"):
        whole = await world.ask(path, headers)
        head = await world.ask(path, headers, method="HEAD")
        assert (whole.status, head.status, head.body) == (200, 200, b"")
        assert dict(head.headers) == dict(whole.headers)
        assert whole.header(b"cache-control") == b"private, no-store"
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            refused = await world.ask(path, headers, method=method)
            assert refused.status == 405, (method, path)
            assert "GET" in (refused.header(b"allow") or b"").decode()
