"""What is grouped in one go: files that hang together, with the groups that they are in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import starmap
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, func, or_, select, type_coerce

from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import GroupType, Kind, Precision
from pentaprism.store.duplicate_marks import MARKED
from pentaprism.store.duplicate_pages import GROUP
from pentaprism.store.duplicate_records import (
    DuplicateGroup,
    DuplicateMember,
    DuplicatePair,
    Verdict,
)
from pentaprism.store.duplicate_rows import to_group
from pentaprism.store.duplicate_tables import (
    duplicate_groups,
    duplicate_members,
    duplicate_pairs,
    fingerprints,
    ungrouped_duplicates,
)
from pentaprism.store.given import OF_IDS, OF_ROWS, given_ids, given_rows
from pentaprism.store.library_tables import file_groups, group_members, roots
from pentaprism.store.library_tables import library_files as files
from pentaprism.store.places import COUNTS, GROUPED_AS
from pentaprism.store.tables import columns_of, connections
from pentaprism.store.verdicts import verdicts_about


class ComponentFile(NamedTuple):
    """A file that counts: what grouping and the choice of a keeper have to know.

    ``source`` is the name of its root or connection. ``seen_width`` and ``seen_height`` are those
    of its upright picture, as its fingerprint has them.
    """

    row: int
    root_id: str | None
    connection_id: str | None
    asset_id: str | None
    owner_id: str
    source: str
    folder: str
    name: str
    kind: Kind
    size: int | None
    mtime_ns: int | None
    sha1: bytes | None
    sha256: bytes | None
    taken_at: datetime | None
    precision: Precision
    camera: str | None
    width: int | None
    height: int | None
    phash: int | None
    seen_width: int | None
    seen_height: int | None

    @property
    def path(self) -> str:
        """The path in its source."""
        return f"{self.folder}/{self.name}" if self.folder else self.name

    @property
    def source_id(self) -> str:
        """The id of its root or connection."""
        return self.root_id or self.connection_id or ""


@dataclass(frozen=True, slots=True)
class ComponentShot:
    """Files of one shot; ``burst`` is the id of its burst, if it is in one."""

    primary: int
    rows: tuple[int, ...]
    type: GroupType | None = None
    burst: str | None = None


class GivenInImmich(NamedTuple):
    """What people gave an asset in Immich: a heart, and places in so many albums."""

    favourite: bool = False
    albums: int = 0


@dataclass(frozen=True, slots=True)
class Component:
    """Files of which none is alike, or has been, with one that is not here.

    ``shots`` has each file's shot once, by its primary row. ``in_immich`` has the rows that are
    assets, by themselves or as twins. ``rows`` are those that need not be looked at again.
    """

    files: Mapping[int, ComponentFile]
    shots: Mapping[int, ComponentShot]
    pairs: Sequence[DuplicatePair]
    verdicts: Sequence[Verdict]
    in_immich: Mapping[int, GivenInImmich]
    groups: Mapping[str, DuplicateGroup]
    members: Mapping[str, Sequence[DuplicateMember]]
    rows: frozenset[int]


@dataclass(frozen=True, slots=True)
class FoundDuplicates:
    """A group that should be there; its members' group id is not known yet."""

    owner_id: str
    label: Label
    score: float
    keeper: int
    reasons: tuple[tuple[str, str], ...]
    bulk: bool
    taken_at: datetime | None
    leaves_immich: bool
    members: Sequence[DuplicateMember] = field(default_factory=tuple)


type Grouper = Callable[[Component], Sequence[FoundDuplicates]]
"""What makes groups of a component, such as `pentaprism.duplicates.grouping.find_duplicates`."""

_TURN = select(ungrouped_duplicates.c.file_row).order_by(ungrouped_duplicates.c.file_row)
_SEEN_KINDS = files.c.kind.in_([Kind.IMAGE, Kind.RAW, Kind.VIDEO])
_FILES = (
    select(
        files.c.row,
        files.c.root_id,
        files.c.connection_id,
        files.c.asset_id,
        type_coerce(func.coalesce(roots.c.owner_id, connections.c.owner_id), Text),
        type_coerce(func.coalesce(roots.c.name, connections.c.name), Text),
        *(files.c[name] for name in ComponentFile._fields[6:18]),
        fingerprints.c.phash,
        fingerprints.c.width,
        fingerprints.c.height,
    )
    .join_from(files, roots, roots.c.id == files.c.root_id, isouter=True)
    .join(connections, connections.c.id == files.c.connection_id, isouter=True)
    .join(fingerprints, fingerprints.c.file_row == files.c.row, isouter=True)
    # What a person does not need any more is not told again.
    .where(files.c.row.in_(OF_ROWS), COUNTS, files.c.row.not_in(MARKED))
)
_fellow = group_members.alias("fellow")
_FELLOWS = (
    select(_fellow.c.file_row)
    .join_from(group_members, _fellow, _fellow.c.group_id == group_members.c.group_id)
    .where(group_members.c.file_row.in_(OF_ROWS), group_members.c.level == 0)
)
_other = duplicate_members.alias("other")
_TOGETHER = (
    select(_other.c.file_row)
    .join_from(duplicate_members, _other, _other.c.group_id == duplicate_members.c.group_id)
    .where(duplicate_members.c.file_row.in_(OF_ROWS))
)
_HIGHS = select(duplicate_pairs.c.high).where(duplicate_pairs.c.low.in_(OF_ROWS))
_LOWS = select(duplicate_pairs.c.low).where(duplicate_pairs.c.high.in_(OF_ROWS))
_own = files.alias("own")


def _with_equal(name: str) -> Any:
    digests = select(_own.c[name]).where(_own.c.row.in_(OF_ROWS), _own.c[name].is_not(None))
    seen = _own.c.kind.in_([Kind.IMAGE, Kind.RAW, Kind.VIDEO])
    return select(files.c.row).where(
        files.c[name].in_(digests.where(seen)), files.c[name].is_not(None), _SEEN_KINDS, COUNTS
    )


_NEIGHBOURS = (_FELLOWS, _TOGETHER, _HIGHS, _LOWS, _with_equal("sha1"), _with_equal("sha256"))
_PAIRS = select(*columns_of(DuplicatePair, duplicate_pairs)).where(
    duplicate_pairs.c.low.in_(OF_ROWS)
)
_shot = file_groups.alias("shot")
_SHOTS = (
    select(group_members.c.file_row, _shot.c.primary_row, _shot.c.type, _shot.c.within)
    .join_from(group_members, _shot, _shot.c.id == group_members.c.group_id)
    .where(group_members.c.file_row.in_(OF_ROWS), group_members.c.level == 0)
)
_BURSTS = select(group_members.c.file_row, group_members.c.group_id).where(
    group_members.c.file_row.in_(OF_ROWS), group_members.c.level == 1
)
_IN_IMMICH = (
    select(GROUPED_AS, func.max(files.c.favourite), func.max(files.c.albums))
    .where(
        or_(files.c.row.in_(OF_ROWS), files.c.twin_row.in_(OF_ROWS)),
        files.c.asset_id.is_not(None),
        files.c.missing_at.is_(None),
    )
    .group_by(GROUPED_AS)
)
_GROUPS = select(*GROUP).where(
    duplicate_groups.c.id.in_(
        select(duplicate_members.c.group_id).where(duplicate_members.c.file_row.in_(OF_ROWS))
    )
)
_MEMBERS = select(*columns_of(DuplicateMember, duplicate_members)).where(
    duplicate_members.c.group_id.in_(OF_IDS)
)


def gather_component(
    connection: Connection, distance: int, symmetries: bool, limit: int
) -> Component | None:
    """Return what up to ``limit`` files to be grouped hang together with; None without any.

    Pairs of more than ``distance`` bits are left out, and without ``symmetries`` turned ones.
    """
    turn = connection.execute(_TURN.limit(limit)).scalars().all()
    if not turn:
        return None
    rows = _close(connection, turn)
    values = given_rows(rows)
    found = {row[0]: ComponentFile(*row) for row in connection.execute(_FILES, values)}
    groups = {group.id: group for group in starmap(to_group, connection.execute(_GROUPS, values))}
    members: dict[str, list[DuplicateMember]] = {id_: [] for id_ in groups}
    for row in connection.execute(_MEMBERS, given_ids(groups)):
        member = DuplicateMember(*row)
        members[member.group_id].append(member)
    there = given_rows(found)
    pairs = [
        pair
        for pair in starmap(DuplicatePair, connection.execute(_PAIRS, there))
        if pair.high in found
        and (pair.distance is None or pair.distance <= distance)
        and (symmetries or not pair.symmetry)
    ]
    return Component(
        files=found,
        shots=_shots_of(connection, found),
        pairs=pairs,
        verdicts=verdicts_about(connection, found),
        in_immich={
            row: GivenInImmich(bool(favourite), albums)
            for row, favourite, albums in connection.execute(_IN_IMMICH, there)
        },
        groups=groups,
        members=members,
        rows=frozenset(rows),
    )


def _close(connection: Connection, turn: Iterable[int]) -> set[int]:
    """Return ``turn`` and all that can only be grouped together with it."""
    seen = set(turn)
    new: Collection[int] = seen
    while new:
        values = given_rows(new)
        found = {
            row for query in _NEIGHBOURS for row in connection.execute(query, values).scalars()
        }
        new = found - seen
        seen |= new
    return seen


def _shots_of(
    connection: Connection, found: Mapping[int, ComponentFile]
) -> dict[int, ComponentShot]:
    values = given_rows(found)
    rows_and_ids: Any = connection.execute(_BURSTS, values)
    bursts: dict[int, str] = dict(rows_and_ids.all())
    shots: dict[int, ComponentShot] = {}
    rows: dict[int, list[int]] = {}
    for row, primary, type_, within in connection.execute(_SHOTS, values):
        rows.setdefault(primary, []).append(row)
        shots[primary] = ComponentShot(primary, (), type_, within or bursts.get(primary))
    shots = {
        primary: ComponentShot(primary, tuple(rows[primary]), shot.type, shot.burst)
        for primary, shot in shots.items()
    }
    grouped = {row for shot in shots.values() for row in shot.rows}
    return shots | {
        row: ComponentShot(row, (row,), None, bursts.get(row)) for row in found.keys() - grouped
    }
