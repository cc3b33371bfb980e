"""Who is signed in, and with what credential of Immich."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from pentaprism.store.database import Database, whole
from pentaprism.store.ids import not_found
from pentaprism.store.people import make_person
from pentaprism.store.people_records import Session, SignInMethod
from pentaprism.store.people_tables import people, sessions
from pentaprism.store.secrets import Secrets

_PERSON = "person_"
_OF_PERSON = [column.label(f"{_PERSON}{column.name}") for column in people.c]
_OF_SESSION = [column for column in sessions.c if column is not sessions.c.person_id]


class Sessions:
    """The sessions; their credentials are encrypted in the database, and their tokens not there."""

    def __init__(self, database: Database, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock

    @whole
    async def add(
        self,
        *,
        digest: bytes,
        person_id: str,
        server_url: str,
        method: SignInMethod,
        credential: str,
        user_agent: str,
        expires_at: datetime,
    ) -> Session:
        """Record a session that begins now, with a credential that was checked just now.

        ``digest`` is the SHA-256 of the cookie's token. Raises `NotFoundError` if there is no such
        person.
        """
        now = self._clock()
        values = {
            "digest": digest,
            "person_id": person_id,
            "server_url": server_url,
            "method": method,
            "credential_token": self._secrets.encrypt(credential),
            "user_agent": user_agent,
            "created_at": now,
            "seen_at": now,
            "checked_at": now,
            "expires_at": expires_at,
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(sessions).values(**values))
        except IntegrityError as error:
            raise not_found("person", person_id) from error
        (session,) = await self._fetch(sessions.c.digest == digest)
        return session

    async def get(self, digest: bytes) -> Session | None:
        """Return the session, None if there is none; whether it is over, ``expires_at`` tells."""
        found = await self._fetch(sessions.c.digest == digest)
        return found[0] if found else None

    async def list_of(self, person_id: str) -> list[Session]:
        """Return the sessions of a person, the one used last first."""
        return await self._fetch(sessions.c.person_id == person_id)

    @whole
    async def touch(
        self,
        digest: bytes,
        *,
        seen_at: datetime,
        checked_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> None:
        """Record that the session was used; what is None stays. One that is gone stays gone."""
        values = {"seen_at": seen_at, "checked_at": checked_at, "expires_at": expires_at}
        given = {name: value for name, value in values.items() if value is not None}
        async with self._database.write() as connection:
            await connection.execute(
                update(sessions).where(sessions.c.digest == digest).values(given)
            )

    @whole
    async def delete(self, digest: bytes) -> None:
        """Delete the session; one that is gone already is no error."""
        await self._delete(sessions.c.digest == digest)

    @whole
    async def delete_of(self, person_id: str, except_digest: bytes | None = None) -> int:
        """Delete all sessions of a person but one, and return how many."""
        which = sessions.c.person_id == person_id
        if except_digest is not None:
            which &= sessions.c.digest != except_digest
        return await self._delete(which)

    @whole
    async def prune(self, now: datetime) -> int:
        """Delete the sessions that are over, and return how many."""
        return await self._delete(sessions.c.expires_at <= now)

    async def _delete(self, which: ColumnElement[bool]) -> int:
        async with self._database.write() as connection:
            done = await connection.execute(delete(sessions).where(which))
        return done.rowcount

    async def _fetch(self, which: ColumnElement[bool]) -> list[Session]:
        query = select(*_OF_SESSION, *_OF_PERSON).join_from(sessions, people).where(which)
        query = query.order_by(sessions.c.seen_at.desc(), sessions.c.digest)
        async with self._database.read() as connection:
            return [self._make(row._asdict()) for row in await connection.execute(query)]

    def _make(self, values: dict[str, Any]) -> Session:
        of_person = {column.name: values.pop(f"{_PERSON}{column.name}") for column in people.c}
        credential = self._secrets.decrypt(values.pop("credential_token"))
        person = make_person(of_person, self._secrets)
        return Session(person=person, credential=credential, **values)
