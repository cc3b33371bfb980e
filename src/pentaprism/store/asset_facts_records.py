"""What is known of an asset beside what Immich knows."""

from __future__ import annotations

from dataclasses import dataclass

from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import GroupType
from pentaprism.store.records import ItemState


@dataclass(frozen=True, slots=True)
class GroupFact:
    """The outermost group of an asset; its files that are no assets are not told.

    ``primary`` is None where the file that is shown first is no asset. ``members`` are asset ids,
    the primary first, the asset itself among them.
    """

    id: str
    type: GroupType
    primary: str | None
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuplicateFact:
    """Another asset that shows the same picture; ``score`` is between 0 and 1."""

    id: str
    label: Label
    score: float


@dataclass(frozen=True, slots=True)
class MirrorFact:
    """A mirror that the asset is in, and how it stands there."""

    id: str
    status: ItemState


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """What is known of an asset; nothing at all by default."""

    group: GroupFact | None = None
    duplicates: tuple[DuplicateFact, ...] = ()
    mirrors: tuple[MirrorFact, ...] = ()
