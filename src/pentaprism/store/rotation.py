"""Another key for the stored credentials, without losing one of them whatever happens.

The new key is in the key file before anything is encrypted with it, and the one before stays there
afterwards, for what a process that still encrypts with it is just about to write.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Column, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pentaprism.errors import InvalidError
from pentaprism.store.database import Database, whole
from pentaprism.store.locks import Locks
from pentaprism.store.people_tables import people, sessions
from pentaprism.store.secrets import Secrets
from pentaprism.store.tables import accounts, connections, consents

SECRETS: list[Column[Any]] = [
    column
    for table in (accounts, connections, consents, people, sessions)
    for column in table.c
    if column.name.endswith("_token")
]
"""All encrypted columns: their names end so."""

_KEPT = 2  # the new key and the one before


class Rotation(NamedTuple):
    """What changing the key did: how many credentials, and whether the key file has the key."""

    credentials: int
    in_file: bool


class Key:
    """The key that the stored credentials are encrypted with."""

    def __init__(self, database: Database, secrets: Secrets, locks: Locks) -> None:
        self._database = database
        self._secrets = secrets
        self._locks = locks

    @whole
    async def rotate(self) -> int:
        """Encrypt all credentials with the first key, in one transaction; return how many.

        Raises `ActionRequiredError` with code ``secret_key``, and changes nothing, if one of them
        cannot be decrypted.
        """
        async with self._database.write() as connection:
            return sum([await _encrypt_again(connection, one, self._secrets) for one in SECRETS])

    async def change(self) -> Rotation:
        """Encrypt all credentials with a new key.

        Keys in the file are replaced there. Of a setting the first one is taken to be new; raises
        `InvalidError` with code ``one_key`` if there is no other.
        """
        if self._secrets.in_file:
            async with self._locks.hold("secret key"):
                self._secrets.add_key()
                credentials = await self.rotate()
                self._secrets.drop_keys(keep=_KEPT)
            return Rotation(credentials, in_file=True)
        if self._secrets.count == 1:
            raise InvalidError(
                "APP_SECRET_KEY holds one key, so there is no new one to encrypt with.",
                code="one_key",
                hint="Make a key with `pentaprism key generate`, put it in front of the present "
                "one, separated by a comma, and give this command again.",
            )
        return Rotation(await self.rotate(), in_file=False)


async def _encrypt_again(connection: AsyncConnection, secret: Column[Any], secrets: Secrets) -> int:
    keys = list(secret.table.primary_key.columns)
    found = await connection.execute(select(secret, *keys).where(secret.is_not(None)))
    rows = [
        {
            "b_token": secrets.encrypt(secrets.decrypt(token)),
            **{f"b_{key.name}": value for key, value in zip(keys, values, strict=True)},
        }
        for token, *values in found.all()
    ]
    if rows:
        same = [key == bindparam(f"b_{key.name}") for key in keys]
        statement = update(secret.table).where(*same).values({secret.name: bindparam("b_token")})
        await connection.execute(statement, rows)
    return len(rows)
