"""Inspection: looks at everything that can be wrong, one thing after the other."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pentaprism import __version__
from pentaprism.cli.output import bytes_in_words, short
from pentaprism.errors import ConflictError, InvalidError, PentaprismError

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.settings import Settings
    from pentaprism.store.records import Mirror


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``hint`` says what to do when it is not ``ok``."""

    what: str
    ok: bool
    message: str
    hint: str = ""


def failed(what: str, error: PentaprismError) -> Finding:
    """Return the finding that ``error`` is."""
    return Finding(what, False, error.message, error.hint)


def look_at_program() -> Finding:
    """Tell the versions that a report of a mistake needs."""
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return Finding("program", True, f"Pentaprism {__version__}, {versions}")


async def look(app: App) -> AsyncIterator[Finding]:
    """Yield findings about what an open program works with."""
    from pentaprism.destinations.registry import by_kind

    path = app.settings.database_path
    yield Finding("database", True, f"{path}, {bytes_in_words(path.stat().st_size)}")
    yield _key_file(app.settings)
    yield await _immich(app)
    for mirror in await app.store.mirrors.list():
        yield await (_account if by_kind(mirror.kind).in_account else _folder)(app, mirror)


def _key_file(settings: Settings) -> Finding:
    what = "secret key"
    if settings.app_secret_key is not None:
        return Finding(what, True, "APP_SECRET_KEY is set")
    file = settings.database_path.with_name(f"{settings.database_path.name}.key")
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        return Finding(
            what, False, f"{file} can be read by other users.", f"Run: chmod 600 '{file}'"
        )
    return Finding(what, True, f"{file}, readable by its owner only")


async def _immich(app: App) -> Finding:
    from pentaprism.immich import READ_ONLY

    try:
        connection = await app.connection()
        async with app.immich(connection) as client:
            preflight = await client.preflight(READ_ONLY)
    except InvalidError as error:
        if error.code == "no_connection":
            message = "not connected yet; begin with `pentaprism connect http://YOUR-IMMICH:2283`"
            return Finding("Immich", True, message)
        return failed("Immich", error)
    except PentaprismError as error:
        return failed("Immich", error)
    message = f"{connection.url}, version {connection.server_version}, {connection.user_name}"
    if preflight.missing:
        message += f"; the key lacks {', '.join(sorted(preflight.missing))}, not needed to mirror"
    return Finding("Immich", True, message)


async def _account(app: App, mirror: Mirror) -> Finding:
    what = f"mirror {short(mirror.id)}"
    try:
        destination = await app.open_destination(mirror)
        try:
            await destination.check()
        finally:
            await destination.close()
    except PentaprismError as error:
        return failed(what, error)
    state = ", paused" if mirror.paused else ""
    return Finding(what, True, f"{mirror.album_name} in {await app.place_of(mirror)}{state}")


async def _folder(app: App, mirror: Mirror) -> Finding:
    what = f"mirror {short(mirror.id)}"
    try:
        if not await app.store.items.highest_row(mirror.id):
            return Finding(what, True, f"{mirror.place}, nothing mirrored yet")
        destination = await app.open_destination(mirror)
        try:
            await destination.check()
        finally:
            await destination.close()
        free = bytes_in_words(shutil.disk_usage(mirror.place).free)
    except ConflictError as error:
        return Finding(what, True, error.message)
    except PentaprismError as error:
        return failed(what, error)
    except OSError as error:
        return Finding(what, False, f"{mirror.place}: {error.strerror}.", "Check the disk.")
    state = ", paused" if mirror.paused else ""
    return Finding(what, True, f"{mirror.album_name} in {mirror.place}, {free} free{state}")
