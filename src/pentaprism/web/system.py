"""How the program itself is: for admins."""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response, StreamingResponse

from pentaprism import __version__
from pentaprism.access import home_servers
from pentaprism.edge import Allow, Routes, Side
from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.inspection import settings_of
from pentaprism.logs import LEVELS, SETTING, check_level, set_level
from pentaprism.logs.files import NAME
from pentaprism.store.records import RunStatus
from pentaprism.store.schema import newest_revision
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.entered import entered
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

_PART = 65_536  # bytes
_BEGAN = time.monotonic()
"""When this module was loaded, which is when the server started."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """How many runs of all people are at work here, wait their turn, or wait for something."""

    at_work: int
    queued: int
    waiting: int
    elsewhere: int


@routes.get("/system", allow=Allow.ADMIN)
async def system(page: CurrentPage) -> Response:
    """Show versions, the database, jobs, people and settings."""
    app = page.program.app
    settings = app.settings
    path = settings.database_path
    return page.html(
        "system.html",
        "system",
        version=__version__,
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        machine=f"{platform.system()} {platform.machine()}",
        database=path,
        database_bytes=await asyncio.to_thread(_bytes, path),
        schema=newest_revision(),
        uptime=time.monotonic() - _BEGAN,
        jobs=await _jobs(page),
        gateway=page.program.gateway,
        upstream=await _upstream(page),
        people=await app.store.people.list(),
        settings=settings_of(settings),
        level=await log_level(page),
        levels=LEVELS,
        log_file=settings.log_path / NAME if settings.log_path else None,
    )


@routes.post("/system/log-level", allow=Allow.ADMIN)
async def choose_level(page: CurrentPage) -> Response:
    """Tell more or less in the log, from now on."""
    level = check_level((await entered(page)).text("level"))
    await page.program.app.store.program_settings.set(SETTING, level)
    set_level(level)
    return page.go("/system", _("The log tells what is %(level)s and above.") % {"level": level})


@routes.get("/system/log", allow=Allow.ADMIN)
async def log_file(page: CurrentPage) -> Response:
    """Answer with the log file; secrets are never in it."""
    folder = page.program.app.settings.log_path
    if folder is None or not await asyncio.to_thread((folder / NAME).is_file):
        raise NotFoundError(
            "There is no log file.", code="no_log", hint="Set LOG_PATH to a folder to have one."
        )
    return StreamingResponse(
        _as_long_as_now(folder / NAME),
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{NAME}"'},
    )


def _as_long_as_now(file: Path) -> Iterator[bytes]:
    """Yield what is in a file that grows meanwhile: not even its length can be told before."""
    with file.open("rb") as stream:
        left = os.fstat(stream.fileno()).st_size
        while left > 0 and (part := stream.read(min(left, _PART))):
            left -= len(part)
            yield part


async def log_level(page: Page) -> str:
    """Return the level of the log: the one that was chosen here, or that of the settings."""
    app = page.program.app
    chosen = await app.store.program_settings.get(SETTING)
    try:
        return check_level(chosen or app.settings.log_level)
    except InvalidError:
        return check_level("INFO")


async def _jobs(page: Page) -> Jobs:
    unfinished = await page.program.app.store.runs.unfinished()
    here = {live.run_id for live in page.program.runner.all_live().values()}
    waiting = [run for run in unfinished if run.status is RunStatus.WAITING]
    queued = sum(run.code == "queued" for run in waiting)
    running = [run for run in unfinished if run.status is RunStatus.RUNNING]
    return Jobs(
        at_work=len(here),
        queued=queued,
        waiting=len(waiting) - queued,
        elsewhere=sum(run.id not in here for run in running),
    )


async def _upstream(page: Page) -> str:
    """Return the Immich that a gateway with these settings is in front of; empty without one."""
    app = page.program.app
    if app.settings.immich_url is not None:
        return app.settings.immich_url
    return next((server.url for server in await home_servers(app.store)), "")


def _bytes(path: Path) -> int:
    """Return the size of the database with its log of writes."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
