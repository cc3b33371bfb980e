"""Shots in the index, for the tests of mirrors: rows as scanning and grouping leave them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from uuid import uuid4

from mirror_world import World
from sqlalchemy import delete, insert, select

from pentaprism.groups.files import GroupType, Kind, Precision
from pentaprism.store.database import Database
from pentaprism.store.library_records import GroupOrigin
from pentaprism.store.library_tables import file_groups, group_members, library_files
from pentaprism.store.tables import connections

_KINDS = {".cr2": Kind.RAW, ".dng": Kind.RAW, ".mp4": Kind.VIDEO}


async def group(
    world: World,
    *asset_ids: str,
    level: int = 0,
    type_: GroupType = GroupType.RAW_JPEG,
    database: str = "data.db",
) -> str:
    """Make the assets one group, the first one shown first, and return its id."""
    index = await _index(world, database)
    try:
        async with index.write() as connection:
            row = (await connection.execute(select(connections))).one()
            rows = []
            for asset_id in asset_ids:
                query = select(library_files.c.row).where(library_files.c.asset_id == asset_id)
                known = await connection.scalar(query)
                if known is None:
                    values = _file(world, asset_id, row.id)
                    await connection.execute(insert(library_files).values(values))
                    known = await connection.scalar(query)
                rows.append(known)
            id_ = str(uuid4())
            values = {
                "id": id_,
                "owner_id": row.owner_id,
                "source_id": row.id,
                "type": type_,
                "level": level,
                "origin": GroupOrigin.RULES,
                "folder": "",
                "primary_row": rows[0],
                "size": len(rows),
                "bytes": 0,
                "taken_at": None,
                "changed_at": datetime.now(UTC),
            }
            await connection.execute(insert(file_groups).values(values))
            await connection.execute(
                insert(group_members),
                [
                    {
                        "group_id": id_,
                        "file_row": file_row,
                        "level": level,
                        "path": (name := world.library.assets[asset_id].filename),
                        "type": _kind(name),
                        "primary": place == 0,
                        "size": None,
                        "rule": "test",
                    }
                    for place, (asset_id, file_row) in enumerate(zip(asset_ids, rows, strict=True))
                ],
            )
    finally:
        await index.close()
    return id_


async def regroup(world: World, group_id: str, asset_ids: Sequence[str]) -> str:
    """Let the assets be the group instead."""
    await ungroup(world, group_id)
    return await group(world, *asset_ids)


async def ungroup(world: World, group_id: str) -> None:
    index = await _index(world, "data.db")
    try:
        async with index.write() as connection:
            await connection.execute(delete(file_groups).where(file_groups.c.id == group_id))
    finally:
        await index.close()


async def _index(world: World, database: str) -> Database:
    async with world.app(database):
        pass  # there is a database, with a connection in it
    return await Database.open(world.home / database, patience=30)


def _file(world: World, asset_id: str, connection_id: str) -> dict[str, object]:
    name = world.library.assets[asset_id].filename
    return {
        "root_id": None,
        "connection_id": connection_id,
        "asset_id": asset_id,
        "folder": "",
        "name": name,
        "kind": _kind(name),
        "precision": Precision.NONE,
        "in_utc": False,
        "read_version": 1,
        "stack_first": False,
        "folder_key": f"{connection_id}/",
        "name_key": name.casefold(),
        "grouped": True,
    }


def _kind(name: str) -> Kind:
    return _KINDS.get(PurePosixPath(name).suffix.lower(), Kind.IMAGE)
