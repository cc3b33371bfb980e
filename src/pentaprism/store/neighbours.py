"""Which files have to be grouped, and grouping them beside their neighbours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, exists, func, select, update

from pentaprism.store.database import Database, whole
from pentaprism.store.found_groups import Grouper, find_groups
from pentaprism.store.given import OF_ROWS, given_rows
from pentaprism.store.group_changes import compare, owners_of
from pentaprism.store.library_tables import UNGROUPED, left_places, library_files
from pentaprism.store.neighbourhoods import gather

_ANY_UNGROUPED = select(library_files.c.row).where(UNGROUPED).limit(1)
_PENDING = select(exists(_ANY_UNGROUPED) | exists().select_from(left_places))
_UNGROUP = update(library_files).where(library_files.c.row.in_(OF_ROWS)).values(grouped=False)


@dataclass(frozen=True, slots=True)
class GroupedFiles:
    """One step of grouping: how many files, in how many groups, and how many of those changed."""

    files: int
    groups: int
    changed: int


class KeyedFile(NamedTuple):
    """A file with what it is compared by."""

    row: int
    root_id: str | None
    connection_id: str | None
    folder: str
    name: str
    folder_key: str
    name_key: str
    burst_key: str | None


class NewKeys(NamedTuple):
    """What a file is to be compared by from now on."""

    row: int
    folder_key: str
    name_key: str
    burst_key: str | None


class Neighbours:
    """The files of all sources, as grouping sees them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self) -> bool:
        """Tell whether anything has to be grouped."""
        async with self._database.read() as reader:
            return bool(await reader.scalar(_PENDING))

    async def count_ungrouped(self) -> int:
        """Return how many files have to be grouped."""
        query = select(func.count(library_files.c.row)).where(UNGROUPED)
        async with self._database.read() as reader:
            return await reader.scalar(query) or 0

    @whole
    async def regroup(
        self, group: Grouper, *, gap: timedelta, now: datetime, limit: int = 2000
    ) -> GroupedFiles | None:
        """Group up to ``limit`` files that have to be, with all their neighbours; None without any.

        ``group`` is called in a thread, once for each source. ``gap`` is the longest time between
        two shots of a burst. All happens in one transaction, since nothing may change between
        looking and writing.
        """
        async with self._database.write() as connection:
            neighbourhood = await connection.run_sync(gather, gap, limit)
            if neighbourhood is None:
                return None
            found = await asyncio.to_thread(find_groups, neighbourhood, group)
            owners = await connection.run_sync(owners_of, {one.source_id for one in found})
            changes = await asyncio.to_thread(compare, neighbourhood, found, owners, now)
            await connection.run_sync(changes.write, neighbourhood)
        return GroupedFiles(len(neighbourhood.rows), len(found), changes.count)

    @whole
    async def ungroup(self, rows: Sequence[int]) -> None:
        """Have files grouped anew."""
        async with self._database.write() as connection:
            await connection.execute(_UNGROUP, given_rows(rows))

    async def keyed(self, *, size: int = 5000) -> AsyncIterator[Sequence[KeyedFile]]:
        """Yield all files with their keys, ``size`` at a time."""
        query = select(*(library_files.c[name] for name in KeyedFile._fields)).order_by(
            library_files.c.row
        )
        after = 0
        while True:
            async with self._database.read() as reader:
                rows = await reader.execute(query.where(library_files.c.row > after).limit(size))
            files = [KeyedFile(*row) for row in rows]
            if not files:
                return
            yield files
            after = files[-1].row

    @whole
    async def rekey(self, files: Sequence[int], keys: Sequence[NewKeys]) -> None:
        """Give files new keys, and have all of ``files`` grouped anew."""
        async with self._database.write() as connection:
            await connection.execute(_UNGROUP, given_rows(files))
            if keys:
                last = await connection.scalar(select(func.max(left_places.c.row))) or 0
                statement = update(library_files).where(library_files.c.row == bindparam("b_row"))
                values: dict[str, Any] = {
                    name: bindparam(f"b_{name}") for name in NewKeys._fields[1:]
                }
                await connection.execute(
                    statement.values(values),
                    [{f"b_{name}": value for name, value in one._asdict().items()} for one in keys],
                )
                # Who is left behind where they were is grouped anew as well, like all files.
                await connection.execute(delete(left_places).where(left_places.c.row > last))
