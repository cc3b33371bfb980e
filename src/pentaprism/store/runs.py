"""Executions of mirrors, and what happened in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from itertools import batched, starmap
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from pentaprism.store.database import Database, whole
from pentaprism.store.ids import new_id, not_found, resolve_id
from pentaprism.store.records import Counters, Run, RunEvent, RunFigures, RunStatus, StartedBy
from pentaprism.store.run_queries import event_filter, last_runs, of_owner, runs_page
from pentaprism.store.tables import (
    UNFINISHED,
    columns_of,
    connections,
    mirrors,
    run_events,
    runs,
)

_EVENT = columns_of(RunEvent, run_events)
_EVENT_FIELDS = tuple(field.name for field in fields(RunEvent) if field.name != "row")
_BEFORE = [field.name for field in fields(Run)].index("counters")
_AFTER = _BEFORE + len(fields(Counters))
"""Where the counters begin and end in a row; all else is in the order of `Run`."""
_UNFINISHED = (RunStatus.RUNNING, RunStatus.WAITING)
_FIGURES = [runs.c[name] for name in RunFigures._fields]
_ASKED_AT_ONCE = 1000  # values in one statement; SQLite takes up to 32,766


class Runs:
    """The runs of all mirrors."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @whole
    async def start(
        self, mirror_id: str, started_by: StartedBy = StartedBy.PERSON, expected: int = 0
    ) -> Run:
        """Record a run that begins now; raises `NotFoundError` if the mirror is gone."""
        run = Run(
            id=new_id(),
            mirror_id=mirror_id,
            status=RunStatus.RUNNING,
            counters=Counters(),
            reason=None,
            waits_until=None,
            started_at=self._clock(),
            finished_at=None,
            started_by=started_by,
            expected=expected,
        )
        values = asdict(run)
        values |= values.pop("counters")
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(runs).values(**values))
        except IntegrityError as error:
            raise not_found("mirror", mirror_id) from error
        return await self.get(run.id)

    @whole
    async def progress(self, run_id: str, counters: Counters, expected: int | None = None) -> None:
        """Record what the run did so far, and how many assets it will look at if that is given."""
        async with self._database.write() as connection:
            await set_counters(connection, run_id, counters, expected)

    @whole
    async def finish(
        self,
        run_id: str,
        status: RunStatus,
        counters: Counters,
        reason: str | None = None,
        *,
        waits_until: datetime | None = None,
        code: str | None = None,
    ) -> Run:
        """Record how the run stands and return it; one that waits has no time of its end.

        ``code`` is the code of the error that ``reason`` tells.
        """
        values = {
            "status": status,
            "reason": reason,
            "waits_until": waits_until,
            "code": code,
            "finished_at": None if status in _UNFINISHED else self._clock(),
            **asdict(counters),
        }
        statement = update(runs).where(runs.c.id == run_id).values(values)
        async with self._database.write() as connection:
            await connection.execute(statement)
        return await self.get(run_id)

    async def get(self, id_: str) -> Run:
        """Return the run ``id_``; raises `NotFoundError`."""
        found = await self._fetch(select(runs).where(runs.c.id == id_))
        if not found:
            raise not_found("run", id_)
        return found[0]

    async def resolve(self, text: str) -> Run:
        """Return the run whose id is ``text`` or alone starts with it.

        Raises `NotFoundError`, or `InvalidError` with code ``ambiguous``.
        """
        async with self._database.read() as connection:
            id_ = await resolve_id(connection, runs.c.id, text, thing="run")
        return await self.get(id_)

    async def recent(self, limit: int = 20, mirror_id: str | None = None) -> list[Run]:
        """Return the newest runs, of one mirror or of all, the newest first."""
        query = select(runs).order_by(runs.c.started_at.desc(), runs.c.id)
        if mirror_id is not None:
            query = query.where(runs.c.mirror_id == mirror_id)
        return await self._fetch(query.limit(limit))

    async def last(self, mirror_id: str) -> Run | None:
        """Return the newest run of the mirror, None if it never ran."""
        found = await self.recent(1, mirror_id)
        return found[0] if found else None

    async def last_of(
        self, mirror_ids: Collection[str] | None = None, *, owner_id: str | None = None
    ) -> dict[str, Run]:
        """Return the newest run of each of these mirrors that ever ran, by the mirror's id.

        Of all mirrors, of those that are named, of those of one owner, or of what is both.
        """
        if mirror_ids is None:
            return {run.mirror_id: run for run in await self._fetch(last_runs(owner_id))}
        found: dict[str, Run] = {}
        for some in batched(mirror_ids, _ASKED_AT_ONCE):
            query = last_runs(owner_id).where(mirrors.c.id.in_(some))
            found |= {run.mirror_id: run for run in await self._fetch(query)}
        return found

    async def page(
        self,
        *,
        owner_id: str | None = None,
        mirror_id: str | None = None,
        statuses: Collection[RunStatus] | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> list[Run]:
        """Return up to ``limit`` runs, the newest first.

        ``before`` is ``started_at`` and ``id`` of the last run of the page before this one.
        """
        return await self._fetch(runs_page(owner_id, mirror_id, statuses, before).limit(limit))

    async def owner_of(self, run_id: str) -> str:
        """Return the owner of the run's mirror; raises `NotFoundError`."""
        query = of_owner(select(connections.c.owner_id)).where(runs.c.id == run_id)
        async with self._database.read() as connection:
            owner_id = await connection.scalar(query)
        if owner_id is None:
            raise not_found("run", run_id)
        return owner_id

    async def days(self, owner_id: str, since: datetime) -> list[RunFigures]:
        """Return the figures of the owner's runs that began at ``since`` or later, oldest first."""
        query = of_owner(select(*_FIGURES)).where(
            connections.c.owner_id == owner_id, runs.c.started_at >= since
        )
        async with self._database.read() as connection:
            found = await connection.execute(query.order_by(runs.c.started_at))
        return list(starmap(RunFigures, found))

    async def unfinished(self) -> list[Run]:
        """Return the runs that are recorded as running or waiting, the oldest first."""
        query = select(runs).where(UNFINISHED)
        return await self._fetch(query.order_by(runs.c.started_at, runs.c.id))

    async def waiting(self, mirror_id: str) -> Run | None:
        """Return the run of the mirror that waits, None if none does."""
        query = select(runs).where(
            runs.c.mirror_id == mirror_id, runs.c.status == RunStatus.WAITING
        )
        found = await self._fetch(query.order_by(runs.c.started_at.desc()).limit(1))
        return found[0] if found else None

    @whole
    async def take_up(self, run_id: str) -> Run:
        """Record that a run which has waited goes on, and return it."""
        values = {"status": RunStatus.RUNNING, "reason": None, "waits_until": None, "code": None}
        async with self._database.write() as connection:
            await connection.execute(update(runs).where(runs.c.id == run_id).values(values))
        return await self.get(run_id)

    @whole
    async def prune(self, before: datetime, *, keep: int) -> int:
        """Delete ended runs from before then, with their events, and return how many.

        The newest ``keep`` runs of each mirror stay, however old they are.
        """
        number = func.row_number().over(
            partition_by=runs.c.mirror_id, order_by=runs.c.started_at.desc()
        )
        numbered = select(runs.c.id, number.label("number")).subquery()
        old = select(numbered.c.id).where(numbered.c.number > keep)
        statement = delete(runs).where(
            runs.c.started_at < before, runs.c.status.not_in(_UNFINISHED), runs.c.id.in_(old)
        )
        async with self._database.write() as connection:
            return (await connection.execute(statement)).rowcount

    async def interrupted(self, mirror_id: str | None = None) -> list[Run]:
        """Return the runs that are recorded as running, the oldest first.

        Whether such a run is alive in another process, the database cannot tell; the lock of its
        destination can.
        """
        query = select(runs).where(UNFINISHED, runs.c.status == RunStatus.RUNNING)
        if mirror_id is not None:
            query = query.where(runs.c.mirror_id == mirror_id)
        return await self._fetch(query.order_by(runs.c.started_at, runs.c.id))

    @whole
    async def record(self, run_id: str, events: Sequence[RunEvent]) -> None:
        """Record what happened, in order; raises `NotFoundError` if the run is gone."""
        async with self._database.write() as connection:
            await add_events(connection, run_id, events)

    async def events(
        self, run_id: str, *, after: int = 0, limit: int = 1000, level: str | None = None
    ) -> list[RunEvent]:
        """Return up to ``limit`` events with a row above ``after``, of one level or of all."""
        query = select(*_EVENT).where(run_events.c.run_id == run_id, run_events.c.row > after)
        if level is not None:
            query = query.where(run_events.c.level == level)
        async with self._database.read() as connection:
            found = await connection.execute(query.order_by(run_events.c.row).limit(limit))
        return [RunEvent(*row) for row in found]

    async def event_page(
        self,
        run_id: str,
        *,
        before: int | None = None,
        after: int | None = None,
        levels: Collection[str] | None = None,
        codes: Collection[str] | None = None,
        search: str | None = None,
        limit: int = 100,
    ) -> list[RunEvent]:
        """Return up to ``limit`` events, the newest first.

        With ``before``, a row, those just below it; with ``after``, those just above it. ``search``
        is a part of the message or the file name; its ASCII letters match in either case.
        """
        query = select(*_EVENT).where(*event_filter(run_id, levels, codes, search))
        if before is not None:
            query = query.where(run_events.c.row < before)
        if after is None:
            query = query.order_by(run_events.c.row.desc())
        else:
            query = query.where(run_events.c.row > after).order_by(run_events.c.row)
        async with self._database.read() as connection:
            found = [RunEvent(*row) for row in await connection.execute(query.limit(limit))]
        return found if after is None else found[::-1]

    async def count_events(
        self,
        run_id: str,
        *,
        levels: Collection[str] | None = None,
        codes: Collection[str] | None = None,
        search: str | None = None,
    ) -> int:
        """Return how many events `event_page` would return in all."""
        query = select(func.count()).select_from(run_events)
        async with self._database.read() as connection:
            found = await connection.scalar(
                query.where(*event_filter(run_id, levels, codes, search))
            )
        return found or 0

    async def _fetch(self, query: Select[*tuple[Any, ...]]) -> list[Run]:
        async with self._database.read() as connection:
            return [_make(row) for row in await connection.execute(query)]


async def set_counters(
    connection: AsyncConnection, run_id: str, counters: Counters, expected: int | None = None
) -> None:
    """Set the counters of a run, within a transaction of the caller; None lets what is expected."""
    values = asdict(counters)
    if expected is not None:
        values["expected"] = expected
    await connection.execute(update(runs).where(runs.c.id == run_id).values(values))


async def add_events(connection: AsyncConnection, run_id: str, events: Sequence[RunEvent]) -> None:
    """Add events to a run, within a transaction of the caller."""
    if not events:
        return
    # Not asdict(), which copies the details deeply and takes longer than the insert itself.
    rows = [
        {name: getattr(event, name) for name in _EVENT_FIELDS} | {"run_id": run_id}
        for event in events
    ]
    try:
        await connection.execute(insert(run_events), rows)
    except IntegrityError as error:
        raise not_found("run", run_id) from error


def _make(row: Row[Any]) -> Run:
    # By position, as by name it takes three times as long: a page shows the runs of all mirrors.
    values: tuple[Any, ...] = tuple(row)
    run: list[Any] = [*values[:_BEFORE], Counters(*values[_BEFORE:_AFTER]), *values[_AFTER:]]
    return Run(*run)
