"""The files that a decision is about, and the assets that they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import literal_column, select, union_all

from pentaprism.store.given import OF_ROWS, given_rows
from pentaprism.store.library_records import IndexedFile
from pentaprism.store.library_tables import library_files as files
from pentaprism.store.reading import Reader
from pentaprism.store.tables import columns_of

_INDEXED = columns_of(IndexedFile, files)
_HERE = files.c.missing_at.is_(None)
_THEMSELVES = select(files.c.row.label("of_row"), *_INDEXED).where(files.c.row.in_(OF_ROWS), _HERE)
_TWINS = select(files.c.twin_row.label("of_row"), *_INDEXED).where(
    files.c.twin_row.in_(OF_ROWS), files.c.asset_id.is_not(None), _HERE
)
_ALL = union_all(_THEMSELVES, _TWINS).order_by(literal_column("1"), literal_column("2"))


async def files_and_assets(reader: Reader, rows: Collection[int]) -> dict[int, list[IndexedFile]]:
    """Return each of ``rows`` that is there, itself first, and then the assets that it is."""
    found: dict[int, list[IndexedFile]] = {row: [] for row in rows}
    answers: Any = await reader.execute(_ALL, given_rows(rows))
    for of_row, *values in answers:
        found[of_row].append(IndexedFile(*values))
    return {
        row: sorted(those, key=lambda file: (file.asset_id is not None, file.row))
        for row, those in found.items()
    }
