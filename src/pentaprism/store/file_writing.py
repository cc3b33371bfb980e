"""Writes what a scan has found out about files of a root."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from itertools import batched
from typing import Any

from sqlalchemy import (
    BindParameter,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    insert,
    null,
    update,
)
from sqlalchemy.dialects.sqlite import insert as insert_or_replace
from sqlalchemy.ext.asyncio import AsyncConnection

from pentaprism.groups.files import Precision
from pentaprism.store.file_changes import (
    FileChanges,
    FileFacts,
    FileReading,
)
from pentaprism.store.given import OF_ROWS, given_rows
from pentaprism.store.library_records import FolderMark
from pentaprism.store.library_tables import library_files as files
from pentaprism.store.library_tables import library_folders as folders

AT_ONCE = 1000
"""Rows that are asked for, or written, in one statement."""

_READ_NAMES = tuple(
    field.name for field in fields(FileReading) if field.name not in {"row", "size", "mtime_ns"}
)
_FACT_NAMES = tuple(f.name for f in fields(FileFacts) if f.name != "read_version")
_LOOKED_AT = ("taken_at", "precision", "in_utc", "camera", "content_identifier", "burst_id")


def _bound(name: str) -> BindParameter[Any]:
    return bindparam(f"b_{name}", type_=files.c[name].type)


_ROW = files.c.row == bindparam("b_row")
_SAME = and_(*(files.c[name].is_not_distinct_from(_bound(name)) for name in _LOOKED_AT))
_READ = (
    update(files)
    .where(_ROW, files.c.size == _bound("size"), files.c.mtime_ns == _bound("mtime_ns"))
    .values({name: _bound(name) for name in _READ_NAMES})
    # Where and when it was taken is what groups it; its size in pixels, say, is not.
    .values(grouped=case((_SAME, files.c.grouped), else_=false()))
)
_UNREAD: dict[str, Any] = {
    "precision": Precision.NONE,
    "in_utc": False,
    "stack_first": False,
    "grouped": False,
}
_FACTS: dict[str, Any] = {name: _bound(name) for name in _FACT_NAMES}
_KEPT: Any = func.coalesce(_bound("read_version"), files.c.read_version)
_EDITED = (
    update(files)
    .where(_ROW)
    .values(_FACTS)
    .values(
        read_version=_KEPT,
        sha1=null(),
        sha256=null(),
        problem=null(),
        missing_at=null(),
        grouped=False,
    )
)
_MOVED = (
    update(files)
    .where(_ROW)
    .values(_FACTS)
    .values(read_version=_KEPT, missing_at=null(), grouped=False)
)
# A name that no file can have, so that files can change places.
_PARKED = update(files).where(_ROW).values(name=bindparam("b_name"))
_RETURNED = (
    update(files)
    .where(_ROW)
    .values(
        inode=_bound("inode"),
        missing_at=null(),
        grouped=and_(files.c.grouped, files.c.missing_at.is_(None)),
        read_version=_KEPT,
    )
)
_MARKED = insert_or_replace(folders)
_MARKED = _MARKED.on_conflict_do_update(
    index_elements=["root_id", "path"],
    set_={name: _MARKED.excluded[name] for name in ("digest", "device", "files")},
)


async def write_changes(
    connection: AsyncConnection, root_id: str, changes: FileChanges, at: datetime
) -> None:
    """Write what was found out ``at`` that time, in the transaction of ``connection``."""
    await _miss(connection, changes.missing, at)
    for some in batched(changes.deleted, AT_ONCE):
        await connection.execute(delete(files).where(files.c.row.in_(OF_ROWS)), given_rows(some))
    await _move(connection, changes.moved)
    if changes.edited:
        await connection.execute(_EDITED, _facts(changes.edited))
    if changes.returned:
        await connection.execute(_RETURNED, [_bind(asdict(one)) for one in changes.returned])
    if changes.added:
        common = {"root_id": root_id, **_UNREAD}
        await connection.execute(insert(files), [asdict(one) | common for one in changes.added])
    if changes.marks:
        await connection.execute(_MARKED, [_mark(root_id, mark) for mark in changes.marks])


async def _miss(connection: AsyncConnection, rows: Collection[int], at: datetime) -> None:
    for some in batched(rows, AT_ONCE):
        await connection.execute(
            update(files)
            .where(files.c.row.in_(OF_ROWS), files.c.missing_at.is_(None))
            .values(missing_at=at, grouped=False),
            given_rows(some),
        )


async def _move(connection: AsyncConnection, moved: Mapping[int, FileFacts]) -> None:
    if moved:
        parked = [{"b_row": row, "b_name": f"\0{row}"} for row in moved]
        await connection.execute(_PARKED, parked)
        await connection.execute(_MOVED, _facts(moved))


async def write_readings(connection: AsyncConnection, readings: Collection[FileReading]) -> None:
    """Write what was read of files, those left out that have changed since."""
    await connection.execute(_READ, [_bind(asdict(reading)) for reading in readings])


def _facts(changed: Mapping[int, FileFacts]) -> list[dict[str, Any]]:
    return [_bind({"row": row, **asdict(facts)}) for row, facts in changed.items()]


def _bind(values: Mapping[str, Any]) -> dict[str, Any]:
    """Name values so that they are not taken for those of the columns by these names."""
    return {f"b_{name}": value for name, value in values.items()}


def _mark(root_id: str, mark: FolderMark) -> dict[str, Any]:
    return {"root_id": root_id, **asdict(mark)}
