"""Roots and their scans as requests and answers tell them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from pentaprism.api.bodies import CONNECTION_ID, LATER, ROOT_ID, WHEN, Answer, Request, example
from pentaprism.jobs.scanning import ScanLive, ScanState
from pentaprism.library.progress import Phase
from pentaprism.overview.file_problems import told
from pentaprism.store.library_records import Root, RootState, Watching

_SCAN = {
    "state": "scanning",
    "phase": "reading",
    "asked_at": WHEN,
    "started_at": WHEN,
    "ended_at": None,
    "folder": "2026/06",
    "folders": 120,
    "files": 48_000,
    "added": 300,
    "changed": 2,
    "moved": 1,
    "missing": 0,
    "to_read": 302,
    "read": 120,
    "problems": 1,
    "grouped": 0,
    "rate": 85.5,
    "error": None,
    "error_code": None,
}
ROOT = {
    "id": ROOT_ID,
    "name": "Photos",
    "path": "/photos",
    "connection_id": CONNECTION_ID,
    "immich_path": "/mnt/photos",
    "watching": "auto",
    "state": "present",
    "reason": None,
    "scanned_at": LATER,
    "created_at": WHEN,
    "scan": _SCAN,
}
_PROBLEM = {
    "file": 4711,
    "path": "2026/06/IMG_1.jpg",
    "code": "damaged",
    "message": " ".join(told("damaged")),
}


class NewRoot(Request):
    """A folder that shall be indexed."""

    model_config = Request.model_config | example(
        path="/photos", name="Photos", connection_id=CONNECTION_ID, immich_path="/mnt/photos"
    )

    path: str = Field(
        min_length=1, max_length=4000, description="The folder: an absolute path on the server."
    )
    name: str | None = Field(
        None, min_length=1, max_length=100, description="A name; else that of the folder."
    )
    connection_id: str | None = Field(
        None, max_length=100, description="The connection whose Immich sees the same folder."
    )
    immich_path: str | None = Field(
        None, max_length=4000, description="Where that Immich sees it, such as /mnt/photos."
    )
    watching: Watching = Field(Watching.AUTO, description="How changes in it are noticed.")


class RootChange(Request):
    """What shall be changed in an indexed folder; what is left out stays."""

    model_config = Request.model_config | example(name="Camera", watching="polling")

    name: str | None = Field(None, min_length=1, max_length=100, description="Another name.")
    connection_id: str | None = Field(
        None, max_length=100, description="The connection whose Immich sees it; null for none."
    )
    immich_path: str | None = Field(
        None, max_length=4000, description="Where that Immich sees it; null for nowhere."
    )
    watching: Watching | None = Field(None, description="How changes in it are noticed.")


class ScanBody(Answer):
    """How a scan stands."""

    model_config = Answer.model_config | example(**_SCAN)

    state: ScanState = Field(description="Where it is.")
    phase: Phase = Field(description="What it does with the files.")
    asked_at: datetime = Field(description="When it was asked for.")
    started_at: datetime | None = Field(description="When it began; null while it waits its turn.")
    ended_at: datetime | None = Field(description="When it ended.")
    folder: str = Field(description="The folder that it is in.")
    folders: int = Field(description="How many folders it has listed.")
    files: int = Field(description="How many files it has seen.")
    added: int = Field(description="How many of them are new.")
    changed: int = Field(description="How many have changed.")
    moved: int = Field(description="How many have another name or place.")
    missing: int = Field(description="How many are no longer there.")
    to_read: int = Field(description="Of how many the metadata has to be read.")
    read: int = Field(description="Of how many it was read.")
    problems: int = Field(description="How many files and folders had a problem.")
    grouped: int = Field(description="How many files were grouped.")
    rate: float = Field(description="Files a second in this phase; 0 while it is not known.")
    error: str | None = Field(description="Why it failed.")
    error_code: str | None = Field(description="Why, for programs.")

    @classmethod
    def of(cls, scan: ScanLive) -> Self:
        """Return what is told of ``scan``."""
        counted = {
            name: getattr(scan.progress, name)
            for name in cls.model_fields
            if hasattr(scan.progress, name)
        }
        return cls(
            **counted,
            state=scan.state,
            asked_at=scan.asked_at,
            started_at=scan.started_at,
            ended_at=scan.ended_at,
            rate=round(scan.rate, 1),
            error=scan.error.message if scan.error else None,
            error_code=scan.error.code if scan.error else None,
        )


class RootBody(Answer):
    """A folder whose files are indexed; they are only ever read."""

    model_config = Answer.model_config | example(**ROOT)

    id: str = Field(description="Its id.")
    name: str = Field(description="Its name.")
    path: str = Field(description="The folder on the server.")
    connection_id: str | None = Field(description="The connection whose Immich sees it as well.")
    immich_path: str | None = Field(description="Where that Immich sees it.")
    watching: Watching = Field(description="How changes in it are noticed.")
    state: RootState = Field(
        description="Whether it was there when last looked at; what is away is not forgotten."
    )
    reason: str | None = Field(description="Why it is away, or watched otherwise than was asked.")
    scanned_at: datetime | None = Field(description="The end of its last whole scan.")
    created_at: datetime = Field(description="When it was added.")
    scan: ScanBody | None = Field(
        description="Its scan that is under way, else the last one; null before the first."
    )

    @classmethod
    def of(cls, root: Root, scan: ScanLive | None) -> Self:
        """Return what is told of ``root``."""
        values = {name: getattr(root, name) for name in cls.model_fields if name != "scan"}
        return cls(**values, scan=ScanBody.of(scan) if scan else None)


class FileProblem(Answer):
    """A file that could not be read."""

    model_config = Answer.model_config | example(**_PROBLEM)

    file: int = Field(description="Its number in the index.")
    path: str = Field(description="Its path in the root.")
    code: str = Field(description="What is wrong, for programs.")
    message: str = Field(description="The same in a sentence.")

    @classmethod
    def of(cls, row: int, path: str, code: str) -> Self:
        """Return what is told of a file with a problem."""
        what, then = told(code)
        return cls(file=row, path=path, code=code, message=f"{what} {then}")


class FileProblems(Answer):
    """Files that could not be read, by their number."""

    model_config = Answer.model_config | example(files=[_PROBLEM], next=None)

    files: list[FileProblem] = Field(description="The files of this page.")
    next: int | None = Field(description="Give it as `after` for the next page; null at the end.")
