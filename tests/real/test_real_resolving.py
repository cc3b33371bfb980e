"""The calls for resolving duplicates against a real Immich, and the sandbox beside it.

The settings are those of `test_real_immich`. The tests upload pictures of their own and take them
back, with the albums and tags that they made.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from test_real_immich import call, upload, wait_until_processed

from pentaprism.errors import PentaprismError
from pentaprism.immich import RESOLVING, AssetState, ImmichClient, ImmichOptions
from pentaprism.sandbox.immich import Sandbox

pytestmark = pytest.mark.real
URL, KEY = os.environ.get("PENTAPRISM_REAL_IMMICH"), os.environ.get("PENTAPRISM_REAL_KEY")
UNKNOWN = "14e378d0-5fb5-4fdb-92a7-5e49d9f96305"
FULL: dict[str, Any] = {
    "is_favorite": True, "description": "A\nday", "rating": 4, "latitude": 48.85, "longitude": 2.35,
}  # fmt: skip
EMPTY: dict[str, Any] = {
    "is_favorite": False, "description": "", "rating": None, "latitude": None, "longitude": None,
}  # fmt: skip


@dataclass
class Place:
    """A server, its client, and what was made there for the test."""

    client: ImmichClient
    ids: list[str]
    album: str
    tags: str


@pytest.fixture
async def real() -> AsyncIterator[Place]:
    if not URL or not KEY:
        pytest.skip("PENTAPRISM_REAL_IMMICH and PENTAPRISM_REAL_KEY name no server")
    ids = [upload(f"PAIR_{n}.jpg")[0] for n in range(4)]
    wait_until_processed(ids)
    tags = f"Test {uuid.uuid4()}"
    album = call("POST", "/albums", {"albumName": tags, "assetIds": ids[:2]})["id"]
    call("PATCH", f"/albums/{album}", {"albumThumbnailAssetId": ids[0]})
    async with ImmichClient(ImmichOptions(URL, KEY)) as client:
        yield Place(client, ids, album, tags)
    call("DELETE", "/assets", {"ids": ids, "force": True})
    call("DELETE", f"/albums/{album}")
    for tag in call("GET", "/tags"):
        if tag["value"] == tags:
            call("DELETE", f"/tags/{tag['id']}")


@pytest.fixture
async def played() -> AsyncIterator[Place]:
    async with Sandbox(assets=4, hostile=False, jpeg_only=True, metadata_delay=0.02) as sandbox:
        library = sandbox.library
        ids = list(library.album_named("Holiday").assets)
        for asset in library.assets.values():
            asset.description, asset.rating, asset.place, asset.tag_ids = "", None, None, ()
        for name in ("Holiday", "Favourites"):
            library.delete_album(library.album_named(name).id)
        album = library.add_album("Test", ids[:2])
        album.thumbnail_id = ids[0]
        async with ImmichClient(ImmichOptions(sandbox.url, sandbox.api_key)) as client:
            yield Place(client, ids, album.id, "Test")


def made_of(state: AssetState) -> tuple[Any, ...]:
    place = (state.latitude, state.longitude)
    tags = sorted(tag.value.rpartition("/")[2] for tag in state.tags)
    return state.is_favorite, state.description, state.rating, place, tags, state.is_trashed


async def refusal(question: Awaitable[object]) -> str:
    """Return the code of the error that a call ends in."""
    with pytest.raises(PentaprismError) as refused:
        await question
    return refused.value.code


async def changes(place: Place, told: list[Any]) -> None:
    """Change metadata and tags of an asset, there and back."""
    client, asset_id = place.client, place.ids[0]
    tags = await client.upsert_tags([f"{place.tags}/One", f"/{place.tags}//Two/"])
    told.append([tag.value.removeprefix(place.tags) for tag in tags])
    everything: Sequence[dict[str, Any]] = (
        FULL, {"description": " blanks "}, {"rating": -1}, {"rating": None}, FULL, EMPTY,
        {"latitude": 12.3456789, "longitude": -0.1}, FULL, {"latitude": None, "longitude": None},
        EMPTY,
    )  # fmt: skip
    for n, change in enumerate(everything):
        since = await client.change_asset(asset_id, **change)
        state = await client.wait_for_metadata(asset_id, since)
        told.append(made_of(state))
        if n % 2:
            told.append(await client.untag_assets(tags[0].id, [asset_id]) == {asset_id: "done"})
        else:
            told.append(await client.tag_assets([tag.id for tag in tags], [asset_id]))
        told.append(made_of(await client.wait_for_metadata(asset_id, state.updated_at)))
    told.append([o.value for o in (await client.untag_assets(tags[0].id, [asset_id])).values()])
    told.append(await client.tag_assets([UNKNOWN, tags[1].id], [UNKNOWN, asset_id]))
    told.append(await refusal(client.untag_assets(UNKNOWN, [asset_id])))
    told.append(await refusal(client.change_asset(UNKNOWN, rating=1)))


async def members(place: Place, told: list[Any]) -> None:
    """Put assets into an album and take them out, some of them in the trash."""
    client, (one, two, three, _) = place.client, place.ids
    await client.trash([three])
    ids = [one, three, three, UNKNOWN]
    for change in (client.add_to_album, client.add_to_album, client.remove_from_album):
        told += [outcome.value for outcome in (await change(place.album, ids)).values()]
    told.append([album.id == place.album for album in await client.albums_of(two)])
    told.append(await client.albums_of(UNKNOWN))
    await client.set_album_cover(place.album, two)
    told.append([album.cover_id == two for album in await client.albums_of(two)])
    told.append(await refusal(client.set_album_cover(place.album, three)))
    told.append(await refusal(client.set_album_cover(UNKNOWN, two)))
    for refused in (client.add_to_album, client.remove_from_album):
        told += [await refusal(refused(UNKNOWN, [one]))]


async def trashing(place: Place, told: list[Any]) -> None:
    """Trash the primary of a stack, which is an album's cover, and bring it back."""
    client, (one, two, three, four) = place.client, place.ids
    stack = await client.create_stack([one, two, three])
    tags = await client.upsert_tags([f"{place.tags}/One"])
    await client.tag_assets([tags[0].id], [one])
    await client.wait_for_metadata(one, (await client.asset_state(one)).updated_at, seconds=1.0)
    await client.wait_for_metadata(one, await client.change_asset(one, **FULL))

    async def look() -> None:
        for asset_id in place.ids:
            state = await client.asset_state(asset_id)
            seen = state.stack and (
                state.stack.id == stack.id,
                place.ids.index(state.stack.primary_asset_id),
                sorted(place.ids.index(id_) for id_ in state.stack.asset_ids),
            )
            albums = await client.albums_of(asset_id)
            covers = [place.ids.index(album.cover_id or "") for album in albums]
            told.append((made_of(state), seen, covers, [album.may_change for album in albums]))

    await look()
    for step in (client.trash, client.trash, client.restore, client.restore):
        await step([one, one])
        await look()
    for step in (client.trash, client.restore):
        told += [await refusal(step([four, UNKNOWN]))]
    await client.restore([four])
    await look()


async def locking(place: Place, told: list[Any]) -> None:
    """Ask for what is locked away from keys, and changed while it is in the trash."""
    client, (one, two, *_) = place.client, place.ids
    await client.trash([one])
    since = await client.change_asset(one, **FULL)
    told.append(made_of(await client.wait_for_metadata(one, since)))
    await client.restore([one])
    told.append(made_of(await client.asset_state(one)))
    terms = await client.trash_terms()
    told.append((terms.enabled, terms.days, await client.trash_enabled()))
    told.append(await client.albums_of(two) != [])
    told.append((await client.preflight(RESOLVING)).missing)


@pytest.mark.parametrize("play", [changes, members, trashing, locking])
async def test_the_sandbox_does_as_the_server_does(
    real: Place, played: Place, play: Callable[[Place, list[Any]], Awaitable[None]]
) -> None:
    found: list[Any] = []
    expected: list[Any] = []
    await play(real, found)
    await play(played, expected)
    assert expected
    assert found == expected


async def test_changes_that_wait_for_each_other_are_all_kept(real: Place) -> None:
    client, asset_id = real.client, real.ids[0]
    for n in range(12):
        wanted = FULL if n % 2 else EMPTY
        since = await client.change_asset(asset_id, **wanted)
        state = await client.wait_for_metadata(asset_id, since)
        assert {name: getattr(state, name) for name in wanted} == wanted


async def test_an_asset_is_as_before_when_all_is_undone(real: Place) -> None:
    client, (keeper, loser, *_) = real.client, real.ids
    tag = (await client.upsert_tags([f"{real.tags}/Kept"]))[0]
    before = {id_: await client.asset_state(id_) for id_ in (keeper, loser)}
    since = await client.change_asset(keeper, **FULL)
    merged = await client.wait_for_metadata(keeper, since)
    await client.tag_assets([tag.id], [keeper])
    merged = await client.wait_for_metadata(keeper, merged.updated_at)
    assert (merged.description, merged.tags) == (FULL["description"], (tag,))
    await client.trash([loser])
    await client.restore([loser])
    await client.untag_assets(tag.id, [keeper])
    merged = await client.wait_for_metadata(keeper, merged.updated_at)
    since = await client.change_asset(keeper, **EMPTY)
    await client.wait_for_metadata(keeper, since)
    for id_, state in before.items():
        assert made_of(await client.asset_state(id_)) == made_of(state)
