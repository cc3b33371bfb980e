"""``/healthz``: whether the server works, for those who watch over it; it tells of no person."""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import Field

from pentaprism import __version__
from pentaprism.api.bodies import Answer, example
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import PentaprismError, RetryableError
from pentaprism.program import Program

routes = Routes(Side.API, tags=["system"])

_PATIENCE = 5.0
"""Seconds that the database has to answer."""


class Healthz(Answer):
    """How the server stands."""

    model_config = Answer.model_config | example(
        status="ok", version="0.1.0", database="ok", immich="ok"
    )

    status: Literal["ok", "degraded"] = Field(
        description="ok; or degraded while no Immich answers, and mirrors rest."
    )
    version: str = Field(description="The version of Pentaprism.")
    database: Literal["ok"] = Field(description="Always ok; otherwise the answer is 503.")
    immich: Literal["ok", "away", "unknown"] = Field(
        description="Whether Immich answered when last asked."
    )


@routes.get("/healthz", allow=Allow.ANYONE, responses=refusals(503, ours=False))
async def healthz(program: CurrentProgram) -> Healthz:
    """Tell whether the server works: 200 also without Immich, 503 without its database."""
    try:
        async with asyncio.timeout(_PATIENCE):
            immich = await _immich(program)
    except (PentaprismError, TimeoutError) as error:
        raise RetryableError(
            "The database does not answer.", code="database", hint="The log has the details."
        ) from error
    status: Literal["ok", "degraded"] = "degraded" if immich == "away" else "ok"
    return Healthz(status=status, version=__version__, database="ok", immich=immich)


async def _immich(program: Program) -> Literal["ok", "away", "unknown"]:
    homes = await program.app.store.connections.homes()
    known = [health for one in homes if (health := program.health.of(one)) is not None]
    if not known:
        return "unknown"
    return "ok" if any(health.ok for health in known) else "away"
