"""``/api/runs``: what was done, and what is being done."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from pentaprism.api.belongings import mirror_of, run_of
from pentaprism.api.bodies import BeforeRun, Limit, RunId
from pentaprism.api.problems import refusals
from pentaprism.api.run_bodies import ProgressBody, RunBody, RunDetail, RunPage, live_of
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import InvalidError
from pentaprism.program import Program
from pentaprism.store import Person, RunStatus

routes = Routes(Side.API, prefix="/api/runs", tags=["runs"])

Statuses = Annotated[
    list[RunStatus] | None, Query(alias="status", description="Only runs that stand so.")
]
OfMirror = Annotated[str | None, Query(description="Only runs of this mirror.", max_length=100)]


async def page_of_runs(
    program: Program,
    person: Person,
    *,
    mirror_id: str | None,
    statuses: list[RunStatus] | None,
    before: str | None,
    limit: int,
) -> RunPage:
    """Return a page of the runs of ``person``, of one mirror or of all."""
    app = program.app
    last = await run_of(app, person, before) if before is not None else None
    runs = await app.store.runs.page(
        owner_id=person.id,
        mirror_id=mirror_id,
        statuses=statuses,
        before=(last.started_at, last.id) if last else None,
        limit=limit + 1,
    )
    return RunPage.of(runs, limit)


async def detail_of(program: Program, person: Person, run_id: str) -> RunDetail:
    """Return a run of ``person`` and how far it is; raises `NotFoundError`."""
    run = await run_of(program.app, person, run_id)
    live = live_of(program, run)
    progress = ProgressBody.of(run, live) if live else None
    return RunDetail(**RunBody.of(run).model_dump(), progress=progress)


@routes.get("", allow=Allow.PERSON, responses=refusals(404))
async def list_runs(
    program: CurrentProgram,
    person: CurrentPerson,
    *,
    mirror_id: OfMirror = None,
    statuses: Statuses = None,
    before: BeforeRun = None,
    limit: Limit = 50,
) -> RunPage:
    """List your runs, the newest first."""
    if mirror_id is not None:
        await mirror_of(program.app, person, mirror_id)
    return await page_of_runs(
        program, person, mirror_id=mirror_id, statuses=statuses, before=before, limit=limit
    )


@routes.get("/{run_id}", allow=Allow.PERSON, responses=refusals(404))
async def get_run(program: CurrentProgram, person: CurrentPerson, run_id: RunId) -> RunDetail:
    """Return a run, and how far it is while it is at work."""
    return await detail_of(program, person, run_id)


@routes.post("/{run_id}/cancel", allow=Allow.PERSON, status_code=202, responses=refusals(404, 409))
async def cancel_run(program: CurrentProgram, person: CurrentPerson, run_id: RunId) -> RunBody:
    """End a run for good: soon where it is at work, at once where it waits.

    What was put stays, and the next run goes on from there.
    """
    run = await run_of(program.app, person, run_id)
    if run.status not in {RunStatus.RUNNING, RunStatus.WAITING}:
        raise InvalidError(
            "This run has ended already.", code="over", hint="There is nothing to cancel."
        )
    return RunBody.of(await program.runner.cancel(run))
