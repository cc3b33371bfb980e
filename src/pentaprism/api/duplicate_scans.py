"""``/api/duplicates/scan``: looking for duplicates among all files of a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from fastapi.responses import StreamingResponse

from pentaprism.api.bodies import AfterRow, Limit
from pentaprism.api.duplicate_scan_bodies import (
    DuplicateScanBody,
    DuplicateScanRequest,
    UnseenFile,
    UnseenFiles,
)
from pentaprism.api.duplicate_stream import watch
from pentaprism.api.problems import refusals
from pentaprism.duplicates.options import Reach
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import NotFoundError

routes = Routes(Side.API, prefix="/api/duplicates/scan", tags=["duplicates"])

_STREAM = "text/event-stream"
_TEXT = {"type": "string"}
_EVENT = {
    "type": "object",
    "description": "An event, whose data is a `DuplicateScanBody`, or null.",
    "properties": {"event": _TEXT, "data": _TEXT},
}
_SHOWN = 'event: progress\ndata: {"state":"running","phase":"comparing","done":4800}\n\n'


@routes.post("", allow=Allow.PERSON, status_code=202, responses=refusals())
async def scan_for_duplicates(
    program: CurrentProgram, person: CurrentPerson, body: DuplicateScanRequest | None = None
) -> DuplicateScanBody:
    """Begin to look for duplicates among what is new; a search that is under way goes on."""
    settings, reach = program.app.settings, None
    if body is not None and body.symmetries is not None:
        reach = Reach(settings.duplicate_distance, body.symmetries)
    return DuplicateScanBody.of(await program.duplicate_scans.start(person.id, reach=reach))


@routes.get("", allow=Allow.PERSON, responses=refusals(404))
async def get_duplicate_scan(program: CurrentProgram, person: CurrentPerson) -> DuplicateScanBody:
    """Return the search that is under way, else the last one since the server began."""
    scans = program.duplicate_scans
    scan = scans.progress(person.id) or scans.last(person.id)
    if scan is None:
        raise NotFoundError(
            "Duplicates were not looked for since the server began.",
            code="no_scan",
            hint="Begin with POST at the same address.",
        )
    return DuplicateScanBody.of(scan)


@routes.delete("", allow=Allow.PERSON, status_code=204, responses=refusals())
async def cancel_duplicate_scan(program: CurrentProgram, person: CurrentPerson) -> None:
    """End the search that is under way; what it has found is kept, and the next one goes on."""
    await program.duplicate_scans.cancel(person.id)


@routes.get("/problems", allow=Allow.PERSON, responses=refusals())
async def list_unseen_files(
    program: CurrentProgram, person: CurrentPerson, after: AfterRow = 0, limit: Limit = 100
) -> UnseenFiles:
    """List your files that could not be looked at, and why."""
    found = await program.app.store.fingerprints.problems(person.id, after=after, limit=limit + 1)
    page = found[:limit]
    return UnseenFiles(
        files=[UnseenFile.of(file) for file in page],
        next=page[-1].row if len(found) > limit else None,
    )


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
async def watch_duplicate_scan(
    program: CurrentProgram,
    person: CurrentPerson,
    last_event_id: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> StreamingResponse:
    """Watch a search for duplicates: its progress when it changes, and its end."""
    del last_event_id
    scans = program.duplicate_scans

    def look() -> tuple[DuplicateScanBody | None, bool]:
        live = scans.progress(person.id)
        scan = live or scans.last(person.id)
        return DuplicateScanBody.of(scan) if scan else None, live is not None

    return StreamingResponse(
        watch(scans.changes, look),
        media_type=_STREAM,
        headers={"X-Accel-Buffering": "no"},
    )
