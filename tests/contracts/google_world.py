"""A mirror to Google Photos and all around it: a local Immich, a local Google, a database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from databases import place_database
from mirror_world import Done, World
from pydantic import SecretStr

from pentaprism.app import App, RunOptions
from pentaprism.destinations.pace import Pace
from pentaprism.mirrors.definition import Definition
from pentaprism.mirrors.run import MirrorRun
from pentaprism.sandbox.google import GoogleSandbox
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.entities import Album
from pentaprism.settings import Settings
from pentaprism.store.records import Account, Connection, Mirror

_USUAL = RunOptions()

REDIRECT = "http://localhost:1/auth/google/callback"


@dataclass(slots=True)
class Waits:
    """The sleeps of the program: noted, not slept; the time of all moves on instead."""

    pass_time: Callable[[float], None]
    slept: list[float] = field(default_factory=list)
    ticks: float = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ticks += seconds
        self.pass_time(seconds)
        await asyncio.sleep(0)

    def pace(self) -> Pace:
        return Pace(jitter=lambda: 0.5, ticks=lambda: self.ticks, sleep=self.sleep)


class GoogleWorld(World):
    """One Immich, one Google, one database in ``home``."""

    def __init__(self, home: Path, sandbox: Sandbox, google: GoogleSandbox) -> None:
        super().__init__(home, sandbox)
        self.google = google
        self.waits = Waits(lambda seconds: self.pass_time(seconds=seconds))
        self.daily_requests = 10_000
        self.retries = 0
        self.client_secret = google.client_secret

    def settings(self, database: str) -> Settings:
        return Settings(
            app_secret_key=SecretStr(
                "sixty-four characters of nothing that anybody would guess 0123"
            ),
            database_path=place_database(self.home / database),
            immich_retries=self.retries,
            immich_timeout=20,
            google_url=self.google.url,
            google_client_id=self.google.client_id,
            google_client_secret=SecretStr(self.client_secret),
            google_daily_requests=self.daily_requests,
        )

    def pace(self) -> Pace:
        return self.waits.pace()

    async def connect(
        self, *, removals: bool = False, email: str | None = None, account: str | None = None
    ) -> Account:
        """Connect an account by a consent that is granted without a click."""
        self.google.settings.account = email
        async with self.app() as (app, _):
            known = await app.accounts.find(account) if account is not None else None
            started = await app.accounts.start(REDIRECT, removals=removals, account=known)
            return await app.accounts.finish(await consent(started.authorize_url))

    async def definition_to(
        self, app: App, connection: Connection, album: Album, to: str, **options: Any
    ) -> Definition:
        async with app.immich(connection) as client:
            found = await client.album(album.id)
        return await app.definition(connection, found, to, **options)

    async def mirror(
        self,
        *,
        to: str = "google-photos",
        album: Album | None = None,
        database: str = "data.db",
        during: Callable[[MirrorRun], None] | None = None,
        run: RunOptions = _USUAL,
        **options: Any,
    ) -> Done:
        """Mirror the album once, as the command does."""
        async with self.app(database) as (app, connection):
            definition = await self.definition_to(
                app, connection, album or self.album, to, **options
            )
            mirror = await definition.save()
            return await self.run_mirror(app, connection, mirror, run, during)

    def shown(self, title: str = "Summer") -> list[str]:
        """Return the file names of the album at Google, in its order."""
        (album,) = [album for album in self.google.albums() if album["title"] == title]
        return [item["filename"] for item in album["items"]]

    def doubled(self) -> dict[str, int]:
        """Return what was uploaded more than once, with how often."""
        return {
            upload["sha1"]: upload["uploads"]
            for upload in self.google.uploads()
            if upload["uploads"] > 1
        }


async def consent(authorize_url: str) -> str:
    """Return the address that a browser is led to from Google's page."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(authorize_url, allow_redirects=False) as response,
    ):
        assert response.status == 302, await response.text()
        return response.headers["Location"]


@asynccontextmanager
async def google_world(home: Path, **google: Any) -> AsyncIterator[GoogleWorld]:
    """An Immich whose album is empty, a Google that grants what is asked for, nothing connected."""
    times: list[GoogleWorld] = []

    def now() -> float:
        """Tell the time of the world, so that all in it have the same."""
        return times[0].now.timestamp() if times else time.time()

    async with (
        Sandbox(assets=0, hostile=False) as immich,
        GoogleSandbox(consent=True, clock=now, **google) as sandbox,
    ):
        times.append(GoogleWorld(home, immich, sandbox))
        yield times[0]


__all__ = ["REDIRECT", "Done", "GoogleWorld", "Mirror", "Waits", "consent", "google_world"]
