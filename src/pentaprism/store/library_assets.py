"""Assets of connections in the library index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from itertools import batched
from typing import NamedTuple, Self

from sqlalchemy import ColumnElement, bindparam, func, insert, null, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from pentaprism.groups.files import Kind, Precision
from pentaprism.store.database import Database, whole
from pentaprism.store.duplicate_tables import duplicate_members
from pentaprism.store.ids import not_found
from pentaprism.store.library_tables import library_files as files
from pentaprism.store.places import GROUPED_AS
from pentaprism.store.tables import connections
from pentaprism.store.twins import Twins

AT_ONCE = 1000
"""Rows that are asked for, or written, in one statement."""

_READ_BY_IMMICH = 1  # what Immich told is as good as read


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """What the index holds of an asset; see `pentaprism.store.library_records.IndexedFile`."""

    asset_id: str
    folder: str
    name: str
    kind: Kind
    mime_type: str | None
    size: int | None
    sha1: bytes | None
    taken_at: datetime | None
    precision: Precision
    in_utc: bool
    camera: str | None
    width: int | None
    height: int | None
    orientation: int | None
    folder_key: str
    name_key: str
    burst_key: str | None
    favourite: bool = False
    thumbhash: str | None = None
    duration: int | None = None

    @property
    def place(self) -> tuple[str, str, bytes | None]:
        """What decides which file in a root it is."""
        return self.folder, self.name, self.sha1

    @property
    def grouped_by(self) -> Self:
        """What is left without that by which it is only shown."""
        return replace(self, thumbhash=None, duration=None)


@dataclass(frozen=True, slots=True)
class KnownAsset:
    """An asset that the index has, and whether it was gone when it was looked for last."""

    row: int
    facts: AssetFacts
    missing: bool


class DuplicateAsset(NamedTuple):
    """An asset in a group of duplicates, by itself or as a file in a root is it.

    ``albums`` is in how many albums of Immich the index has it.
    """

    row: int
    albums: int


@dataclass(frozen=True, slots=True)
class StackPlace:
    """The stack of an asset as the index has it; None is none."""

    row: int
    stack_id: str | None
    stack_first: bool


_FACTS = [files.c[field.name] for field in fields(AssetFacts)]
_UPDATED = update(files).where(files.c.row == bindparam("b_row"))
_ADDED = {
    "read_version": _READ_BY_IMMICH,
    "stack_first": False,
    "grouped": False,
}


class LibraryAssets:
    """Assets of connections in the library index.

    Rows that are written have to be grouped again, and so have the files that they are. `twins`
    knows which these are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.twins = Twins(database)

    async def known(self, connection_id: str, asset_ids: Sequence[str]) -> Mapping[str, KnownAsset]:
        """Return what the index has of those of ``asset_ids`` that it knows."""
        found: dict[str, KnownAsset] = {}
        for some in batched(asset_ids, AT_ONCE):
            query = select(files.c.row, files.c.missing_at, *_FACTS).where(
                files.c.connection_id == connection_id, files.c.asset_id.in_(some)
            )
            async with self._database.read() as connection:
                for row, missing_at, *facts in await connection.execute(query):
                    asset = AssetFacts(*facts)
                    found[asset.asset_id] = KnownAsset(row, asset, missing_at is not None)
        return found

    @whole
    async def save(
        self,
        connection_id: str,
        added: Sequence[AssetFacts],
        changed: Mapping[int, AssetFacts],
        moved: Sequence[int] = (),
    ) -> None:
        """Add assets, and give rows what they are now; they are there (again).

        Rows in ``moved`` may be other files now: they lose their twins. Raises `NotFoundError` for
        a connection that has been deleted meanwhile.
        """
        if not added and not changed:
            return
        try:
            async with self._database.write() as connection:
                if changed:
                    await _ungroup(connection, changed)
                    now = [{"b_row": row, **asdict(facts)} for row, facts in changed.items()]
                    for rows in batched(now, AT_ONCE):
                        await connection.execute(_UPDATED.values(missing_at=null()), rows)
                for some in batched(moved, AT_ONCE):
                    gone = update(files).where(files.c.row.in_(some)).values(twin_row=null())
                    await connection.execute(gone)
                if added:
                    common = {"connection_id": connection_id, **_ADDED}
                    for assets in batched(added, AT_ONCE):
                        rows = tuple({**asdict(asset), **common} for asset in assets)
                        await connection.execute(insert(files), rows)
        except IntegrityError as error:
            if await self._has_connection(connection_id):
                raise
            raise not_found("connection", connection_id) from error

    @whole
    async def look_again(self, looks: Mapping[int, AssetFacts]) -> None:
        """Note by what rows are shown; they stay in their groups."""
        if not looks:
            return
        async with self._database.write() as connection:
            for some in batched(looks.items(), AT_ONCE):
                await connection.execute(
                    _UPDATED.values(
                        thumbhash=bindparam("b_thumbhash"), duration=bindparam("b_duration")
                    ),
                    [
                        {"b_row": row, "b_thumbhash": one.thumbhash, "b_duration": one.duration}
                        for row, one in some
                    ],
                )

    async def last_row(self, connection_id: str) -> int:
        """Return the highest row, 0 without any: rows that are added later have higher ones."""
        query = select(func.max(files.c.row)).where(files.c.connection_id == connection_id)
        async with self._database.read() as connection:
            return await connection.scalar(query) or 0

    async def present(self, connection_id: str, after: str = "") -> Sequence[tuple[str, int]]:
        """Return ids and rows of some assets that are not missing, by id, those after ``after``."""
        return await self._some(connection_id, after, files.c.missing_at.is_(None))

    @whole
    async def miss(self, rows: Sequence[int], at: datetime) -> None:
        """Note that these are no longer in Immich since ``at``; they are no file's twin then."""
        if not rows:
            return
        async with self._database.write() as connection:
            await _ungroup(connection, rows)
            for some in batched(rows, AT_ONCE):
                await connection.execute(
                    update(files)
                    .where(files.c.row.in_(some), files.c.missing_at.is_(None))
                    .values(missing_at=at, twin_row=null())
                )

    async def stack_places(
        self, connection_id: str, asset_ids: Sequence[str]
    ) -> Mapping[str, StackPlace]:
        """Return in which stacks the index has those of ``asset_ids`` that it knows."""
        found: dict[str, StackPlace] = {}
        for some in batched(asset_ids, AT_ONCE):
            query = select(
                files.c.asset_id, files.c.row, files.c.stack_id, files.c.stack_first
            ).where(files.c.connection_id == connection_id, files.c.asset_id.in_(some))
            async with self._database.read() as connection:
                for asset_id, row, stack_id, first in await connection.execute(query):
                    found[str(asset_id)] = StackPlace(row, stack_id, first)
        return found

    async def stacked(self, connection_id: str, after: str = "") -> Sequence[tuple[str, int]]:
        """Return ids and rows of some assets in a stack, by id, those after ``after``."""
        return await self._some(connection_id, after, files.c.stack_id.is_not(None))

    @whole
    async def set_stacks(self, places: Sequence[StackPlace]) -> None:
        """Put rows into stacks, or out of them."""
        if not places:
            return
        async with self._database.write() as connection:
            await _ungroup(connection, [place.row for place in places])
            for some in batched(places, AT_ONCE):
                await connection.execute(
                    _UPDATED.values(
                        stack_id=bindparam("b_stack"), stack_first=bindparam("b_first")
                    ),
                    [
                        {"b_row": p.row, "b_stack": p.stack_id, "b_first": p.stack_first}
                        for p in some
                    ],
                )

    async def in_duplicates(self, connection_id: str) -> Mapping[str, DuplicateAsset]:
        """Return the assets that are in groups of duplicates, by their ids."""
        # From the members to their assets: they are few.
        grouped = select(duplicate_members.c.file_row)
        query = select(files.c.asset_id, files.c.row, files.c.albums).where(
            files.c.connection_id == connection_id,
            files.c.missing_at.is_(None),
            GROUPED_AS.in_(grouped),
        )
        async with self._database.read() as connection:
            return {
                id_ or "": DuplicateAsset(row, albums)
                for id_, row, albums in await connection.execute(query)
            }

    @whole
    async def set_albums(self, albums: Mapping[int, int]) -> None:
        """Note in how many albums rows are."""
        if not albums:
            return
        async with self._database.write() as connection:
            for some in batched(albums.items(), AT_ONCE):
                await connection.execute(
                    _UPDATED.values(albums=bindparam("b_albums")),
                    [{"b_row": row, "b_albums": count} for row, count in some],
                )

    async def _has_connection(self, id_: str) -> bool:
        async with self._database.read() as connection:
            found = await connection.scalar(select(connections.c.id).where(connections.c.id == id_))
            return found is not None

    async def _some(
        self, connection_id: str, after: str, condition: ColumnElement[bool]
    ) -> Sequence[tuple[str, int]]:
        query = (
            select(files.c.asset_id, files.c.row)
            .where(files.c.connection_id == connection_id, files.c.asset_id > after, condition)
            .order_by(files.c.asset_id)
            .limit(AT_ONCE)
        )
        async with self._database.read() as connection:
            return [(id_ or "", row) for id_, row in await connection.execute(query)]


async def _ungroup(connection: AsyncConnection, rows: Iterable[int]) -> None:
    """Have ``rows`` grouped again, and the files in roots that they are."""
    for some in batched(rows, AT_ONCE):
        twins = select(files.c.twin_row).where(files.c.row.in_(some), files.c.twin_row.is_not(None))
        await connection.execute(
            update(files)
            .where(or_(files.c.row.in_(some), files.c.row.in_(twins)))
            .values(grouped=False)
        )
