"""Immich servers and the credentials for them."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError

from pentaprism.errors import ConflictError
from pentaprism.store.database import Database, whole
from pentaprism.store.ids import new_id, not_found
from pentaprism.store.records import Connection
from pentaprism.store.secrets import Secrets
from pentaprism.store.tables import connections


class Connections:
    """The saved connections; their API keys are encrypted in the database."""

    def __init__(self, database: Database, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock

    @whole
    async def save(
        self,
        *,
        url: str,
        api_key: str,
        user_id: str,
        user_name: str,
        user_email: str,
        server_version: str,
        name: str,
        ca_file: str | None,
        owner_id: str | None = None,
        home: bool | None = None,
    ) -> Connection:
        """Save a connection and return it.

        Immich's user ids are unique in the world, so the same user of the same owner stays the same
        connection, with what is given now: a server that moved to another address keeps its
        mirrors. Without an ``owner_id`` the user owns it. With None, ``home`` stays as it is; a new
        connection is home then.
        """
        owner = user_id if owner_id is None else owner_id
        now = self._clock()
        given: dict[str, Any] = {
            "url": url,
            "user_name": user_name,
            "user_email": user_email,
            "server_version": server_version,
            "name": name,
            "ca_file": ca_file,
            "api_key_token": self._secrets.encrypt(api_key),
            "saved_at": now,
        }
        if home is not None:
            given["home"] = home
        same = (connections.c.owner_id == owner) & (connections.c.user_id == user_id)
        async with self._database.write() as connection:
            id_ = await connection.scalar(select(connections.c.id).where(same))
            if id_ is None:
                id_ = new_id()
                key = {"id": id_, "owner_id": owner, "user_id": user_id, "created_at": now}
                fresh = {"home": True, **key, **given}
                await connection.execute(insert(connections).values(fresh))
            else:
                await connection.execute(update(connections).where(same).values(**given))
        return await self.get(id_)

    async def get(self, id_: str) -> Connection:
        """Return the connection ``id_``; raises `NotFoundError`."""
        query = select(connections).where(connections.c.id == id_)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise not_found("connection", id_)
        return self._make(row)

    async def list(self, owner_id: str | None = None) -> list[Connection]:
        """Return the connections of one owner, or all, the one saved last first."""
        return await self._fetch(_last_first(owner_id))

    async def homes(self) -> builtins.list[Connection]:
        """Return the connections to home servers, the oldest first."""
        query = select(connections).where(connections.c.home)
        return await self._fetch(query.order_by(connections.c.created_at, connections.c.id))

    async def default(self, owner_id: str | None = None) -> Connection | None:
        """Return the connection of one owner, or of all, that was saved last; None without any."""
        found = await self._fetch(_last_first(owner_id).limit(1))
        return found[0] if found else None

    @whole
    async def rename(self, id_: str, name: str) -> Connection:
        """Give the connection ``id_`` another name and return it; raises `NotFoundError`."""
        statement = update(connections).where(connections.c.id == id_).values(name=name)
        async with self._database.write() as connection:
            await connection.execute(statement)
        return await self.get(id_)

    @whole
    async def delete(self, id_: str) -> None:
        """Delete the connection ``id_``.

        Raises `NotFoundError`, or `ConflictError` with code ``connection_in_use`` while a mirror
        reads from it.
        """
        try:
            async with self._database.write() as connection:
                done = await connection.execute(delete(connections).where(connections.c.id == id_))
        except IntegrityError as error:
            raise ConflictError(
                "A mirror reads from this connection.",
                code="connection_in_use",
                hint="Delete its mirrors first; that deletes no files.",
            ) from error
        if not done.rowcount:
            raise not_found("connection", id_)

    async def _fetch(self, query: Select[*tuple[Any, ...]]) -> builtins.list[Connection]:
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [self._make(row) for row in rows]

    def _make(self, row: Row[Any]) -> Connection:
        values = row._asdict()
        del values["saved_at"]
        return Connection(api_key=self._secrets.decrypt(values.pop("api_key_token")), **values)


def _last_first(owner_id: str | None) -> Select[*tuple[Any, ...]]:
    query = select(connections).order_by(connections.c.saved_at.desc(), connections.c.id)
    return query if owner_id is None else query.where(connections.c.owner_id == owner_id)
