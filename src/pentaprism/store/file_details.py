"""What is told of single files of the index: which assets of Immich they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from pentaprism.store.database import Database
from pentaprism.store.given import OF_ROWS, given_rows
from pentaprism.store.library_tables import library_files

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
