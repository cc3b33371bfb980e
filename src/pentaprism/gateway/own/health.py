"""``/api/pentaprism/healthz``: whether the gateway works; it tells of no person."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from pentaprism import __version__
from pentaprism.gateway.own.asking import CurrentSurroundings
from pentaprism.gateway.own.bodies import Answer, example
from pentaprism.gateway.own.pulse import Beat
from pentaprism.store import Store

router = APIRouter()

_PATIENCE = 2.0
"""Seconds that the database has to answer."""


class HealthBody(Answer):
    """How the gateway stands."""

    model_config = example(status="ok", version="0.1.0", immich="ok", database="ok")

    status: Literal["ok", "degraded"] = Field(
        description="degraded while Immich or the database does not answer."
    )
    version: str = Field(description="The version of Pentaprism.")
    immich: Beat = Field(description="Whether Immich answers; unknown until it is set up.")
    database: Literal["ok", "away"] = Field(
        description="Whether the database answers; without it Immich's replies pass as they are."
    )


@router.get("/healthz")
async def get_health(surroundings: CurrentSurroundings) -> HealthBody:
    """Tell whether the gateway works: 200 also without Immich, and without the database."""
    immich, answers = await asyncio.gather(
        surroundings.pulse.feel(), _answers(surroundings.store())
    )
    return HealthBody(
        status="ok" if answers and immich != "away" else "degraded",
        version=__version__,
        immich=immich,
        database="ok" if answers else "away",
    )


async def _answers(store: Store | None) -> bool:
    if store is None:
        return False
    try:
        async with asyncio.timeout(_PATIENCE):
            await store.version()
    # Whatever is wrong with it, it is away.
    except Exception:  # noqa: BLE001
        return False
    return True
