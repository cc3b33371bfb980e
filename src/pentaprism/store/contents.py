"""What each account holds, by content: the memory that keeps a picture from going up twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import batched
from typing import Any

from sqlalchemy import bindparam, null, select, update
from sqlalchemy.dialects.sqlite import insert

from pentaprism.holdings import Entry
from pentaprism.store.database import Database, whole
from pentaprism.store.tables import columns_of, contents

_ENTRY = columns_of(Entry, contents)
_ASKED_AT_ONCE = 1000
_UPLOADED = insert(contents)
_UPLOADED = _UPLOADED.on_conflict_do_update(
    index_elements=["account_id", "key"],
    set_={
        "token": _UPLOADED.excluded.token,
        "uploaded_at": _UPLOADED.excluded.uploaded_at,
        "sent_in": null(),
    },
)
_CREATED = insert(contents)
_CREATED = _CREATED.on_conflict_do_update(
    index_elements=["account_id", "key"],
    set_={"media_item_id": _CREATED.excluded.media_item_id, "sent_in": null()},
)
_FORGOTTEN: dict[str, Any] = {field.name: None for field in fields(Entry) if field.name != "key"}


class Contents:
    """What all accounts hold; `of` binds it to one of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, account_id: str) -> AccountContents:
        """Return the ledger of one account."""
        return AccountContents(self._database, account_id)


class AccountContents:
    """The ledger of one account; fits `pentaprism.destinations.account.Ledger`."""

    def __init__(self, database: Database, account_id: str) -> None:
        self._database = database
        self._account_id = account_id

    async def find(self, keys: Sequence[bytes]) -> Mapping[bytes, Entry]:
        """Return the entries of those of ``keys`` that have one."""
        found: dict[bytes, Entry] = {}
        async with self._database.read() as connection:
            for some in batched(keys, _ASKED_AT_ONCE):
                query = select(*_ENTRY).where(
                    contents.c.account_id == self._account_id, contents.c.key.in_(some)
                )
                for row in await connection.execute(query):
                    found[row.key] = Entry(*row)
        return found

    @whole
    async def uploaded(self, keys: Sequence[bytes], token: str, at: datetime) -> None:
        """Record that ``token`` stands for the content of each of ``keys``."""
        values = {"account_id": self._account_id, "token": token, "uploaded_at": at}
        await self._write(_UPLOADED, [values | {"key": key} for key in keys])

    @whole
    async def sending(self, keys: Sequence[bytes], batch: str) -> None:
        """Record that the tokens of ``keys`` are sent together now, as ``batch``."""
        await self._update(keys, sent_in=batch)

    @whole
    async def created(self, media_items: Mapping[bytes, str]) -> None:
        """Record the media item of each key."""
        rows = [
            {"account_id": self._account_id, "key": key, "media_item_id": media_item_id}
            for key, media_item_id in media_items.items()
        ]
        await self._write(_CREATED, rows)

    @whole
    async def forget(self, keys: Sequence[bytes]) -> None:
        """Forget tokens and media items of ``keys``, which the account no longer takes."""
        await self._update(keys, **_FORGOTTEN)

    async def _write(self, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            async with self._database.write() as connection:
                await connection.execute(statement, rows)

    async def _update(self, keys: Sequence[bytes], **values: Any) -> None:
        if not keys:
            return
        ours = (contents.c.account_id == self._account_id) & (contents.c.key == bindparam("b_key"))
        statement = update(contents).where(ours).values(**values)
        async with self._database.write() as connection:
            await connection.execute(statement, [{"b_key": key} for key in keys])
