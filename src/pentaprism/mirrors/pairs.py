"""Pairs: RAW and JPEG of one shot, found in a listing in the order of capture.

Cameras write both within one shutter release: the same name but for its ending, and the same
second. The library index knows shots better; this is what a listing alone tells.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from pentaprism.assets import Asset, MediaType
from pentaprism.destinations.choices import RawPolicy

RAW = frozenset({
    "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "iiq", "k25", "kdc", "mef",
    "mos", "mrw", "nef", "nrw", "orf", "ori", "pef", "raf", "raw", "rw2", "rwl", "sr2", "srf",
    "srw", "x3f",
})  # fmt: skip
"""The endings of RAW files that Immich takes."""


def is_raw(filename: str) -> bool:
    """Tell whether ``filename`` is that of a RAW file."""
    stem, _, ending = filename.rpartition(".")
    return bool(stem) and ending.lower() in RAW


async def without_partners(
    pages: AsyncIterator[Sequence[Asset]], policy: RawPolicy
) -> AsyncIterator[tuple[Sequence[Asset], frozenset[str]]]:
    """Yield the assets of ``pages`` in their order, with the ids of those left to a partner.

    The assets of a page's last second wait for the next page, as their partners may be there.
    """
    if policy is RawPolicy.ALL:
        async for page in pages:
            yield page, frozenset()
        return
    waiting: list[Asset] = []
    async for page in pages:
        assets = [*waiting, *page]
        last = _second(assets[-1]) if assets else None
        ready = len(assets)
        while ready and _second(assets[ready - 1]) == last:
            ready -= 1
        waiting = assets[ready:]
        if ready:
            yield assets[:ready], left_out(assets[:ready], policy)
    if waiting:
        yield waiting, left_out(waiting, policy)


def left_out(assets: Sequence[Asset], policy: RawPolicy) -> frozenset[str]:
    """Return the ids of those ``assets`` whose partner among them is mirrored in their stead."""
    shots: dict[tuple[str, str, datetime], tuple[list[Asset], list[Asset]]] = {}
    for asset in assets:
        if asset.media_type is MediaType.IMAGE:
            stem = asset.filename.rpartition(".")[0].casefold()
            shot = shots.setdefault((asset.owner_id, stem, _second(asset)), ([], []))
            shot[is_raw(asset.filename)].append(asset)
    unwanted = 0 if policy is RawPolicy.RAW else 1
    return frozenset(asset.id for shot in shots.values() if all(shot) for asset in shot[unwanted])


def _second(asset: Asset) -> datetime:
    return asset.taken_at.replace(microsecond=0)
