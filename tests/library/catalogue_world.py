"""An Immich, and an index of it and of folders, for the tests of what belongs to what."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

from databases import place_database

from pentaprism.groups.rules import RULES
from pentaprism.hashing import Hashes, hash_files
from pentaprism.immich import ImmichClient, ImmichOptions, Pace
from pentaprism.library.assets import Catalogue, CatalogueSummary
from pentaprism.library.matching import Matched, match
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.content import Whole
from pentaprism.sandbox.immich.entities import Asset
from pentaprism.store import Connection, Secrets, Store

KEY = "kQ3vN8-xT1pZ6rW0_sB5mD9yH2cJ7fLg4aUeXiOo"
START = datetime(2024, 5, 1, 12, tzinfo=UTC)


def digest(data: bytes) -> bytes:
    return sha1(data, usedforsecurity=False).digest()


@dataclass
class CatalogueWorld:
    """One Immich user's assets in an index; `row` shows what the index has of one."""

    home: Path
    sandbox: Sandbox
    store: Store
    client: ImmichClient
    connection: Connection
    hashed: list[str] = field(default_factory=list)
    changes: int = 0
    _made: int = 0

    # What Immich holds

    @property
    def owner(self) -> str:
        return self.sandbox.library.owner.id

    def add(self, name: str, data: bytes | None = None, **fields: Any) -> str:
        """Add an asset with bytes of its own; ``path`` puts it into an external library."""
        self._made += 1
        if "path" in fields:
            fields.setdefault("library_id", "7b2e6a8c-47f1-4fb0-8d14-0f3b6c2f5a11")
        id_ = self.sandbox.library.new_id()
        taken = 1_700_000_000_000 + self._made * 60_000
        self.sandbox.library.add_asset(
            Asset(
                id=id_,
                owner_id=fields.pop("owner_id", self.owner),
                filename=name,
                kind="jpeg",
                mime_type="image/jpeg",
                content=Whole(b"%d" % self._made if data is None else data),
                path=fields.pop("path", f"/data/upload/{id_}.jpg"),
                taken=taken,
                created=taken,
                updated=self.sandbox.library.clock(),
                modified=taken + 5000,
                **fields,
            )
        )
        return id_

    # What the index does

    async def refresh(self, *, whole: bool = True) -> CatalogueSummary:
        catalogue = Catalogue(self.store, self.connection, self.client, RULES, lambda: START)
        return await catalogue.refresh(whole=whole)

    async def match(self) -> Matched:
        async def remember(paths: Sequence[str]) -> list[Hashes | OSError]:
            self.hashed += paths
            return await hash_files(paths)

        return await match(self.store, self.connection.id, hash_files=remember)

    # What the index holds, and a root in it as a scan would leave it

    def sql(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with closing(sqlite3.connect(self.home / "data.db")) as database, database:
            database.row_factory = sqlite3.Row
            return database.execute(statement, values).fetchall()

    def row(self, asset_id: str) -> sqlite3.Row:
        (found,) = self.sql("SELECT * FROM library_files WHERE asset_id = ?", asset_id)
        return found

    def names(self) -> list[str]:
        """Return the names of the assets that are there."""
        found = self.sql(
            "SELECT name FROM library_files WHERE connection_id IS NOT NULL"
            " AND missing_at IS NULL ORDER BY name"
        )
        return [row["name"] for row in found]

    def all_grouped(self) -> None:
        self.sql("UPDATE library_files SET grouped = 1")

    def ungrouped(self) -> set[int]:
        found = self.sql("SELECT row FROM library_files WHERE NOT grouped")
        return {row["row"] for row in found}

    def add_root(
        self, name: str = "media", immich_path: str | None = None, owner_id: str | None = None
    ) -> str:
        """Add a folder that is there as a root; ``immich_path`` is where Immich sees it."""
        folder = self.home / name
        folder.mkdir()
        self.sql(
            "INSERT INTO roots (id, owner_id, name, path, connection_id, immich_path, watching,"
            " state, created_at) VALUES (?, ?, ?, ?, ?, ?, 'auto', 'present', 0)",
            name,
            owner_id or self.owner,
            name,
            str(folder),
            self.connection.id if immich_path else None,
            immich_path,
        )
        return name

    def put(self, root: str, path: str, data: bytes = b"", sha1: bytes | None = None) -> int:
        """Write a file into a root, index it, and return its row; its SHA-1 may be known."""
        file = self.home / root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        folder, _, name = path.rpartition("/")
        self.sql(
            "INSERT INTO library_files (root_id, folder, name, kind, size, mtime_ns, sha1,"
            " precision, in_utc, read_version, stack_first, folder_key, name_key, grouped)"
            " VALUES (?, ?, ?, 'image', ?, ?, ?, 'none', 0, 1, 0, ?, ?, 1)",
            root,
            folder,
            name,
            len(data),
            file.stat().st_mtime_ns,
            sha1,
            f"{root}/{unicodedata.normalize('NFC', folder)}",
            name,
        )
        (found,) = self.sql(
            "SELECT row FROM library_files WHERE root_id = ? AND folder = ? AND name = ?",
            root,
            folder,
            name,
        )
        return int(found["row"])

    def both(self, data: bytes) -> tuple[bytes, bytes]:
        return digest(data), sha256(data).digest()


async def _no_sleep(seconds: float) -> None:
    del seconds


@asynccontextmanager
async def open_catalogue(
    home: Path, assets: int = 0, **options: Any
) -> AsyncIterator[CatalogueWorld]:
    """Open a world with an Immich that has ``assets`` of its own besides what a test adds."""
    now = START

    def clock() -> int:
        nonlocal now
        now += timedelta(seconds=1)
        return int(now.timestamp() * 1000)

    given: dict[str, Any] = {"hostile": False, "jpeg_only": True, "clock": clock} | options
    async with Sandbox(assets=assets, **given) as sandbox:
        pace = Pace(first=0, sleep=_no_sleep)
        path = place_database(home / "data.db")
        store = await Store.open(path, Secrets.load(KEY, path))
        client = ImmichClient(ImmichOptions(sandbox.url, sandbox.api_key), pace=pace)
        async with store, client:
            user = sandbox.library.owner
            connection = await store.connections.save(
                url=sandbox.url,
                api_key=sandbox.api_key,
                user_id=user.id,
                user_name=user.name,
                user_email=user.email,
                server_version="3.1.0",
                name="Home",
                ca_file=None,
            )
            yield CatalogueWorld(home, sandbox, store, client, connection)
