"""Searches for duplicates as requests and answers tell them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from pentaprism.api.bodies import ROOT_ID, WHEN, Answer, Request, example
from pentaprism.duplicates.progress import DuplicatePhase
from pentaprism.jobs.duplicate_scans import DuplicateScanLive, DuplicateScanState
from pentaprism.overview.file_problems import told
from pentaprism.store.fingerprint_records import ProblemFile

_SCAN: dict[str, Any] = {
    "state": "running",
    "phase": "fingerprinting",
    "asked_at": WHEN,
    "started_at": WHEN,
    "ended_at": None,
    "done": 1200,
    "total": 48_000,
    "rate": 42.5,
    "seconds_left": 1101,
    "hashed": 310,
    "fingerprinted": 1200,
    "pairs": 12,
    "problems": 1,
    "waiting": [],
    "error": None,
    "error_code": None,
}

_UNSEEN: dict[str, Any] = {
    "file": 4713,
    "root_id": ROOT_ID,
    "connection_id": None,
    "path": "2023/half a picture.jpg",
    "code": "damaged",
    "message": "Its data is damaged, or it is not what its name says. Open it elsewhere; if that "
    "fails as well, restore it from a copy.",
}


class DuplicateScanRequest(Request):
    """How duplicates shall be looked for."""

    model_config = Request.model_config | example(symmetries=True)

    symmetries: bool | None = Field(
        None,
        description="Whether turned and mirrored copies are looked for; else as the settings say.",
    )


class DuplicateScanBody(Answer):
    """How a search for duplicates stands."""

    model_config = Answer.model_config | example(**_SCAN)

    state: DuplicateScanState = Field(description="Where it is.")
    phase: DuplicatePhase = Field(description="What it does with the files.")
    asked_at: datetime = Field(description="When it was asked for.")
    started_at: datetime | None = Field(description="When it began; null while it waits its turn.")
    ended_at: datetime | None = Field(description="When it ended.")
    done: int = Field(description="How many files are done in this phase.")
    total: int = Field(description="Of how many; 0 while that is not known.")
    rate: float | None = Field(description="Files a second in this phase, once it is known.")
    seconds_left: int | None = Field(
        description="How many seconds this phase still takes at that rate, once it is known."
    )
    hashed: int = Field(description="How many files were read for their bytes.")
    fingerprinted: int = Field(description="How many pictures and videos were looked at.")
    pairs: int = Field(description="How many new pairs are alike.")
    problems: int = Field(description="How many files could not be looked at.")
    waiting: list[str] = Field(description="What is left for later, and why, in sentences.")
    error: str | None = Field(description="Why it failed.")
    error_code: str | None = Field(description="Why, for programs.")

    @classmethod
    def of(cls, scan: DuplicateScanLive) -> Self:
        """Return what is told of ``scan``."""
        progress, error = scan.progress, scan.error
        left, rate = progress.seconds_left, progress.rate
        return cls(
            state=scan.state,
            phase=progress.phase,
            asked_at=scan.asked_at,
            started_at=scan.started_at,
            ended_at=scan.ended_at,
            done=progress.done,
            total=progress.total,
            rate=None if rate is None else round(rate, 1),
            seconds_left=None if left is None else round(left),
            hashed=progress.hashed,
            fingerprinted=progress.fingerprinted,
            pairs=progress.pairs,
            problems=progress.problems,
            waiting=list(progress.waiting),
            error=error.message if error else None,
            error_code=error.code if error else None,
        )


class UnseenFile(Answer):
    """A file that could not be looked at, so that nothing is known to be like it."""

    model_config = Answer.model_config | example(**_UNSEEN)

    file: int = Field(description="Its number in the index.")
    root_id: str | None = Field(description="The folder that it is in, null for an asset.")
    connection_id: str | None = Field(description="The connection of an asset, null for a file.")
    path: str = Field(description="Its path in the folder, or what Immich calls it.")
    code: str = Field(description="What is wrong, for programs.")
    message: str = Field(description="The same in a sentence.")

    @classmethod
    def of(cls, file: ProblemFile) -> Self:
        """Return what is told of ``file``."""
        what, then = told(file.problem)
        return cls(
            file=file.row,
            root_id=file.root_id,
            connection_id=file.connection_id,
            path=file.path,
            code=file.problem,
            message=f"{what} {then}",
        )


class UnseenFiles(Answer):
    """Files that could not be looked at, by their number."""

    model_config = Answer.model_config | example(files=[_UNSEEN], next=None)

    files: list[UnseenFile] = Field(description="The files of this page.")
    next: int | None = Field(description="Give it as `after` for the next page; null at the end.")
