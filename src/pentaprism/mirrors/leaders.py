"""Leaders: which file of a shot was placed first, so that the others follow it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from pentaprism.assets import Role
from pentaprism.mirrors.families import Family, Leader, leader
from pentaprism.mirrors.shots import KnownShot
from pentaprism.store import Store


class Leaders:
    """The leaders of one mirror: by its records, and in a preview by what was previewed."""

    def __init__(self, store: Store, mirror_id: str) -> None:
        self._store = store
        self._mirror_id = mirror_id
        self._previewed: dict[str, Leader] = {}

    async def find(self, shots: Iterable[KnownShot]) -> dict[str, Leader]:
        """Return, by group, the leader of each of ``shots`` that has one."""
        wanted = {shot.group_id: shot for shot in shots}
        asset_ids = [asset_id for shot in wanted.values() for asset_id, _ in shot.assets]
        if not asset_ids:
            return {}
        recorded = await self._store.items.of_shots(self._mirror_id, asset_ids)
        found = {}
        for group_id, shot in wanted.items():
            items = [
                items[0]
                for asset_id, _ in shot.assets
                if (items := recorded.get(asset_id)) and items[0].role is Role.PRIMARY
            ]
            first = min(items, key=lambda item: item.row, default=None)
            if first is not None and first.path is not None:
                found[group_id] = leader(first.asset_id, PurePosixPath(first.path), shot)
            elif group_id in self._previewed:
                found[group_id] = self._previewed[group_id]
        return found

    def remember(self, families: Iterable[Family], shots: Mapping[str, KnownShot]) -> None:
        """Remember who leads, as a preview leaves no records."""
        for member in (member for family in families for member in family.members):
            shot = shots.get(member.put.asset.id)
            if shot is not None and Role.PRIMARY in member.paths:
                found = leader(member.put.asset.id, member.paths[Role.PRIMARY], shot)
                self._previewed.setdefault(shot.group_id, found)
