"""Neighbourhoods: files that can only be grouped together, with the groups that they are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import starmap
from typing import Any

from sqlalchemy import Connection, select

from pentaprism.store.given import OF_IDS, OF_ROWS, given_ids, given_rows
from pentaprism.store.library_records import FileGroup, GroupMember
from pentaprism.store.library_tables import (
    UNGROUPED,
    file_groups,
    group_members,
    left_places,
    library_files,
)
from pentaprism.store.places import CANDIDATE, LEFT_PLACE, Candidate, LeftPlace, Places
from pentaprism.store.shot_labels import Label, Labels
from pentaprism.store.tables import columns_of

_TURN = select(library_files.c.row).where(UNGROUPED).order_by(library_files.c.row)
_LEFT = select(*LEFT_PLACE).order_by(left_places.c.row)
_BY_ROW = select(*CANDIDATE).where(library_files.c.row.in_(OF_ROWS))
_fellows = group_members.alias("fellows")
_FELLOWS = (
    select(_fellows.c.file_row)
    .join_from(group_members, _fellows, group_members.c.group_id == _fellows.c.group_id)
    .where(group_members.c.file_row.in_(OF_ROWS))
    .distinct()
)
_GROUPS = select(*columns_of(FileGroup, file_groups)).where(
    file_groups.c.id.in_(
        select(group_members.c.group_id).where(group_members.c.file_row.in_(OF_ROWS))
    )
)
_MEMBERS = select(*columns_of(GroupMember, group_members)).where(
    group_members.c.group_id.in_(OF_IDS)
)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What is grouped in one go.

    ``files`` are those to be grouped; nothing outside can belong to one of them. ``groups`` are all
    that have one of them, or one of ``rows``, with their ``members``. ``rows`` are the rows that
    count as grouped afterwards, ``places`` the rows of `left_places` that are done with.
    """

    files: Mapping[int, Candidate]
    labels: Mapping[int, Label]
    groups: Mapping[str, FileGroup]
    members: Mapping[str, Sequence[GroupMember]]
    rows: frozenset[int]
    places: tuple[int, ...]


def gather(connection: Connection, gap: timedelta, limit: int) -> Neighbourhood | None:
    """Return the neighbourhood of up to ``limit`` files that have to be grouped, None without any.

    ``gap`` is the longest time between two shots of a burst.
    """
    turn = connection.execute(_TURN.limit(limit)).scalars().all()
    left = list(starmap(LeftPlace, connection.execute(_LEFT.limit(limit))))
    if not turn and not left:
        return None
    closing = _Closing(connection, gap)
    for place in left:
        closing.places.add(place)
    closing.begin(turn)
    closing.close()
    groups = _groups_of(connection, closing.seen)
    return Neighbourhood(
        files=closing.files,
        labels=closing.labels.resolve(),
        groups=groups,
        members=_members_of(connection, groups),
        rows=frozenset(closing.files).union(turn),
        places=tuple(place.row for place in left),
    )


class _Closing:
    """Adds neighbours, and neighbours of neighbours, until there are no more."""

    def __init__(self, connection: Connection, gap: timedelta) -> None:
        self._connection = connection
        self.places = Places(gap)
        self.labels = Labels()
        self.files: dict[int, Candidate] = {}
        self.seen: set[int] = set()
        self._new: list[int] = []

    def begin(self, rows: Sequence[int]) -> None:
        """Add files, and the files that they are; those that do not count have neighbours too."""
        twins = set[int]()
        for file in self._fetch(rows):
            self._add(file)
            if file.twin_row is not None:
                twins.add(file.twin_row)
        for file in self._fetch(twins - self.seen):
            self._add(file)

    def close(self) -> None:
        """Add what is missing."""
        while True:
            for file in self.places.look(self._connection):
                if file.row not in self.files:
                    self._add(file)
            if not self._new:
                if self._add_joined_places():
                    continue
                return
            new, self._new = self._new, []
            wanted = self.labels.look(self._connection, new)
            wanted.update(self._connection.execute(_FELLOWS, given_rows(new)).scalars())
            for file in self._fetch(wanted - self.seen):
                # One that does not count any more has its own turn, or has had it.
                if file.counts:
                    self._add(file)

    def _add(self, file: Candidate) -> None:
        self.seen.add(file.row)
        self._new.append(file.row)
        self.places.add(file)
        if file.counts:
            self.files[file.row] = file

    def _add_joined_places(self) -> bool:
        """Add all places of shots that a person made of files in several folders, if not yet added.

        Such a shot is in one of the folders, with what is known of the files in the others.
        """
        names: dict[str, set[tuple[str, str]]] = {}
        for row, label in self.labels.resolve().items():
            if label.together is not None and row in self.files:
                file = self.files[row]
                names.setdefault(label.together, set()).add((file.folder_key, file.name_key))
        added = False
        for of_label in names.values():
            folders = {folder for folder, _ in of_label}
            if len(folders) > 1:
                for file in self.files.values():
                    if (file.folder_key, file.name_key) in of_label:
                        for folder in folders:
                            added |= self.places.add(file, folder)
        return added

    def _fetch(self, rows: Sequence[int] | set[int]) -> list[Candidate]:
        if not rows:
            return []
        return list(starmap(Candidate, self._connection.execute(_BY_ROW, given_rows(rows))))


def _groups_of(connection: Connection, rows: set[int]) -> dict[str, FileGroup]:
    found = starmap(FileGroup, connection.execute(_GROUPS, given_rows(rows)))
    return {group.id: group for group in found}


def _members_of(
    connection: Connection, groups: Mapping[str, FileGroup]
) -> dict[str, list[GroupMember]]:
    members: dict[str, list[GroupMember]] = {group_id: [] for group_id in groups}
    found: Any = connection.execute(_MEMBERS, given_ids(groups)) if groups else ()
    for member in starmap(GroupMember, found):
        members[member.group_id].append(member)
    return members
