"""Google accounts and the right to act for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import Row

from pentaprism.store.database import Database, whole
from pentaprism.store.ids import new_id, not_found
from pentaprism.store.records import Account, AccountState
from pentaprism.store.secrets import Secrets
from pentaprism.store.tables import accounts


class Accounts:
    """The accounts; their secrets are encrypted in the database."""

    def __init__(self, database: Database, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock

    @whole
    async def add(self, account: Account) -> Account:
        """Record ``account`` under a new id and return it."""
        made = replace(account, id=new_id(), created_at=self._clock())
        async with self._database.write() as connection:
            await connection.execute(insert(accounts).values(**self._values(made)))
        return await self.get(made.id)

    @whole
    async def update(self, account: Account) -> Account:
        """Record all of ``account`` in the place of what is recorded under its id."""
        values = self._values(account)
        statement = update(accounts).where(accounts.c.id == account.id).values(**values)
        async with self._database.write() as connection:
            done = await connection.execute(statement)
        if not done.rowcount:
            raise not_found("account", account.id)
        return await self.get(account.id)

    @whole
    async def lose_right(self, id_: str, refresh_token: str, reason: str) -> None:
        """Put the account into ``reconnect``, unless it has another refresh token by now."""
        current = await self.get(id_)
        if current.refresh_token == refresh_token:
            values = {"state": AccountState.RECONNECT, "reason": reason}
            await self._set(accounts.c.id == id_, values)

    @whole
    async def save_refresh_token(self, id_: str, refresh_token: str) -> None:
        """Keep another refresh token of the account."""
        token = self._secrets.encrypt(refresh_token)
        await self._set(accounts.c.id == id_, {"refresh_token_token": token})

    async def get(self, id_: str) -> Account:
        """Return the account ``id_``; raises `NotFoundError`."""
        found = await self._fetch(accounts.c.id == id_)
        if not found:
            raise not_found("account", id_)
        return found[0]

    @whole
    async def delete(self, id_: str) -> None:
        """Delete the account with all that is remembered of what it holds."""
        async with self._database.write() as connection:
            await connection.execute(delete(accounts).where(accounts.c.id == id_))

    async def _set(self, which: ColumnElement[bool], values: dict[str, Any]) -> None:
        async with self._database.write() as connection:
            await connection.execute(update(accounts).where(which).values(values))

    async def _fetch(self, which: ColumnElement[bool]) -> list[Account]:
        query = select(accounts).where(which).order_by(accounts.c.created_at, accounts.c.id)
        async with self._database.read() as connection:
            return [self._make(row) for row in await connection.execute(query)]

    def _values(self, account: Account) -> dict[str, Any]:
        token = account.refresh_token
        return {
            "id": account.id,
            "owner_id": account.owner_id,
            "name": account.name,
            "subject": account.subject,
            "email": account.email,
            "base_url": account.base_url,
            "client_id": account.client_id,
            "client_secret_token": self._secrets.encrypt(account.client_secret),
            "refresh_token_token": None if token is None else self._secrets.encrypt(token),
            "scopes": " ".join(sorted(account.scopes)),
            "state": account.state,
            "reason": account.reason,
            "token_expires_at": account.token_expires_at,
            "connected_at": account.connected_at,
            "created_at": account.created_at,
        }

    def _make(self, row: Row[Any]) -> Account:
        values = row._asdict()
        secret = self._secrets.decrypt(values.pop("client_secret_token"))
        token = values.pop("refresh_token_token")
        scopes = frozenset(values.pop("scopes").split())
        return Account(
            client_secret=secret,
            refresh_token=None if token is None else self._secrets.decrypt(token),
            scopes=scopes,
            **values,
        )

    async def list(self, owner_id: str | None = None) -> list[Account]:
        """Return the accounts of one person, or all, the oldest first."""
        if owner_id is None:
            return await self._fetch(accounts.c.id.is_not(None))
        return await self._fetch(accounts.c.owner_id == owner_id)
