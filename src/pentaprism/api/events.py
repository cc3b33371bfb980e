"""``/api/runs/{run_id}/events`` and ``/log``: what happened in a run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import Header, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from pentaprism.api.belongings import run_of
from pentaprism.api.bodies import HIGHEST, Answer, Limit, RunId, Search, example, presentable
from pentaprism.api.problems import refusals
from pentaprism.api.run_bodies import EVENT, EventBody
from pentaprism.api.stream import watch
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.mirrors.events import Code, Level
from pentaprism.program import Program
from pentaprism.store import Run, RunEvent

routes = Routes(Side.API, prefix="/api/runs", tags=["runs"])

_PAGE = 1000
_STREAM = "text/event-stream"
_LINES = "application/x-ndjson"
_SHOWN = (
    "event: event\nid: 4711\n"
    'data: {"row":4711,"code":"put","level":"info","message":"put at IMG_1.jpg"}\n\n'
)
_TEXT = "2026-06-01T03:00:04+00:00 INFO    IMG_1.jpg: put at IMG_1.jpg\n"

Row = Annotated[int | None, Query(ge=0, le=HIGHEST)]
Levels = Annotated[list[Level] | None, Query(alias="level", description="Only of these levels.")]
Codes = Annotated[list[Code] | None, Query(alias="code", description="Only with these codes.")]


class EventPage(Answer):
    """Events of a run, the newest first."""

    model_config = Answer.model_config | example(events=[EVENT], total=1, next=None)

    events: list[EventBody] = Field(description="The events of this page.")
    total: int = Field(description="How many there are that fit, on all pages.")
    next: int | None = Field(description="Give it as `before` for the next page; null at the end.")


def _told(media_type: str, shown: str) -> dict[str, Any]:
    return {media_type: {"schema": {"type": "string"}, "example": shown}}


@routes.get(
    "/{run_id}/events",
    allow=Allow.PERSON,
    response_model=EventPage,
    responses={
        **refusals(404),
        200: {
            "model": EventPage,
            "description": "A page of events; or, with `Accept: text/event-stream`, the run as it "
            "goes on: `progress` with a `ProgressBody`, `event` with an `EventBody` and its row as "
            "id, and `end` with a `RunBody`.",
            "content": _told(_STREAM, _SHOWN),
        },
    },
)
async def list_events(
    program: CurrentProgram,
    person: CurrentPerson,
    *,
    run_id: RunId,
    levels: Levels = None,
    codes: Codes = None,
    search: Search = None,
    before: Annotated[
        Row, Query(description="Older events than this row: `next` of the page before.")
    ] = None,
    after: Annotated[
        Row, Query(description="Newer events than this row; a stream begins there, 0 for all.")
    ] = None,
    limit: Limit = 100,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    last_event_id: Annotated[
        str | None, Header(description="The id of the last event that a broken stream gave.")
    ] = None,
) -> Response | EventPage:
    """Return the events of a run, or watch it: ask for `text/event-stream`."""
    run = await run_of(program.app, person, run_id)
    if _STREAM in accept:
        return StreamingResponse(
            watch(program, run, after=_resumed(last_event_id, after)),
            media_type=_STREAM,
            headers={"X-Accel-Buffering": "no"},
        )
    runs = program.app.store.runs
    events = await runs.event_page(
        run.id,
        before=before,
        after=after,
        levels=levels,
        codes=codes,
        search=search,
        limit=limit,
    )
    return EventPage(
        events=[EventBody.of(event) for event in events],
        total=await runs.count_events(run.id, levels=levels, codes=codes, search=search),
        next=events[-1].row if len(events) == limit and after is None else None,
    )


@routes.get(
    "/{run_id}/log",
    allow=Allow.PERSON,
    response_class=Response,
    responses={
        **refusals(404),
        200: {
            "description": "A file, the oldest event first",
            "content": _told("text/plain", _TEXT) | _told(_LINES, '{"row":4711,"code":"put"}\n'),
        },
    },
)
async def download_log(
    program: CurrentProgram,
    person: CurrentPerson,
    run_id: RunId,
    form: Annotated[
        Literal["text", "jsonl"],
        Query(alias="format", description="Lines of text, or of JSON with an `EventBody` each."),
    ] = "text",
    level: Annotated[Level | None, Query(description="Only of this level.")] = None,
) -> StreamingResponse:
    """Download all events of a run."""
    run = await run_of(program.app, person, run_id)
    ending = "log" if form == "text" else "jsonl"
    name = f"pentaprism-run-{run.id[:8]}.{ending}"
    return StreamingResponse(
        _lines(program, run, form, level),
        media_type="text/plain; charset=utf-8" if form == "text" else _LINES,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _lines(
    program: Program, run: Run, form: Literal["text", "jsonl"], level: Level | None
) -> AsyncIterator[bytes]:
    after = 0
    runs = program.app.store.runs
    while events := await runs.events(run.id, after=after, limit=_PAGE, level=level):
        made = map(_text if form == "text" else _json, events)
        yield "".join(f"{line}\n" for line in made).encode()
        after = events[-1].row


def _text(event: RunEvent) -> str:
    about = f"{event.filename}: " if event.filename else ""
    told = f"{about}{event.message}".replace("\r", " ").replace("\n", " ")
    return f"{event.at.isoformat()} {event.level.upper():<7} {presentable(told)}"


def _json(event: RunEvent) -> str:
    return EventBody.of(event).model_dump_json()


def _resumed(last_event_id: str | None, after: int | None) -> int | None:
    """Return the row that a stream goes on after; an id that is none of ours is left aside."""
    text = last_event_id or ""
    if text.isascii() and text.isdigit() and int(text[:20]) <= HIGHEST:
        return int(text[:20])
    return after
