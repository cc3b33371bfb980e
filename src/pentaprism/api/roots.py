"""``/api/roots``: the media folders that are indexed, and their scans."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Header
from fastapi.responses import StreamingResponse

from pentaprism.api.belongings import connection_of, root_of
from pentaprism.api.bodies import AfterRow, Limit, RootId
from pentaprism.api.problems import refusals
from pentaprism.api.root_bodies import (
    FileProblem,
    FileProblems,
    NewRoot,
    RootBody,
    RootChange,
    ScanBody,
)
from pentaprism.api.root_stream import watch
from pentaprism.definitions import check_media_folder
from pentaprism.edge import Allow, CurrentPerson, CurrentVisitor, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.program import Program
from pentaprism.store import Person
from pentaprism.store.library_records import Root

routes = Routes(Side.API, prefix="/api/roots", tags=["roots"])

_STREAM = "text/event-stream"
_TEXT = {"type": "string"}
_EVENT = {
    "type": "object",
    "description": "An event, whose data is a `ScanBody`, or null.",
    "properties": {"event": _TEXT, "data": _TEXT},
}
_SHOWN = 'event: progress\ndata: {"state":"scanning","phase":"listing","files":48000}\n\n'
_FIELDS = frozenset({"name", "watching", "connection_id", "immich_path"})
_PLACED = frozenset({"connection_id", "immich_path"})


def body_of(program: Program, root: Root) -> RootBody:
    """Return ``root`` as answers tell it."""
    return RootBody.of(root, program.scans.progress(root.id) or program.scans.last(root.id))


@routes.get("", allow=Allow.PERSON, responses=refusals())
async def list_roots(program: CurrentProgram, person: CurrentPerson) -> list[RootBody]:
    """List your indexed folders, by name."""
    return [body_of(program, root) for root in await program.app.store.roots.list(person.id)]


@routes.post("", allow=Allow.PERSON, status_code=201, responses=refusals(404, 409))
async def create_root(
    program: CurrentProgram, visitor: CurrentVisitor, person: CurrentPerson, body: NewRoot
) -> RootBody:
    """Have a folder indexed, at once and whenever it changes; its files are only ever read."""
    # A token never shows any folder.
    asking = replace(person, is_admin=visitor.is_admin)
    path = await check_media_folder(program.app, asking, body.path)
    await _check_place(program, person, body.connection_id, body.immich_path)
    root = await program.app.store.roots.add(
        person.id,
        path,
        body.name or os.path.basename(path) or path,
        connection_id=body.connection_id,
        immich_path=body.immich_path or None,
        watching=body.watching,
    )
    await program.scans.start(root.id)
    _wake(program, root)
    return body_of(program, root)


@routes.get("/{root_id}", allow=Allow.PERSON, responses=refusals(404))
async def get_root(program: CurrentProgram, person: CurrentPerson, root_id: RootId) -> RootBody:
    """Return an indexed folder, and how far its scan is."""
    return body_of(program, await root_of(program.app, person, root_id))


@routes.patch("/{root_id}", allow=Allow.PERSON, responses=refusals(404))
async def change_root(
    program: CurrentProgram, person: CurrentPerson, root_id: RootId, body: RootChange
) -> RootBody:
    """Change the name, the watching, or where Immich sees an indexed folder; its place stays."""
    root = await root_of(program.app, person, root_id)
    wanted: dict[str, Any] = {
        name: getattr(body, name)
        for name in _FIELDS & body.model_fields_set
        if name in _PLACED or getattr(body, name) is not None
    }
    if _PLACED & wanted.keys():
        placed = {name: wanted.get(name, getattr(root, name)) or None for name in _PLACED}
        await _check_place(program, person, placed["connection_id"], placed["immich_path"])
        wanted |= placed
    if not wanted:
        return body_of(program, root)
    changed = await program.app.store.roots.update(root.id, **wanted)
    if any(getattr(changed, name) != getattr(root, name) for name in _PLACED):
        await program.scans.start(root.id)
    _wake(program, changed)
    return body_of(program, changed)


@routes.delete("/{root_id}", allow=Allow.PERSON, status_code=204, responses=refusals(404))
async def delete_root(program: CurrentProgram, person: CurrentPerson, root_id: RootId) -> None:
    """Forget an indexed folder and what is known of its files; the files stay as they are."""
    root = await root_of(program.app, person, root_id)
    await program.scans.cancel(root.id)
    await program.app.store.roots.delete(root.id)
    program.scans.forget(root.id)
    program.watchers.wake()


@routes.post("/{root_id}/scan", allow=Allow.PERSON, status_code=202, responses=refusals(404))
async def scan_root(program: CurrentProgram, person: CurrentPerson, root_id: RootId) -> ScanBody:
    """Begin a scan; one that is under way goes on. One folder is scanned at a time."""
    root = await root_of(program.app, person, root_id)
    return ScanBody.of(await program.scans.start(root.id))


@routes.get("/{root_id}/scan", allow=Allow.PERSON, responses=refusals(404))
async def get_scan(program: CurrentProgram, person: CurrentPerson, root_id: RootId) -> ScanBody:
    """Return the scan that is under way, else the last one since the server began."""
    root = await root_of(program.app, person, root_id)
    scan = program.scans.progress(root.id) or program.scans.last(root.id)
    if scan is None:
        raise NotFoundError(
            f"“{root.name}” was not scanned since the server began.",
            code="no_scan",
            hint="Begin a scan with POST at the same address.",
        )
    return ScanBody.of(scan)


@routes.delete("/{root_id}/scan", allow=Allow.PERSON, status_code=204, responses=refusals(404))
async def cancel_scan(program: CurrentProgram, person: CurrentPerson, root_id: RootId) -> None:
    """End the scan that is under way; what it has found is kept, and the next one goes on."""
    root = await root_of(program.app, person, root_id)
    await program.scans.cancel(root.id)


@routes.get(
    "/{root_id}/events",
    allow=Allow.PERSON,
    response_class=StreamingResponse,
    responses={
        **refusals(404),
        200: {
            "description": "A stream of server-sent events",
            "content": {_STREAM: {"schema": _EVENT, "example": _SHOWN}},
        },
    },
)
async def watch_root(
    program: CurrentProgram,
    person: CurrentPerson,
    root_id: RootId,
    last_event_id: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> StreamingResponse:
    """Watch the scan of a folder: its progress when it changes, and its end."""
    del last_event_id
    root = await root_of(program.app, person, root_id)
    return StreamingResponse(
        watch(program, root), media_type=_STREAM, headers={"X-Accel-Buffering": "no"}
    )


@routes.get("/{root_id}/problems", allow=Allow.PERSON, responses=refusals(404))
async def list_problems(
    program: CurrentProgram,
    person: CurrentPerson,
    root_id: RootId,
    after: AfterRow = 0,
    limit: Limit = 100,
) -> FileProblems:
    """List the files of a folder that are there and could not be read, and why."""
    root = await root_of(program.app, person, root_id)
    files = await program.app.store.library_files.problems(root.id, after=after, limit=limit + 1)
    page = files[:limit]
    return FileProblems(
        files=[FileProblem.of(file.row, file.path, file.problem or "") for file in page],
        next=page[-1].row if len(files) > limit else None,
    )


async def _check_place(
    program: Program, person: Person, connection_id: str | None, immich_path: str | None
) -> None:
    """Raise an error where a root cannot be seen so by Immich."""
    if connection_id is not None:
        await connection_of(program.app, person, connection_id)
    elif immich_path:
        raise InvalidError(
            "A path in Immich needs the connection of that Immich.",
            code="no_connection_chosen",
            hint="Give connection_id as well.",
        )
    if immich_path and (not immich_path.startswith("/") or "\0" in immich_path):
        raise InvalidError(
            "The path in Immich is not a whole one.",
            code="immich_path",
            hint="Give it as Immich shows it, such as /mnt/photos.",
        )


def _wake(program: Program, root: Root) -> None:
    program.watchers.wake()
    if root.connection_id is not None:
        program.catalogues.wake(root.connection_id)
