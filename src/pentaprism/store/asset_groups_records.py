"""Groups and duplicates as those see them who know assets only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pentaprism.assets import MediaType
from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import GroupType


@dataclass(frozen=True, slots=True)
class NamedAsset:
    """An asset by its name; ``size`` is in bytes, None where Immich did not tell."""

    id: str
    name: str
    type: MediaType
    size: int | None


@dataclass(frozen=True, slots=True)
class AssetGroup:
    """A shot or a burst; ``primary`` is None where the file that is shown first is no asset.

    ``members`` are all of its files that are assets, the primary first. ``taken_at`` is wall-clock
    time.
    """

    id: str
    type: GroupType
    taken_at: datetime | None
    primary: str | None
    members: tuple[NamedAsset, ...]


@dataclass(frozen=True, slots=True)
class AlikeAsset:
    """An asset in a group of duplicates; ``score`` tells how much it is like what is kept.

    What has the same ``shot`` is one shot. ``keep`` marks that of the proposed keeper.
    """

    asset: NamedAsset
    shot: int
    keep: bool
    score: float


@dataclass(frozen=True, slots=True)
class AssetDuplicates:
    """Shots that show the same picture, of which at least two are assets.

    ``label`` and ``score`` are those of the weakest pair, ``bytes`` is the size of all files but
    those of the proposed keeper, whose assets come first in ``members``.
    """

    id: str
    label: Label
    score: float
    bytes: int
    taken_at: datetime | None
    members: tuple[AlikeAsset, ...]


@dataclass(frozen=True, slots=True)
class AssetGroupPage:
    """Some groups; ``next`` asks for those after them, None after the last.

    There may be fewer than were asked for, even none, before the last.
    """

    groups: Sequence[AssetGroup]
    next: str | None


@dataclass(frozen=True, slots=True)
class AssetDuplicatesPage:
    """Some groups of duplicates; see `AssetGroupPage`."""

    groups: Sequence[AssetDuplicates]
    next: str | None


@dataclass(frozen=True, slots=True)
class AssetCounts:
    """What somebody has in Immich, as the index knows it; a burst counts as one shot."""

    images: int
    videos: int
    favourites: int
    shots: int


type Named = Mapping[str, NamedAsset]
"""Assets by their ids."""
