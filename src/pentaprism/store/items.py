"""The record of each file in each mirror."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import batched, starmap
from typing import Any

from sqlalchemy import Select, Text, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from pentaprism.assets import Role
from pentaprism.store.changes import NOTHING_THERE, apply_changes, path_taken
from pentaprism.store.columns import escape
from pentaprism.store.database import Database, whole
from pentaprism.store.freshness import Remembered
from pentaprism.store.ids import not_found
from pentaprism.store.item_counts import Tally, item_counts, tally
from pentaprism.store.item_pages import Span, items_page
from pentaprism.store.records import Change, Item, ItemState, NewItem, Twin
from pentaprism.store.tables import columns_of, items, mirrors

_RECORD = columns_of(Item, items)
_CLAIM = tuple(field.name for field in fields(NewItem))
_FRESH = {"state": ItemState.PENDING, "verified": False, "attempts": 0}
_ASKED_AT_ONCE = 1000  # values in one statement; SQLite takes up to 32,766


def _json_list(texts: Iterable[str]) -> str:
    return json.dumps([escape(text) for text in texts])


# One bound value for all ids, so that SQLAlchemy need not compile a statement for each call.
_IDS = func.json_each(bindparam("ids", type_=Text)).table_valued("value").c.value
# As an expression, the mirror's id is only a filter: without statistics SQLite would rather take
# the index that starts with it, and read all items of the mirror for each call.
_mirror_of_item = items.c.mirror_id.concat("")
_OF_SHOTS = select(*_RECORD).where(
    items.c.shot_id.in_(select(_IDS)), _mirror_of_item == bindparam("mirror")
)


class Items:
    """The items of all mirrors."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted = Remembered[Tally](database.version)

    async def of_shots(self, mirror_id: str, shot_ids: Sequence[str]) -> dict[str, list[Item]]:
        """Return the items of each shot that has any: its primary first, then by row."""
        found: dict[str, list[Item]] = {}
        values = {"mirror": mirror_id, "ids": _json_list(shot_ids)}
        for item in await self._fetch(_OF_SHOTS, values):
            found.setdefault(item.shot_id, []).append(item)
        for shot in found.values():
            if len(shot) > 1:
                shot.sort(key=lambda item: (item.role is not Role.PRIMARY, item.row))
        return found

    async def taken(self, mirror_id: str, path_keys: Collection[str]) -> set[str]:
        """Return those of ``path_keys`` that an item of this mirror has claimed."""
        found: set[str] = set()
        async with self._database.read() as connection:
            for keys in batched(path_keys, _ASKED_AT_ONCE):
                query = select(items.c.path_key).where(items.c.mirror_id == mirror_id)
                rows = await connection.execute(query.where(items.c.path_key.in_(keys)))
                found.update(key for (key,) in rows if key is not None)
        return found

    @whole
    async def claim(self, mirror_id: str, new: Sequence[NewItem]) -> list[Item]:
        """Record files that shall be put, in order, as `ItemState.PENDING`; all of them or none.

        Raises `ConflictError` with code ``path_taken`` if one's key is claimed already, and
        `NotFoundError` if the mirror is gone.
        """
        if not new:
            return []
        rows = [
            {"mirror_id": mirror_id, **_FRESH, **{name: getattr(item, name) for name in _CLAIM}}
            for item in new
        ]
        try:
            async with self._database.write() as connection:
                parent = select(mirrors.c.id).where(mirrors.c.id == mirror_id)
                if await connection.scalar(parent) is None:
                    raise not_found("mirror", mirror_id)
                before = await connection.scalar(_highest_row(mirror_id)) or 0
                await connection.execute(insert(items), rows)
                query = select(items.c.row).where(
                    items.c.mirror_id == mirror_id, items.c.row > before
                )
                numbers = (await connection.scalars(query.order_by(items.c.row))).all()
        except IntegrityError as error:
            raise path_taken() from error
        return [_claimed(*pair, mirror_id) for pair in zip(numbers, new, strict=True)]

    @whole
    async def apply(self, changes: Sequence[Change]) -> None:
        """Apply ``changes`` in their order, in one transaction; see `changes`."""
        if changes:
            async with self._database.write() as connection:
                await apply_changes(connection, changes)

    async def page(
        self,
        mirror_id: str,
        *,
        states: Collection[ItemState] | None = None,
        after: int = 0,
        before: int | None = None,
        search: str | None = None,
        limit: int = 100,
    ) -> list[Item]:
        """Return up to ``limit`` items with a row above ``after``, by row.

        With ``before``, those just below that row. ``search`` is a part of the file name; its ASCII
        letters match in either case.
        """
        span = Span(after, before, limit)
        found = await self._fetch(items_page(mirror_id, span, states=states, search=search))
        return found if before is None else found[::-1]

    async def pages(
        self,
        mirror_id: str,
        *,
        size: int = 1000,
        states: Collection[ItemState] | None = None,
        after: int = 0,
    ) -> AsyncIterator[list[Item]]:
        """Yield all items by row, ``size`` at a time; writing meanwhile is allowed.

        What is added while this goes on comes at the end; no item comes twice.
        """
        while page := await self.page(mirror_id, states=states, after=after, limit=size):
            yield page
            after = page[-1].row

    async def primaries(
        self, mirror_id: str, *, size: int = 10_000
    ) -> AsyncIterator[list[tuple[int, str, ItemState]]]:
        """Yield row, shot and state of each shot's primary, by row: the least that tells them."""
        query = (
            select(items.c.row, items.c.shot_id, items.c.state)
            .where(items.c.mirror_id == mirror_id, items.c.role == Role.PRIMARY)
            .order_by(items.c.row)
            .limit(size)
        )
        after = 0
        while True:
            async with self._database.read() as connection:
                rows = (await connection.execute(query.where(items.c.row > after))).all()
            if not rows:
                return
            yield [(row, shot_id, state) for row, shot_id, state in rows]
            after = rows[-1].row

    async def count(self, mirror_id: str) -> dict[ItemState, int]:
        """Return how many shots, told by their primaries, are in each state that occurs."""
        every, companions = await self._counted.get(mirror_id, lambda: self._count(mirror_id))
        return {state: n for state in every if (n := every[state] - companions[state])}

    async def count_all(self, mirror_id: str) -> dict[ItemState, int]:
        """Return how many files, with companions of shots, are in each state that occurs."""
        every, _ = await self._counted.get(mirror_id, lambda: self._count(mirror_id))
        return {state: n for state, n in every.items() if n}

    async def _count(self, mirror_id: str) -> Tally:
        async with self._database.read() as connection:
            return tally(await connection.execute(item_counts(mirror_id)))

    async def there(self, mirror_id: str) -> tuple[int, datetime | None]:
        """Return how many shots are at the destination, and when the last orphan was taken.

        Orphans, which have left the album and are still there, are not counted.
        """
        orphaned = items.c.state == ItemState.ORPHANED
        query = select(
            func.count().filter(~orphaned), func.max(items.c.taken_at).filter(orphaned)
        ).where(
            items.c.mirror_id == mirror_id,
            items.c.role == Role.PRIMARY,
            items.c.remote_id != "",  # nor null
        )
        async with self._database.read() as connection:
            count, until = (await connection.execute(query)).one()
        return count, until

    async def holding(
        self, mirror_id: str, *, sha1s: Collection[bytes] = (), remote_ids: Collection[str] = ()
    ) -> list[Item]:
        """Return the primaries at the destination with one of these contents or remote ids."""
        found: list[Item] = []
        for column, values in ((items.c.sha1, sha1s), (items.c.remote_id, remote_ids)):
            for some in batched(values, _ASKED_AT_ONCE):
                query = select(*_RECORD).where(
                    items.c.mirror_id == mirror_id,
                    items.c.role == Role.PRIMARY,
                    items.c.remote_id != "",
                    column.in_(some),
                )
                found += await self._fetch(query)
        return found

    @whole
    async def reset(self, mirror_id: str) -> None:
        """Record that nothing of the mirror is at its destination, and forget its orphans."""
        async with self._database.write() as connection:
            ours = items.c.mirror_id == mirror_id
            await connection.execute(delete(items).where(ours, items.c.state == ItemState.ORPHANED))
            await connection.execute(update(items).where(ours).values(**NOTHING_THERE))

    async def highest_row(self, mirror_id: str) -> int:
        """Return the highest row of the mirror's items, 0 if it has none."""
        async with self._database.read() as connection:
            return await connection.scalar(_highest_row(mirror_id)) or 0

    async def twins(
        self, kind: str, mirror_id: str, checksums: Sequence[bytes]
    ) -> dict[bytes, Twin]:
        """Return, by SHA-1, a verified file of another mirror of this kind with that content."""
        found: dict[bytes, Twin] = {}
        async with self._database.read() as connection:
            for some in batched(checksums, _ASKED_AT_ONCE):
                for row in await connection.execute(_twins(kind, mirror_id, some)):
                    found.setdefault(row.sha1, Twin(*row))
        return found

    async def _fetch(
        self, query: Select[*tuple[Any, ...]], values: dict[str, Any] | None = None
    ) -> list[Item]:
        async with self._database.read() as connection:
            return list(starmap(Item, await connection.execute(query, values)))


def _claimed(row: int, new: NewItem, mirror_id: str) -> Item:
    """Return what the row of a fresh claim holds, which is faster than reading it back."""
    return Item(
        row=row,
        mirror_id=mirror_id,
        asset_id=new.asset_id,
        shot_id=new.shot_id,
        role=new.role,
        state=ItemState.PENDING,
        path=new.path,
        remote_id=None,
        checksum=None,
        sha1=None,
        size=None,
        mtime_ns=None,
        verified=False,
        filename=new.filename,
        taken_at=new.taken_at.astimezone(UTC),
        asset_updated_at=new.asset_updated_at.astimezone(UTC),
        attempts=0,
        error_code=None,
        error=None,
        staged_at=None,
    )


def _highest_row(mirror_id: str) -> Select[int | None]:
    return select(func.max(items.c.row)).where(items.c.mirror_id == mirror_id)


def _twins(kind: str, mirror_id: str, checksums: Iterable[bytes]) -> Select[*tuple[Any, ...]]:
    return (
        select(mirrors.c.place, items.c.remote_id, items.c.sha1, items.c.size)
        .join_from(items, mirrors)
        .where(
            items.c.sha1.in_(checksums),
            items.c.state == ItemState.OK,
            items.c.verified,
            items.c.mirror_id != mirror_id,
            mirrors.c.kind == kind,
        )
        .order_by(items.c.row)
    )
