"""A mirror and all around it: a local Immich, a database, folders. Tests act on it from outside."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from databases import place_database
from pydantic import SecretStr

from pentaprism.app import App, RunOptions
from pentaprism.destinations.pace import Pace
from pentaprism.errors import PentaprismError
from pentaprism.mirrors.definition import Definition
from pentaprism.mirrors.plan import Put
from pentaprism.mirrors.run import MirrorRun
from pentaprism.mirrors.verification import Finding, verify
from pentaprism.mirrors.work import Planned
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.content import Whole, read
from pentaprism.sandbox.immich.entities import Album, Asset
from pentaprism.settings import Settings
from pentaprism.store.records import Connection, Counters, Item, Mirror, RunEvent, RunStatus

_USUAL = RunOptions()

TAKEN = 1_700_000_000_000
"""When the first asset was taken, in milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Done:
    """What one run did; ``originals`` counts the downloads that the server saw."""

    mirror: Mirror
    status: RunStatus
    counters: Counters
    reason: str | None
    stopped: PentaprismError | None
    events: list[RunEvent]
    originals: int

    @property
    def codes(self) -> list[str]:
        return [event.code for event in self.events]

    def of(self, code: str) -> list[RunEvent]:
        return [event for event in self.events if event.code == code]

    @property
    def hold(self) -> str | None:
        """Why nothing was removed, if that was so."""
        held = self.of("removals_held")
        return str(held[0].details["why"]) if held else None


class World:
    """One Immich, one database in ``home``, and mirrors of one album in folders of ``home``."""

    def __init__(self, home: Path, sandbox: Sandbox) -> None:
        self.home = home
        self.sandbox = sandbox
        self.library = sandbox.library
        self.album = self.library.add_album("Summer")
        self.now = datetime.now(UTC)
        self._made = 0

    @property
    def folder(self) -> Path:
        return self.home / "photos"

    # What Immich holds

    def add(self, name: str, data: bytes | None = None, **fields: Any) -> str:
        """Put a new asset into the album and return its id."""
        asset = self.make(name, data, **fields)
        self.library.add_to_album(self.album.id, [asset.id])
        return asset.id

    def make(self, name: str, data: bytes | None = None, **fields: Any) -> Asset:
        self._made += 1
        id_ = self.library.new_id()
        taken = TAKEN + 60_000 * self._made
        values: dict[str, Any] = {
            "id": id_,
            "owner_id": self.library.owner.id,
            "filename": name,
            "kind": "jpeg",
            "mime_type": "image/jpeg",
            "content": Whole(f"{self._made} {name!a}".encode() if data is None else data),
            "path": f"/data/upload/{id_}.jpg",
            "taken": taken,
            "created": taken,
            "updated": taken,
            "modified": taken,
            "width": 10,
            "height": 10,
        }
        return self.library.add_asset(Asset(**values | fields))

    def add_live(self, still: str, video: str, **fields: Any) -> tuple[str, str]:
        """Put a live photo into the album; return the ids of the still and of its video."""
        half = self.make(video, kind="mov", mime_type="video/quicktime", visibility="hidden")
        return self.add(still, live_video_id=half.id, **fields), half.id

    def add_external(self, name: str, data: bytes | None = None) -> str:
        return self.add(name, data, library_id=self.library.new_id(), path=f"/external/{name}")

    def content(self, asset_id: str) -> bytes:
        return read(self.library.assets[asset_id].content)

    # The program

    def settings(self, database: str) -> Settings:
        return Settings(
            app_secret_key=SecretStr(
                "sixty-four characters of nothing that anybody would guess 0123"
            ),
            database_path=place_database(self.home / database),
            immich_retries=0,
            immich_timeout=20,
        )

    def pace(self) -> Pace:
        return Pace()

    @asynccontextmanager
    async def app(self, database: str = "data.db") -> AsyncIterator[tuple[App, Connection]]:
        settings = self.settings(database)
        async with App.open(settings, clock=lambda: self.now, pace=self.pace()) as app:
            saved = await app.store.connections.default()
            connection = saved or (await app.connect(self.sandbox.url, self.sandbox.api_key))[0]
            yield app, connection

    async def definition(
        self, app: App, connection: Connection, folder: Path, album: Album, **options: Any
    ) -> Definition:
        async with app.immich(connection) as client:
            found = await client.album(album.id)
        return await app.definition(connection, found, f"folder:{folder}", **options)

    async def run(
        self,
        folder: Path | None = None,
        *,
        album: Album | None = None,
        database: str = "data.db",
        start_again: bool = False,
        during: Callable[[MirrorRun], None] | None = None,
        thorough: bool = False,
        max_removals: int | None = None,
        **options: Any,
    ) -> Done:
        """Mirror the album into ``folder`` once, as the command does."""
        async with self.app(database) as (app, connection):
            definition = await self.definition(
                app, connection, folder or self.folder, album or self.album, **options
            )
            mirror = await (definition.start_again() if start_again else definition.save())
            return await self.run_mirror(
                app, connection, mirror, RunOptions(thorough, max_removals), during
            )

    async def run_mirror(
        self,
        app: App,
        connection: Connection,
        mirror: Mirror,
        options: RunOptions = _USUAL,
        during: Callable[[MirrorRun], None] | None = None,
    ) -> Done:
        before = self.sandbox.traffic.of("original").requests
        async with app.run(mirror, connection, options) as run:
            if during is not None:
                during(run)
            finished = await run.execute()
        self.pass_time(seconds=1)  # runs are told apart by when they began
        counters = finished.counters
        assert counters.total == counters.uploaded + counters.skipped + counters.failed
        if mirror.kind == "local_folder":
            assert not list((self.home / mirror.place / ".pentaprism/tmp").iterdir())
        return Done(
            await app.store.mirrors.get(mirror.id),
            finished.status,
            counters,
            finished.reason,
            run.stopped,
            await app.store.runs.events(finished.id),
            self.sandbox.traffic.of("original").requests - before,
        )

    async def run_again(self, **options: Any) -> Done:
        """Run the only mirror by its record, without asking Immich for the album first."""
        async with self.app() as (app, connection):
            (mirror,) = await app.store.mirrors.list()
            return await self.run_mirror(app, connection, mirror, RunOptions(**options))

    async def plan(self, folder: Path | None = None, **options: Any) -> list[Planned]:
        async with self.app() as (app, connection):
            definition = await self.definition(
                app, connection, folder or self.folder, self.album, **options
            )
            mirror = await definition.draft(self.now)
            async with app.run(mirror, connection) as run:
                return [page async for page in run.plan()]

    async def items(self) -> list[Item]:
        """Return all records of the only mirror."""
        async with self.app() as (app, _):
            (mirror,) = await app.store.mirrors.list()
            return [item async for page in app.store.items.pages(mirror.id) for item in page]

    async def verify(self) -> dict[str, str]:
        """Return how each recorded file of the only mirror stands, by its path."""
        async with self.app() as (app, _):
            (mirror,) = await app.store.mirrors.list()
            destination = await app.open_destination(mirror)
            try:
                found: list[Finding] = []
                async for page in verify(app.store, mirror, destination):
                    found += page
            finally:
                await destination.close()
        return {finding.item.path or "": finding.standing.value for finding in found}

    def pass_time(self, **much: float) -> None:
        self.now += timedelta(**much)


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file of a mirror with its bytes; its own ones are left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".pentaprism" not in path.relative_to(folder).parts
    }


def trashed(folder: Path) -> list[str]:
    """Return the names of the pictures in the folder's trash."""
    trash = folder / ".pentaprism/trash"
    return sorted(p.name for p in trash.rglob("*") if p.is_file() and p.suffix != ".json")


def edit(path: Path, data: bytes) -> None:
    """Change a file as a person does: other bytes, another time."""
    before = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 3_600_000_000_000))


def damage(path: Path, data: bytes) -> None:
    """Change a file as a bad disk does: other bytes, the same time."""
    before = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def puts(pages: list[Planned]) -> list[Put]:
    return [action for page in pages for action in page.actions if isinstance(action, Put)]
