"""Pairs of files that are alike, and the groups that are made of them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or_replace

from pentaprism.errors import NotFoundError
from pentaprism.fingerprints.labels import Label
from pentaprism.store.database import Database, whole
from pentaprism.store.duplicate_changes import compare_groups
from pentaprism.store.duplicate_components import Component, Grouper, gather_component
from pentaprism.store.duplicate_pages import (
    GROUP,
    Cursor,
    Wanted,
    duplicate_counts,
    duplicate_page,
)
from pentaprism.store.duplicate_records import (
    DuplicateCount,
    DuplicateGroup,
    DuplicateMember,
    DuplicatePage,
    DuplicatePair,
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
from pentaprism.store.library_tables import library_files
from pentaprism.store.owned import of_owner
from pentaprism.store.tables import columns_of

_PAIR = columns_of(DuplicatePair, duplicate_pairs)
_MEMBER = columns_of(DuplicateMember, duplicate_members)
_PAIRS_OF = select(*_PAIR).where(
    or_(duplicate_pairs.c.low.in_(OF_ROWS), duplicate_pairs.c.high.in_(OF_ROWS))
)
_BY_ID = select(*GROUP).where(duplicate_groups.c.id.in_(OF_IDS))
_MEMBERS = (
    select(*_MEMBER)
    .join_from(
        duplicate_members,
        duplicate_groups,
        duplicate_members.c.group_id == duplicate_groups.c.id,
    )
    .where(duplicate_members.c.group_id.in_(OF_IDS))
    .order_by(
        (duplicate_members.c.shot == duplicate_groups.c.keeper).desc(),
        duplicate_members.c.score.desc(),
        duplicate_members.c.shot,
        (duplicate_members.c.file_row == duplicate_members.c.shot).desc(),
        duplicate_members.c.path,
    )
)
_CONTAINING = (
    select(duplicate_members.c.file_row, *GROUP)
    .join_from(
        duplicate_members,
        duplicate_groups,
        duplicate_members.c.group_id == duplicate_groups.c.id,
    )
    .where(duplicate_members.c.file_row.in_(OF_ROWS))
)
_PENDING = select(exists().select_from(ungrouped_duplicates))
_PUT = insert_or_replace(duplicate_pairs)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["low", "high"],
    set_={name: _PUT.excluded[name] for name in ("distance", "score", "label", "symmetry")}
    | {"upscaled": _PUT.excluded.upscaled},
)
_SEARCHED = (
    update(fingerprints)
    .where(fingerprints.c.file_row.in_(OF_ROWS), ~fingerprints.c.searched)
    .values(searched=True)
)
_WITH_FINGERPRINT = select(fingerprints.c.file_row).where(fingerprints.c.file_row.in_(OF_ROWS))


class Duplicates:
    """The pairs and groups of all files; groups follow what their pairs are made of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @whole
    async def record(self, searched: Collection[int], pairs: Sequence[DuplicatePair]) -> None:
        """Write ``pairs``, and that the like of ``searched`` was looked for, in one transaction.

        A pair of which a file has changed meanwhile, and so has no fingerprint, is left out.
        """
        async with self._database.write() as connection:
            if pairs:
                rows = {row for pair in pairs for row in (pair.low, pair.high)}
                found = await connection.execute(_WITH_FINGERPRINT, given_rows(rows))
                there = set(found.scalars())
                values = [asdict(pair) for pair in pairs if {pair.low, pair.high} <= there]
                if values:
                    await connection.execute(_PUT, values)
            await connection.execute(_SEARCHED, given_rows(searched))

    async def pairs_of(self, file_rows: Collection[int]) -> list[DuplicatePair]:
        """Return the pairs that files are in."""
        async with self._database.read() as reader:
            rows: Any = await reader.execute(_PAIRS_OF, given_rows(file_rows))
            return [DuplicatePair(*row) for row in rows]

    async def page(
        self,
        owner_id: str,
        *,
        label: Label | None = None,
        folder: str | None = None,
        source_id: str | None = None,
        min_bytes: int | None = None,
        bulk: bool | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> DuplicatePage:
        """Return up to ``limit`` groups of a person, those with the most bytes to gain first.

        ``folder`` is a path in a root, or on Immich's server: groups with a file in it or below
        it; ``source_id`` says of which root or connection. ``bulk`` narrows to groups of which all
        is in the keeper, or to the others. ``after`` is `DuplicatePage.next` of the page before;
        `InvalidError` with code ``invalid_page`` if it is anything else.
        """
        wanted = Wanted(owner_id, label, folder, source_id, min_bytes, bulk)
        cursor = None if after is None else Cursor.parse(after)
        async with self._database.read() as reader:
            rows: Any = await reader.execute(duplicate_page(wanted, cursor, limit + 1))
            found = [to_group(*row) for row in rows]
        if len(found) <= limit:
            return DuplicatePage(found, None)
        last = found[limit - 1]
        return DuplicatePage(found[:limit], str(Cursor(last.bytes, last.id)))

    async def get(self, group_id: str) -> DuplicateGroup:
        """Return a group; raises `NotFoundError` with code ``duplicates_not_found``."""
        async with self._database.read() as reader:
            rows: Any = await reader.execute(_BY_ID, given_ids([group_id]))
            found = [to_group(*row) for row in rows]
        if not found:
            raise duplicates_not_found(group_id)
        return found[0]

    async def members(self, group_ids: Collection[str]) -> Mapping[str, list[DuplicateMember]]:
        """Return the members of each group, shot by shot: the keeper first, then the closest."""
        found: dict[str, list[DuplicateMember]] = {}
        async with self._database.read() as reader:
            rows: Any = await reader.execute(_MEMBERS, given_ids(group_ids))
            for row in rows:
                member = DuplicateMember(*row)
                found.setdefault(member.group_id, []).append(member)
        return found

    async def counts(self, owner_id: str) -> Mapping[Label, DuplicateCount]:
        """Return how many groups of each label a person has, of the labels that occur."""
        async with self._database.read() as reader:
            rows: Any = await reader.execute(duplicate_counts(owner_id))
            return {label: DuplicateCount(groups, size or 0) for label, groups, size in rows}

    async def containing(self, file_rows: Collection[int]) -> Mapping[int, DuplicateGroup]:
        """Return the group of each file that is in one."""
        async with self._database.read() as reader:
            rows: Any = await reader.execute(_CONTAINING, given_rows(file_rows))
            return {row: to_group(*group) for row, *group in rows}

    async def pending(self) -> bool:
        """Tell whether anything about groups has to be looked at anew."""
        async with self._database.read() as reader:
            return bool(await reader.scalar(_PENDING))

    async def count_ungrouped(self) -> int:
        """Return how many files have to be looked at anew."""
        async with self._database.read() as reader:
            query = select(func.count()).select_from(ungrouped_duplicates)
            return await reader.scalar(query) or 0

    @whole
    async def ungroup(self, owner_id: str) -> None:
        """Have all duplicates of a person grouped anew, as for another distance or other rules."""
        known = select(ungrouped_duplicates.c.file_row)
        touched = select(library_files.c.row).where(
            or_(
                library_files.c.row.in_(select(duplicate_members.c.file_row)),
                library_files.c.row.in_(select(duplicate_pairs.c.low)),
                library_files.c.row.in_(select(duplicate_pairs.c.high)),
            ),
            library_files.c.row.not_in(known),
            of_owner(owner_id),
        )
        async with self._database.write() as connection:
            await connection.execute(
                insert(ungrouped_duplicates).from_select(["file_row"], touched)
            )

    @whole
    async def regroup(
        self,
        group: Grouper,
        *,
        distance: int,
        now: datetime,
        symmetries: bool = True,
        limit: int = 2000,
    ) -> int | None:
        """Group up to ``limit`` files anew with all that they hang together with; None without any.

        Return how many files those were. ``group`` is called in a thread. Pairs of more than
        ``distance`` bits count for nothing, and without ``symmetries`` those of turned pictures do
        not either. All happens in one transaction, since nothing may change between looking and
        writing.
        """
        async with self._database.write() as connection:
            component: Component | None = await connection.run_sync(
                gather_component, distance, symmetries, limit
            )
            if component is None:
                return None
            found = await asyncio.to_thread(group, component)
            changes = compare_groups(component, found, now)
            await connection.run_sync(changes.write)
            await connection.execute(
                delete(ungrouped_duplicates).where(ungrouped_duplicates.c.file_row.in_(OF_ROWS)),
                given_rows(component.rows),
            )
        return len(component.files)


def duplicates_not_found(group_id: str) -> NotFoundError:
    """Return the error for a group of duplicates that is not there, or is somebody else's."""
    return NotFoundError(
        f"There is no group of duplicates {group_id}.",
        code="duplicates_not_found",
        hint="A group that has changed may have another id: look at the list again.",
    )
