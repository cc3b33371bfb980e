"""``/api/system``: how the server itself is, for admins."""

from __future__ import annotations

import asyncio
import logging
import platform
import time
from pathlib import Path
from typing import Literal

from pydantic import Field

from pentaprism import __version__
from pentaprism.api.bodies import Answer, Request, example
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.jobs.runner import QUEUED
from pentaprism.logs import SETTING, set_level
from pentaprism.store.schema import newest_revision

routes = Routes(Side.API, prefix="/api/system", tags=["system"])

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_BEGAN = time.monotonic()
_LOGGER = "pentaprism"


class System(Answer):
    """How the server is."""

    model_config = Answer.model_config | example(
        version="0.1.0",
        python="3.12.8",
        uptime_seconds=86_400,
        database_bytes=41_000_000,
        database_schema="0004",
        runs_at_work=1,
        runs_queued=0,
        runs_at_once=3,
        log_level="INFO",
    )

    version: str = Field(description="The version of Pentaprism.")
    python: str = Field(description="The version of Python.")
    uptime_seconds: int = Field(description="For how long it has run.")
    database_bytes: int = Field(description="The size of the database with its journal.")
    database_schema: str = Field(description="The revision of the database's schema.")
    runs_at_work: int = Field(description="Runs that are at work, of all people.")
    runs_queued: int = Field(description="Runs that wait their turn, of all people.")
    runs_at_once: int = Field(description="How many mirrors are run at once.")
    log_level: str = Field(description="The least level of log lines.")


class LogLevel(Request):
    """The least level of log lines."""

    model_config = Request.model_config | example(level="DEBUG")

    level: Level = Field(description="DEBUG tells most.")


class LogLevelSet(Answer):
    """The least level of log lines, as it is now."""

    model_config = Answer.model_config | example(level="DEBUG")

    level: Level = Field(description="The level.")


@routes.get("", allow=Allow.ADMIN, responses=refusals())
async def get_system(program: CurrentProgram) -> System:
    """Tell how the server is."""
    app = program.app
    unfinished = await app.store.runs.unfinished()
    level = logging.getLogger(_LOGGER).getEffectiveLevel()
    return System(
        version=__version__,
        python=platform.python_version(),
        uptime_seconds=int(time.monotonic() - _BEGAN),
        database_bytes=await asyncio.to_thread(_size, app.settings.database_path),
        database_schema=newest_revision(),
        runs_at_work=len(program.runner.all_live()),
        runs_queued=sum(run.code == QUEUED for run in unfinished),
        runs_at_once=app.settings.runs_at_once,
        log_level=logging.getLevelName(level),
    )


@routes.put("/log-level", allow=Allow.ADMIN, responses=refusals())
async def set_log_level(program: CurrentProgram, body: LogLevel) -> LogLevelSet:
    """Tell more or less in the log, from now on and after the next start."""
    set_level(body.level)
    await program.app.store.program_settings.set(SETTING, body.level)
    return LogLevelSet(level=body.level)


def _size(path: Path) -> int:
    files = (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"))
    return sum(file.stat().st_size for file in files if file.exists())
