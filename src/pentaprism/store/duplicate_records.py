"""What is remembered of duplicates: pairs, groups of them, and what a person said about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pentaprism.fingerprints.labels import Label


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two files that were compared and are alike; ``low`` is the smaller row.

    Of files with the same bytes only one is compared with others, and they are no pairs among
    each other: grouping knows them by their hashes.

    ``distance`` is the number of differing bits of their hashes, None for other than pictures and
    where it was not needed. ``score`` is from 0 to 1. ``symmetry`` is the number of the symmetry
    by which ``high`` becomes ``low``, 0 as it is. ``upscaled`` is the row of the one that was
    enlarged, as far as the pixels tell.
    """

    low: int
    high: int
    distance: int | None
    score: float
    label: Label
    symmetry: int = 0
    upscaled: int | None = None


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Shots that show the same picture, each pair of them alike.

    ``label`` and ``score`` are those of the weakest pair. ``shots`` counts the shots, ``files``
    their files. ``bytes`` is the size of all files but those of the keeper. ``keeper`` is the shot
    that is proposed to be kept, by the row of its primary file, and ``reasons`` says why; see
    `pentaprism.duplicates.reasons.restored`. ``bulk`` tells whether every file of the others has
    its equal, byte for byte, in the keeper. ``taken_at`` is that of the keeper. ``leaves_immich``
    tells that others are in Immich and the keeper is not, so that it would have to go there first.
    """

    id: str
    owner_id: str
    label: Label
    score: float
    shots: int
    files: int
    bytes: int
    keeper: int
    reasons: tuple[tuple[str, str], ...]
    bulk: bool
    taken_at: datetime | None
    changed_at: datetime
    leaves_immich: bool = False


@dataclass(frozen=True, slots=True)
class DuplicateMember:
    """A file in a duplicate group.

    ``shot`` is the row of the primary file of its shot: what has the same belongs together.
    ``picture`` marks files that were compared, which sidecars are not. ``hash`` is the SHA-256 of
    its bytes as hex digits, where it is known; ``phash`` its perceptual hash as 16 hex digits.
    ``score`` tells how much its shot is like the keeper, 1 for the keeper itself. ``source_id`` is
    its root or connection; ``path`` and ``size`` repeat the file's.
    """

    group_id: str
    file_row: int
    shot: int
    picture: bool
    source_id: str
    path: str
    size: int | None
    hash: str | None
    phash: str | None
    score: float


class VerdictKind(StrEnum):
    """What a person said about two files that are alike."""

    NOT_DUPLICATE = "not_duplicate"
    KEEP_ALL = "keep_all"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's lasting decision about two files: they are in no duplicate group together.

    It counts for the rows, whatever their files are called, and for the bytes, by their SHA-1,
    wherever they come up again. About two files with the same bytes it means all that have them.
    """

    id: int
    owner_id: str
    kind: VerdictKind
    low: int
    high: int
    low_sha1: bytes | None
    high_sha1: bytes | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class DuplicatePage:
    """Some groups of a list; ``next`` asks for those after them, None after the last."""

    groups: Sequence[DuplicateGroup]
    next: str | None


@dataclass(frozen=True, slots=True)
class DuplicateCount:
    """How many groups have a label, and how many bytes all but their keepers have."""

    groups: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DuplicateMark:
    """A file in a root that a person does not need any more; Pentaprism does not touch it.

    ``keeper_row`` is the primary file of the shot that was kept. ``root_id`` and ``path`` tell
    where it is.
    """

    file_row: int
    keeper_row: int
    marked_at: datetime
    root_id: str
    path: str
    size: int | None
