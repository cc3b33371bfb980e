"""``/api/duplicates/bulk``: all groups in which nothing can be lost, resolved by rule."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from fastapi.responses import Response, StreamingResponse

from pentaprism.api.belongings import source_of
from pentaprism.api.duplicate_plan_bodies import BulkPreviewBody, BulkRequest, BulkWork
from pentaprism.api.duplicate_stream import watch
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import ConflictError, NotFoundError
from pentaprism.fingerprints.labels import Label
from pentaprism.resolution.bulk import BulkChoice

routes = Routes(Side.API, prefix="/api/duplicates/bulk", tags=["duplicates"])

_STREAM = "text/event-stream"
_TEXT = {"type": "string"}
_EVENT = {
    "type": "object",
    "description": "An event, whose data is a `BulkWork`, or null.",
    "properties": {"event": _TEXT, "data": _TEXT},
}
_SHOWN = 'event: progress\ndata: {"doing":"bulk","state":"running","looked":42}\n\n'
_PREVIEW = {"model": BulkPreviewBody, "description": "What would be done; nothing was changed"}
_BEGUN = {"model": BulkWork, "description": "It has begun"}


@routes.post(
    "",
    allow=Allow.PERSON,
    response_model=None,
    status_code=202,
    responses={**refusals(404, 409), 200: _PREVIEW, 202: _BEGUN},
)
async def resolve_in_bulk(
    program: CurrentProgram, person: CurrentPerson, body: BulkRequest, response: Response
) -> BulkPreviewBody | BulkWork:
    """Tell what resolving all identical groups would do, or with `dry_run` false begin it."""
    source_id = await source_of(program.app, person, body.root_id, body.connection_id)
    choice = BulkChoice(Label(body.label), body.folder or None, source_id)
    work = program.resolutions
    if body.dry_run:
        response.status_code = 200
        return BulkPreviewBody.of(await work.preview_bulk(person.id, choice))
    if body.groups is not None:
        found = (await work.preview_bulk(person.id, choice)).groups
        if found != body.groups:
            raise ConflictError(
                f"There are {found} groups by now, and {body.groups} were told before.",
                code="changed_since",
                hint="Nothing was changed. Look at the preview again.",
            )
    return BulkWork.of(await work.begin_bulk(person.id, choice))


@routes.get("", allow=Allow.PERSON, responses=refusals(404))
async def get_bulk_work(program: CurrentProgram, person: CurrentPerson) -> BulkWork:
    """Return the bulk, or the undo of a review, under way, else the last since the server began."""
    work = program.resolutions.last(person.id)
    if work is None:
        raise NotFoundError(
            "Nothing was resolved in bulk since the server began.",
            code="no_bulk",
            hint="POST at the same address tells what it would do.",
        )
    return BulkWork.of(work)


@routes.get(
    "/events",
    allow=Allow.PERSON,
    response_class=StreamingResponse,
    responses={
        **refusals(),
        200: {
            "description": "A stream of server-sent events",
            "content": {_STREAM: {"schema": _EVENT, "example": _SHOWN}},
        },
    },
)
async def watch_bulk_work(
    program: CurrentProgram,
    person: CurrentPerson,
    last_event_id: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> StreamingResponse:
    """Watch a bulk, or the undo of a review: its progress when it changes, and its end."""
    del last_event_id
    resolutions = program.resolutions

    def look() -> tuple[BulkWork | None, bool]:
        work = resolutions.last(person.id)
        return (BulkWork.of(work), work.ended_at is None) if work else (None, False)

    return StreamingResponse(
        watch(resolutions.changes, look), media_type=_STREAM, headers={"X-Accel-Buffering": "no"}
    )
