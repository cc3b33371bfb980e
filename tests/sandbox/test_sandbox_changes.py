"""What changes in the library, through the API and from outside, and how Immich shows it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import aiohttp
import pytest
from sandbox_calls import Caller, caller, main_album

from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.names import HOSTILE
from pentaprism.sandbox.immich.pictures import photo

UNKNOWN = "14e378d0-5fb5-4fdb-92a7-5e49d9f96305"


class Ticks:
    """A clock that moves by a second whenever it is read."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def __call__(self) -> int:
        self.now += 1000
        return self.now


@pytest.fixture
async def owner() -> AsyncIterator[Caller]:
    sandbox = Sandbox(assets=21, hostile=False, clock=Ticks())
    async with sandbox, caller(sandbox) as session:
        yield session


@pytest.fixture
async def odd() -> AsyncIterator[Caller]:
    async with Sandbox(assets=90) as sandbox, caller(sandbox) as session:
        yield session


async def album(caller: Caller) -> Any:
    return (await caller.get(f"/api/albums/{main_album(caller.sandbox)}")).json


async def ids(caller: Caller, **filters: Any) -> list[str]:
    return [item["id"] for item in await caller.listing(main_album(caller.sandbox), **filters)]


async def test_order_is_by_time_of_capture_then_id(owner: Caller) -> None:
    library = owner.sandbox.library
    for asset_id in (await ids(owner))[:5]:
        library.describe(asset_id, taken=0)
    items = await owner.listing(main_album(owner.sandbox))
    keys = [(item["fileCreatedAt"], item["id"]) for item in items]
    assert keys == sorted(keys)
    assert keys[4][0] == "1970-01-01T00:00:00.000Z"
    for size in (1, 4, 20, 21, 22):
        assert await ids(owner, size=size) == [item["id"] for item in items]
    newest = await owner.post(
        "/api/search/metadata", {"albumIds": [main_album(owner.sandbox)], "order": "desc"}
    )
    assert [i["id"] for i in newest.json["assets"]["items"]] == [i["id"] for i in items][::-1]


async def test_an_asset_removed_while_paging_hides_another(owner: Caller) -> None:
    everything = await ids(owner)
    asked = {"albumIds": [main_album(owner.sandbox)], "size": 10, "order": "asc"}
    first = (await owner.post("/api/search/metadata", asked | {"page": 1})).json["assets"]
    owner.sandbox.library.remove_from_album(main_album(owner.sandbox), [everything[0]])
    rest = [(await owner.post("/api/search/metadata", asked | {"page": n})).json for n in (2, 3)]
    seen = {item["id"] for page in (first, *(r["assets"] for r in rest)) for item in page["items"]}
    assert set(everything) - seen == {everything[10]}


async def test_search_checks_its_numbers(owner: Caller) -> None:
    holiday = main_album(owner.sandbox)
    for wrong in ({"size": 0}, {"size": 1001}, {"size": "5"}, {"page": 0}, {"order": "ASC"}):
        reply = await owner.post("/api/search/metadata", {"albumIds": [holiday]} | wrong)
        assert (reply.status, reply.json["message"]) == (400, "Validation failed"), wrong
        assert reply.json["errors"][0]["path"] == list(wrong)
    beyond = await owner.post("/api/search/metadata", {"albumIds": [holiday], "page": 99})
    assert beyond.json["assets"] | {"facets": 0} == {
        "total": 0, "count": 0, "items": [], "facets": 0, "nextPage": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "body", "status", "said"),
    [
        ("GET /albums?isOwned=x", None, 400, 'Invalid option: expected one of "true"|"false"'),
        ("GET /albums?assetId=x", None, 400, "Invalid UUID"),
        (
            "GET /timeline/bucket",
            None,
            400,
            "Invalid input: expected string, received undefined",
        ),
        (
            "POST /search/metadata",
            None,
            400,
            "Invalid input: expected object, received undefined",
        ),
        ("POST /search/metadata", [], 400, "Invalid input: expected object, received array"),
        ("POST /search/metadata", {"size": 0}, 400, "Too small: expected number to be >=1"),
        ("POST /search/metadata", {"size": 1001}, 400, "Too big: expected number to be <=1000"),
        (
            "POST /search/metadata",
            {"size": 1.5},
            400,
            "Invalid input: expected int, received number",
        ),
        (
            "POST /search/metadata",
            {"albumIds": None},
            400,
            "Invalid input: expected array, received null",
        ),
        (
            "POST /search/metadata",
            {"order": "ASC"},
            400,
            'Invalid option: expected one of "asc"|"desc"',
        ),
        ("POST /search/metadata", {"checksum": "x", "id": UNKNOWN}, 200, None),
        (
            "POST /stacks",
            {"assetIds": [UNKNOWN]},
            400,
            "Too small: expected array to have >=2 items",
        ),
        ("POST /stacks", {"assetIds": [UNKNOWN] * 2}, 400, None),
        ("POST /albums", {}, 400, "Invalid input: expected string, received undefined"),
        ("PUT /tags", {}, 400, "Invalid input: expected array, received undefined"),
        ("PUT /tags/assets", {"tagIds": [UNKNOWN], "assetIds": [UNKNOWN]}, 200, None),
        ("DELETE /assets", {"ids": [UNKNOWN]}, 400, None),
        (f"DELETE /albums/{UNKNOWN}", None, 400, None),
    ],
)
async def test_wrong_values_are_refused_in_immichs_words(
    owner: Caller, asked: str, body: Any, status: int, said: str | None
) -> None:
    method, path = asked.split()
    reply = await owner.call(method, "/api" + path, body)
    assert reply.status == status
    if said is None:
        assert "errors" not in reply.json
    else:
        assert [error["message"] for error in reply.json["errors"]] == [said]


async def test_album_ids_mean_and(owner: Caller) -> None:
    holiday = main_album(owner.sandbox)
    favourites = owner.sandbox.library.album_named("Favourites")

    async def count(*albums: str) -> int:
        reply = await owner.post("/api/search/metadata", {"albumIds": albums, "size": 1000})
        return len(reply.json["assets"]["items"])

    assert await count(holiday, favourites.id) == len(favourites.assets) > 0
    assert await count(holiday, holiday) == 0
    assert await count() == 21 + 1  # the whole library: with the hidden half of a live photo


@pytest.mark.parametrize(
    ("state", "counted", "listed", "with_deleted"),
    [
        ("archive", True, True, True),
        ("hidden", False, True, True),
        ("locked", False, False, False),
        ("trash", False, False, True),
        ("offline", False, False, True),
    ],
)
async def test_what_counts_and_what_is_listed(
    owner: Caller, state: str, counted: bool, listed: bool, with_deleted: bool
) -> None:
    library, asset_id = owner.sandbox.library, (await ids(owner))[0]
    if state == "trash":
        library.trash([asset_id])
    elif state == "offline":
        library.set_offline(asset_id)
    else:
        library.set_visibility(asset_id, state)
    assert ((await album(owner))["assetCount"] == 21) is counted
    assert (asset_id in await ids(owner)) is listed
    assert (asset_id in await ids(owner, withDeleted=True)) is with_deleted


async def test_locked_assets(owner: Caller) -> None:
    library, (one, two, *_) = owner.sandbox.library, await ids(owner)
    await owner.call("PUT", f"/api/assets/{one}", {"visibility": "locked"})
    await owner.call("PUT", "/api/assets", {"ids": [two], "visibility": "locked"})
    assert one in library.album_named("Holiday").assets
    assert two not in library.album_named("Holiday").assets
    assert (await owner.get(f"/api/assets/{one}")).status == 200
    assert (await owner.get(f"/api/assets/{two}")).status == 400
    asked = {"albumIds": [main_album(owner.sandbox)], "visibility": "locked"}
    assert (await owner.post("/api/search/metadata", asked)).status == 401


async def test_album_time_moves_on_add_and_not_on_removal(owner: Caller) -> None:
    holiday, (first, one, *_) = main_album(owner.sandbox), await ids(owner)
    # Without its cover an album gets another one, which is a change.
    owner.sandbox.library.albums[holiday].thumbnail_id = first
    path, before = f"/api/albums/{holiday}/assets", (await album(owner))["updatedAt"]
    gone = await owner.call("DELETE", path, {"ids": [one, one]})
    missing = {"id": one, "success": False, "error": "not_found"}
    assert gone.json == [{"id": one, "success": True}, missing]
    assert (await album(owner))["updatedAt"] == before
    again = await owner.call("DELETE", path, {"ids": [one]})
    assert again.json == [missing]
    added = await owner.call("PUT", path, {"ids": [one]})
    assert added.json == [{"id": one, "success": True}]
    assert (await album(owner))["updatedAt"] > before
    twice = await owner.call("PUT", path, {"ids": [one]})
    assert twice.json == [{"id": one, "success": False, "error": "duplicate"}]


async def test_trash_and_restore_keep_the_album(owner: Caller) -> None:
    asset_id = (await ids(owner))[0]
    assert (await owner.call("DELETE", "/api/assets", {"ids": [asset_id]})).status == 204
    assert (await owner.get(f"/api/assets/{asset_id}")).json["isTrashed"]
    assert (await owner.get(f"/api/assets/{asset_id}/original")).status == 200
    restored = await owner.post("/api/trash/restore/assets", {"ids": [asset_id]})
    assert restored.json == {"count": 1}
    assert asset_id in await ids(owner)
    await owner.call("DELETE", "/api/assets", {"ids": [asset_id], "force": True})
    assert asset_id not in await ids(owner, withDeleted=True)
    assert (await owner.get(f"/api/assets/{asset_id}")).status == 400


async def test_albums_are_made_renamed_shared_and_deleted(owner: Caller) -> None:
    asset_id = (await ids(owner))[0]
    made = await owner.post("/api/albums", {"albumName": "New", "assetIds": [asset_id]})
    assert (made.status, made.json["assetCount"]) == (201, 1)
    path = f"/api/albums/{made.json['id']}"
    assert (await owner.call("PATCH", path, {"albumName": "Newer"})).json["albumName"] == "Newer"
    named = (await owner.get("/api/albums?name=Newer")).json
    assert [found["id"] for found in named] == [made.json["id"]]
    other = list(owner.sandbox.library.users)[1]
    said = {"albumUsers": [{"userId": other, "role": "editor"}]}
    assert (await owner.call("PUT", f"{path}/users", said)).json["shared"]
    assert (await owner.call("DELETE", f"{path}/user/{other}")).status == 204
    assert not (await owner.get(path)).json["shared"]
    assert (await owner.call("DELETE", path)).status == 204
    assert (await owner.get(path)).status == 400


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_metadata_changes(owner: Caller, method: str) -> None:
    path = f"/api/assets/{(await ids(owner))[0]}"
    before = (await owner.get(path)).json
    said = {
        "description": "A day", "rating": 4, "latitude": 1.5, "longitude": -2.5,
        "isFavorite": True, "dateTimeOriginal": "2020-01-02T03:04:05.678+09:00",
    }  # fmt: skip
    assert (await owner.call(method, path, said)).status == 200
    after = (await owner.get(path)).json
    exif = after["exifInfo"]
    assert [exif[name] for name in list(said)[:4]] == list(said.values())[:4]
    assert after["fileCreatedAt"] == "2020-01-01T18:04:05.678Z"
    assert after["localDateTime"] == "2020-01-02T03:04:05.678Z"
    assert exif["dateTimeOriginal"] == "2020-01-01T18:04:05.678+00:00"
    assert after["isFavorite"]
    assert after["updatedAt"] > before["updatedAt"]
    assert after["checksum"] == before["checksum"]
    for wrong in ({"rating": 0}, {"rating": 6}, {"latitude": 1.0}, {"description": None}):
        assert (await owner.call(method, path, wrong)).status == 400, wrong
    assert (await owner.call(method, path, {"rating": None})).json["exifInfo"]["rating"] is None


async def upload(owner: Caller, data: bytes, **fields: str) -> tuple[int, Any]:
    form = aiohttp.FormData(fields)
    form.add_field("assetData", data, filename="new.jpg")
    async with owner.session.post(owner.sandbox.url + "/api/assets", data=form) as reply:
        return reply.status, await reply.json()


async def test_uploads(owner: Caller) -> None:
    data = photo("jpeg", 99, 0, datetime.fromisoformat("2024-01-01T00:00:00"))
    dates = dict.fromkeys(("fileCreatedAt", "fileModifiedAt"), "2024-01-01T00:00:00.000Z")
    status, reply = await upload(owner, data, **dates)
    assert (status, reply["status"]) == (201, "created")
    details = (await owner.get(f"/api/assets/{reply['id']}")).json
    assert details["originalFileName"] == "new.jpg"
    assert details["thumbhash"] is None
    assert (await owner.get(f"/api/assets/{reply['id']}/original")).body == data
    assert await upload(owner, data, **dates) == (200, {"status": "duplicate", "id": reply["id"]})
    sha1 = hashlib.sha1(data).hexdigest()
    asked = {"assets": [{"id": "a", "checksum": sha1}, {"id": "b", "checksum": "0" * 40}]}
    checked = (await owner.post("/api/assets/bulk-upload-check", asked)).json["results"]
    assert [(entry["id"], entry["action"]) for entry in checked] == [
        ("a", "reject"), ("b", "accept"),
    ]  # fmt: skip
    assert checked[0]["assetId"] == reply["id"]
    assert (await upload(owner, b"", **dates))[1]["message"] == "File is empty"
    form = aiohttp.FormData(dates)
    form.add_field("other", b"x", filename="a.jpg")
    async with owner.session.post(owner.sandbox.url + "/api/assets", data=form) as without:
        assert (await without.json())["message"] == "File is required"
    named = await upload(owner, b"x", filename="a.txt", **dates)
    assert named[1]["message"] == "Unsupported file type a.txt"


async def test_stacks(owner: Caller) -> None:
    one, two, three, *_ = await ids(owner)
    made = await owner.post("/api/stacks", {"assetIds": [one, two]})
    assert (made.status, made.json["primaryAssetId"]) == (201, one)
    assert set(await ids(owner, withStacked=False)) & {one, two} == set()
    absorbed = await owner.post("/api/stacks", {"assetIds": [three, one]})
    assert {a["id"] for a in absorbed.json["assets"]} == {one, two, three}
    path = f"/api/stacks/{absorbed.json['id']}"
    assert (await owner.call("PATCH", path, {"primaryAssetId": two})).json["primaryAssetId"] == two
    listed = (await owner.get("/api/stacks")).json
    assert [stack["id"] for stack in listed] == [absorbed.json["id"]]
    assert (await owner.call("DELETE", f"{path}/assets/{one}")).status == 204
    assert (await owner.get(f"/api/assets/{two}")).json["stack"]["assetCount"] == 2
    assert (await owner.call("DELETE", path)).status == 204
    assert (await owner.get(f"/api/assets/{two}")).json["stack"] is None
    assert (await owner.post("/api/stacks", {"assetIds": [one]})).status == 400


async def test_tags(owner: Caller) -> None:
    one = (await ids(owner))[0]
    (leaf,) = (await owner.call("PUT", "/api/tags", {"tags": ["Trip/Beach"]})).json
    assert (leaf["name"], leaf["value"]) == ("Beach", "Trip/Beach")
    said = {"tagIds": [leaf["id"]], "assetIds": [one]}
    assert (await owner.call("PUT", "/api/tags/assets", said)).json == {"count": 1}
    assert [t["value"] for t in (await owner.get(f"/api/assets/{one}")).json["tags"]] == [
        "Trip/Beach"
    ]
    assert await ids(owner, tagIds=[leaf["id"]]) == [one]
    path = f"/api/tags/{leaf['id']}/assets"
    again = await owner.call("PUT", path, {"ids": [one]})
    assert again.json == [{"id": one, "success": False, "error": "duplicate"}]
    await owner.call("DELETE", path, {"ids": [one]})
    assert (await owner.get(f"/api/assets/{one}")).json["tags"] == []


async def test_duplicates(owner: Caller) -> None:
    library, (one, two, *_) = owner.sandbox.library, await ids(owner)
    group = library.new_id()
    for asset_id in (one, two):
        library.assets[asset_id].duplicate_id = group
        library.touch(asset_id)
    (found,) = (await owner.get("/api/duplicates")).json
    assert {asset["id"] for asset in found["assets"]} == {one, two}
    said = {"duplicateId": group, "keepAssetIds": [one], "trashAssetIds": [two]}
    resolved = await owner.post("/api/duplicates/resolve", {"groups": [said]})
    assert resolved.json == [{"id": group, "success": True}]
    assert (await owner.get("/api/duplicates")).json == []
    assert (await owner.get(f"/api/assets/{two}")).json["isTrashed"]


async def test_the_timeline_holds_every_asset_once(owner: Caller) -> None:
    album_id = main_album(owner.sandbox)
    buckets = (await owner.get(f"/api/timeline/buckets?albumId={album_id}")).json
    seen: list[str] = []
    for bucket in buckets:
        month = f"/api/timeline/bucket?albumId={album_id}&timeBucket={bucket['timeBucket']}"
        columns = (await owner.get(month)).json
        assert {len(column) for column in columns.values()} == {bucket["count"]}
        seen += columns["id"]
    assert sorted(seen) == sorted(await ids(owner))


async def test_a_default_library_has_every_oddity(odd: Caller) -> None:
    items = await odd.listing(main_album(odd.sandbox), withDeleted=True, withExif=True)
    assert (await album(odd))["assetCount"] == 90
    names = {item["originalFileName"] for item in items}
    assert set(HOSTILE) <= names
    assert len(HOSTILE) <= 30  # most assets are plain
    for oddity in (
        lambda i: i["isOffline"],
        lambda i: i["isTrashed"] and not i["isOffline"],
        lambda i: i["visibility"] == "archive",
        lambda i: i["thumbhash"] is None,
        lambda i: i["libraryId"] and not i["isOffline"],
        lambda i: i["isEdited"],
        lambda i: i["livePhotoVideoId"],
        lambda i: i["fileCreatedAt"] < "1970",
        lambda i: i["exifInfo"]["rating"],
        lambda i: i["exifInfo"]["description"],
        lambda i: i["exifInfo"]["latitude"],
    ):
        assert 0 < sum(map(bool, map(oddity, items))) < 45
    stacks = (await odd.get("/api/stacks")).json
    pair = {asset["originalFileName"].rpartition(".")[0] for asset in stacks[0]["assets"]}
    assert len(pair) == 1
    files = {item["checksum"] for item in items}
    assert len(files) == len(items)


async def test_an_external_asset_has_the_checksum_of_its_path(odd: Caller) -> None:
    items = await odd.listing(main_album(odd.sandbox))
    (item,) = (item for item in items if item["libraryId"])
    expected = hashlib.sha1(f"path:{item['originalPath']}".encode()).digest()
    assert odd.sandbox.library.assets[item["id"]].checksum == expected


async def test_control_from_outside(owner: Caller) -> None:
    holiday, (one, two, *_) = main_album(owner.sandbox), await ids(owner)
    files = (await owner.get(f"/sandbox/albums/{holiday}/files")).json
    assert {file["id"] for file in files} == set(await ids(owner))
    (sha1,) = (file["sha1"] for file in files if file["id"] == one)
    body = (await owner.get(f"/api/assets/{one}/original")).body
    assert hashlib.sha1(body).hexdigest() == sha1
    live = next(file for file in files if file["livePhotoVideoId"])
    assert live["livePhotoVideo"]["visibility"] == "hidden"

    await owner.post(f"/sandbox/albums/{holiday}/remove", {"assetIds": [one]})
    assert one not in await ids(owner)
    await owner.post(f"/sandbox/albums/{holiday}/add", {"assetIds": [one]})
    assert one in await ids(owner)
    await owner.post(f"/sandbox/albums/{holiday}/rename", {"name": "Renamed"})
    assert (await owner.get(f"/api/albums/{holiday}")).json["albumName"] == "Renamed"
    for change, said, field, value in (
        ("trash", {}, "isTrashed", True),
        ("restore", {}, "isTrashed", False),
        ("archive", {}, "visibility", "archive"),
        ("show", {}, "visibility", "timeline"),
        ("unprocess", {}, "isProcessed", False),
        ("process", {}, "isProcessed", True),
        ("offline", {}, "isOffline", True),
        ("online", {}, "isOffline", False),
        ("rename", {"filename": "x.jpg"}, "filename", "x.jpg"),
        ("replace", {"text": "new"}, "sha1", hashlib.sha1(b"new").hexdigest()),
        ("edit", {"text": "e"}, "editedSha1", hashlib.sha1(b"e").hexdigest()),
        ("describe", {"taken": 5}, "taken", 5),
    ):
        changed = await owner.post(f"/sandbox/assets/{two}/{change}", said)
        assert (changed.status, changed.json[field]) == (200, value), change
    assert (await owner.post(f"/sandbox/assets/{two}/delete")).json == {}
    assert (await owner.post(f"/sandbox/assets/{one}/explode")).status == 400
    assert (await owner.post(f"/sandbox/assets/{two}/trash")).status == 400

    key = (await owner.post("/sandbox/keys", {"permissions": ["album.read"]})).json["secret"]
    async with caller(owner.sandbox, key) as reader:
        assert (await reader.get("/api/albums")).status == 200
    fault = {"kind": "status", "status": 502, "route": "albums"}
    assert (await owner.post("/sandbox/faults", fault)).status == 201
    assert (await owner.get("/api/albums")).status == 502
    (rule,) = (await owner.get("/sandbox/faults")).json
    assert (rule["kind"], rule["fired"]) == ("status", 1)
    await owner.call("DELETE", "/sandbox/faults")
    await owner.call("DELETE", "/sandbox/requests")
    assert (await owner.get("/api/albums")).status == 200
    counts = (await owner.get("/sandbox/requests")).json
    assert counts["albums"]["requests"] == 1
    assert counts["albums"]["bytes"] > 0
    assert counts["original"] == {"requests": 0, "bytes": 0}
    await owner.call("DELETE", f"/sandbox/albums/{holiday}")
    assert (await owner.get(f"/api/albums/{holiday}")).status == 400
