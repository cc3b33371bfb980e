"""Fills a database with what the gateway tells of the assets that `gateway_upstream.py` shows."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from gateway_upstream import USER_ID
from pentaprism.app import App
from pentaprism.settings import Settings

KEY = "a key that is long enough for a benchmark of this kind"
_CONNECTION, _MIRROR = str(uuid.UUID(int=1, version=4)), str(uuid.UUID(int=2, version=4))
_TAKEN = 1_720_940_000_000_000

type Row = Mapping[str, Any]


def fill(database: Path, url: str, pages: Sequence[Sequence[str]]) -> None:
    """Make a database in which two thirds of the assets have something to tell.

    Of every twelve, four are two shots of two files, three are a burst, two are each other's
    duplicates; every second asset is in a mirror.
    """
    database.unlink(missing_ok=True)
    asyncio.run(_make(database))
    with closing(sqlite3.connect(database)) as writing, writing:
        _insert(writing, "connections", iter([_connection(url)]))
        _insert(writing, "mirrors", iter([_mirror()]))
        ids = [id_ for page in pages for id_ in page]
        _insert(writing, "library_files", (_file(n, id_) for n, id_ in enumerate(ids, 1)))
        groups = list(_groups(len(ids)))
        _insert(writing, "file_groups", (_group(rows) for rows in groups))
        _insert(writing, "group_members", (one for rows in groups for one in _members(rows)))
        pairs = [(n, n + 1) for n in range(8, len(ids), 12)]
        _insert(writing, "duplicate_pairs", (_pair(*pair) for pair in pairs))
        _insert(writing, "duplicate_groups", (_duplicates(*pair) for pair in pairs))
        _insert(writing, "duplicate_members", (one for pair in pairs for one in _both(*pair)))
        _insert(writing, "items", (_item(n, id_) for n, id_ in enumerate(ids) if n % 2))


async def _make(database: Path) -> None:
    async with App.open(Settings(database_path=database, app_secret_key=SecretStr(KEY))):
        pass


def _insert(database: sqlite3.Connection, table: str, rows: Iterator[Row]) -> None:
    first = next(rows)
    marks = ", ".join(f":{name}" for name in first)
    names = ", ".join(f'"{name}"' for name in first)
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"
    database.execute(statement, first)
    database.executemany(statement, rows)


def _connection(url: str) -> Row:
    now = time.time_ns() // 1000
    return {
        "id": _CONNECTION,
        "name": "Home",
        "url": url,
        "user_id": USER_ID,
        "user_name": "Bench",
        "user_email": "bench@example.test",
        "server_version": "3.1.0",
        "api_key_token": "unreadable: nothing signs in with it",
        "created_at": now,
        "saved_at": now,
        "owner_id": USER_ID,
        "home": True,
    }


def _mirror() -> Row:
    return {
        "id": _MIRROR,
        "connection_id": _CONNECTION,
        "album_id": str(uuid.UUID(int=3, version=4)),
        "album_name": "Bench",
        "kind": "local_folder",
        "place": "/mirror",
        "options": json.dumps({"path": "/mirror"}),
        "paused": False,
        "created_at": _TAKEN,
    }


def _name(row: int) -> str:
    return f"IMG_{row:05}.HEIC"


def _file(row: int, asset_id: str) -> Row:
    return {
        "row": row,
        "connection_id": _CONNECTION,
        "asset_id": asset_id,
        "folder": "",
        "name": _name(row),
        "kind": "image",
        "mime_type": "image/heic",
        "size": 2_000_000 + row,
        "sha1": row.to_bytes(20),
        "taken_at": _TAKEN + row * 60_000_000,
        "precision": "subsecond",
        "in_utc": False,
        "width": 4032,
        "height": 3024,
        "read_version": 1,
        "stack_first": False,
        "folder_key": "",
        "name_key": f"img_{row:05}",
        "grouped": True,
        "favourite": False,
        "albums": 1,
    }


def _groups(count: int) -> Iterator[range]:
    for first in range(1, count - 11, 12):
        yield range(first, first + 2)
        yield range(first + 2, first + 4)
        yield range(first + 4, first + 7)


def _group_id(rows: range) -> str:
    return str(uuid.UUID(int=rows[0], version=4))


def _group(rows: range) -> Row:
    burst = len(rows) == 3
    return {
        "id": _group_id(rows),
        "owner_id": USER_ID,
        "source_id": _CONNECTION,
        "type": "burst" if burst else "raw_jpeg",
        "level": int(burst),
        "origin": "rules",
        "folder": "",
        "primary_row": rows[0],
        "size": len(rows),
        "bytes": 6_000_000,
        "taken_at": _TAKEN + rows[0] * 60_000_000,
        "changed_at": _TAKEN,
    }


def _members(rows: range) -> Iterator[Row]:
    for row in rows:
        yield {
            "group_id": _group_id(rows),
            "file_row": row,
            "level": int(len(rows) == 3),
            "path": _name(row),
            "type": "image",
            "primary": row == rows[0],
            "size": 2_000_000 + row,
            "rule": "same_name",
        }


def _pair(low: int, high: int) -> Row:
    return {
        "low": low,
        "high": high,
        "distance": 2,
        "score": 0.96,
        "label": "recompressed",
        "symmetry": 0,
    }


def _duplicates(low: int, high: int) -> Row:
    return {
        "id": _group_id(range(low, high)),
        "owner_id": USER_ID,
        "label": "recompressed",
        "score": 0.96,
        "shots": 2,
        "files": 2,
        "bytes": 2_000_000,
        "keeper": low,
        "reasons": "[]",
        "bulk": True,
        "taken_at": _TAKEN,
        "changed_at": _TAKEN,
        "leaves_immich": False,
    }


def _both(low: int, high: int) -> Iterator[Row]:
    for row in (low, high):
        yield {
            "group_id": _group_id(range(low, high)),
            "file_row": row,
            "shot": row,
            "picture": True,
            "source_id": _CONNECTION,
            "path": _name(row),
            "size": 2_000_000 + row,
            "score": 0.96,
        }


def _item(number: int, asset_id: str) -> Row:
    return {
        "mirror_id": _MIRROR,
        "asset_id": asset_id,
        "shot_id": asset_id,
        "role": "primary",
        "state": "FAILED" if number % 100 == 1 else "OK",
        "path": f"2024/{_name(number)}",
        "path_key": f"2024/{_name(number).casefold()}",
        "verified": True,
        "filename": _name(number),
        "taken_at": _TAKEN,
        "asset_updated_at": _TAKEN,
        "attempts": 0,
    }
