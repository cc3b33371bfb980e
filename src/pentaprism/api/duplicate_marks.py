"""``/api/duplicates/marked``: files in folders that are not needed any more, never touched."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import re
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import Path, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from pentaprism.api.belongings import mark_of
from pentaprism.api.bodies import HIGHEST, ROOT_ID, WHEN, AfterRow, Answer, Limit, example
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.program import Program
from pentaprism.store import Person
from pentaprism.store.duplicate_records import DuplicateMark
from pentaprism.store.library_records import Root

routes = Routes(Side.API, prefix="/api/duplicates/marked", tags=["duplicates"])

type _Form = Literal["text", "nul", "csv", "jsonl"]
type _Writer = Callable[[Iterable[DuplicateMark], Mapping[str, Root]], bytes]

_PAGE = 1000
_BREAK = re.compile(r"[\r\n]")
_MARK = {
    "file": 4712,
    "root_id": ROOT_ID,
    "path": "2026/06/IMG_1 (1).jpg",
    "full_path": "/photos/2026/06/IMG_1 (1).jpg",
    "size": 1_200_000,
    "keeper": 4711,
    "kept": True,
    "marked_at": WHEN,
}
_COLUMNS = tuple(_MARK)
_TEXT = {"schema": {"type": "string"}}
_SHOWN = {
    "text/plain": _TEXT | {"example": "/photos/2026/06/IMG_1 (1).jpg\n"},
    "application/octet-stream": _TEXT,
    "text/csv": _TEXT,
    "application/jsonl": _TEXT,
}
_TYPES: Mapping[_Form, str] = {
    "text": "text/plain; charset=utf-8",
    "nul": "application/octet-stream",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
}

MarkedFile = Annotated[
    int, Path(ge=1, le=HIGHEST, description="The number of a marked file.", examples=[4712])
]


class DuplicateMarkBody(Answer):
    """A file in a folder that is not needed any more; Pentaprism does not touch it."""

    model_config = Answer.model_config | example(**_MARK)

    file: int = Field(description="The file's number in the index.")
    root_id: str = Field(description="The indexed folder that it is in.")
    path: str = Field(description="Its path in that folder.")
    full_path: str = Field(description="Its path on the server.")
    size: int | None = Field(description="Its bytes; null where that is not known.")
    keeper: int = Field(description="The number of the first file of the shot that was kept.")
    kept: bool = Field(
        description="Whether that is still there and not marked itself; only then is the file in "
        "the export."
    )
    marked_at: datetime = Field(description="When it was marked.")

    @classmethod
    def of(cls, mark: DuplicateMark, roots: Mapping[str, Root], *, kept: bool) -> Self:
        """Return what is told of ``mark``."""
        return cls(
            file=mark.file_row,
            root_id=mark.root_id,
            path=mark.path,
            full_path=_full_path(mark, roots),
            size=mark.size,
            keeper=mark.keeper_row,
            kept=kept,
            marked_at=mark.marked_at,
        )


class DuplicateMarks(Answer):
    """Marked files, by their number."""

    model_config = Answer.model_config | example(files=[_MARK], next=None)

    files: list[DuplicateMarkBody] = Field(description="The files of this page.")
    next: int | None = Field(description="Give it as `after` for the next page; null at the end.")


@routes.get("", allow=Allow.PERSON, responses=refusals())
async def list_marked(
    program: CurrentProgram, person: CurrentPerson, after: AfterRow = 0, limit: Limit = 100
) -> DuplicateMarks:
    """List the files in folders that were marked as not needed any more."""
    roots = await _roots(program, person)
    marks = await program.app.store.duplicate_marks.page(person.id, after=after, limit=limit + 1)
    page = marks[:limit]
    kept = await _kept(program, page)
    return DuplicateMarks(
        files=[DuplicateMarkBody.of(mark, roots, kept=mark.keeper_row in kept) for mark in page],
        next=page[-1].file_row if len(marks) > limit else None,
    )


@routes.get(
    "/export",
    allow=Allow.PERSON,
    response_class=StreamingResponse,
    responses={**refusals(), 200: {"description": "The whole list", "content": _SHOWN}},
)
async def export_marked(
    program: CurrentProgram,
    person: CurrentPerson,
    form: Annotated[
        _Form,
        Query(
            alias="format",
            description="A path a line, without those that have line breaks; paths that end with "
            "a NUL byte; a table; or lines of JSON with a `DuplicateMarkBody` each.",
        ),
    ] = "text",
) -> StreamingResponse:
    """Download the list of marked files of which something is kept; the files stay as they are."""
    ending = {"text": "txt", "nul": "bin"}.get(form, form)
    return StreamingResponse(
        _export(program, person, _WRITERS[form], head=form == "csv"),
        media_type=_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="pentaprism-marked.{ending}"'},
    )


@routes.delete("/{marked_file}", allow=Allow.PERSON, status_code=204, responses=refusals(404))
async def unmark_file(
    program: CurrentProgram, person: CurrentPerson, marked_file: MarkedFile
) -> None:
    """Take the mark of a file back."""
    mark = await mark_of(program.app, person, marked_file)
    await program.app.store.duplicate_marks.remove([mark.file_row])
    await program.app.duplicates.regroup()


async def _roots(program: Program, person: Person) -> dict[str, Root]:
    return {root.id: root for root in await program.app.store.roots.list(person.id)}


async def _export(
    program: Program, person: Person, write: _Writer, *, head: bool
) -> AsyncIterator[bytes]:
    roots = await _roots(program, person)
    if head:
        yield _table([_COLUMNS])
    after = 0
    while marks := await program.app.store.duplicate_marks.page(
        person.id, after=after, limit=_PAGE
    ):
        kept = await _kept(program, marks)
        safe = [mark for mark in marks if mark.keeper_row in kept]
        yield write(await asyncio.to_thread(_as_indexed, safe, roots), roots)
        after = marks[-1].file_row


async def _kept(program: Program, marks: Collection[DuplicateMark]) -> set[int]:
    """Return the keepers that are there, as they were looked at, and are not marked themselves.

    Where it is otherwise, a marked file may be the last one of its picture.
    """
    store, keepers = program.app.store, {mark.keeper_row for mark in marks}
    return set(await store.fingerprints.places(keepers)) - await store.duplicate_marks.of(keepers)


def _as_indexed(marks: Iterable[DuplicateMark], roots: Mapping[str, Root]) -> list[DuplicateMark]:
    """Return those whose files are on the disk with the sizes that the index knows."""
    return [mark for mark in marks if _size_of(_full_path(mark, roots)) == mark.size]


def _size_of(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return -1


def _full_path(mark: DuplicateMark, roots: Mapping[str, Root]) -> str:
    root = roots.get(mark.root_id)
    return f"{root.path.rstrip('/')}/{mark.path}" if root else mark.path


def _as_lines(marks: Iterable[DuplicateMark], roots: Mapping[str, Root]) -> bytes:
    paths = (_full_path(mark, roots) for mark in marks)
    # As the bytes that the disk has; a name with a line break would be told as two others.
    return b"".join(os.fsencode(path) + b"\n" for path in paths if not _BREAK.search(path))


def _as_nul(marks: Iterable[DuplicateMark], roots: Mapping[str, Root]) -> bytes:
    return b"".join(os.fsencode(_full_path(mark, roots)) + b"\0" for mark in marks)


def _as_csv(marks: Iterable[DuplicateMark], roots: Mapping[str, Root]) -> bytes:
    bodies = (DuplicateMarkBody.of(mark, roots, kept=True) for mark in marks)
    return _table(tuple(body.model_dump(mode="json").values()) for body in bodies)


def _as_json(marks: Iterable[DuplicateMark], roots: Mapping[str, Root]) -> bytes:
    bodies = (DuplicateMarkBody.of(mark, roots, kept=True) for mark in marks)
    return "".join(f"{body.model_dump_json()}\n" for body in bodies).encode()


def _table(rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


_WRITERS: Mapping[_Form, _Writer] = {
    "text": _as_lines,
    "nul": _as_nul,
    "csv": _as_csv,
    "jsonl": _as_json,
}
