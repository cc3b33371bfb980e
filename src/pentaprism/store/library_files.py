"""Files of roots in the library index."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from pentaprism.groups.files import Kind
from pentaprism.store.database import Database, whole
from pentaprism.store.file_changes import (
    FileChanges,
    FileReading,
    HashedFile,
    KnownFile,
    Unread,
)
from pentaprism.store.file_writing import AT_ONCE, write_changes, write_readings
from pentaprism.store.given import OF_ROWS, as_json, given, given_rows
from pentaprism.store.library_records import FolderMark, IndexedFile
from pentaprism.store.library_tables import library_files as files
from pentaprism.store.library_tables import library_folders as folders
from pentaprism.store.library_tables import roots
from pentaprism.store.roots import root_not_found
from pentaprism.store.tables import columns_of

_INDEXED = columns_of(IndexedFile, files)
_KNOWN = (
    files.c.row,
    files.c.folder,
    files.c.name,
    files.c.size,
    files.c.mtime_ns,
    files.c.inode,
    files.c.missing_at,
    files.c.problem,
)
_UNREAD = (
    files.c.row,
    files.c.folder,
    files.c.name,
    files.c.kind,
    files.c.size,
    files.c.mtime_ns,
    files.c.read_version,
    files.c.problem,
)
_EVER = datetime.min.replace(tzinfo=UTC)
_HERE = files.c.missing_at.is_(None)
_folders = given("folders")
_IN_FOLDERS = files.c.folder.in_(select(_folders.c.value))
_inodes = given("inodes")
_WITH_INODES = select(files.c.root_id, *_KNOWN).where(
    files.c.inode.in_(select(_inodes.c.value)), files.c.root_id.is_not(None)
)


class LibraryFiles:
    """Files of roots in the library index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def marks(self, root_id: str) -> dict[str, FolderMark]:
        """Return what the folders of a root looked like when they were indexed, by path."""
        query = select(*columns_of(FolderMark, folders)).where(folders.c.root_id == root_id)
        async with self._database.read() as connection:
            return {row.path: FolderMark(*row) for row in await connection.execute(query)}

    async def present(self, root_id: str) -> bool:
        """Tell whether any file of a root was there when it was looked at last."""
        query = select(files.c.row).where(files.c.root_id == root_id, _HERE).limit(1)
        async with self._database.read() as connection:
            return await connection.scalar(query) is not None

    async def last_row(self) -> int:
        """Return the highest row, 0 without any: rows that are added later have higher ones."""
        async with self._database.read() as connection:
            return await connection.scalar(select(func.max(files.c.row))) or 0

    async def in_folders(self, root_id: str, paths: Collection[str]) -> list[KnownFile]:
        """Return the files of some folders of a root, those below them left out."""
        found: list[KnownFile] = []
        query = select(*_KNOWN).where(files.c.root_id == root_id, _IN_FOLDERS)
        async with self._database.read() as connection:
            for some in batched(paths, AT_ONCE):
                rows = await connection.execute(query, {"folders": as_json(some)})
                found.extend(_known(row) for row in rows)
        return found

    async def with_inodes(self, root_id: str, inodes: Collection[int]) -> list[KnownFile]:
        """Return the files of a root that have, or had when they went missing, these inodes."""
        found: list[KnownFile] = []
        async with self._database.read() as connection:
            for some in batched(inodes, AT_ONCE):
                rows = await connection.execute(_WITH_INODES, {"inodes": as_json(some)})
                # Compared here, so that SQLite goes by the index of inodes.
                found.extend(_known(row[1:]) for row in rows if row[0] == root_id)
        return found

    async def files(self, root_id: str, *, after: int = 0, limit: int = 1000) -> list[IndexedFile]:
        """Return files of a root by row, those after the row ``after``; missing ones as well."""
        query = select(*_INDEXED).where(files.c.root_id == root_id, files.c.row > after)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(files.c.row).limit(limit))
            return [IndexedFile(*row) for row in rows]

    async def problems(
        self, root_id: str, *, after: int = 0, limit: int = 100
    ) -> list[IndexedFile]:
        """Return files that are there and could not be read, by row, those after ``after``."""
        row = files.c.row + 0  # so that SQLite goes by the index of problems
        query = select(*_INDEXED).where(
            files.c.problem > "", _HERE, files.c.root_id == root_id, row > after
        )
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(row).limit(limit))
            return [IndexedFile(*row) for row in rows]

    async def unread(
        self,
        root_id: str,
        version: int,
        *,
        among: Collection[str] | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[Unread]:
        """Return files that a reader of ``version`` was the last to read, 0 for none.

        By row, those after ``after``. ``among`` are the folders that are meant, all by default.
        """
        query = select(*_UNREAD).where(files.c.read_version == version, _HERE, files.c.row > after)
        values: dict[str, Any] = {}
        if among is None:
            query = query.where(_is_of(root_id))
        else:
            query = query.where(files.c.root_id == root_id, _IN_FOLDERS)
            values = {"folders": as_json(among)}
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(files.c.row).limit(limit), values)
            return _records(Unread, rows)

    async def unreadable(
        self, root_id: str, problems: Collection[str], *, after: int = 0, limit: int = 100
    ) -> list[Unread]:
        """Return files that had one of ``problems`` when they were read, those after ``after``."""
        query = select(*_UNREAD).where(
            _is_of(root_id), files.c.problem.in_(problems), _HERE, files.c.row > after
        )
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(files.c.row).limit(limit))
            return _records(Unread, rows)

    async def count_unread(self, root_id: str, version: int, kinds: Collection[Kind]) -> int:
        """Return how many files of these kinds no reader of ``version`` has read."""
        query = select(func.count()).where(
            _is_of(root_id),
            _HERE,
            files.c.read_version < version,
            files.c.kind.in_(kinds),
        )
        async with self._database.read() as connection:
            return await connection.scalar(query) or 0

    async def gone(self, root_id: str) -> list[HashedFile]:
        """Return the files that are missing and whose hash is known."""
        query = select(files.c.sha256, *_KNOWN).where(
            files.c.missing_at > _EVER, _is_of(root_id), files.c.sha256.is_not(None)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            return [HashedFile(_known(row[1:]), row[0] or b"") for row in rows]

    async def added_since(self, root_id: str, last: int, *, limit: int = 1000) -> list[KnownFile]:
        """Return present files of a root with rows after ``last``, by row."""
        query = select(*_KNOWN).where(files.c.row > last, _is_of(root_id), _HERE)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(files.c.row).limit(limit))
            return [_known(row) for row in rows]

    @whole
    async def apply(self, root_id: str, changes: FileChanges, at: datetime) -> None:
        """Write ``changes`` of a root, which were seen ``at`` that time, in one transaction.

        Raises `NotFoundError` for a root that has been deleted meanwhile.
        """
        if not changes:
            return
        try:
            async with self._database.write() as connection:
                await write_changes(connection, root_id, changes, at)
        except IntegrityError as error:
            if await self._has_root(root_id):
                raise
            raise root_not_found(root_id) from error

    @whole
    async def forget_folders(self, root_id: str, paths: Sequence[str], at: datetime) -> int:
        """Note that folders are gone since ``at`` and return how many files went with them."""
        gone = 0
        async with self._database.write() as connection:
            for some in batched(paths, AT_ONCE):
                values = {"folders": as_json(some)}
                done = await connection.execute(
                    update(files)
                    .where(files.c.root_id == root_id, _HERE, _IN_FOLDERS)
                    .values(missing_at=at, grouped=False),
                    values,
                )
                gone += done.rowcount
                marked = folders.c.path.in_(select(_folders.c.value))
                await connection.execute(
                    delete(folders).where(folders.c.root_id == root_id, marked), values
                )
        return gone

    @whole
    async def record(self, readings: Sequence[FileReading]) -> None:
        """Note what was read of files that have not changed since.

        They are grouped anew where anything is different that grouping looks at.
        """
        if not readings:
            return
        async with self._database.write() as connection:
            await write_readings(connection, readings)

    @whole
    async def prune_missing(self, before: datetime) -> int:
        """Delete what has been missing since ``before`` or longer, and return how many rows."""
        deleted = 0
        query = select(files.c.row).where(files.c.missing_at < before).limit(AT_ONCE)
        while True:
            async with self._database.read() as reader:
                rows = (await reader.scalars(query)).all()
            if not rows:
                return deleted
            async with self._database.write() as connection:
                # Again, for one that may have come back this moment.
                statement = delete(files).where(
                    files.c.row.in_(OF_ROWS), files.c.missing_at < before
                )
                deleted += (await connection.execute(statement, given_rows(rows))).rowcount

    async def _has_root(self, root_id: str) -> bool:
        async with self._database.read() as connection:
            found = await connection.scalar(select(roots.c.id).where(roots.c.id == root_id))
            return found is not None


def _is_of(root_id: str) -> ColumnElement[bool]:
    """Say that a row is of a root so that SQLite goes by the index of something rarer."""
    return and_(files.c.root_id.is_not(None), func.coalesce(files.c.root_id, "") == root_id)


def _known(row: Row[Any] | Sequence[Any]) -> KnownFile:
    return KnownFile(*row)


def _records[R](record: Callable[..., R], rows: Iterable[Row[*tuple[Any, ...]]]) -> list[R]:
    return [record(*row) for row in rows]
