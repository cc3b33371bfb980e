"""Which assets of a connection are which files of roots: what matching asks and writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select, tuple_, update

from pentaprism.store.database import Database, whole
from pentaprism.store.library_tables import library_files, roots

_files = library_files.alias("files")
_assets = library_files.alias("assets")

_AT_ONCE = 500
"""Rows that are asked for, or written, in one statement."""

_TO_HASH = 20_000
"""Files to hash that are asked for in one statement: each goes through all assets once."""


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file in a root, by its row and its path there."""

    row: int
    root_id: str
    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """An asset and the file that it is taken for; ``present`` tells that both are there."""

    asset_id: str
    row: int
    folder: str
    name: str
    present: bool
    file: FilePlace


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An asset with a path on the server that is no file's twin."""

    asset_id: str
    row: int
    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class SameContent:
    """An asset that is no file's twin, and a file that has its SHA-1."""

    asset_id: str
    row: int
    name: str
    file: FilePlace


@dataclass(frozen=True, slots=True)
class Unhashed:
    """A file that has the size of an asset, in bytes, and no SHA-1 yet."""

    size: int
    mtime_ns: int | None
    file: FilePlace


@dataclass(frozen=True, slots=True)
class FileHashes:
    """What was read of a file; see `Unhashed`."""

    row: int
    size: int
    mtime_ns: int | None
    sha1: bytes
    sha256: bytes


_PLACE = (_files.c.row, _files.c.root_id, _files.c.folder, _files.c.name)


class Twins:
    """Which assets of a connection are which files of roots.

    What is asked for in parts comes in the order of the assets' ids, which an index has.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def doubtful(self, connection_id: str, after: str = "") -> Sequence[Link]:
        """Return some links that are not proved by content or plain path; those after."""
        present = and_(_files.c.missing_at.is_(None), _assets.c.missing_at.is_(None))
        below = case((_files.c.folder == "", ""), else_="/" + _files.c.folder)
        same_path = and_(
            roots.c.connection_id == connection_id,
            _assets.c.folder == func.rtrim(roots.c.immich_path, "/") + below,
            _assets.c.name == _files.c.name,
        )
        proved = and_(present, or_(_files.c.sha1 == _assets.c.sha1, same_path))
        query = (
            select(
                _assets.c.asset_id,
                _assets.c.row,
                _assets.c.folder,
                _assets.c.name,
                case((present, 1), else_=0),
                *_PLACE,
            )
            .join_from(_assets, _files, _assets.c.twin_row == _files.c.row)
            .join(roots, roots.c.id == _files.c.root_id)
            .where(
                _assets.c.connection_id == connection_id,
                _assets.c.twin_row.is_not(None),
                _assets.c.asset_id > after,
                # What compares with null is neither true nor false, and not proved.
                case((proved, 1), else_=0) == 0,
            )
            .order_by(_assets.c.asset_id)
            .limit(_AT_ONCE)
        )
        async with self._database.read() as connection:
            return [
                Link(id_ or "", row, folder, name, bool(there), FilePlace(file, root or "", *place))
                for id_, row, folder, name, there, file, root, *place in (
                    await connection.execute(query)
                )
            ]

    async def unmatched(self, connection_id: str, after: str = "") -> Sequence[Unmatched]:
        """Return some assets with a path on the server that are no file's twin, by id."""
        query = (
            select(_assets.c.asset_id, _assets.c.row, _assets.c.folder, _assets.c.name)
            .where(
                *_unmatched(connection_id),
                # "0" follows "/": folders that begin with a slash.
                _assets.c.folder >= "/",
                _assets.c.folder < "0",
                _assets.c.asset_id > after,
            )
            .order_by(_assets.c.asset_id)
            .limit(_AT_ONCE)
        )
        async with self._database.read() as connection:
            return [
                Unmatched(id_ or "", row, folder, name)
                for id_, row, folder, name in await connection.execute(query)
            ]

    async def files_at(
        self, root_id: str, paths: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], int]:
        """Return the rows of the files that are there at ``paths``, each a folder and a name."""
        found: dict[tuple[str, str], int] = {}
        for some in batched(paths, _AT_ONCE):
            query = select(_files.c.folder, _files.c.name, _files.c.row).where(
                _files.c.root_id == root_id,
                _files.c.missing_at.is_(None),
                tuple_(_files.c.folder, _files.c.name).in_(some),
            )
            async with self._database.read() as connection:
                for folder, name, row in await connection.execute(query):
                    found[folder, name] = row
        return found

    async def same_content(
        self, connection_id: str, root_ids: Sequence[str], after: str = ""
    ) -> Sequence[SameContent]:
        """Return some assets beside each file that has their SHA-1, all files of one together."""
        query = (
            select(_assets.c.asset_id, _assets.c.row, _assets.c.name, *_PLACE)
            .join_from(_assets, _files, _assets.c.sha1 == _files.c.sha1)
            .where(
                *_unmatched(connection_id),
                _assets.c.asset_id > after,
                _files.c.root_id.in_(root_ids),
                _files.c.missing_at.is_(None),
            )
            .order_by(_assets.c.asset_id)
            .limit(_AT_ONCE)
        )
        async with self._database.read() as connection:
            found = [
                SameContent(id_ or "", row, name, FilePlace(file, root or "", *place))
                for id_, row, name, file, root, *place in await connection.execute(query)
            ]
        # The last asset's files may go on behind the limit; it comes again, as the first. Of one
        # that has more files than that, the first are enough.
        if len(found) == _AT_ONCE and found[0].row != found[-1].row:
            last = found[-1].row
            return [pair for pair in found if pair.row != last]
        return found

    async def unhashed(
        self, connection_id: str, root_ids: Sequence[str], after: int = 0
    ) -> Sequence[Unhashed]:
        """Return some files without a SHA-1 that have the size of an asset with one, by row."""
        sizes = select(_assets.c.size).where(
            *_unmatched(connection_id), _assets.c.sha1.is_not(None), _assets.c.size > 0
        )
        query = (
            select(_files.c.size, _files.c.mtime_ns, *_PLACE)
            .where(
                _files.c.root_id.in_(root_ids),
                _files.c.sha1.is_(None),
                _files.c.missing_at.is_(None),
                _files.c.row > after,
                _files.c.size.in_(sizes),
            )
            .order_by(_files.c.row)
            .limit(_TO_HASH)
        )
        async with self._database.read() as connection:
            return [
                Unhashed(size or 0, mtime_ns, FilePlace(file, root_id or "", folder, name))
                for size, mtime_ns, file, root_id, folder, name in await connection.execute(query)
            ]

    @whole
    async def hashed(self, hashes: Sequence[FileHashes]) -> None:
        """Record hashes of files that are still as they were listed."""
        if not hashes:
            return
        same = (library_files.c.row == bindparam("b_row")) & (
            library_files.c.size == bindparam("b_size")
        )
        unchanged = library_files.c.mtime_ns.is_not_distinct_from(bindparam("b_mtime"))
        statement = (
            update(library_files)
            .where(same, unchanged)
            .values(sha1=bindparam("b_sha1"), sha256=bindparam("b_sha256"))
        )
        values = [
            {
                "b_row": one.row,
                "b_size": one.size,
                "b_mtime": one.mtime_ns,
                "b_sha1": one.sha1,
                "b_sha256": one.sha256,
            }
            for one in hashes
        ]
        async with self._database.write() as connection:
            await connection.execute(statement, values)

    @whole
    async def link(self, links: Mapping[int, int | None]) -> None:
        """Say of assets, by their rows, which file's twins they are, or that they are none's.

        A trigger has all grouped again that this touches: the assets and the files, old and new.
        """
        if not links:
            return
        # A file that was deleted this moment is none's twin.
        there = select(_files.c.row).where(_files.c.row == bindparam("b_twin")).scalar_subquery()
        linked = (
            update(library_files)
            .where(library_files.c.row == bindparam("b_row"))
            .values(twin_row=there)
        )
        values = [{"b_row": row, "b_twin": file} for row, file in links.items()]
        async with self._database.write() as connection:
            await connection.execute(linked, values)


def _unmatched(connection_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        _assets.c.connection_id == connection_id,
        _assets.c.twin_row.is_(None),
        _assets.c.missing_at.is_(None),
    )
