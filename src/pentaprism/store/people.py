"""People who have signed in, and what they chose."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from pentaprism.store.database import Database, whole
from pentaprism.store.ids import not_found
from pentaprism.store.people_records import Person
from pentaprism.store.people_tables import people
from pentaprism.store.records import JsonObject
from pentaprism.store.secrets import Secrets


class People:
    """The people; their notification addresses are encrypted in the database."""

    def __init__(self, database: Database, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock

    @whole
    async def save(
        self, id_: str, server_url: str, name: str, email: str, is_admin: bool
    ) -> Person:
        """Record what Immich says of a person who is here now, and return the person.

        What the person chose stays.
        """
        now = self._clock()
        given = {
            "server_url": server_url,
            "name": name,
            "email": email,
            "is_admin": is_admin,
            "seen_at": now,
        }
        async with self._database.write() as connection:
            statement = update(people).where(people.c.id == id_).values(given)
            if not (await connection.execute(statement)).rowcount:
                fresh = {"id": id_, "preferences": {}, "created_at": now}
                await connection.execute(insert(people).values(**fresh, **given))
        return await self.get(id_)

    async def get(self, id_: str) -> Person:
        """Return the person ``id_``; raises `NotFoundError`."""
        query = select(people).where(people.c.id == id_)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise not_found("person", id_)
        return make_person(row._asdict(), self._secrets)

    async def list(self) -> list[Person]:
        """Return all people, by name."""
        query = select(people).order_by(people.c.name, people.c.id)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [make_person(row._asdict(), self._secrets) for row in rows]

    @whole
    async def set_preferences(self, id_: str, preferences: JsonObject) -> None:
        """Record what the person chose; raises `NotFoundError`."""
        await self._set(id_, {"preferences": preferences})

    @whole
    async def set_notification_urls(self, id_: str, urls: Sequence[str]) -> None:
        """Record where the person's notices are sent; raises `NotFoundError`."""
        token = self._secrets.encrypt(json.dumps(list(urls))) if urls else None
        await self._set(id_, {"notification_urls_token": token})

    async def _set(self, id_: str, values: dict[str, Any]) -> None:
        async with self._database.write() as connection:
            done = await connection.execute(update(people).where(people.c.id == id_).values(values))
        if not done.rowcount:
            raise not_found("person", id_)


def make_person(values: dict[str, Any], secrets: Secrets) -> Person:
    """Return the person whose columns have ``values``."""
    token = values.pop("notification_urls_token")
    urls = () if token is None else tuple(json.loads(secrets.decrypt(token)))
    return Person(notification_urls=urls, **values)
