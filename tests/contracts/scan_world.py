"""A root with an index, for tests of scans: files are a few bytes, and reading them is counted."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from databases import place_database

from pentaprism.groups.rules import RULES, Rules
from pentaprism.library.progress import ScanProgress
from pentaprism.library.reading import Reading
from pentaprism.library.scan import Scan
from pentaprism.store import Secrets, Store
from pentaprism.store.library_records import IndexedFile, Root

KEY = "kQ3vN8-xT1pZ6rW0_sB5mD9yH2cJ7fLg4aUeXiOo"
LONG_AGO = 1_600_000_000_000_000_000
"""Nanoseconds since 1970, when files were written that are no longer being written."""
_times = count(LONG_AGO)


class CountingReads:
    """Knows nothing of any file, and which it was asked about; a vanished one is told."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def read(self, paths: Sequence[str]) -> list[Reading]:
        self.paths += paths
        return [
            Reading() if os.path.exists(path) else Reading(problem="vanished") for path in paths
        ]


class Library:
    """A root at `top`, its index, and scans of it."""

    def __init__(self, store: Store, top: Path, root_id: str) -> None:
        self.store = store
        self.top = top
        self.root_id = root_id
        self.reads = CountingReads()
        self.rules = RULES
        self.settle = 0.05

    async def root(self) -> Root:
        return await self.store.roots.get(self.root_id)

    async def make(self, progress: ScanProgress | None = None) -> Scan:
        return Scan(
            await self.root(),
            self.store,
            self.reads,
            self.rules,
            lambda: datetime.now(UTC),
            progress or ScanProgress(),
            settle=self.settle,
        )

    async def scan(self, rules: Rules | None = None) -> ScanProgress:
        self.rules = rules or self.rules
        progress = ScanProgress()
        await (await self.make(progress)).run()
        return progress

    async def refresh(self, *folders: str) -> ScanProgress:
        progress = ScanProgress()
        await (await self.make(progress)).refresh(folders)
        return progress

    async def every(self) -> list[IndexedFile]:
        """Return all rows, missing ones included."""
        found: list[IndexedFile] = []
        while more := await self.store.library_files.files(
            self.root_id, after=found[-1].row if found else 0
        ):
            found += more
        return found

    async def present(self) -> dict[str, IndexedFile]:
        rows = [file for file in await self.every() if file.missing_at is None]
        assert len({file.path for file in rows}) == len(rows)
        return {file.path: file for file in rows}

    async def missing(self) -> dict[str, IndexedFile]:
        return {file.path: file for file in await self.every() if file.missing_at is not None}

    async def equals_the_tree(self) -> None:
        """Fail where the index does not have exactly the files that are there, as they are."""
        rows = await self.present()
        assert {
            path: (file.size, file.mtime_ns, file.inode) for path, file in rows.items()
        } == tree(self.top)

    def put(self, path: str, data: bytes | None = None, at: int | None = None) -> Path:
        """Write a file that nobody has written to for years, each at another time by default."""
        at = next(_times) if at is None else at
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(path.encode("utf-8", "surrogateescape") if data is None else data)
        os.utime(file, ns=(at, at))
        return file


def tree(top: Path) -> dict[str, tuple[int, int, int]]:
    """Return size, time and inode of each picture below ``top``."""
    found = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            status = os.stat(path)
            found[os.path.relpath(path, top)] = (
                status.st_size,
                status.st_mtime_ns,
                status.st_ino,
            )
    return found


@asynccontextmanager
async def library_in(home: Path) -> AsyncIterator[Library]:
    """Lend an index with the root ``home``/media, which is made if need be."""
    path = place_database(home / "data" / "pentaprism.db")
    top = home / "media"
    top.mkdir(exist_ok=True)
    async with await Store.open(path, Secrets.load(KEY, path)) as store:
        roots = await store.roots.list()
        root = roots[0] if roots else await store.roots.add("owner", str(top), "Media")
        yield Library(store, top, root.id)
