"""Listings and their proofs, for albums that change while they are read."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.assets import Album
from pentaprism.errors import RetryableError
from pentaprism.immich import Listing
from pentaprism.immich.models import AssetPage, AssetReply

CHECKSUM = b64encode(b"\0" * 20).decode()
TIME = datetime(2024, 1, 1, tzinfo=UTC)
ALBUM = Album("a", "A", "", 0, "o", "O", False, TIME)


def page(ids: list[str], next_page: str | int | None = None) -> AssetPage:
    return AssetPage([AssetReply(id_, CHECKSUM, f"{id_}.jpg") for id_ in ids], next_page)


class Server:
    """An album that is paged by offset, and changes when a page has been read."""

    def __init__(self, ids: list[str], size: int) -> None:
        self.ids = ids
        self.size = size
        self.updated_at = TIME
        self.after: dict[int, list[tuple[str, str]]] = {}

    async def fetch(self, number: int) -> AssetPage:
        start = (number - 1) * self.size
        found = page(self.ids[start : start + self.size])
        if start + self.size < len(self.ids):
            found.next_page = str(number + 1)
        for change, id_ in self.after.get(number, []):
            if change == "add":
                self.ids = sorted({*self.ids, id_})
                self.updated_at += timedelta(seconds=1)
            else:
                self.ids = [i for i in self.ids if i != id_]
        return found

    async def look(self) -> Album:
        return replace(ALBUM, asset_count=len(self.ids), updated_at=self.updated_at)


async def read(server: Server) -> tuple[list[str], Listing]:
    listing = Listing(server.fetch, server.look)
    return [asset.id async for assets in listing.pages() for asset in assets], listing


@given(st.sets(st.text("abc", min_size=1, max_size=3)), st.integers(1, 7))
def test_a_quiet_album_is_proved(ids: set[str], size: int) -> None:
    listed, listing = asyncio.run(read(Server(sorted(ids), size)))
    assert listed == sorted(ids)
    assert listing.proof is not None
    assert listing.proof.complete
    assert listing.proof.listed == len(ids)


CHANGES = st.dictionaries(
    st.integers(1, 5),
    st.lists(st.tuples(st.sampled_from(["add", "remove"]), st.text("abc", min_size=1, max_size=2))),
)


@given(st.sets(st.text("abc", min_size=1, max_size=2)), st.integers(1, 4), CHANGES)
def test_a_proof_holds_for_what_is_there(
    ids: set[str], size: int, after: dict[int, list[tuple[str, str]]]
) -> None:
    server = Server(sorted(ids), size)
    server.after = after
    listed, listing = asyncio.run(read(server))
    assert listing.proof is not None
    if listing.proof.complete:
        assert set(listed) >= set(server.ids)


async def test_a_shift_repeats_no_asset() -> None:
    server = Server(["b", "c", "d", "e"], 2)
    server.after = {1: [("add", "a")]}
    listed, listing = await read(server)
    assert listed == ["b", "c", "d", "e"]
    assert listing.proof is not None
    assert not listing.proof.complete


async def test_the_fingerprint_knows_no_order() -> None:
    proofs = [(await read(Server(ids, 2)))[1].proof for ids in (["a", "b", "c"], ["c", "a", "b"])]
    assert proofs[0] == proofs[1]
    other = (await read(Server(["a", "b", "d"], 2)))[1].proof
    assert other != proofs[0]


@pytest.mark.parametrize("next_page", ["1", "0", "-1", "soon", 1])
async def test_a_next_page_that_leads_nowhere_ends_the_listing(next_page: str | int) -> None:
    async def fetch(number: int) -> AssetPage:
        return page(["a"], next_page)

    async def look() -> Album:
        return replace(ALBUM, asset_count=2)

    listing = Listing(fetch, look)
    assert [len(p) async for p in listing.pages()] == [1]
    assert listing.proof is not None
    assert not listing.proof.complete


async def test_a_page_that_fails_leaves_no_proof() -> None:
    async def fetch(number: int) -> AssetPage:
        if number == 2:
            raise RetryableError("gone", code="immich_unavailable")
        return page(["a"], "2")

    async def look() -> Album:
        return replace(ALBUM, asset_count=1)

    listing = Listing(fetch, look)
    with pytest.raises(RetryableError):
        [p async for p in listing.pages()]
    assert listing.proof is None


async def test_a_listing_left_early_stops_asking() -> None:
    asked: list[int] = []
    never = asyncio.Event()

    async def fetch(number: int) -> AssetPage:
        asked.append(number)
        if number == 2:
            await never.wait()
        return page([str(number)], str(number + 1))

    async def look() -> Album:
        return ALBUM

    listing = Listing(fetch, look)
    pages = listing.pages()
    assert len(await anext(pages)) == 1
    await pages.aclose()  # type: ignore[attr-defined] # it is a generator, promised as an iterator
    assert asked == [1, 2]
    assert listing.proof is None
