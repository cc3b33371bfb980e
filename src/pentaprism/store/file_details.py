"""What is told of single files of the index, and how many of them there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from pentaprism.store.database import Database
from pentaprism.store.given import OF_ROWS, given_rows
from pentaprism.store.library_tables import file_groups, library_files, library_folders

_files = library_files.c
_ASSET = (_files.connection_id, _files.asset_id)
_OWN = select(_files.row, *_ASSET).where(
    _files.row.in_(OF_ROWS), _files.asset_id.is_not(None), _files.missing_at.is_(None)
)
_TWINS = select(_files.twin_row, *_ASSET).where(
    _files.twin_row.in_(OF_ROWS), _files.missing_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class AssetId:
    """An asset of Immich, and the connection by which it is known."""

    connection_id: str
    asset_id: str


@dataclass(frozen=True, slots=True)
class RootFigures:
    """How many files, groups, and files that could not be read a root has."""

    files: int
    groups: int
    problems: int


class FileDetails:
    """Single files of the index, and what is told of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def assets_of(self, file_rows: Collection[int]) -> Mapping[int, Sequence[AssetId]]:
        """Return what files are in Immich, of those that are there: itself, or by their twins."""
        found: dict[int, list[AssetId]] = {}
        given = given_rows(file_rows)
        async with self._database.read() as reader:
            for query in (_OWN, _TWINS):
                for row, *asset in await reader.execute(query, given):
                    found.setdefault(int(row or 0), []).append(AssetId(*map(str, asset)))
        for assets in found.values():
            assets.sort(key=lambda one: (one.connection_id, one.asset_id))
        return found

    async def times_of(self, file_rows: Collection[int]) -> Mapping[int, tuple[datetime, bool]]:
        """Return when files were taken, where that is known, and whether it is told in UTC."""
        query = select(_files.row, _files.taken_at, _files.in_utc).where(
            _files.row.in_(OF_ROWS), _files.taken_at.is_not(None)
        )
        async with self._database.read() as reader:
            rows = await reader.execute(query, given_rows(file_rows))
            return {row: (taken_at, in_utc) for row, taken_at, in_utc in rows if taken_at}

    async def figures_of(self, root_id: str) -> RootFigures:
        """Return the figures of a root; a shot in a burst counts with its burst."""
        folders, groups = library_folders.c, file_groups.c
        files = select(func.sum(folders.files)).where(folders.root_id == root_id)
        grouped = select(func.count()).where(groups.source_id == root_id, groups.within.is_(None))
        broken = select(func.count()).where(
            # An expression, so that SQLite goes by the index of problems.
            _files.problem > "",
            (_files.root_id + "") == root_id,
            _files.missing_at.is_(None),
        )
        async with self._database.read() as reader:
            return RootFigures(
                await reader.scalar(files) or 0,
                await reader.scalar(grouped) or 0,
                await reader.scalar(broken) or 0,
            )

    async def assets_in(self, connection_id: str) -> int:
        """Return how many assets of a connection are indexed and there."""
        query = select(func.count()).where(
            _files.connection_id == connection_id, _files.missing_at.is_(None)
        )
        async with self._database.read() as reader:
            return await reader.scalar(query) or 0
