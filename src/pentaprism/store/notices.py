"""What people were told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from pentaprism.store.database import Database, whole
from pentaprism.store.ids import not_found
from pentaprism.store.people_records import Notice
from pentaprism.store.people_tables import notices
from pentaprism.store.tables import columns_of

_RECORD = columns_of(Notice, notices)


class Notices:
    """The notices of all people."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @whole
    async def add(
        self,
        person_id: str,
        *,
        kind: str,
        title: str,
        body: str,
        mirror_id: str | None = None,
        error: str | None = None,
    ) -> Notice:
        """Record a notice of now and return it; raises `NotFoundError` for no such person."""
        statement = insert(notices).values(
            person_id=person_id,
            at=self._clock(),
            kind=kind,
            title=title,
            body=body,
            mirror_id=mirror_id,
            error=error,
        )
        try:
            async with self._database.write() as connection:
                row = (await connection.execute(statement.returning(*_RECORD))).one()
        except IntegrityError as error_:
            raise not_found("person", person_id) from error_
        return Notice(*row)

    async def recent(self, person_id: str, limit: int = 20) -> list[Notice]:
        """Return the newest notices of a person, the newest first."""
        query = select(*_RECORD).where(notices.c.person_id == person_id)
        query = query.order_by(notices.c.row.desc()).limit(limit)
        async with self._database.read() as connection:
            return [Notice(*row) for row in await connection.execute(query)]

    @whole
    async def prune(self, keep_per_person: int = 200) -> int:
        """Delete all but the newest notices of each person, and return how many."""
        place = func.row_number().over(
            partition_by=notices.c.person_id, order_by=notices.c.row.desc()
        )
        placed = select(notices.c.row, place.label("place")).subquery()
        old = select(placed.c.row).where(placed.c.place > keep_per_person)
        async with self._database.write() as connection:
            done = await connection.execute(delete(notices).where(notices.c.row.in_(old)))
        return done.rowcount
