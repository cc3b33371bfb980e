"""Registering: gives each shot that has to be put its record, where a destination has no paths."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pentaprism.assets import Asset, Role
from pentaprism.errors import ConflictError
from pentaprism.mirrors.allotment import AssetSource
from pentaprism.mirrors.claims import Paths
from pentaprism.mirrors.placing import PlacedPart, PlacedPut, video_half
from pentaprism.mirrors.plan import Put
from pentaprism.store import Store
from pentaprism.store.records import NewItem


class Registering:
    """Does for destinations without paths what `Placing` does for those with them."""

    def __init__(self, store: Store, mirror_id: str, assets: AssetSource) -> None:
        self._store = store
        self._mirror_id = mirror_id
        self._assets = assets

    async def preview(self, puts: Sequence[Put]) -> list[Paths]:
        """Return no paths, for each of ``puts``."""
        return [{} for _ in puts]

    async def place(self, puts: Sequence[Put]) -> list[PlacedPut]:
        """Return ``puts`` with records; all new ones are one transaction."""
        videos = await asyncio.gather(*(video_half(self._assets, put) for put in puts))
        sources = [
            {role: video if role is Role.VIDEO else put.asset for role in put.reasons}
            for put, video in zip(puts, videos, strict=True)
        ]
        new = [
            _new_item(put, role, asset)
            for put, assets in zip(puts, sources, strict=True)
            for role, asset in assets.items()
            if asset is not None and role not in put.recorded
        ]
        items = {
            (item.shot_id, item.role): item
            for item in (await self._store.items.claim(self._mirror_id, new) if new else ())
        }
        placed = []
        for put, assets in zip(puts, sources, strict=True):
            parts = {}
            for role, asset in assets.items():
                if asset is None:
                    continue
                known = put.recorded.get(role)
                item = known.item if known else items[put.asset.id, role]
                parts[role] = PlacedPart(put.reasons[role], asset, item)
            placed.append(PlacedPut(put, parts, iter(())))
        return placed

    async def move(self, placed: PlacedPut) -> PlacedPut:
        """Raise: there is no other place for ``placed`` to move to."""
        raise ConflictError(
            f"There is no other place for {placed.put.asset.filename}.", code="no_free_name"
        )


def _new_item(put: Put, role: Role, asset: Asset) -> NewItem:
    return NewItem(
        asset_id=asset.id,
        shot_id=put.asset.id,
        role=role,
        path=None,
        path_key=None,
        filename=asset.filename,
        taken_at=put.asset.taken_at,
        asset_updated_at=put.asset.updated_at,
    )
