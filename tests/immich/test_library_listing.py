"""Listing all that a user has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from pentaprism.groups.files import Precision
from pentaprism.immich import ImmichClient, LibraryAsset
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.entities import NO_CAMERA, Camera


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(assets=30, seed=3, shots=True) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox, connect: Any) -> ImmichClient:
    made: ImmichClient = connect(sandbox.url, api_key=sandbox.api_key)
    return made


async def listed(client: ImmichClient, **options: Any) -> dict[str, LibraryAsset]:
    return {
        found.asset.id: found async for page in client.list_library(**options) for found in page
    }


async def test_everything_of_the_user_is_listed_and_nothing_of_others(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    library, owner = sandbox.library, sandbox.library.owner
    for other in library.users.values():
        if other is not owner:
            library.share_timeline(other.id, owner.id)
    locked = next(iter(library.album_named("Holiday").assets))
    library.lock(locked)
    found = await listed(client)
    mine = [asset for asset in library.assets.values() if asset.owner_id == owner.id]
    assert set(found) == {a.id for a in mine if a.deleted is None and a.id != locked}
    assert {id_ for id_, one in found.items() if not one.shown} == {
        asset.id for asset in mine if asset.visibility == "hidden"
    }


async def test_an_asset_comes_with_what_grouping_needs(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    library = sandbox.library
    (still,) = (a for a in library.assets.values() if a.filename == "DSC_0101.JPG")
    still.orientation, still.width, still.height = 6, 40, 30
    still.camera = Camera("NIKON CORPORATION", "NIKON D750")
    library.touch(still.id)
    found = (await listed(client))[still.id]
    assert found.path == still.path
    assert found.taken_at == datetime(2024, 1, 10, 13, 13, 14, 250_000)  # noqa: DTZ001 (a wall clock)
    assert found.precision is Precision.SUBSECOND
    assert (found.orientation, found.width, found.height) == (6, 40, 30)
    assert found.camera == "NIKON CORPORATION NIKON D750"
    assert found.asset.exif is not None
    assert found.asset.exif.size == still.content.size
    library.describe(still.id, taken=1_700_000_000_000)
    assert (await listed(client))[still.id].precision is Precision.SECOND
    still.camera = Camera("Canon", "Canon EOS R6")
    library.set_processed(still.id)
    assert (await listed(client))[still.id].camera == "Canon EOS R6"


async def test_a_time_that_immich_has_not_read_is_none(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    asset = next(iter(sandbox.library.assets.values()))
    sandbox.library.set_processed(asset.id, processed=False)
    found = (await listed(client))[asset.id]
    assert (found.taken_at, found.precision) == (None, Precision.NONE)
    assert (found.camera, found.orientation, found.width) == (None, None, None)


async def test_the_time_of_a_file_is_not_that_of_a_picture(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    """Immich gives a picture that tells nothing the time at which its file was changed."""
    library = sandbox.library
    asset = next(a for a in library.assets.values() if a.filename == "IMG_0301.JPG")
    asset.camera, asset.offset, asset.modified = NO_CAMERA, 0, asset.taken
    library.touch(asset.id)
    assert (await listed(client))[asset.id].precision is Precision.NONE
    asset.modified += 1000
    library.touch(asset.id)
    assert (await listed(client))[asset.id].precision is Precision.SUBSECOND


async def test_only_what_has_changed_since_is_listed_trashed_too(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    library = sandbox.library
    one, two, three, *_ = library.album_named("Holiday").assets
    newest = max(asset.updated for asset in library.assets.values())
    library.clock = lambda: newest + 60_000
    library.describe(one, description="changed")
    library.trash([two])
    since = datetime.fromtimestamp(newest / 1000 + 60, UTC)
    found = await listed(client, updated_after=since)
    assert set(found) == {one, two}
    assert [found[one].shown, found[two].shown] == [True, False]
    assert three in await listed(client)


async def test_all_pages_are_read_and_no_asset_comes_twice(connect: Any) -> None:
    async with Sandbox(assets=2500, hostile=False, jpeg_only=True) as sandbox:
        client = connect(sandbox.url, api_key=sandbox.api_key)
        sandbox.traffic.reset()
        pages = [page async for page in client.list_library(owner_id=sandbox.library.owner.id)]
        ids = [found.asset.id for page in pages for found in page]
        assert len(ids) == len(set(ids)) == 2500
        assert sandbox.traffic.of("search").requests == 3
        assert sandbox.traffic.of("me").requests == 0
