"""``/api/mirrors``: which albums are kept equal where, and their runs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from fastapi.responses import Response
from pydantic import Field, JsonValue

from pentaprism.api.belongings import mirror_of, some_connection
from pentaprism.api.bodies import ALBUM_ID, RUN_ID, Answer, MirrorId, Request, example
from pentaprism.api.mirror_bodies import MirrorBody, MirrorDetail
from pentaprism.api.problems import options_in, refusals, run_in_the_way
from pentaprism.api.run_bodies import ProgressBody, RunOptionsBody, live_of
from pentaprism.api.schedules import ScheduleBody
from pentaprism.app import RunOptions
from pentaprism.definitions import FIXED, OptionsError, define, reconfigure
from pentaprism.edge import Allow, CurrentPerson, CurrentVisitor, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import ConflictError
from pentaprism.jobs.runner import RunInTheWayError
from pentaprism.overview.mirrors import summary_of
from pentaprism.program import Program
from pentaprism.store import Mirror, Run, RunStatus, StartedBy

routes = Routes(Side.API, prefix="/api/mirrors", tags=["mirrors"])

_BY_API = RunOptions(started_by=StartedBy.API)


class NewMirror(Request):
    """A mirror that shall be made."""

    model_config = Request.model_config | example(
        album_id=ALBUM_ID,
        kind="local_folder",
        options={"path": "/photos/summer", "removals": "keep"},
        schedule={"cron": "0 3 * * *"},
    )

    connection_id: str | None = Field(
        None, max_length=100, description="The connection to read from; else the one saved last."
    )
    album_id: str = Field(max_length=100, description="The album in Immich.")
    kind: str = Field(
        max_length=100, description="The kind of destination; /api/destinations lists them."
    )
    options: dict[str, JsonValue] = Field(
        default_factory=dict, description="The options of that kind."
    )
    schedule: ScheduleBody | None = Field(
        None, description="When it shall run; without one, only when somebody asks for it."
    )


class MirrorChange(Request):
    """What shall be changed in a mirror; what is left out stays."""

    model_config = Request.model_config | example(
        options={"removals": "trash"}, schedule={"interval_minutes": 60}, paused=False
    )

    options: dict[str, JsonValue] | None = Field(
        None, description="Options with their new values; where the mirror is cannot be changed."
    )
    schedule: ScheduleBody | None = Field(
        None, description="When it shall run; null for only when somebody asks for it."
    )
    paused: bool | None = Field(None, description="Whether it shall rest.")


class RunBegun(Answer):
    """A run that was begun, or gone on with."""

    model_config = Answer.model_config | example(
        success=True, run_id=RUN_ID, status="RUNNING", message="The run has begun."
    )

    success: bool = Field(description="Always true.")
    run_id: str = Field(description="The run.")
    status: RunStatus = Field(description="How it stands.")
    message: str = Field(description="The same in a sentence.")

    @classmethod
    def of(cls, run: Run) -> RunBegun:
        """Return what is told of ``run`` that has begun."""
        waits = run.status is RunStatus.WAITING and run.reason
        message = run.reason if waits and run.reason else "The run has begun."
        return cls(success=True, run_id=run.id, status=run.status, message=message)


async def body_of(program: Program, mirror: Mirror) -> MirrorBody:
    """Return ``mirror`` as answers tell it."""
    live = program.runner.live(mirror.id) is not None
    return MirrorBody.of(await summary_of(program.app, mirror, live=live, albums=program.albums))


@routes.get("", allow=Allow.PERSON, responses=refusals())
async def list_mirrors(program: CurrentProgram, person: CurrentPerson) -> list[MirrorBody]:
    """List your mirrors, by name."""
    live = program.runner.all_live()
    found = await program.summaries.of(person.id, live)
    return [MirrorBody.of(summary) for summary in found]


@routes.post("", allow=Allow.PERSON, status_code=201, responses=refusals(404, 409))
async def create_mirror(
    program: CurrentProgram, visitor: CurrentVisitor, person: CurrentPerson, body: NewMirror
) -> MirrorBody:
    """Make a mirror; nothing is moved before its first run."""
    app = program.app
    schedule = body.schedule.schedule() if body.schedule else None
    connection = await some_connection(app, person, body.connection_id)
    album = await program.albums.find(connection, body.album_id)
    with options_in("options"):
        definition = await define(
            app,
            replace(person, is_admin=visitor.is_admin),  # a token never fills any folder
            connection=connection,
            album=album,
            kind=body.kind,
            values=body.options,
        )
    known = await definition.find()
    if known is not None and known.place == (await definition.draft(app.clock())).place:
        raise ConflictError(
            "There is a mirror of this album at this place already.",
            code="mirror_exists",
            hint=f"It is {known.id}; change it with PATCH /api/mirrors/{known.id}.",
        )
    mirror = await definition.save()
    if schedule is not None:
        mirror = await program.clock.plan(mirror, schedule)
    return await body_of(program, mirror)


@routes.get("/{mirror_id}", allow=Allow.PERSON, responses=refusals(404))
async def get_mirror(
    program: CurrentProgram, person: CurrentPerson, mirror_id: MirrorId
) -> MirrorDetail:
    """Return a mirror, its items counted, and how far its run is."""
    app = program.app
    mirror = await mirror_of(app, person, mirror_id)
    live = program.runner.live(mirror.id)
    summary = await summary_of(app, mirror, live=live is not None, albums=program.albums)
    last = summary.last
    at_work = live_of(program, last) if last else None
    progress = ProgressBody.of(last, at_work) if last and at_work else None
    return MirrorDetail.of_all(summary, await app.store.items.count(mirror.id), progress)


@routes.patch("/{mirror_id}", allow=Allow.PERSON, responses=refusals(404, 409))
async def change_mirror(
    program: CurrentProgram, person: CurrentPerson, mirror_id: MirrorId, body: MirrorChange
) -> MirrorBody:
    """Change options or schedule of a mirror, pause or resume it."""
    app = program.app
    mirror = await mirror_of(app, person, mirror_id)
    schedule = body.schedule.schedule() if body.schedule else None
    if body.options:
        with options_in("options"):
            _keep_place(mirror, body.options)
            mirror = await reconfigure(app, mirror, body.options)
    if "schedule" in body.model_fields_set:
        mirror = await program.clock.plan(mirror, schedule)
    if body.paused is not None and body.paused != mirror.paused:
        await set_paused(program, mirror, paused=body.paused)
    return await body_of(program, await app.store.mirrors.get(mirror.id))


async def set_paused(program: Program, mirror: Mirror, *, paused: bool) -> None:
    """Let ``mirror`` rest, or go on; that a run is under way already is no error."""
    if paused:
        await program.runner.pause(mirror)
        return
    with suppress(RunInTheWayError):
        await program.runner.resume(mirror, _BY_API)
    program.clock.wake()


@routes.delete("/{mirror_id}", allow=Allow.PERSON, status_code=204, responses=refusals(404, 409))
async def delete_mirror(
    program: CurrentProgram, person: CurrentPerson, mirror_id: MirrorId
) -> None:
    """Delete a mirror: what is recorded of it, never a file, and nothing at Google."""
    app = program.app
    mirror = await mirror_of(app, person, mirror_id)
    last = await app.store.runs.last(mirror.id)
    if program.runner.live(mirror.id) or (last and last.status is RunStatus.RUNNING):
        raise ConflictError(
            f"A run of “{mirror.album_name}” is at work.",
            code="run_at_work",
            hint="Cancel it, or wait until it is done.",
        )
    if last is not None and last.status is RunStatus.WAITING:
        await program.runner.cancel(last)
    await app.store.mirrors.delete(mirror.id)
    program.runner.changes.tell()


@routes.post(
    "/{mirror_id}/run",
    allow=Allow.PERSON,
    status_code=202,
    response_model=RunBegun,
    responses=refusals(404, 409),
)
async def run_mirror(
    program: CurrentProgram,
    person: CurrentPerson,
    mirror_id: MirrorId,
    body: RunOptionsBody | None = None,
) -> Response | RunBegun:
    """Begin a run, or go on with the one that waits; one at a time for each mirror."""
    mirror = await mirror_of(program.app, person, mirror_id)
    return await begin_run(program, mirror, (body or RunOptionsBody()).options())


async def begin_run(program: Program, mirror: Mirror, options: RunOptions) -> Response | RunBegun:
    """Begin a run of ``mirror``; where another one is in the way, return the answer for that."""
    try:
        return RunBegun.of(await program.runner.start(mirror, options))
    except RunInTheWayError as error:
        return run_in_the_way(error)


@routes.post("/{mirror_id}/pause", allow=Allow.PERSON, responses=refusals(404))
async def pause_mirror(
    program: CurrentProgram, person: CurrentPerson, mirror_id: MirrorId
) -> MirrorBody:
    """Let a mirror rest until it is resumed; a run at work waits from now on."""
    mirror = await mirror_of(program.app, person, mirror_id)
    await set_paused(program, mirror, paused=True)
    return await body_of(program, await program.app.store.mirrors.get(mirror.id))


@routes.post("/{mirror_id}/resume", allow=Allow.PERSON, responses=refusals(404))
async def resume_mirror(
    program: CurrentProgram, person: CurrentPerson, mirror_id: MirrorId
) -> MirrorBody:
    """Let a paused mirror go on, at once with a run that waited because of the pause."""
    mirror = await mirror_of(program.app, person, mirror_id)
    await set_paused(program, mirror, paused=False)
    return await body_of(program, await program.app.store.mirrors.get(mirror.id))


def _keep_place(mirror: Mirror, values: dict[str, Any]) -> None:
    """Raise `OptionsError` where ``values`` would move the mirror to another place."""
    moved = {
        name: "it cannot be changed; make another mirror"
        for name in FIXED & set(values)
        if values[name] != mirror.options.get(name)
    }
    if moved:
        raise OptionsError(moved)
