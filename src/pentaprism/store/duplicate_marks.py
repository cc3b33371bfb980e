"""Files in roots that people do not need any more: marked, never touched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select

from pentaprism.store.database import Database, whole
from pentaprism.store.duplicate_records import DuplicateMark
from pentaprism.store.duplicate_tables import duplicate_marks as marks
from pentaprism.store.given import OF_ROWS, given_rows
from pentaprism.store.library_tables import library_files as files
from pentaprism.store.owned import of_owner

_THERE = select(files.c.row).where(files.c.row.in_(OF_ROWS), files.c.root_id.is_not(None))
_PATH = (files.c.folder, files.c.name)
_keeper = files.alias("keeper")

MARKED = select(marks.c.file_row).where(
    marks.c.keeper_row.in_(select(_keeper.c.row).where(_keeper.c.missing_at.is_(None)))
)
"""The rows of files that are marked while what was kept is there: they are in no group."""


class DuplicateMarks:
    """The marks of all people; a mark goes with its file."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @whole
    async def add(self, keepers: Mapping[int, int]) -> list[int]:
        """Mark files by their rows, each with the row of what was kept, and return which were.

        Only files of roots are marked, and those that are marked already stay as they are.
        """
        now = self._clock()
        async with self._database.write() as connection:
            values = given_rows(keepers)
            there = set((await connection.execute(_THERE, values)).scalars())
            known = select(marks.c.file_row).where(marks.c.file_row.in_(OF_ROWS))
            there -= set((await connection.execute(known, values)).scalars())
            rows = [
                {"file_row": row, "keeper_row": keepers[row], "marked_at": now}
                for row in sorted(there)
            ]
            if rows:
                await connection.execute(insert(marks), rows)
        return sorted(there)

    @whole
    async def remove(self, file_rows: Collection[int]) -> None:
        """Take marks back; those that are gone already are left out."""
        async with self._database.write() as connection:
            await connection.execute(
                delete(marks).where(marks.c.file_row.in_(OF_ROWS)), given_rows(file_rows)
            )

    async def of(self, file_rows: Collection[int]) -> set[int]:
        """Return which of ``file_rows`` are marked."""
        query = select(marks.c.file_row).where(marks.c.file_row.in_(OF_ROWS))
        async with self._database.read() as reader:
            return set((await reader.execute(query, given_rows(file_rows))).scalars())

    async def page(
        self, owner_id: str, *, after: int = 0, limit: int = 1000
    ) -> list[DuplicateMark]:
        """Return marked files of a person that are there, by row, those after ``after``."""
        query = (
            select(
                marks.c.file_row,
                marks.c.keeper_row,
                marks.c.marked_at,
                files.c.root_id,
                *_PATH,
                files.c.size,
            )
            .join_from(marks, files, files.c.row == marks.c.file_row)
            .where(files.c.missing_at.is_(None), of_owner(owner_id), marks.c.file_row > after)
            .order_by(marks.c.file_row)
            .limit(limit)
        )
        async with self._database.read() as reader:
            rows: Any = await reader.execute(query)
            return [
                DuplicateMark(
                    row, keeper, at, root_id, f"{folder}/{name}" if folder else name, size
                )
                for row, keeper, at, root_id, folder, name, size in rows
            ]

    async def count(self, owner_id: str) -> int:
        """Return how many files `page` would go through."""
        query = (
            select(func.count())
            .select_from(marks)
            .join(files, files.c.row == marks.c.file_row)
            .where(files.c.missing_at.is_(None), of_owner(owner_id))
        )
        async with self._database.read() as reader:
            return await reader.scalar(query) or 0
