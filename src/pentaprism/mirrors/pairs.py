"""Pairs: which assets of a listing are left out for another file of their shot.

The library index knows the shots best. Of assets that it has in none, the listing alone tells RAW
and JPEG of one shot: cameras write both within one shutter release, with the same name but for its
ending, in the same second.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from datetime import datetime

from pentaprism.assets import Asset, MediaType
from pentaprism.destinations.choices import RawPolicy
from pentaprism.mirrors.chosen import Chosen

RAW = frozenset({
    "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "iiq", "k25", "kdc", "mef",
    "mos", "mrw", "nef", "nrw", "orf", "ori", "pef", "raf", "raw", "rw2", "rwl", "sr2", "srf",
    "srw", "x3f",
})  # fmt: skip
"""The endings of RAW files that Immich takes."""


type Unpaired = Callable[[Sequence[Asset]], Awaitable[Collection[str]]]
"""Tells, by their ids, which of some assets are nobody's partners."""


def is_raw(filename: str) -> bool:
    """Tell whether ``filename`` is that of a RAW file."""
    stem, _, ending = filename.rpartition(".")
    return bool(stem) and ending.lower() in RAW


async def without_partners(
    pages: AsyncIterator[Sequence[Asset]],
    policy: RawPolicy,
    chosen: Chosen,
    unpaired: Unpaired,
) -> AsyncIterator[tuple[Sequence[Asset], frozenset[str]]]:
    """Yield the assets of ``pages`` in their order, with the ids of those left to a partner.

    ``chosen`` decides about the assets of shots that are known, the listing about the others;
    ``unpaired`` tells which of these are nobody's partners all the same. The assets of a page's
    last second wait for the next page, as their partners may be there.
    """
    if policy is RawPolicy.ALL:
        async for page in pages:
            yield page, frozenset()
        return

    async def partnered(assets: Sequence[Asset]) -> frozenset[str]:
        unknown = [asset for asset in assets if asset.id not in chosen.known]
        by_pair = await _left_out(unknown, policy, unpaired)
        return by_pair.union(asset.id for asset in assets if asset.id in chosen.left_out)

    waiting: list[Asset] = []
    async for page in pages:
        assets = [*waiting, *page]
        last = _second(assets[-1]) if assets else None
        ready = len(assets)
        while ready and _second(assets[ready - 1]) == last:
            ready -= 1
        waiting = assets[ready:]
        if ready:
            yield assets[:ready], await partnered(assets[:ready])
    if waiting:
        yield waiting, await partnered(waiting)


async def _left_out(
    assets: Sequence[Asset], policy: RawPolicy, unpaired: Unpaired
) -> frozenset[str]:
    """Return the ids of those ``assets`` whose partner among them is mirrored in their stead."""
    paired = [asset for shot in _pairs(assets) for files in shot for asset in files]
    alone = await unpaired(paired) if paired else ()
    unwanted = 0 if policy is RawPolicy.RAW else 1
    shots = _pairs([asset for asset in paired if asset.id not in alone])
    return frozenset(asset.id for shot in shots for asset in shot[unwanted])


def _pairs(assets: Sequence[Asset]) -> list[tuple[list[Asset], list[Asset]]]:
    """Return the shots among ``assets`` that have both, each as what is no RAW and what is."""
    shots: dict[tuple[str, str, datetime], tuple[list[Asset], list[Asset]]] = {}
    for asset in assets:
        if asset.media_type is MediaType.IMAGE:
            stem = asset.filename.rpartition(".")[0].casefold()
            shot = shots.setdefault((asset.owner_id, stem, _second(asset)), ([], []))
            shot[is_raw(asset.filename)].append(asset)
    return [shot for shot in shots.values() if all(shot)]


def _second(asset: Asset) -> datetime:
    return asset.taken_at.replace(microsecond=0)
