"""``doctor``: looks at everything that can be wrong and says what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pentaprism import __version__
from pentaprism.cli.exits import Exit
from pentaprism.cli.options import CaOption, JsonOption, KeyOption, UrlOption, opened, work
from pentaprism.cli.output import bytes_in_words, console, print_json, safe, table
from pentaprism.errors import ConflictError, InvalidError, PentaprismError

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.store.records import Mirror


@dataclass(frozen=True, slots=True)
class _Finding:
    """One thing that was looked at; ``hint`` says what to do when it is not ``ok``."""

    what: str
    ok: bool
    message: str
    hint: str = ""


def doctor(
    url: UrlOption = None,
    api_key: KeyOption = None,
    ca_file: CaOption = None,
    as_json: JsonOption = False,
) -> int:
    """Look at the settings, the database, Immich, the key and every mirror's folder."""
    return work(_doctor(url, api_key, ca_file, as_json=as_json))


async def _doctor(
    url: str | None, api_key: str | None, ca_file: Path | None, *, as_json: bool
) -> int:
    async with opened(url, api_key, ca_file) as app:
        findings = [finding async for finding in _look(app)]
        if as_json:
            print_json({"ok": all(f.ok for f in findings), "checks": [asdict(f) for f in findings]})
        else:
            _show(app, findings)
    return Exit.DONE if all(f.ok for f in findings) else Exit.ACTION_REQUIRED


async def _look(app: App) -> AsyncIterator[_Finding]:
    yield _Finding(
        "program",
        True,
        f"Pentaprism {__version__}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}",
    )
    path = app.settings.database_path
    yield _Finding("database", True, f"{path}, {bytes_in_words(path.stat().st_size)}")
    yield await _immich(app)
    for mirror in await app.store.mirrors.list():
        yield await _folder(app, mirror)


async def _immich(app: App) -> _Finding:
    from pentaprism.immich import READ_ONLY

    try:
        connection = await app.connection()
        async with app.immich(connection) as client:
            preflight = await client.preflight(READ_ONLY)
    except InvalidError as error:
        if error.code == "no_connection":
            message = "not connected yet; begin with `pentaprism connect http://YOUR-IMMICH:2283`"
            return _Finding("Immich", True, message)
        return _failed("Immich", error)
    except PentaprismError as error:
        return _failed("Immich", error)
    message = f"{connection.url}, version {connection.server_version}, {connection.user_name}"
    if preflight.missing:
        message += f"; the key lacks {', '.join(sorted(preflight.missing))}"
    return _Finding("Immich", True, message)


async def _folder(app: App, mirror: Mirror) -> _Finding:
    what = f"mirror {mirror.id[:8]}"
    destination = await app.open_destination(mirror)
    try:
        if not await app.store.items.highest_row(mirror.id):
            return _Finding(what, True, f"{mirror.place}, nothing mirrored yet")
        await destination.check()
        free = bytes_in_words(shutil.disk_usage(mirror.place).free)
        return _Finding(what, True, f"{mirror.place}, {free} free")
    except ConflictError as error:
        return _Finding(what, True, error.message)
    except PentaprismError as error:
        return _failed(what, error)
    finally:
        await destination.close()


def _failed(what: str, error: PentaprismError) -> _Finding:
    return _Finding(what, False, error.message, error.hint)


def _show(app: App, findings: list[_Finding]) -> None:
    for finding in findings:
        sign = "[green]✓[/]" if finding.ok else "[red]✗[/]"
        console.print(f"{sign} [bold]{safe(finding.what)}[/]: {safe(finding.message)}")
        if finding.hint:
            console.print(f"    {safe(finding.hint)}")
    console.print("\nSettings, from the environment:")
    shown = table("Name", "Value", "Meaning")
    for name, field in type(app.settings).model_fields.items():
        shown.add_row(name.upper(), _value(app, name), safe(field.description or ""))
    console.print(shown)


def _value(app: App, name: str) -> str:
    from pydantic import SecretStr

    value = getattr(app.settings, name)
    if isinstance(value, SecretStr):
        return "(set)"
    return "-" if value is None else safe(os.fspath(value) if name.endswith("path") else str(value))
