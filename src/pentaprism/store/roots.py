"""Media folders that are indexed."""

from __future__ import annotations

from sqlalchemy import select

from pentaprism.store.database import Database
from pentaprism.store.library_records import Root
from pentaprism.store.library_tables import roots
from pentaprism.store.tables import columns_of

_ROOT = columns_of(Root, roots)


class Roots:
    """Media folders that are indexed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, owner_id: str | None = None) -> list[Root]:
        """Return the roots of a person, or all of them, by name."""
        query = select(*_ROOT).order_by(roots.c.name, roots.c.id)
        if owner_id is not None:
            query = query.where(roots.c.owner_id == owner_id)
        async with self._database.read() as connection:
            return [Root(*row) for row in await connection.execute(query)]
