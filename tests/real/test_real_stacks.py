"""The calls for stacks and for the whole library against a real Immich.

The settings are those of `test_real_immich`. The test uploads pictures of its own and takes them
back.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from test_real_immich import call, upload, wait_until_processed

from pentaprism.errors import NotFoundError, PermanentError
from pentaprism.groups.files import Precision
from pentaprism.immich import STACKS, ImmichClient, ImmichOptions, LibraryAsset

pytestmark = pytest.mark.real
URL, KEY = os.environ.get("PENTAPRISM_REAL_IMMICH"), os.environ.get("PENTAPRISM_REAL_KEY")


@dataclass
class Real:
    """A client of the server, and assets that were uploaded for the test."""

    client: ImmichClient
    ids: list[str]

    async def listed(self, **options: Any) -> dict[str, LibraryAsset]:
        """Return those of the test's assets that a listing has."""
        return {
            found.asset.id: found
            async for page in self.client.list_library(**options)
            for found in page
            if found.asset.id in self.ids
        }


@pytest.fixture
async def real() -> AsyncIterator[Real]:
    if not URL or not KEY:
        pytest.skip("PENTAPRISM_REAL_IMMICH and PENTAPRISM_REAL_KEY name no server")
    ids = [upload(f"DSC_{n}.JPG")[0] for n in range(5)]
    wait_until_processed(ids)
    async with ImmichClient(ImmichOptions(URL, KEY)) as client:
        yield Real(client, ids)
    call("DELETE", "/assets", {"ids": ids, "force": True})


async def test_stacks_are_made_absorbed_turned_and_taken_apart(real: Real) -> None:
    client, (one, two, three, four, five) = real.client, real.ids
    assert (await client.preflight(STACKS)).missing == frozenset()
    before = await client.stacks()
    first = await client.create_stack([two, one])
    assert first.asset_ids == (two, one)
    # A member that is not the primary leaves its stack behind, and may leave a single asset there.
    second = await client.create_stack([three, one])
    now = {stack.id: stack.asset_ids for stack in await client.stacks()}
    assert (now[first.id], now[second.id]) == ((two,), (three, one))
    # A primary brings all of its stack.
    third = await client.create_stack([four, five, three])
    assert third.asset_ids[0] == four
    assert set(third.asset_ids) == {one, three, four, five}
    assert second.id not in {stack.id for stack in await client.stacks()}
    turned = await client.show_first(third.id, one)
    assert (turned.id, turned.asset_ids[0]) == (third.id, one)
    with pytest.raises(PermanentError) as outside:
        await client.show_first(third.id, two)
    assert outside.value.code == "stack_refused"
    for stack in (third, third, first):
        await client.delete_stack(stack.id)
    assert await client.stacks() == before
    with pytest.raises(NotFoundError):
        await client.show_first(third.id, one)


async def test_the_library_tells_what_changed_since(real: Real) -> None:
    client, (one, two, *_) = real.client, real.ids
    everything = await real.listed()
    assert set(everything) == set(real.ids)
    # These pictures tell no time; Immich shows that of the file.
    assert {found.precision for found in everything.values()} == {Precision.NONE}
    assert {(found.width, found.height) for found in everything.values()} == {(32, 32)}
    newest = max(found.asset.updated_at for found in everything.values())
    stack = await client.create_stack([one, two])
    since = await real.listed(updated_after=newest)
    assert {id_ for id_, found in since.items() if found.asset.updated_at > newest} == {one, two}
    await client.delete_stack(stack.id)
    call("DELETE", "/assets", {"ids": [one]})
    assert one not in await real.listed()
    assert not (await real.listed(updated_after=newest))[one].shown
