"""What changes of assets, albums, tags and the trash do in the sandbox, as in Immich 3.1.0."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sandbox_calls import Answer, Caller, caller, main_album

from pentaprism.sandbox.immich import Sandbox

UNKNOWN = "14e378d0-5fb5-4fdb-92a7-5e49d9f96305"


@pytest.fixture
async def owner() -> AsyncIterator[Caller]:
    sandbox = Sandbox(assets=8, hostile=False, jpeg_only=True)
    async with sandbox, caller(sandbox) as made:
        yield made


def ids(owner: Caller) -> list[str]:
    return list(owner.sandbox.library.album_named("Holiday").assets)


async def details(owner: Caller, asset_id: str) -> Any:
    return (await owner.get(f"/api/assets/{asset_id}")).json


async def test_metadata_is_shown_at_once_and_settles_when_it_is_written(owner: Caller) -> None:
    asset_id = ids(owner)[0]
    before = (await details(owner, asset_id))["updatedAt"]
    said = {"description": " a\nb ", "rating": -1, "latitude": 1.23456789, "longitude": -2}
    answer = (await owner.call("PUT", f"/api/assets/{asset_id}", said)).json
    assert {name: answer["exifInfo"][name] for name in said} == said
    assert answer["updatedAt"] == before
    after = await details(owner, asset_id)
    assert {name: after["exifInfo"][name] for name in said} == {
        "description": "a\nb", "rating": None, "latitude": 1.234568, "longitude": -2,
    }  # fmt: skip
    assert after["updatedAt"] > before
    await owner.call("PUT", f"/api/assets/{asset_id}", {"latitude": 0, "longitude": 0})
    exif = (await details(owner, asset_id))["exifInfo"]
    assert (exif["latitude"], exif["longitude"]) == (None, None)


async def test_a_favourite_moves_the_time_at_once_and_nothing_does_not(owner: Caller) -> None:
    asset_id = ids(owner)[0]
    owner.sandbox.library.clock = iter(range(2**42, 2**43)).__next__
    first = (await owner.call("PUT", f"/api/assets/{asset_id}", {"isFavorite": True})).json
    assert first["isFavorite"]
    same = (await owner.call("PUT", f"/api/assets/{asset_id}", {})).json
    assert same["updatedAt"] == first["updatedAt"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"latitude": None, "longitude": None}, "Invalid input: expected number, received null"),
        ({"latitude": 90.5, "longitude": 0}, "Too big: expected number to be <=90"),
        ({"latitude": 0, "longitude": -181}, "Too small: expected number to be >=-180"),
        ({"latitude": 1}, "Latitude and longitude must be provided together"),
        ({"description": None}, "Invalid input: expected string, received null"),
        ({"isFavorite": None}, "Invalid input: expected boolean, received null"),
        ({"rating": 3.5}, "Invalid input: expected int, received number"),
        ({"rating": 6}, "Too big: expected number to be <=5"),
    ],
)
async def test_a_change_that_is_refused_changes_nothing(
    owner: Caller, body: dict[str, Any], said: str
) -> None:
    asset_id = ids(owner)[0]
    before = await details(owner, asset_id)
    answer = await owner.call("PUT", f"/api/assets/{asset_id}", {"isFavorite": True} | body)
    assert (answer.status, answer.json["errors"][0]["message"]) == (400, said)
    assert await details(owner, asset_id) == before


async def test_a_change_while_another_is_written_is_lost() -> None:
    async with (
        Sandbox(assets=2, hostile=False, metadata_delay=0.02) as sandbox,
        caller(sandbox) as owner,
    ):
        asset_id = ids(owner)[0]
        path = f"/api/assets/{asset_id}"
        await owner.call("PUT", path, {"description": "first"})
        second = await owner.call("PUT", path, {"description": "second", "rating": 3})
        assert second.json["exifInfo"]["description"] == "second"
        for _ in range(200):
            exif = (await details(owner, asset_id))["exifInfo"]
            if exif["description"] == "first":
                break
            await asyncio.sleep(0.01)
        assert (exif["description"], exif["rating"]) == ("first", 3)


def said(answer: Answer) -> tuple[int, Any]:
    return answer.status, answer.json and answer.json["message"]


async def test_what_is_not_the_callers_is_refused_as_a_whole(owner: Caller) -> None:
    library, (one, two, *_) = owner.sandbox.library, ids(owner)
    library.lock(two)
    shared = next(iter(library.album_named("Shared with me").assets))
    for other in (UNKNOWN, two, shared):
        for method, path in (("DELETE", "/api/assets"), ("POST", "/api/trash/restore/assets")):
            answer = await owner.call(method, path, {"ids": [one, other]})
            assert said(answer) == (400, "Not found or no asset.delete access")
        answer = await owner.call("PUT", f"/api/assets/{other}", {"rating": 1})
        assert said(answer) == (400, "Not found or no asset.update access")
    assert library.assets[one].deleted is None


async def test_a_restore_counts_all_that_are_named(owner: Caller) -> None:
    one, two, *_ = ids(owner)
    owner.sandbox.library.trash([one])
    restored = await owner.post("/api/trash/restore/assets", {"ids": [one, two, two]})
    assert restored.json == {"count": 3}


async def test_an_album_whose_cover_is_trashed_gets_another(owner: Caller) -> None:
    album, (one, *_) = main_album(owner.sandbox), ids(owner)
    path = f"/api/albums/{album}"
    await owner.call("PATCH", path, {"albumThumbnailAssetId": one})
    for looked_at in (False, True):
        assert (await owner.get(path)).json["albumThumbnailAssetId"] == one
        await owner.call("DELETE", "/api/assets", {"ids": [one]})
        if looked_at:
            await owner.get("/api/albums")
        await owner.post("/api/trash/restore/assets", {"ids": [one]})
    # It is chosen when somebody looks at albums, and stays.
    shown = (await owner.get(path)).json["albumThumbnailAssetId"]
    assert shown == max(ids(owner), key=lambda id_: owner.sandbox.library.assets[id_].taken)
    assert shown != one


async def test_a_cover_is_one_of_the_albums_assets_and_an_editor_may_choose_it(
    owner: Caller,
) -> None:
    library, (one, two, *_) = owner.sandbox.library, ids(owner)
    other = next(id_ for id_ in library.users if id_ != library.owner.id)
    theirs = library.add_album("Theirs", [one], owner_id=other)
    path = f"/api/albums/{theirs.id}"
    for role, status in (("viewer", 400), ("editor", 200)):
        library.share_album(theirs.id, library.owner.id, role)
        answer = await owner.call("PATCH", path, {"albumThumbnailAssetId": one})
        assert answer.status == status
    answer = await owner.call("PATCH", path, {"albumThumbnailAssetId": two})
    assert said(answer) == (400, "Invalid album thumbnail")
    answer = await owner.call("PATCH", path, {"albumThumbnailAssetId": "nothing"})
    assert answer.status == 400


async def test_a_stack_counts_its_primary_even_in_the_trash(owner: Caller) -> None:
    library, (one, two, three, *_) = owner.sandbox.library, ids(owner)
    library.add_stack([one, two, three])
    for trashed, count in (([], 3), ([one], 3), ([two], 2)):
        library.trash(trashed)
        for id_ in (one, three):
            stack = (await details(owner, id_))["stack"]
            assert (stack["primaryAssetId"], stack["assetCount"]) == (one, count)


async def test_albums_say_of_each_asset_what_became_of_it(owner: Caller) -> None:
    library, (one, two, *_) = owner.sandbox.library, ids(owner)
    garden = library.album_named("Garden")
    library.share_album(garden.id, library.owner.id)
    theirs = next(iter(garden.assets))
    album = library.add_album("New", [two])
    path = f"/api/albums/{album.id}/assets"
    added = (await owner.call("PUT", path, {"ids": [one, two, theirs, UNKNOWN]})).json
    assert [result.get("error") for result in added] == [
        None, "duplicate", "no_permission", "no_permission",
    ]  # fmt: skip
    library.share_timeline(garden.owner_id, library.owner.id)
    assert (await owner.call("PUT", path, {"ids": [theirs]})).json[0]["success"]
    for id_, words in (
        (UNKNOWN, {"PUT": "Album not found", "DELETE": "albumAsset.delete"}),
        (garden.id, {"PUT": "albumAsset.create", "DELETE": "albumAsset.delete"}),
    ):
        for method, word in words.items():
            refused = await owner.call(method, f"/api/albums/{id_}/assets", {"ids": [one]})
            assert refused.status == 400
            assert word in refused.json["message"]


async def test_tags_are_cleaned_up_and_given_to_what_one_owns(owner: Caller) -> None:
    library, (one, two, *_) = owner.sandbox.library, ids(owner)
    for asset_id in (one, two):
        library.assets[asset_id].tag_ids = ()
    library.lock(two)
    made = (await owner.call("PUT", "/api/tags", {"tags": ["/A//B/", "A", "/", "A"]})).json
    assert [tag["value"] for tag in made] == ["A/B", "A"]
    wrong = await owner.call("PUT", "/api/tags", {"tags": ["A", 1]})
    assert wrong.json["errors"][0]["path"] == ["tags", 1]
    tag = made[0]["id"]
    theirs = library.upsert_tag("A", list(library.users)[1]).id
    body = {"tagIds": [tag, theirs, UNKNOWN], "assetIds": [one, one, two, UNKNOWN]}
    assert (await owner.call("PUT", "/api/tags/assets", body)).json == {"count": 1}
    assert (await owner.call("PUT", "/api/tags/assets", body)).json == {"count": 0}
    path = f"/api/tags/{tag}/assets"
    given = (await owner.call("PUT", path, {"ids": [one, two]})).json
    assert [result["error"] for result in given] == ["duplicate", "no_permission"]
    taken = (await owner.call("DELETE", path, {"ids": [one, UNKNOWN]})).json
    assert [result.get("error") for result in taken] == [None, "not_found"]
    assert library.assets[one].tag_ids == ()
    for id_ in (theirs, UNKNOWN):
        refused = await owner.call("DELETE", f"/api/tags/{id_}/assets", {"ids": [one]})
        assert said(refused) == (400, "Not found or no tag.asset access")


async def test_the_server_says_whether_it_has_a_trash(owner: Caller) -> None:
    library = owner.sandbox.library
    assert (await owner.get("/api/server/features")).json["trash"] is True
    library.trash_enabled, library.trash_days = False, 7
    assert (await owner.get("/api/server/features")).json["trash"] is False
    assert (await owner.get("/api/server/config")).json["trashDays"] == 7
