"""How many assets and shots a person has, told by indexes and by how large groups are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, literal_column, select

from pentaprism.store.asset_facts_queries import CONNECTION, OUTERMOST, with_groups
from pentaprism.store.asset_groups_records import AssetCounts
from pentaprism.store.database import Database
from pentaprism.store.freshness import Remembered
from pentaprism.store.library_tables import FAVOURITE, VIDEO, file_groups, library_files

_PRESENT = library_files.c.missing_at.is_(None)


def _count(*conditions: Any) -> Select[int]:
    ours = library_files.c.connection_id == CONNECTION
    return select(func.count()).select_from(library_files).where(ours, _PRESENT, *conditions)


# A group of assets folds them into one; the shots of a burst are folded first, and then the burst.
_FOLDED = select(func.coalesce(func.sum(file_groups.c.size - 1), 0)).where(
    file_groups.c.source_id == CONNECTION
)
# Assets that are files in roots are grouped as those files, of which not all need be assets.
_one: Any = func.coalesce(OUTERMOST, literal_column("'asset ' || library_files.row"))
_FILES = with_groups(
    select(func.count() - func.count(func.distinct(_one))).select_from(library_files)
).where(
    # As an expression the connection is only compared: few assets are files in roots, or all.
    library_files.c.connection_id.concat("") == CONNECTION,
    library_files.c.twin_row > 0,
    _PRESENT,
)

COUNTS = select(
    _count().scalar_subquery(),
    _count(VIDEO).scalar_subquery(),
    _count(FAVOURITE).scalar_subquery(),
    _FOLDED.scalar_subquery(),
    _FILES.scalar_subquery(),
)
"""All assets, videos, favourites, and how many are shown by others: as assets, and as files."""


class AssetCountsOfPeople:
    """The counts of all people, each told by the id of the Immich user."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted = Remembered[AssetCounts](database.version)

    async def of(self, owner_id: str) -> AssetCounts:
        """Return the counts of a person."""
        return await self._counted.get(owner_id, lambda: self._count(owner_id))

    async def _count(self, owner_id: str) -> AssetCounts:
        async with self._database.read() as reader:
            row = (await reader.execute(COUNTS, {"owner": owner_id})).one()
        every, videos, favourites, folded, files = row
        return AssetCounts(every - videos, videos, favourites, every - folded - files)
