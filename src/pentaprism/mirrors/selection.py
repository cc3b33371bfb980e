"""Selection: an album's listing, with what is left out of it for other files of the same shots."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from pentaprism.assets import Asset
from pentaprism.destinations.choices import RawPolicy
from pentaprism.immich import Listing
from pentaprism.mirrors.chosen import Chosen, choose_files
from pentaprism.mirrors.pairs import without_partners
from pentaprism.mirrors.shots import Shots
from pentaprism.mirrors.sweep import Sweep

type Pages = AsyncIterator[tuple[Sequence[Asset], frozenset[str]]]
"""Pages of assets, with the ids of those that another file of their shot is mirrored for."""


async def select(
    new_listing: Callable[[], Listing],
    policy: RawPolicy,
    shots: Shots,
    sweep: Sweep,
    apart: Callable[[Sequence[str]], Awaitable[frozenset[str]]],
) -> tuple[Listing, Pages]:
    """Return a listing and its pages, to be read once.

    Where the choice depends on groups, this reads another listing to its end first. ``apart``
    tells which assets a person has split off from others.
    """

    async def unpaired(assets: Sequence[Asset]) -> frozenset[str]:
        split_off = await apart([asset.id for asset in assets])
        return split_off | await sweep.out_of_reach(assets)

    chosen = Chosen()
    if policy is not RawPolicy.ALL and await shots.any_known():
        chosen = await choose_files(new_listing().pages(), shots, policy, sweep.out_of_reach)
    listing = new_listing()
    return listing, without_partners(listing.pages(), policy, chosen, unpaired)
