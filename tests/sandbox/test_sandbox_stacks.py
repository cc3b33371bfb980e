"""The sandbox's stacks, times of search and shots, as a real Immich 3.1.0 does it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sandbox_calls import Caller, caller, main_album

from pentaprism.sandbox.immich import Sandbox


@pytest.fixture
async def owner() -> AsyncIterator[Caller]:
    async with Sandbox(assets=8, hostile=False) as sandbox, caller(sandbox) as made:
        yield made


async def ids(owner: Caller) -> list[str]:
    return [item["id"] for item in await owner.listing(main_album(owner.sandbox))]


async def stacks(owner: Caller, query: str = "") -> list[list[str]]:
    found = (await owner.get(f"/api/stacks{query}")).json
    return [[asset["id"] for asset in stack["assets"]] for stack in found]


async def test_only_a_primary_brings_its_stack_along(owner: Caller) -> None:
    one, two, three, four, *_ = await ids(owner)
    await owner.post("/api/stacks", {"assetIds": [one, two]})
    await owner.post("/api/stacks", {"assetIds": [three, two]})
    assert await stacks(owner) == [[one], [three, two]]
    await owner.post("/api/stacks", {"assetIds": [four, three]})
    assert await stacks(owner) == [[one], [four, three, two]]
    assert await stacks(owner, f"?primaryAssetId={one}") == [[one]]
    assert (await owner.get("/api/stacks?primaryAssetId=x")).status == 400


async def test_what_does_not_fit_a_stack_is_refused(owner: Caller) -> None:
    one, two, three, *_ = await ids(owner)
    made = (await owner.post("/api/stacks", {"assetIds": [one, two]})).json["id"]
    for method, path, body, said in (
        ("PUT", "", {"primaryAssetId": three}, "Primary asset must be in the stack"),
        ("DELETE", f"/assets/{three}", None, "Asset not in stack"),
        ("DELETE", f"/assets/{one}", None, "Cannot remove stack's primary asset"),
    ):
        answer = await owner.call(method, f"/api/stacks/{made}{path}", body)
        assert (answer.status, answer.json["message"]) == (400, said)
    assert (await owner.call("DELETE", f"/api/stacks/{made}/assets/{two}")).status == 204
    assert await stacks(owner) == [[one]]
    assert (await owner.call("DELETE", "/api/stacks", {"ids": [made]})).status == 204
    assert (await owner.call("DELETE", f"/api/stacks/{made}")).status == 400


async def test_a_stack_shows_neither_trashed_nor_hidden_assets(owner: Caller) -> None:
    one, two, three, *_ = await ids(owner)
    await owner.post("/api/stacks", {"assetIds": [one, two, three]})
    library = owner.sandbox.library
    library.trash([one])
    library.set_visibility(two, "hidden")
    assert await stacks(owner) == [[three]]
    library.delete([one])
    assert await stacks(owner) == [[three]]
    library.delete([two])
    assert await stacks(owner) == []


async def test_a_search_without_albums_is_limited_by_times(owner: Caller) -> None:
    async def search(**filters: str) -> list[str]:
        asked = {"size": 1000, "order": "asc"} | filters
        reply = (await owner.post("/api/search/metadata", asked)).json
        return [item["id"] for item in reply["assets"]["items"]]

    library = owner.sandbox.library
    one, two, *_ = everything = await search()
    assert set(everything) == {
        asset.id for asset in library.assets.values() if asset.owner_id == library.owner.id
    }
    newest = max(asset.updated for asset in library.assets.values())
    library.clock = lambda: newest + 1000
    library.touch(one)
    later = owner.sandbox.replies.listed(library.assets[one])["updatedAt"]
    assert await search(updatedAfter=later) == [one]
    assert one not in await search(updatedBefore=later.replace("Z", "+02:00"))
    taken = owner.sandbox.replies.listed(library.assets[two])["fileCreatedAt"]
    assert set(await search(takenBefore=taken)) >= {two}
    assert await search(trashedAfter=later) == []
    library.trash([two])
    assert await search(trashedAfter=later) == [two]
    for wrong in ("yesterday", "2024-01-01", "2024-01-01T00:00:00"):
        reply = await owner.post("/api/search/metadata", {"updatedAfter": wrong})
        assert (reply.status, reply.json["errors"][0]["path"]) == (400, ["updatedAfter"])


async def test_partners_assets_are_in_the_search(owner: Caller) -> None:
    library = owner.sandbox.library
    shared = library.album_named("Garden")
    query = {"size": 1000}
    before = (await owner.post("/api/search/metadata", query)).json["assets"]["count"]
    library.share_timeline(shared.owner_id, library.owner.id)
    after = (await owner.post("/api/search/metadata", query)).json["assets"]["count"]
    assert after == before + len(shared.assets)


async def test_shots_are_added_where_they_are_asked_for() -> None:
    async with Sandbox(assets=5, shots=True) as sandbox:
        shots = sandbox.library.album_named("Shots")
        names = {sandbox.library.assets[id_].filename for id_ in shots.assets}
        assert {"DSC_0101.JPG", "DSC_0101.DNG", "IMG_0301-edited.jpg"} <= names
        assert len(names) == 14
        plain = Sandbox(assets=5).library
        assert set(plain.assets) < set(sandbox.library.assets)
