"""Shots: which assets the library index knows to be of one shot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pentaprism.groups.files import GroupType, Kind
from pentaprism.store import Store

_RANKS = {kind: rank for rank, kind in enumerate((Kind.IMAGE, Kind.RAW, Kind.VIDEO))}
_RANKS |= {Kind.SIDECAR: len(_RANKS), Kind.OTHER: len(_RANKS)}


class KnownShot(Protocol):
    """A shot in the index, as far as its files are assets of the connection."""

    @property
    def group_id(self) -> str:
        """The id of its group."""
        ...

    @property
    def primary_asset_id(self) -> str | None:
        """The asset that is shown first; None where that file is no asset of the connection."""
        ...

    @property
    def assets(self) -> Sequence[tuple[str, Kind]]:
        """The id of each asset, with what kind of file it is."""
        ...


def by_rank(shot: KnownShot) -> list[tuple[str, Kind]]:
    """Return the assets of ``shot``: the one shown first, then pictures, RAW, and the others."""
    return sorted(
        shot.assets, key=lambda asset: (asset[0] != shot.primary_asset_id, _RANKS[asset[1]])
    )


class GroupIndex(Protocol):
    """What mirrors ask the index of groups."""

    async def of_assets(
        self, connection_id: str, asset_ids: Sequence[str]
    ) -> Mapping[str, KnownShot]:
        """Return the shot of each of the assets that is in one."""
        ...

    async def counts(self, owner_id: str) -> Mapping[GroupType, int]:
        """Return how many groups of each type a person has."""
        ...


class Shots:
    """The shots of one connection's assets."""

    def __init__(self, groups: GroupIndex, connection_id: str, owner_id: str) -> None:
        self._groups = groups
        self._connection_id = connection_id
        self._owner_id = owner_id

    async def any_known(self) -> bool:
        """Tell whether the index has groups at all."""
        return any((await self._groups.counts(self._owner_id)).values())

    async def of(self, asset_ids: Iterable[str]) -> Mapping[str, KnownShot]:
        """Return, by asset, the shots among ``asset_ids`` that have two assets or more.

        The files of a burst are in the shots that it is a row of.
        """
        wanted = list(asset_ids)
        if not wanted:
            return {}
        found = await self._groups.of_assets(self._connection_id, wanted)
        return {asset_id: shot for asset_id, shot in found.items() if len(shot.assets) > 1}


async def kept_apart(store: Store, connection_id: str, asset_ids: Sequence[str]) -> frozenset[str]:
    """Return those of ``asset_ids`` that a person has split off from others."""
    known = await store.library_assets.known(connection_id, asset_ids)
    places = await store.group_decisions.places([asset.row for asset in known.values()])
    decided = await store.group_decisions.of({place.row for place in places.values()})
    return frozenset(
        asset_id
        for asset_id, asset in known.items()
        if (place := places.get(asset.row)) is not None
        and place.row in decided
        and decided[place.row].apart is not None
    )
