"""What is told of groups to those who list them, mirror their assets or stack them in Immich."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pentaprism.groups.files import GroupType, Kind
from pentaprism.store.library_records import FileGroup


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Some groups of a list; ``next`` asks for those after them, None after the last."""

    groups: Sequence[FileGroup]
    next: str | None


@dataclass(frozen=True, slots=True)
class AssetShot:
    """The shot of an asset; ``assets`` are all of the same connection, its primary's first.

    ``primary_asset_id`` is None where the file shown first is no asset of that connection.
    ``primary`` and ``kind`` are of the asset that was asked for. ``has_raw`` tells whether one of
    ``assets`` is a RAW.
    """

    group_id: str
    type: GroupType
    primary_asset_id: str | None
    primary: bool
    kind: Kind
    has_raw: bool
    assets: tuple[tuple[str, Kind], ...]


@dataclass(frozen=True, slots=True)
class WantedStack:
    """The assets of a group that could be a stack in Immich, the one to be shown first first."""

    group_id: str
    asset_ids: tuple[str, ...]
