"""The client against the sandbox, which shares no code with it."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from originals import ignore

from pentaprism.assets import Asset, Visibility
from pentaprism.errors import ActionRequiredError, NotFoundError, RetryableError
from pentaprism.immich import READ_ONLY, ImmichClient, Listing, Statistics
from pentaprism.sandbox.immich import Sandbox

UNKNOWN = "14e378d0-5fb5-4fdb-92a7-5e49d9f96305"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(assets=60, seed=7) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox, connect: Any) -> ImmichClient:
    made: ImmichClient = connect(sandbox.url, api_key=sandbox.api_key)
    return made


async def read(listing: Listing) -> list[Asset]:
    return [asset async for page in listing.pages() for asset in page]


async def test_preflight_tells_server_user_and_permissions(client: ImmichClient) -> None:
    found = await client.preflight()
    assert found.server.version == "3.1.0"
    assert found.user is not None
    assert found.user.is_admin
    assert "@" in found.user.email
    assert found.permissions == {"all"}
    assert found.missing == frozenset()
    found.require()


async def test_preflight_names_what_is_missing(sandbox: Sandbox, connect: Any) -> None:
    key = sandbox.library.add_key(["album.read", "asset.read"], name="weak")
    found = await connect(sandbox.url, api_key=key.secret).preflight()
    assert found.user is None
    assert found.missing == READ_ONLY - {"album.read", "asset.read"}
    with pytest.raises(ActionRequiredError) as caught:
        found.require()
    assert caught.value.code == "permissions"
    for name in found.missing:
        assert name in caught.value.message


async def test_a_bad_key(sandbox: Sandbox, connect: Any) -> None:
    with pytest.raises(ActionRequiredError) as caught:
        await connect(sandbox.url, api_key="wrong").preflight()
    assert caught.value.code == "bad_key"
    assert "wrong" not in caught.value.message


async def test_a_call_without_its_permission_names_it(sandbox: Sandbox, connect: Any) -> None:
    key = sandbox.library.add_key(["asset.read"], name="weak")
    with pytest.raises(ActionRequiredError, match=r"album\.read") as caught:
        await connect(sandbox.url, api_key=key.secret).albums()
    assert caught.value.code == "permissions"


@pytest.mark.parametrize("version", ["2.0.0", "2.7.5", "3.0.0", "3.9.9"])
async def test_versions_that_we_know(connect: Any, version: str) -> None:
    async with Sandbox(assets=5, version=version) as sandbox:
        client = connect(sandbox.url, api_key=sandbox.api_key)
        assert (await client.server()).version == version
        album = max(await client.albums(), key=lambda a: a.asset_count)
        listing = client.list_album(album)
        assets = await read(listing)
        assert len(assets) >= album.asset_count > 0
        assert listing.proof is not None
        assert listing.proof.complete


@pytest.mark.parametrize(("version", "hint"), [("1.144.1", "Immich"), ("4.0.0", "Pentaprism")])
async def test_versions_that_we_do_not_know(connect: Any, version: str, hint: str) -> None:
    async with Sandbox(assets=1, version=version) as sandbox:
        with pytest.raises(ActionRequiredError, match=version) as caught:
            await connect(sandbox.url, api_key=sandbox.api_key).preflight()
    assert caught.value.code == "version"
    assert hint in caught.value.hint


async def test_albums_are_listed(sandbox: Sandbox, client: ImmichClient) -> None:
    albums = await client.albums()
    assert {a.id for a in albums} == {
        a.id for a in sandbox.library.albums.values() if a.name != "Garden"
    }
    holiday = next(a for a in albums if a.name == "Holiday")
    assert holiday.owner_id == sandbox.library.owner.id
    assert holiday.owner_name
    assert await client.album(holiday.id) == holiday


@pytest.mark.parametrize("album_id", [UNKNOWN, "not-an-id", "../users/me", "a?b#c", "%2e%2e", ""])
async def test_an_album_that_is_not_there(client: ImmichClient, album_id: str) -> None:
    found = await asyncio.gather(
        client.album(album_id), read(client.list_album(album_id)), return_exceptions=True
    )
    for error in found:
        assert isinstance(error, NotFoundError)
        assert error.code == "album_not_found"
        assert "pentaprism albums" in error.hint


async def test_a_foreign_album_until_it_is_shared(sandbox: Sandbox, connect: Any) -> None:
    library = sandbox.library
    stranger = library.add_user("Stranger", "stranger@example.test", "password")
    key = library.add_key(["all"], user_id=stranger.id)
    client = connect(sandbox.url, api_key=key.secret)
    holiday = library.album_named("Holiday")
    with pytest.raises(NotFoundError) as caught:
        await client.album(holiday.id)
    assert caught.value.code == "album_not_found"
    library.share_album(holiday.id, stranger.id)
    assert (await client.album(holiday.id)).shared
    listing = client.list_album(holiday.id)
    assert await read(listing)
    assert listing.proof is not None
    assert listing.proof.complete


async def test_a_listing_holds_what_the_album_holds(sandbox: Sandbox, client: ImmichClient) -> None:
    holiday = sandbox.library.album_named("Holiday")
    listing = client.list_album(holiday.id)
    unread = listing.proof
    assert unread is None
    assets = await read(listing)
    assert assets == sorted(assets, key=lambda a: (a.taken_at, a.id))
    ids = [asset.id for asset in assets]
    assert len(set(ids)) == len(ids) > 50
    assert listing.proof is not None
    assert listing.proof.complete
    assert listing.proof.listed == len(ids)
    assert Visibility.ARCHIVE in {asset.visibility for asset in assets}


async def test_a_hidden_member_is_listed_and_not_counted(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    library = sandbox.library
    holiday = library.album_named("Holiday")
    before = client.list_album(holiday.id)
    first = (await read(before))[0]
    library.set_visibility(first.id, "hidden")
    listing = client.list_album(holiday.id)
    assets = await read(listing)
    assert next(a for a in assets if a.id == first.id).visibility is Visibility.HIDDEN
    assert before.proof is not None
    assert listing.proof is not None
    assert listing.proof.listed == before.proof.listed
    assert listing.proof.expected == before.proof.expected - 1
    assert listing.proof.complete


async def test_an_empty_album(client: ImmichClient) -> None:
    album = next(a for a in await client.albums() if a.asset_count == 0)
    listing = client.list_album(album)
    assert await read(listing) == []
    assert listing.proof is not None
    assert listing.proof.complete
    assert listing.proof.fingerprint == 0


async def test_a_long_listing(connect: Any) -> None:
    async with Sandbox(assets=2500, hostile=False, jpeg_only=True) as sandbox:
        client = connect(sandbox.url, api_key=sandbox.api_key)
        holiday = sandbox.library.album_named("Holiday")
        first, second = client.list_album(holiday.id), client.list_album(holiday.id)
        pages = [page async for page in first.pages()]
        assert len(pages) >= 3
        await read(second)
        assert first.proof == second.proof
        other = next(a for a in await client.albums() if a.id != holiday.id and a.asset_count)
        third = client.list_album(other)
        await read(third)
        assert third.proof is not None
        assert first.proof is not None
        assert third.proof.fingerprint != first.proof.fingerprint


async def test_an_asset_that_leaves_in_between_shows(connect: Any) -> None:
    async with Sandbox(assets=2500, hostile=False, jpeg_only=True) as sandbox:
        client = connect(sandbox.url, api_key=sandbox.api_key)
        holiday = sandbox.library.album_named("Holiday")
        sandbox.faults.add("remove_between_pages", page=1, times=1)
        listing = client.list_album(holiday.id)
        ids = {asset.id for asset in await read(listing)}
        missed = set(sandbox.library.albums[holiday.id].assets) - ids
        assert len(missed) == 1  # the defect of paging by offset
        assert listing.proof is not None
        # One was listed and left, one was skipped: the count alone agrees.
        assert listing.proof.listed == listing.proof.expected
        assert not listing.proof.complete


@pytest.mark.parametrize("fault", ["empty_listing", "missing_page", "count_lies"])
async def test_a_listing_that_lies_does_not_prove_itself(
    sandbox: Sandbox, client: ImmichClient, fault: Any
) -> None:
    sandbox.faults.add(fault)
    listing = client.list_album(sandbox.library.album_named("Holiday").id)
    await read(listing)
    assert listing.proof is not None
    assert not listing.proof.complete


@pytest.mark.parametrize("fault", ["drop_before_headers", "drop", "truncate", "status"])
async def test_passing_faults_are_ridden_out(
    sandbox: Sandbox, client: ImmichClient, sleeps: list[float], fault: Any
) -> None:
    sandbox.faults.add(fault, times=3)
    assert await client.albums()
    assert sleeps


async def test_lasting_faults_are_told(sandbox: Sandbox, client: ImmichClient) -> None:
    sandbox.faults.add("status", status=502)
    with pytest.raises(RetryableError) as caught:
        await client.albums()
    assert caught.value.code == "immich_unavailable"
    assert "502" in caught.value.message


async def test_maintenance_is_not_taken_for_a_deleted_album(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    holiday = sandbox.library.album_named("Holiday")
    sandbox.faults.add("maintenance", route="album")
    sandbox.faults.add("maintenance", route="albums")
    sandbox.faults.add("maintenance")
    with pytest.raises(RetryableError) as caught:
        await client.album(holiday.id)
    assert caught.value.code == "immich_unavailable"


async def test_statistics_count_what_the_user_sees(
    sandbox: Sandbox, client: ImmichClient, connect: Any
) -> None:
    library, owner = sandbox.library, sandbox.library.owner.id
    mine = [a for a in library.assets.values() if a.owner_id == owner and a.deleted is None]
    shown = [a for a in mine if a.visibility in {"timeline", "archive"}]
    videos = sum(a.is_video for a in shown)
    found = await client.statistics()
    assert found == Statistics(len(shown) - videos, videos, len(shown))
    weak = connect(sandbox.url, api_key=library.add_key(sorted(READ_ONLY)).secret)
    assert await weak.statistics() is None
    with pytest.raises(ActionRequiredError):
        await connect(sandbox.url, api_key="wrong").statistics()


async def test_an_asset_has_metadata_and_tags(sandbox: Sandbox, client: ImmichClient) -> None:
    library = sandbox.library
    asset_id = (await read(client.list_album(library.album_named("Holiday").id)))[3].id
    library.describe(asset_id, description="On the beach", rating=4)
    library.tag(asset_id, "Trip/Beach")
    asset = await client.asset(asset_id)
    assert asset.exif is not None
    assert (asset.exif.description, asset.exif.rating) == ("On the beach", 4)
    assert asset.tags is not None
    assert "Trip/Beach" in asset.tags


@pytest.mark.parametrize("asset_id", [UNKNOWN, "not-an-id"])
async def test_an_asset_that_is_not_there(client: ImmichClient, asset_id: str) -> None:
    found = await asyncio.gather(
        client.asset(asset_id), client.thumbnail(asset_id), return_exceptions=True
    )
    for error in found:
        assert isinstance(error, NotFoundError)
        assert error.code == "asset_not_found"


async def test_metadata_comes_with_a_listing_when_asked_for(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    holiday = sandbox.library.album_named("Holiday").id
    assert all(a.exif is None for a in await read(client.list_album(holiday)))
    assets = await read(client.list_album(holiday, with_exif=True))
    sized = [a for a in assets if a.exif is not None and a.exif.size]
    assert len(sized) > len(assets) / 2


async def test_thumbnails(sandbox: Sandbox, client: ImmichClient) -> None:
    assets = await read(client.list_album(sandbox.library.album_named("Holiday").id))
    ready = next(a for a in assets if a.processed and a.mime_type == "image/jpeg")
    small = await client.thumbnail(ready.id)
    large = await client.thumbnail(ready.id, "preview")
    assert small is not None
    assert large is not None
    assert (small.mime_type, large.mime_type) == ("image/webp", "image/jpeg")
    assert small.data[8:12] == b"WEBP"
    sandbox.library.set_processed(ready.id, processed=False)
    assert await client.thumbnail(ready.id) is None
    assert not (await client.asset(ready.id)).processed


async def test_every_original_is_what_its_checksum_says(
    sandbox: Sandbox, client: ImmichClient, tmp_path: Path
) -> None:
    assets = await read(client.list_album(sandbox.library.album_named("Holiday").id))
    checked = 0
    for number, asset in enumerate(assets):
        if asset.is_offline:
            continue
        path = tmp_path / str(number)
        fd = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            received = await asyncio.to_thread(client.content(asset).download_to, fd, ignore)
        finally:
            os.close(fd)
        data = path.read_bytes()
        assert received.size == len(data) == await client.original_size(asset.id)
        assert received.sha1 == hashlib.sha1(data).digest()
        assert received.verified is asset.checksum.of_content
        checked += received.verified
    assert checked > 50


async def test_the_size_of_an_offline_original_is_not_known(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    asset = (await read(client.list_album(sandbox.library.album_named("Holiday").id)))[0]
    sandbox.library.set_offline(asset.id)
    assert await client.original_size(asset.id) is None


async def test_a_closed_client_may_be_closed_again(client: ImmichClient) -> None:
    await client.albums()
    await client.close()
    await client.close()
