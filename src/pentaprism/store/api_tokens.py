"""Tokens with which programs act for a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from pentaprism.store.database import Database, whole
from pentaprism.store.ids import new_id, not_found
from pentaprism.store.people import make_person
from pentaprism.store.people_records import ApiToken, Person
from pentaprism.store.people_tables import api_tokens, people
from pentaprism.store.secrets import Secrets
from pentaprism.store.tables import columns_of

_RECORD = columns_of(ApiToken, api_tokens)


class ApiTokens:
    """The tokens of all people; of the token itself only its SHA-256 is there."""

    def __init__(self, database: Database, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock

    @whole
    async def add(
        self, person_id: str, name: str, digest: bytes, expires_at: datetime | None = None
    ) -> ApiToken:
        """Record a token by the SHA-256 of it; raises `NotFoundError` for no such person."""
        id_ = new_id()
        values = {
            "id": id_,
            "person_id": person_id,
            "name": name,
            "digest": digest,
            "created_at": self._clock(),
            "expires_at": expires_at,
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(api_tokens).values(**values))
        except IntegrityError as error:
            raise not_found("person", person_id) from error
        query = select(*_RECORD).where(api_tokens.c.id == id_)
        async with self._database.read() as connection:
            return ApiToken(*(await connection.execute(query)).one())

    async def find(self, digest: bytes) -> tuple[ApiToken, Person] | None:
        """Return the token and its person, None if there is none; it may have expired."""
        query = select(*_RECORD, *people.c).join_from(api_tokens, people)
        async with self._database.read() as connection:
            row = (await connection.execute(query.where(api_tokens.c.digest == digest))).first()
        if row is None:
            return None
        of_person = dict(zip(people.c.keys(), row[len(_RECORD) :], strict=True))
        return ApiToken(*row[: len(_RECORD)]), make_person(of_person, self._secrets)

    @whole
    async def used(self, id_: str) -> None:
        """Record that the token is used now; each call writes, so that callers space them."""
        values = {"last_used_at": self._clock()}
        async with self._database.write() as connection:
            await connection.execute(
                update(api_tokens).where(api_tokens.c.id == id_).values(values)
            )

    async def list_of(self, person_id: str) -> list[ApiToken]:
        """Return the tokens of a person, the oldest first."""
        query = select(*_RECORD).where(api_tokens.c.person_id == person_id)
        query = query.order_by(api_tokens.c.created_at, api_tokens.c.id)
        async with self._database.read() as connection:
            return [ApiToken(*row) for row in await connection.execute(query)]

    @whole
    async def delete(self, id_: str, person_id: str) -> None:
        """Delete the token ``id_`` of this person; raises `NotFoundError`, also for another's."""
        which = (api_tokens.c.id == id_) & (api_tokens.c.person_id == person_id)
        async with self._database.write() as connection:
            done = await connection.execute(delete(api_tokens).where(which))
        if not done.rowcount:
            raise not_found("token", id_)
