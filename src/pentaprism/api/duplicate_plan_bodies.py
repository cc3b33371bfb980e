"""What resolving duplicates would do, as requests and answers tell it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field

from pentaprism.api.bodies import ASSET_ID, CONNECTION_ID, ROOT_ID, WHEN, Answer, Request, example
from pentaprism.api.duplicate_bodies import DUPLICATES_ID
from pentaprism.api.journal_bodies import REVIEW_ID, DecidedFileBody, PlannedStepBody
from pentaprism.jobs.decisions import PlannedDecision
from pentaprism.jobs.resolving import Doing, Resolving
from pentaprism.resolution.bulk import BulkPreview, LeftOut
from pentaprism.resolution.decision import DecidedFile
from pentaprism.resolution.remarks import Note, NoteCode, Refusal, RefusalCode

_REFUSAL = {
    "code": "album_closed",
    "message": "IMG_1.jpg is in the album Summer, which this user may not change: the picture "
    "would vanish there.",
    "asset_id": ASSET_ID,
}
_NOTE = {
    "code": "descriptions_joined",
    "message": "The descriptions differ, so that the keeper gets both.",
    "asset_id": ASSET_ID,
}
_FILE = {
    "file": 4712,
    "path": "2026/06/IMG_1 (1).jpg",
    "size": 1_200_000,
    "root_id": ROOT_ID,
    "connection_id": None,
    "asset_id": None,
}
_STEP = {
    "kind": "trash",
    "asset_id": None,
    "target": None,
    "name": None,
    "before": [],
    "after": [ASSET_ID],
}
_LEFT = {
    "reason": "not_covered",
    "message": LeftOut.NOT_COVERED.sentence,
    "groups": 3,
    "examples": [DUPLICATES_ID],
}
_WORK: dict[str, Any] = {
    "doing": "bulk",
    "review_id": REVIEW_ID,
    "state": "running",
    "started_at": WHEN,
    "ended_at": None,
    "total": 120,
    "looked": 42,
    "done": 41,
    "partly": 0,
    "failed": 0,
    "left": 1,
    "refused": [{"id": DUPLICATES_ID, "reason": "It has changed since."}],
    "error": None,
    "error_code": None,
}


class RefusalBody(Answer):
    """Why a decision may not be carried out."""

    model_config = Answer.model_config | example(**_REFUSAL)

    code: RefusalCode = Field(description="What stands in the way, for programs.")
    message: str = Field(description="The same in a sentence.")
    asset_id: str | None = Field(description="The asset that it is about.")

    @classmethod
    def of(cls, refusal: Refusal) -> Self:
        """Return what is told of ``refusal``."""
        return cls(code=refusal.code, message=refusal.sentence, asset_id=refusal.asset_id)


class NoteBody(Answer):
    """Something worth knowing about a decision."""

    model_config = Answer.model_config | example(**_NOTE)

    code: NoteCode = Field(description="What it is, for programs.")
    message: str = Field(description="The same in a sentence.")
    asset_id: str | None = Field(description="The asset, or the stack, that it is about.")

    @classmethod
    def of(cls, note: Note) -> Self:
        """Return what is told of ``note``."""
        return cls(code=note.code, message=note.sentence, asset_id=note.asset_id)


class ResolutionPlanBody(Answer):
    """What keeping one shot would do; nothing is changed."""

    model_config = Answer.model_config | example(
        keeper=4711,
        connection_id=CONNECTION_ID,
        keeper_asset_id=ASSET_ID,
        refusals=[],
        notes=[_NOTE],
        steps=[_STEP],
        trashed=[ASSET_ID],
        marked=[_FILE],
    )

    keeper: int = Field(description="The shot that would be kept.")
    connection_id: str | None = Field(
        description="The connection in whose Immich; null where only files would be marked."
    )
    keeper_asset_id: str | None = Field(
        description="The asset that everything is merged into; null where there is none."
    )
    refusals: list[RefusalBody] = Field(
        description="Why it may not be done; nothing is done while there are any."
    )
    notes: list[NoteBody] = Field(description="What is worth knowing.")
    steps: list[PlannedStepBody] = Field(description="The changes in Immich, in this order.")
    trashed: list[str] = Field(description="The assets that go to Immich's trash.")
    marked: list[DecidedFileBody] = Field(
        description="Files in folders that would be marked as not needed, and never touched."
    )

    @classmethod
    def of(cls, planned: PlannedDecision) -> Self:
        """Return what is told of ``planned``."""
        plan, connection = planned.plan, planned.connection
        return cls(
            keeper=planned.decision.keeper.shot,
            connection_id=connection.id if connection else None,
            keeper_asset_id=plan.keeper_asset_id,
            refusals=[RefusalBody.of(one) for one in plan.refusals],
            notes=[NoteBody.of(one) for one in plan.notes],
            steps=[PlannedStepBody.of(one) for one in plan.steps],
            trashed=list(plan.trashed),
            marked=_files(plan.marks),
        )


class BulkRequest(Request):
    """Which groups of duplicates shall be resolved by rule."""

    model_config = Request.model_config | example(label="identical", folder="2026", dry_run=True)

    label: Literal["identical"] = Field(
        "identical", description="Only what is equal byte for byte is resolved without a look."
    )
    folder: str | None = Field(
        None, max_length=4000, description="Only groups with a file in this folder or below it."
    )
    root_id: str | None = Field(
        None, max_length=100, description="Only groups with a file in this indexed folder."
    )
    connection_id: str | None = Field(
        None, max_length=100, description="Only groups with an asset of this connection."
    )
    dry_run: bool = Field(
        True, description="Whether it is only told what would be done; false carries it out."
    )
    groups: int | None = Field(
        None,
        ge=0,
        le=1_000_000_000,
        description="How many groups the preview told; where it is another number by now, "
        "nothing is done.",
    )


class LeftOutBody(Answer):
    """Groups that are not resolved in bulk, for one reason."""

    model_config = Answer.model_config | example(**_LEFT)

    reason: LeftOut = Field(description="Why, for programs.")
    message: str = Field(description="The same in a sentence.")
    groups: int = Field(description="How many they are.")
    examples: list[str] = Field(description="The ids of some of them.")


class BulkPreviewBody(Answer):
    """What a bulk would do, by what is indexed; nothing is changed."""

    model_config = Answer.model_config | example(
        groups=120, assets=118, bytes=640_000_000, marked=2, left_out=[_LEFT]
    )

    groups: int = Field(description="How many groups it would resolve.")
    assets: int = Field(description="How many assets would go to Immich's trash.")
    bytes: int = Field(description="The sizes of those together.")
    marked: int = Field(description="How many files in folders would be marked.")
    left_out: list[LeftOutBody] = Field(description="What would be left as it is, and why.")

    @classmethod
    def of(cls, preview: BulkPreview) -> Self:
        """Return what is told of ``preview``."""
        return cls(
            groups=preview.groups,
            assets=preview.assets,
            bytes=preview.bytes,
            marked=preview.marked,
            left_out=[
                LeftOutBody(
                    reason=reason,
                    message=reason.sentence,
                    groups=groups,
                    examples=preview.examples.get(reason, []),
                )
                for reason, groups in preview.left_out.items()
            ],
        )


class LeftBody(Answer):
    """A group, or a decision, that was left as it is."""

    model_config = Answer.model_config | example(id=DUPLICATES_ID, reason="It has changed since.")

    id: str = Field(description="Its id.")
    reason: str = Field(description="Why, in a sentence.")


class BulkWork(Answer):
    """A bulk, or the undo of a review, and how far it is."""

    model_config = Answer.model_config | example(**_WORK)

    doing: Doing = Field(description="What it does.")
    review_id: str = Field(description="The review whose decisions these are.")
    state: Literal["running", "ended", "failed"] = Field(description="Where it is.")
    started_at: datetime = Field(description="When it began.")
    ended_at: datetime | None = Field(description="When it ended.")
    total: int = Field(description="How many groups, or decisions, there are.")
    looked: int = Field(description="How many of them it has been through.")
    done: int = Field(description="How many ended as planned.")
    partly: int = Field(description="How many ended otherwise; the journal says how.")
    failed: int = Field(description="How many were taken back on the way.")
    left: int = Field(description="How many were left as they are.")
    refused: list[LeftBody] = Field(description="The first of those, and why.")
    error: str | None = Field(description="Why it failed.")
    error_code: str | None = Field(description="Why, for programs.")

    @classmethod
    def of(cls, work: Resolving) -> Self:
        """Return what is told of ``work``."""
        ended: Literal["ended", "failed"] = "failed" if work.error else "ended"
        return cls(
            doing=work.doing,
            review_id=work.review_id,
            state=ended if work.ended_at else "running",
            started_at=work.started_at,
            ended_at=work.ended_at,
            total=work.total,
            looked=work.looked,
            done=work.done,
            partly=work.partly,
            failed=work.failed,
            left=work.left,
            refused=[LeftBody(id=id_, reason=reason) for id_, reason in work.refused],
            error=work.error.message if work.error else None,
            error_code=work.error.code if work.error else None,
        )


def _files(files: Iterable[DecidedFile]) -> list[DecidedFileBody]:
    return [DecidedFileBody.of(asdict(file)) for file in files]
