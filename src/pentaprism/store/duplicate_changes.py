"""Making the groups of duplicates those that should be there, with as few changes as possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, update

from pentaprism.store.duplicate_components import Component, FoundDuplicates
from pentaprism.store.duplicate_records import DuplicateGroup, DuplicateMember
from pentaprism.store.duplicate_rows import from_group
from pentaprism.store.duplicate_tables import duplicate_groups, duplicate_members
from pentaprism.store.given import OF_IDS, given_ids
from pentaprism.store.ids import new_id

_DISSOLVE = delete(duplicate_groups).where(duplicate_groups.c.id.in_(OF_IDS))
_EMPTY = delete(duplicate_members).where(duplicate_members.c.group_id.in_(OF_IDS))
_NAMES = [column.name for column in duplicate_groups.columns if column.name != "id"]
_VALUES: dict[str, Any] = {
    name: bindparam(f"b_{name}", type_=duplicate_groups.c[name].type) for name in _NAMES
}
_CHANGE = update(duplicate_groups).where(duplicate_groups.c.id == bindparam("b_id")).values(_VALUES)


@dataclass(slots=True)
class DuplicateChanges:
    """What has to be written so that the groups of a component are those that were found."""

    dissolved: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    new: list[DuplicateGroup] = field(default_factory=list)
    changed: list[DuplicateGroup] = field(default_factory=list)
    members: list[DuplicateMember] = field(default_factory=list)

    def write(self, connection: Connection) -> None:
        """Write the changes."""
        if self.dissolved:
            connection.execute(_DISSOLVE, given_ids(self.dissolved))
        if self.emptied:
            connection.execute(_EMPTY, given_ids(self.emptied))
        if self.new:
            connection.execute(insert(duplicate_groups), [from_group(one) for one in self.new])
        if self.changed:
            rows = [from_group(one) for one in self.changed]
            connection.execute(
                _CHANGE, [{f"b_{name}": value for name, value in row.items()} for row in rows]
            )
        if self.members:
            connection.execute(insert(duplicate_members), [asdict(one) for one in self.members])


def compare_groups(
    component: Component, found: Sequence[FoundDuplicates], now: datetime
) -> DuplicateChanges:
    """Return what has to be written; a group whose shots are the same stays the same group.

    One that has gained or lost shots becomes another, so that nobody decides about more, or about
    less, than was looked at.
    """
    shots = {
        frozenset(member.shot for member in component.members[id_]): group
        for id_, group in component.groups.items()
    }
    changes = DuplicateChanges()
    kept: set[str] = set()
    for one in found:
        old = shots.get(frozenset(member.shot for member in one.members))
        id_ = new_id() if old is None else old.id
        record = _record(one, id_, now)
        members = [replace(member, group_id=id_) for member in one.members]
        if old is None:
            changes.new.append(record)
            changes.members += members
            continue
        kept.add(id_)
        same = Counter(members) == Counter(component.members[id_])
        if not same:
            changes.emptied.append(id_)
            changes.members += members
        if not same or replace(record, changed_at=old.changed_at) != old:
            changes.changed.append(record)
    changes.dissolved = sorted(component.groups.keys() - kept)
    return changes


def _record(one: FoundDuplicates, id_: str, now: datetime) -> DuplicateGroup:
    return DuplicateGroup(
        id=id_,
        owner_id=one.owner_id,
        label=one.label,
        score=one.score,
        shots=len({member.shot for member in one.members}),
        files=len(one.members),
        bytes=sum(member.size or 0 for member in one.members if member.shot != one.keeper),
        keeper=one.keeper,
        reasons=one.reasons,
        bulk=one.bulk,
        taken_at=one.taken_at,
        changed_at=now,
        leaves_immich=one.leaves_immich,
    )
