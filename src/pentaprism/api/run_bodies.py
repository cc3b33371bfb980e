"""Runs as answers tell them: what is recorded, and how far one is at this moment."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from pentaprism.api.bodies import (
    ASSET_ID,
    HIGHEST,
    LATER,
    MIRROR_ID,
    RUN_ID,
    WHEN,
    Answer,
    Request,
    example,
)
from pentaprism.app import RunOptions
from pentaprism.jobs.live import Live
from pentaprism.program import Program
from pentaprism.store import JsonObject, Run, RunEvent, RunStatus, StartedBy

_RUN = {
    "id": RUN_ID,
    "mirror_id": MIRROR_ID,
    "status": "OK",
    "started_by": "schedule",
    "started_at": WHEN,
    "finished_at": LATER,
    "waits_until": None,
    "expected": 120,
    "total": 120,
    "uploaded": 7,
    "skipped": 112,
    "failed": 1,
    "removed": 0,
    "bytes": 48_120_334,
    "reason": None,
    "code": None,
}
_PROGRESS = {
    "run_id": RUN_ID,
    "mirror_id": MIRROR_ID,
    "status": "RUNNING",
    "started_at": WHEN,
    "expected": 120,
    "total": 60,
    "uploaded": 4,
    "skipped": 56,
    "failed": 0,
    "removed": 0,
    "bytes": 20_000_000,
    "staged": 2,
    "bytes_read": 21_500_000,
    "bytes_per_second": 2_400_000.0,
    "assets_per_second": 1.5,
    "seconds_left": 40.0,
    "ending": False,
    "transfers": [
        {"asset_id": ASSET_ID, "filename": "IMG_1.jpg", "received": 150_000, "size": 300_000}
    ],
}

EVENT = {
    "row": 4711,
    "code": "put",
    "level": "info",
    "at": WHEN,
    "message": "put at 2026/IMG_1.jpg",
    "asset_id": ASSET_ID,
    "filename": "IMG_1.jpg",
    "details": {"path": "2026/IMG_1.jpg"},
}


class RunOptionsBody(Request):
    """What is chosen for this run alone."""

    model_config = Request.model_config | example(max_removals=50, thorough=False)

    max_removals: int | None = Field(
        None, ge=0, le=HIGHEST, description="Allow that many removals this once."
    )
    thorough: bool = Field(
        False, description="Read every mirrored file instead of trusting size and time."
    )

    def options(self) -> RunOptions:
        """Return the options of a run that the API begins."""
        return RunOptions(
            thorough=self.thorough, max_removals=self.max_removals, started_by=StartedBy.API
        )


class RunBody(Answer):
    """One execution of a mirror."""

    model_config = Answer.model_config | example(**_RUN)

    id: str = Field(description="Its id.")
    mirror_id: str = Field(description="The mirror that was run.")
    status: RunStatus = Field(
        description="How it stands; one that waits goes on by itself, unless `waits_until` is null."
    )
    started_by: StartedBy = Field(description="Who began it.")
    started_at: datetime = Field(description="When it began.")
    finished_at: datetime | None = Field(description="When it ended; null until then.")
    waits_until: datetime | None = Field(
        description="When a waiting run goes on; null where a person must act first."
    )
    expected: int = Field(description="How many assets it looks at; 0 until that is known.")
    total: int = Field(description="Assets it has dealt with: put, skipped and failed.")
    uploaded: int = Field(description="Assets it has put.")
    skipped: int = Field(description="Assets that were there already, or are not mirrored.")
    failed: int = Field(description="Assets that could not be put.")
    removed: int = Field(description="Items it has removed at the destination.")
    bytes: int = Field(description="Bytes it has put.")
    reason: str | None = Field(description="Why it did not end well, or waits.")
    code: str | None = Field(description="The reason for programs.")

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return what is told of ``run``."""
        done = run.counters
        return cls(
            id=run.id,
            mirror_id=run.mirror_id,
            status=run.status,
            started_by=run.started_by,
            started_at=run.started_at,
            finished_at=run.finished_at,
            waits_until=run.waits_until,
            expected=run.expected,
            total=done.total,
            uploaded=done.uploaded,
            skipped=done.skipped,
            failed=done.failed,
            removed=done.removed,
            bytes=done.bytes,
            reason=run.reason,
            code=run.code,
        )


class RunPage(Answer):
    """Runs, the newest first."""

    model_config = Answer.model_config | example(runs=[_RUN], next=RUN_ID)

    runs: list[RunBody] = Field(description="The runs of this page.")
    next: str | None = Field(description="Give it as `before` for the next page; null at the end.")

    @classmethod
    def of(cls, runs: list[Run], limit: int) -> Self:
        """Return the page of the first ``limit`` of ``runs``, of which one more was asked for."""
        page = runs[:limit]
        more = page[-1].id if len(runs) > limit else None
        return cls(runs=[RunBody.of(run) for run in page], next=more)


class TransferBody(Answer):
    """A file on its way."""

    model_config = Answer.model_config | example(**_PROGRESS["transfers"][0])  # type: ignore[index]

    asset_id: str = Field(description="Its asset in Immich.")
    filename: str = Field(description="Its name in Immich.")
    received: int = Field(description="Bytes that have come.")
    size: int | None = Field(description="Bytes in all; null where that is not known.")


class ProgressBody(Answer):
    """How far a run is at this moment."""

    model_config = Answer.model_config | example(**_PROGRESS)

    run_id: str = Field(description="The run.")
    mirror_id: str = Field(description="Its mirror.")
    status: RunStatus = Field(description="How it stands.")
    started_at: datetime = Field(description="When it began.")
    expected: int = Field(description="How many assets it looks at; 0 until that is known.")
    total: int = Field(description="Assets it has dealt with: put, skipped and failed.")
    uploaded: int = Field(description="Assets it has put.")
    skipped: int = Field(description="Assets that were there already, or are not mirrored.")
    failed: int = Field(description="Assets that could not be put.")
    removed: int = Field(description="Items it has removed at the destination.")
    bytes: int = Field(description="Bytes it has put.")
    staged: int = Field(description="Shots that wait for their commit.")
    bytes_read: int = Field(description="Bytes that came from Immich, also of unfinished files.")
    bytes_per_second: float = Field(description="The rate of the last minute.")
    assets_per_second: float = Field(description="Assets a second, of the last two minutes.")
    seconds_left: float | None = Field(description="A forecast; null while there is none.")
    ending: bool = Field(description="Whether it was asked to end.")
    transfers: list[TransferBody] = Field(description="The files on their way.")

    @classmethod
    def of(cls, run: Run, live: Live | None) -> Self:
        """Return how far ``run`` is: as it is at work here, or else as it is recorded."""
        done = live.progress.counters if live else run.counters
        return cls(
            run_id=run.id,
            mirror_id=run.mirror_id,
            status=RunStatus.RUNNING if live else run.status,
            started_at=run.started_at,
            expected=live.progress.expected if live else run.expected,
            total=done.total,
            uploaded=done.uploaded,
            skipped=done.skipped,
            failed=done.failed,
            removed=done.removed,
            bytes=done.bytes,
            staged=live.progress.staged if live else 0,
            bytes_read=live.progress.bytes_read if live else done.bytes,
            bytes_per_second=round(live.rate, 1) if live else 0,
            assets_per_second=round(live.files_rate, 3) if live else 0,
            seconds_left=_rounded(live.seconds_left) if live else None,
            ending=live.ending if live else False,
            transfers=_transfers(live) if live else [],
        )


class RunDetail(RunBody):
    """A run, and how far it is while it is at work in this server."""

    model_config = Answer.model_config | example(**_RUN, progress=None)

    progress: ProgressBody | None = Field(description="Null when it is not at work here.")


class EventBody(Answer):
    """Something that happened in a run."""

    model_config = Answer.model_config | example(**EVENT)

    row: int = Field(description="Its number, ascending with time.")
    code: str = Field(description="What happened, for programs.")
    level: str = Field(description="info, warning or error.")
    at: datetime = Field(description="When.")
    message: str = Field(description="What happened, in a sentence.")
    asset_id: str | None = Field(description="The asset in Immich, if it is about one.")
    filename: str | None = Field(description="Its name.")
    details: JsonObject = Field(description="What stands in the sentence, and more.")

    @classmethod
    def of(cls, event: RunEvent) -> Self:
        """Return what is told of ``event``."""
        return cls(
            row=event.row,
            code=event.code,
            level=event.level,
            at=event.at,
            message=event.message,
            asset_id=event.asset_id,
            filename=event.filename,
            details=event.details,
        )


def live_of(program: Program, run: Run) -> Live | None:
    """Return how far ``run`` is, None where it is not at work here."""
    live = program.runner.live(run.mirror_id)
    return live if live is not None and live.run_id == run.id else None


def _transfers(live: Live) -> list[TransferBody]:
    return [
        TransferBody(
            asset_id=one.asset.id,
            filename=one.asset.filename,
            received=one.received,
            size=one.size,
        )
        for one in live.progress.transfers
    ]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
