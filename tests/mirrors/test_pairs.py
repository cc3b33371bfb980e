"""RAW and JPEG of one shot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pictures import make_asset

from pentaprism.assets import Asset
from pentaprism.destinations.choices import RawPolicy
from pentaprism.mirrors.chosen import Chosen, digest_of
from pentaprism.mirrors.pairs import is_raw, without_partners

START = datetime(2024, 5, 1, tzinfo=UTC)


def shot(name: str, second: float = 0, owner: str = "owner") -> Asset:
    asset = make_asset(f"{name} {second} {owner}".encode(), name)
    return replace(asset, taken_at=START + timedelta(seconds=second), owner_id=owner, id=name)


PAIR = [shot("a.DNG", 0.1), shot("A.jpg", 0.4)]


@pytest.mark.parametrize(
    ("assets", "policy", "left_out"),
    [
        (PAIR, RawPolicy.ALL, set()),
        (PAIR, RawPolicy.PRIMARY, {"a.DNG"}),
        (PAIR, RawPolicy.RAW, {"A.jpg"}),
        (PAIR[:1], RawPolicy.PRIMARY, set()),
        (PAIR[1:], RawPolicy.RAW, set()),
        ([shot("a.dng"), shot("a.jpg", 1)], RawPolicy.PRIMARY, set()),
        ([shot("a.dng"), shot("a.jpg", owner="other")], RawPolicy.PRIMARY, set()),
        ([shot("a.dng"), shot("b.jpg")], RawPolicy.RAW, set()),
        ([shot("a.cr2"), shot("a.jpg"), shot("a.heic")], RawPolicy.RAW, {"a.jpg", "a.heic"}),
    ],
)
async def test_one_of_a_pair_is_left_to_the_other(
    assets: Sequence[Asset], policy: RawPolicy, left_out: set[str]
) -> None:
    assert await partners(assets, policy) == left_out


async def test_nothing_is_left_to_a_file_that_cannot_be_mirrored() -> None:
    assert await partners(PAIR, RawPolicy.PRIMARY, absent={"A.jpg"}) == set()
    assert await partners(PAIR, RawPolicy.RAW, absent={"a.DNG"}) == set()


async def test_the_listing_does_not_decide_about_shots_that_are_known() -> None:
    chosen = Chosen()
    chosen.known.add(digest_of("A.jpg"))
    chosen.known.add(digest_of("c.jpg"))
    chosen.left_out.add(digest_of("c.jpg"))
    for some in (chosen.known, chosen.left_out):
        some.close()
    assets = [*PAIR, shot("c.jpg", 5)]
    assert await partners(assets, RawPolicy.PRIMARY, chosen) == {"c.jpg"}


async def partners(
    assets: Sequence[Asset],
    policy: RawPolicy,
    chosen: Chosen | None = None,
    absent: Collection[str] = (),
) -> set[str]:
    """Return who is left to a partner, whichever way the listing is cut into pages."""

    async def out_of_reach(asked: Sequence[Asset]) -> Collection[str]:
        return [asset.id for asset in asked if asset.id in absent]

    found: list[set[str]] = []
    for size in (1, 2, 100):
        listed: list[Asset] = []
        partnered: set[str] = set()
        pages = paged(assets, size)
        async for page, ids in without_partners(pages, policy, chosen or Chosen(), out_of_reach):
            listed += page
            partnered |= ids
        assert listed == assets
        found.append(partnered)
    assert found[0] == found[1] == found[2]
    return found[0]


async def paged(assets: Sequence[Asset], size: int) -> AsyncIterator[Sequence[Asset]]:
    for start in range(0, len(assets), size):
        yield assets[start : start + size]


def test_raw_is_told_by_its_ending() -> None:
    assert is_raw("x.ARW")
    assert not is_raw("arw")
    assert not is_raw("x.jpg")
