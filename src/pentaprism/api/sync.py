"""``/api/sync``: runs and items of a person's first mirror, as scripts have always asked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from pentaprism.api.belongings import first_mirror, some_mirror
from pentaprism.api.bodies import (
    MIRROR_ID,
    RUN_ID,
    WHEN,
    AfterRow,
    Answer,
    BeforeRun,
    Limit,
    Request,
    RunId,
    Search,
    WhichMirror,
    example,
)
from pentaprism.api.items import ItemPage, States, page_of_items
from pentaprism.api.mirrors import begin_run
from pentaprism.api.problems import refusals
from pentaprism.api.run_bodies import (
    ProgressBody,
    RunBody,
    RunDetail,
    RunOptionsBody,
    RunPage,
    live_of,
)
from pentaprism.api.runs import Statuses, detail_of, page_of_runs
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram

routes = Routes(Side.API, prefix="/api/sync", tags=["sync"])


class SyncRequest(RunOptionsBody):
    """Which mirror shall run, and what is chosen for this run alone."""

    model_config = Request.model_config | example(mirror_id=MIRROR_ID)

    mirror_id: str | None = Field(
        None, max_length=100, description="The mirror; without it, your first one."
    )


class SyncBegun(Answer):
    """A run that was begun, or gone on with."""

    model_config = Answer.model_config | example(
        success=True, run_id=RUN_ID, message="The run has begun."
    )

    success: bool = Field(description="Always true.")
    run_id: str = Field(description="The run.")
    message: str = Field(description="The same in a sentence.")


class SyncStatus(Answer):
    """What a mirror is at."""

    model_config = Answer.model_config | example(
        mirror_id=MIRROR_ID,
        running=False,
        paused=False,
        next_run_at=WHEN,
        progress=None,
        last_run=None,
    )

    mirror_id: str | None = Field(description="The mirror; null while you have none.")
    running: bool = Field(description="Whether a run is at work.")
    paused: bool = Field(description="Whether the mirror rests.")
    next_run_at: datetime | None = Field(description="When its next run is due.")
    progress: ProgressBody | None = Field(description="How far the run is; null without one.")
    last_run: RunBody | None = Field(description="Its newest run, also the one at work.")


@routes.post("/run", allow=Allow.PERSON, response_model=SyncBegun, responses=refusals(404, 409))
async def run_sync(
    program: CurrentProgram,
    person: CurrentPerson,
    body: SyncRequest | None = None,
    mirror_id: WhichMirror = None,
) -> Response | SyncBegun:
    """Begin a run, or go on with the one that waits; 409 names the run that is under way."""
    wanted = body or SyncRequest()
    mirror = await some_mirror(program.app, person, wanted.mirror_id or mirror_id)
    begun = await begin_run(program, mirror, wanted.options())
    if isinstance(begun, Response):
        return begun
    return SyncBegun(success=True, run_id=begun.run_id, message=begun.message)


@routes.get("/runs", allow=Allow.PERSON, responses=refusals(404))
async def list_runs(
    program: CurrentProgram,
    person: CurrentPerson,
    *,
    mirror_id: WhichMirror = None,
    statuses: Statuses = None,
    before: BeforeRun = None,
    limit: Limit = 50,
) -> RunPage:
    """List the runs of a mirror, the newest first."""
    mirror = await first_mirror(program.app, person, mirror_id)
    if mirror is None:
        return RunPage(runs=[], next=None)
    return await page_of_runs(
        program, person, mirror_id=mirror.id, statuses=statuses, before=before, limit=limit
    )


@routes.get("/runs/{run_id}", allow=Allow.PERSON, responses=refusals(404))
async def get_run(program: CurrentProgram, person: CurrentPerson, run_id: RunId) -> RunDetail:
    """Return a run, and how far it is while it is at work."""
    return await detail_of(program, person, run_id)


@routes.get("/status", allow=Allow.PERSON, responses=refusals(404))
async def sync_status(
    program: CurrentProgram, person: CurrentPerson, mirror_id: WhichMirror = None
) -> SyncStatus:
    """Tell what a mirror is at, and when it runs next."""
    mirror = await first_mirror(program.app, person, mirror_id)
    last = await program.app.store.runs.last(mirror.id) if mirror else None
    live = live_of(program, last) if last else None
    return SyncStatus(
        mirror_id=mirror.id if mirror else None,
        running=mirror is not None and program.runner.live(mirror.id) is not None,
        paused=mirror.paused if mirror else False,
        next_run_at=mirror.next_run_at if mirror and not mirror.paused else None,
        progress=ProgressBody.of(last, live) if last and live else None,
        last_run=RunBody.of(last) if last else None,
    )


@routes.get("/items", allow=Allow.PERSON, responses=refusals(404))
async def list_items(
    program: CurrentProgram,
    person: CurrentPerson,
    *,
    mirror_id: WhichMirror = None,
    states: States = None,
    search: Search = None,
    after: AfterRow = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="The most to return.")] = 100,
) -> ItemPage:
    """List the items of a mirror, in the order in which they came to be."""
    mirror = await first_mirror(program.app, person, mirror_id)
    if mirror is None:
        return ItemPage(items=[], next=None)
    return await page_of_items(
        program, mirror, states=states, search=search, after=after, limit=limit
    )
