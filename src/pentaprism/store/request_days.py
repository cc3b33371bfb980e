"""How many requests each project has sent on each day of its quota."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from pentaprism.holdings import DayCount
from pentaprism.store.database import Database, whole
from pentaprism.store.tables import request_days

_COUNT = (request_days.c.requests, request_days.c.exhausted)


class RequestDays:
    """The counts of all projects; `of_project` binds them to one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_project(self, project: str) -> ProjectRequests:
        """Return the counts of one project."""
        return ProjectRequests(self._database, project)


class ProjectRequests:
    """The counts of one project; fits `pentaprism.destinations.account.RequestCount`."""

    def __init__(self, database: Database, project: str) -> None:
        self._database = database
        self._project = project

    async def of(self, day: date) -> DayCount:
        """Return the count of ``day``."""
        query = select(*_COUNT).where(
            request_days.c.project == self._project, request_days.c.day == day.isoformat()
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return DayCount(0) if row is None else DayCount(*row)

    @whole
    async def add(self, day: date, requests: int) -> DayCount:
        """Add ``requests``, which may be negative, and return the count after."""
        return await self._write(day, requests, exhausted=False)

    @whole
    async def exhaust(self, day: date) -> None:
        """Note that the server refuses all further requests on ``day``."""
        await self._write(day, 0, exhausted=True)

    async def _write(self, day: date, requests: int, *, exhausted: bool) -> DayCount:
        statement = insert(request_days).values(
            project=self._project,
            day=day.isoformat(),
            requests=max(0, requests),
            exhausted=exhausted,
        )
        change: dict[str, Any] = {"requests": request_days.c.requests + requests}
        if exhausted:
            change["exhausted"] = True
        statement = statement.on_conflict_do_update(index_elements=["project", "day"], set_=change)
        async with self._database.write() as connection:
            row = (await connection.execute(statement.returning(*_COUNT))).one()
        return DayCount(*row)
