"""What was chosen for the whole program while it runs, such as its log level."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from pentaprism.store.database import Database, whole
from pentaprism.store.people_tables import program_settings


class ProgramSettings:
    """Named values, each anything that JSON can hold but null."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> Any | None:
        """Return the value of ``name``, None if it has none."""
        query = select(program_settings.c.value).where(program_settings.c.name == name)
        async with self._database.read() as connection:
            return await connection.scalar(query)

    @whole
    async def set(self, name: str, value: Any) -> None:
        """Give ``name`` a value in the place of what it had."""
        same = program_settings.c.name == name
        async with self._database.write() as connection:
            done = await connection.execute(
                update(program_settings).where(same).values(value=value)
            )
            if not done.rowcount:
                await connection.execute(insert(program_settings).values(name=name, value=value))
