"""Which album is kept equal where."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from pentaprism.errors import ConflictError
from pentaprism.store.database import Database, whole
from pentaprism.store.ids import new_id, not_found, resolve_id
from pentaprism.store.records import JsonObject, Mirror
from pentaprism.store.tables import columns_of, connections, mirrors

_RECORD = columns_of(Mirror, mirrors)


class MirrorChanges(TypedDict, total=False):
    """What can be changed in a mirror; what is not named stays."""

    album_name: str
    options: JsonObject
    place: str
    paused: bool
    remote_album_id: str | None
    remote_album_title: str | None
    schedule: JsonObject | None
    next_run_at: datetime | None


class Mirrors:
    """The mirrors."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @whole
    async def create(
        self,
        *,
        id: str | None = None,  # noqa: A002 - the name of the field it sets
        connection_id: str,
        album_id: str,
        album_name: str,
        kind: str,
        place: str,
        options: JsonObject,
    ) -> Mirror:
        """Make a mirror; ``id`` is given when a folder's marker already names it.

        Raises `ConflictError` with code ``mirror_exists`` if there is one with this id, or with
        this connection, album, kind and place; `NotFoundError` if there is no such connection.
        """
        mirror = Mirror(
            id=id or new_id(),
            connection_id=connection_id,
            album_id=album_id,
            album_name=album_name,
            kind=kind,
            place=place,
            options=options,
            paused=False,
            remote_album_id=None,
            remote_album_title=None,
            created_at=self._clock(),
        )
        parent = select(connections.c.id).where(connections.c.id == connection_id)
        values = {column.name: getattr(mirror, column.name) for column in _RECORD}
        try:
            async with self._database.write() as connection:
                if await connection.scalar(parent) is None:
                    raise not_found("connection", connection_id)
                await connection.execute(insert(mirrors).values(**values))
        except IntegrityError as error:
            raise _exists() from error
        return await self.get(mirror.id)

    async def find(self, connection_id: str, album_id: str, kind: str, place: str) -> Mirror | None:
        """Return the mirror of exactly this, None if there is none."""
        return await self._first(
            (mirrors.c.connection_id == connection_id)
            & (mirrors.c.album_id == album_id)
            & (mirrors.c.kind == kind)
            & (mirrors.c.place == place)
        )

    async def at_place(self, kind: str, place: str) -> Mirror | None:
        """Return the oldest mirror that points at ``place``, whatever its album."""
        return await self._first((mirrors.c.kind == kind) & (mirrors.c.place == place))

    async def get(self, id_: str) -> Mirror:
        """Return the mirror ``id_``; raises `NotFoundError`."""
        mirror = await self._first(mirrors.c.id == id_)
        if mirror is None:
            raise not_found("mirror", id_)
        return mirror

    async def resolve(self, text: str) -> Mirror:
        """Return the mirror whose id is ``text`` or alone starts with it.

        Raises `NotFoundError`, or `InvalidError` with code ``ambiguous``.
        """
        async with self._database.read() as connection:
            id_ = await resolve_id(connection, mirrors.c.id, text, thing="mirror")
        return await self.get(id_)

    async def list(self, owner_id: str | None = None) -> list[Mirror]:
        """Return the mirrors of one owner, or all, the oldest first."""
        query = select(*_RECORD).order_by(mirrors.c.created_at, mirrors.c.id)
        if owner_id is not None:
            query = query.join_from(mirrors, connections).where(connections.c.owner_id == owner_id)
        return await self._fetch(query)

    async def owner_of(self, mirror_id: str) -> str:
        """Return the owner of the mirror, who owns its connection; raises `NotFoundError`."""
        query = select(connections.c.owner_id).join_from(mirrors, connections)
        async with self._database.read() as connection:
            owner_id = await connection.scalar(query.where(mirrors.c.id == mirror_id))
        if owner_id is None:
            raise not_found("mirror", mirror_id)
        return owner_id

    async def due(self, now: datetime) -> builtins.list[Mirror]:
        """Return the mirrors whose next run is due and that are not paused, longest due first."""
        query = select(*_RECORD).where(~mirrors.c.paused, mirrors.c.next_run_at <= now)
        return await self._fetch(query.order_by(mirrors.c.next_run_at, mirrors.c.id))

    async def next_due(self) -> datetime | None:
        """Return when the next run of all mirrors that are not paused is due, None without any."""
        query = select(func.min(mirrors.c.next_run_at)).where(~mirrors.c.paused)
        async with self._database.read() as connection:
            return await connection.scalar(query)

    @whole
    async def claim(self, mirror_id: str, seen: datetime, next_run_at: datetime | None) -> bool:
        """Take the run that was due at ``seen``, and put ``next_run_at`` in its place.

        True for exactly one of all processes that try; false for the others, and if the mirror was
        paused, rescheduled or deleted meanwhile. The two times must differ, else `ValueError`.
        """
        if next_run_at == seen:
            raise ValueError("the next run must be at another time than the one that is claimed")
        statement = (
            update(mirrors)
            .where(mirrors.c.id == mirror_id, mirrors.c.next_run_at == seen, ~mirrors.c.paused)
            .values(next_run_at=next_run_at)
        )
        async with self._database.write() as connection:
            return (await connection.execute(statement)).rowcount == 1

    @whole
    async def update(self, id_: str, **changes: Unpack[MirrorChanges]) -> Mirror:
        """Change the mirror ``id_`` and return it; raises `NotFoundError` or `ConflictError`."""
        if changes:
            statement = update(mirrors).where(mirrors.c.id == id_).values(**changes)
            try:
                async with self._database.write() as connection:
                    await connection.execute(statement)
            except IntegrityError as error:
                raise _exists() from error
        return await self.get(id_)

    @whole
    async def delete(self, id_: str) -> None:
        """Delete the mirror ``id_`` with its items and runs: our own rows, never a file."""
        async with self._database.write() as connection:
            done = await connection.execute(delete(mirrors).where(mirrors.c.id == id_))
        if not done.rowcount:
            raise not_found("mirror", id_)

    async def _fetch(self, query: Select[*tuple[Any, ...]]) -> builtins.list[Mirror]:
        async with self._database.read() as connection:
            return [Mirror(*row) for row in await connection.execute(query)]

    async def _first(self, condition: ColumnElement[bool]) -> Mirror | None:
        query = select(*_RECORD).where(condition).order_by(mirrors.c.created_at, mirrors.c.id)
        async with self._database.read() as connection:
            row = (await connection.execute(query.limit(1))).one_or_none()
        return None if row is None else Mirror(*row)


def _exists() -> ConflictError:
    return ConflictError(
        "There is a mirror of this album at this place already.",
        code="mirror_exists",
        hint="`pentaprism mirrors` lists them; use that one, or delete it first.",
    )
