"""Making the groups that are there those that should be, with as few changes as possible.

A group that has changed stays the same group while it has its primary or most of its members.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from pentaprism.store.found_groups import FoundGroup
from pentaprism.store.given import OF_IDS, OF_ROWS, given_ids, given_rows
from pentaprism.store.ids import new_id
from pentaprism.store.library_records import FileGroup, GroupMember
from pentaprism.store.library_tables import (
    file_groups,
    group_members,
    left_places,
    library_files,
    roots,
)
from pentaprism.store.neighbourhoods import Neighbourhood
from pentaprism.store.tables import connections

_DISSOLVE = delete(file_groups).where(file_groups.c.id.in_(OF_IDS))
_EMPTY = delete(group_members).where(group_members.c.group_id.in_(OF_IDS))
_CHANGE = update(file_groups).where(file_groups.c.id == bindparam("b_id"))
_GROUPED = (
    update(library_files)
    .where(library_files.c.row.in_(OF_ROWS), ~library_files.c.grouped)
    .values(grouped=True)
)
_DONE_WITH = delete(left_places).where(left_places.c.row.in_(OF_ROWS))


@dataclass(slots=True)
class GroupChanges:
    """What has to be written so that the groups of a neighbourhood are those that were found."""

    dissolved: list[str] = field(default_factory=list)
    new: list[FileGroup] = field(default_factory=list)
    changed: list[FileGroup] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    members: list[GroupMember] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many groups come, go, or change."""
        return len({*self.dissolved, *(group.id for group in (*self.new, *self.changed))})

    def write(self, connection: Connection, neighbourhood: Neighbourhood) -> None:
        """Write the changes, and that the neighbourhood is grouped."""
        if self.dissolved:
            connection.execute(_DISSOLVE, given_ids(self.dissolved))
        if self.emptied:
            connection.execute(_EMPTY, given_ids(self.emptied))
        if self.new:
            connection.execute(insert(file_groups), _values(self.new))
        if self.changed:
            connection.execute(_CHANGE.values(_bound()), _values(self.changed, "b_"))
        if self.members:
            connection.execute(insert(group_members), _values(self.members))
        connection.execute(_GROUPED, given_rows(neighbourhood.rows))
        if neighbourhood.places:
            connection.execute(_DONE_WITH, given_rows(neighbourhood.places))


def compare(
    neighbourhood: Neighbourhood,
    found: Sequence[FoundGroup],
    owners: Mapping[str, str],
    now: datetime,
) -> GroupChanges:
    """Return what has to be written; ``owners`` has the owner of each source."""
    before = _identities(neighbourhood, found)
    ids = [group.id if group else new_id() for group in before]
    bursts = {group.primary.row: id_ for group, id_ in zip(found, ids, strict=True) if group.level}
    changes = GroupChanges(dissolved=sorted(neighbourhood.groups.keys() - set(ids)))
    for group, id_, old in zip(found, ids, before, strict=True):
        within = None if group.burst is None else bursts[group.burst]
        record = _record(group, id_, owners[group.source_id], within, now)
        members = _members(group, id_)
        if old is None:
            changes.new.append(record)
            changes.members += members
            continue
        same = set(members) == set(neighbourhood.members[id_])
        if not same:
            changes.emptied.append(id_)
            changes.members += members
        if not same or replace(record, changed_at=old.changed_at) != old:
            changes.changed.append(record)
    return changes


def owners_of(connection: Connection, source_ids: Iterable[str]) -> Mapping[str, str]:
    """Return the owner of each root and connection."""
    values = given_ids(source_ids)
    found: dict[str, str] = {}
    for table in (roots, connections):
        query = select(table.c.id, table.c.owner_id).where(table.c.id.in_(OF_IDS))
        found.update((id_, owner) for id_, owner in connection.execute(query, values))
    return found


def _identities(
    neighbourhood: Neighbourhood, found: Sequence[FoundGroup]
) -> list[FileGroup | None]:
    """Return, for each found group, the one that it was before."""
    free = {(group.level, group.primary_row): group for group in neighbourhood.groups.values()}
    before = [free.pop((group.level, group.primary.row), None) for group in found]
    left = {group.id: group for group in free.values()}
    was = {
        (member.level, member.file_row): group_id
        for group_id in left
        for member in neighbourhood.members[group_id]
    }
    kept = [
        (-kept, number, group_id)
        for number, group in enumerate(found)
        if before[number] is None
        for group_id, kept in Counter(
            was.get((group.level, member.row), "") for member in group.members
        ).items()
        if group_id and 2 * kept > len(neighbourhood.members[group_id])
    ]
    for _, number, group_id in sorted(kept):
        if before[number] is None and group_id in left:
            before[number] = left.pop(group_id)
    return before


def _record(
    group: FoundGroup, id_: str, owner_id: str, within: str | None, now: datetime
) -> FileGroup:
    return FileGroup(
        id=id_,
        owner_id=owner_id,
        source_id=group.source_id,
        type=group.type,
        level=group.level,
        origin=group.origin,
        folder=group.primary.folder,
        primary_row=group.primary.row,
        size=len(group.members),
        bytes=group.bytes,
        taken_at=group.taken_at,
        changed_at=now,
        within=within,
    )


def _members(group: FoundGroup, id_: str) -> list[GroupMember]:
    return [
        GroupMember(
            group_id=id_,
            file_row=member.row,
            level=group.level,
            path=member.path,
            type=member.kind,
            primary=member.row == group.primary.row,
            size=member.size,
            rule=group.rules[member.row],
        )
        for member in group.members
    ]


_BOUND = tuple(column.name for column in file_groups.columns if column.name != "id")


def _bound() -> dict[str, Any]:
    return {name: bindparam(f"b_{name}") for name in _BOUND}


def _values(records: Sequence[FileGroup | GroupMember], prefix: str = "") -> list[dict[str, Any]]:
    names = [one.name for one in fields(records[0])]
    return [{prefix + name: getattr(one, name) for name in names} for one in records]
