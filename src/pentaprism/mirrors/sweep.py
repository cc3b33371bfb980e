"""A sweep: the album's listing, page by page, against the records and what is really there.

The listing comes in the album's order and the records have another, so each page asks the store
for just its own shots and marks the rows it saw. What is recorded and was not seen has left the
album. Memory is one page, and one bit for each record.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pentaprism.assets import Asset, Role, Visibility
from pentaprism.destinations.base import Destination, Presence, RemoteAlbum, RemoteItem
from pentaprism.destinations.choices import Removals
from pentaprism.mirrors.plan import (
    Keep,
    Policy,
    Put,
    Recorded,
    Skip,
    decide,
    is_out_of_reach,
)
from pentaprism.row_set import RowSet
from pentaprism.store import Store
from pentaprism.store.records import Item, ItemState


def remote_item(item: Item) -> RemoteItem | None:
    """Return what was recorded of ``item`` at its destination; None if it was never there."""
    if item.remote_id is None:
        return None
    return RemoteItem(item.remote_id, item.size, item.mtime_ns, item.sha1, item.verified)


class Sweep:
    """One reading of an album for one mirror."""

    def __init__(
        self,
        store: Store,
        mirror_id: str,
        destination: Destination,
        album: RemoteAlbum,
        policy: Policy,
        *,
        now: datetime,
        thorough: bool = False,
    ) -> None:
        self._store = store
        self._mirror_id = mirror_id
        self._destination = destination
        self._album = album
        self._policy = policy
        self._now = now
        self._thorough = thorough
        self._seen = RowSet()

    async def decide(
        self, assets: Sequence[Asset], partnered: Collection[str] = ()
    ) -> list[Put | Keep | Skip]:
        """Return what to do about each of ``assets``, one page of the listing, in its order.

        ``partnered`` are the ids of those that another file of their shot is mirrored for.

        An asset whose record was seen in an earlier page already is left out: a listing paged by
        offset repeats assets when others are added meanwhile. So is a hidden one: Immich lists it
        and neither shows nor counts it, and the video half of a live photo travels with its still.
        """
        assets = [
            self._as_mirrored(asset)
            for asset in assets
            if asset.visibility is not Visibility.HIDDEN
        ]
        shots = await self._store.items.of_shots(self._mirror_id, [asset.id for asset in assets])
        fresh = [asset for asset in assets if not self._was_seen(shots.get(asset.id, ()))]
        presences = await self._survey([item for a in fresh for item in shots.get(a.id, ())])
        actions = []
        for asset in fresh:
            recorded = {}
            for item in shots.get(asset.id, ()):
                self._seen.add(item.row)
                recorded[item.role] = Recorded(item, presences.get(item.row))
            actions.append(
                decide(
                    asset,
                    recorded,
                    self._policy,
                    self._now,
                    partner=asset.id in partnered,
                    refusal=self._destination.refusal(asset),
                )
            )
        return actions

    async def out_of_reach(self, assets: Sequence[Asset]) -> frozenset[str]:
        """Return the ids of those ``assets`` that cannot be put, and are not there either."""
        refusal = self._destination.refusal
        ids = [a.id for a in assets if is_out_of_reach(a) or refusal(a) is not None]
        if not ids:
            return frozenset()
        shots = await self._store.items.of_shots(self._mirror_id, ids)
        there = {
            asset_id
            for asset_id, items in shots.items()
            if items[0].role is Role.PRIMARY and items[0].remote_id is not None
        }
        return frozenset(ids) - there

    def _as_mirrored(self, asset: Asset) -> Asset:
        """Return ``asset`` without a checksum of content where its edited form is mirrored.

        Immich's checksum is that of the original, which must be neither adopted nor linked instead.
        """
        if not (self._policy.edited and asset.is_edited):
            return asset
        return replace(asset, checksum=replace(asset.checksum, of_content=False))

    def _was_seen(self, items: Sequence[Item]) -> bool:
        return bool(items) and items[0].row in self._seen

    async def _survey(self, items: Sequence[Item]) -> Mapping[int, Presence]:
        there = [(item.row, remote) for item in items if (remote := remote_item(item)) is not None]
        if not there:
            return {}
        presences = await self._destination.survey(
            self._album, [remote for _, remote in there], thorough=self._thorough
        )
        return {row: presence for (row, _), presence in zip(there, presences, strict=True)}

    def mark(self, items: Iterable[Item]) -> None:
        """Count ``items``, recorded during this sweep, as seen."""
        for item in items:
            self._seen.add(item.row)

    async def left(self) -> list[str]:
        """Return the ids of the recorded shots that the listing did not hold.

        Orphans, which have left earlier and were kept, count only where the mirror trashes.
        """
        ignored = {ItemState.ORPHANED} if self._policy.removals is Removals.KEEP else set()
        return [
            shot_id
            async for page in self._store.items.primaries(self._mirror_id)
            for row, shot_id, state in page
            if row not in self._seen and state not in ignored
        ]

    async def shots(self, shot_ids: Sequence[str]) -> AsyncIterator[tuple[Item, ...]]:
        """Yield the recorded files of each of the shots, a hundred shots at a time."""
        for start in range(0, len(shot_ids), 100):
            found = await self._store.items.of_shots(self._mirror_id, shot_ids[start : start + 100])
            for items in found.values():
                yield tuple(items)
