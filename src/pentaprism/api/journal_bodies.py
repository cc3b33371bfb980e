"""The journal of what was decided about duplicates, as answers tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Path, Query
from pydantic import Field

from pentaprism.api.bodies import (
    ALBUM_ID,
    ASSET_ID,
    CONNECTION_ID,
    HIGHEST,
    LATER,
    WHEN,
    Answer,
    example,
)
from pentaprism.fingerprints.labels import Label
from pentaprism.store.journal_records import (
    DecisionKind,
    LineState,
    PlannedStep,
    Resolution,
    ResolutionState,
    ResolutionStep,
    Review,
    StepKind,
)

DECISION_ID = "7d2e5b90-1c4f-4a83-9e6d-0b1c2d3e4fbb"
REVIEW_ID = "8e3f6ca1-2d50-4b94-af7e-1c2d3e4f50cc"
"""What the examples name a decision, and a review."""

_FILE = {
    "file": 4711,
    "path": "2026/06/IMG_1.jpg",
    "size": 5_500_000,
    "root_id": None,
    "connection_id": CONNECTION_ID,
    "asset_id": ASSET_ID,
}
_STEP = {
    "kind": "album",
    "state": "done",
    "asset_id": ASSET_ID,
    "target": ALBUM_ID,
    "name": "Summer",
    "before": False,
    "after": True,
    "error": None,
}
_DECISION = {
    "id": DECISION_ID,
    "row": 12,
    "review_id": REVIEW_ID,
    "kind": "keep",
    "state": "done",
    "connection_id": CONNECTION_ID,
    "label": "recompressed",
    "score": 0.97,
    "keeper": [_FILE],
    "others": [[_FILE]],
    "notes": [],
    "error": None,
    "decided_at": WHEN,
    "ended_at": LATER,
}
_REVIEW = {
    "id": REVIEW_ID,
    "note": "bulk",
    "started_at": WHEN,
    "ended_at": LATER,
    "undone_at": None,
}

DecisionId = Annotated[str, Path(description="Id of a decision.", examples=[DECISION_ID])]
ReviewId = Annotated[str, Path(description="Id of a review.", examples=[REVIEW_ID])]
BeforeDecision = Annotated[
    int | None,
    Query(ge=1, le=HIGHEST, description="Older ones than this: `next` of the page before."),
]
AfterReview = Annotated[
    str | None,
    Query(max_length=100, description="Older ones than this: `next` of the page before."),
]
OfReview = Annotated[
    str | None, Query(max_length=100, description="Only the decisions of this review.")
]


class DecidedFileBody(Answer):
    """A file that was decided about, as it was then."""

    model_config = Answer.model_config | example(**_FILE)

    file: int = Field(description="Its number in the index.")
    path: str = Field(description="Its path in its folder, or what Immich calls it.")
    size: int | None = Field(description="Its bytes; null where that is not known.")
    root_id: str | None = Field(description="The indexed folder that it is in.")
    connection_id: str | None = Field(description="The connection by which it is known.")
    asset_id: str | None = Field(description="Its id in Immich.")

    @classmethod
    def of(cls, file: Mapping[str, Any]) -> Self:
        """Return what is told of a file as a snapshot has it."""
        names = ("path", "size", "root_id", "connection_id", "asset_id")
        return cls(file=file["row"], **{name: file.get(name) for name in names})


class PlannedStepBody(Answer):
    """A change in Immich."""

    model_config = Answer.model_config | example(
        **{name: value for name, value in _STEP.items() if name not in {"state", "error"}}
    )

    kind: StepKind = Field(description="What is changed.")
    asset_id: str | None = Field(description="The asset; null for stacks and the trash.")
    target: str | None = Field(description="The album or the stack.")
    name: str | None = Field(description="What people call the album.")
    before: Any = Field(description="What it is before: of the kind that `after` is.")
    after: Any = Field(
        description="What it is afterwards: whether it is in the album, the fields that change, "
        "the tags that are added, or the assets of the stack or in the trash."
    )

    @classmethod
    def of(cls, step: PlannedStep) -> Self:
        """Return what is told of ``step``."""
        return cls(**{name: getattr(step, name) for name in cls.model_fields})


class StepBody(PlannedStepBody):
    """A change in Immich, and how far it is."""

    model_config = Answer.model_config | example(**_STEP)

    state: LineState = Field(description="How far it is; `kept` was not taken back.")
    error: str | None = Field(description="What went otherwise, in a sentence.")

    @classmethod
    def of(cls, step: PlannedStep | ResolutionStep) -> Self:
        """Return what is told of ``step`` of the journal."""
        return cls(**{name: getattr(step, name) for name in cls.model_fields})


class DecisionBody(Answer):
    """What was decided about a group of duplicates."""

    model_config = Answer.model_config | example(**_DECISION)

    id: str = Field(description="Its id.")
    row: int = Field(description="Its number, ascending with time.")
    review_id: str = Field(description="The review that it belongs to.")
    kind: DecisionKind = Field(description="What was decided.")
    state: ResolutionState = Field(description="How far it is.")
    connection_id: str | None = Field(description="The connection in whose Immich it changes.")
    label: Label | None = Field(description="The label that the group had.")
    score: float | None = Field(description="The score that the group had.")
    keeper: list[DecidedFileBody] = Field(
        description="The files of the shot that was kept; empty where all were."
    )
    others: list[list[DecidedFileBody]] = Field(description="The files of the other shots.")
    notes: list[str] = Field(description="What was worth knowing, in sentences.")
    error: str | None = Field(description="What went otherwise than planned, in sentences.")
    decided_at: datetime = Field(description="When it was decided.")
    ended_at: datetime | None = Field(description="When it was carried out, or taken back.")

    @classmethod
    def of(cls, decision: Resolution) -> Self:
        """Return what is told of ``decision``."""
        return cls(**_values(decision))


class DecisionDetail(DecisionBody):
    """A decision with its steps."""

    model_config = Answer.model_config | example(**_DECISION, steps=[_STEP])

    steps: list[StepBody] = Field(description="What it changes in Immich, in this order.")

    @classmethod
    def of_all(cls, decision: Resolution, steps: Iterable[ResolutionStep]) -> Self:
        """Return all that is told of ``decision``."""
        return cls(**_values(decision), steps=[StepBody.of(step) for step in steps])


class JournalPage(Answer):
    """Decisions, the newest first."""

    model_config = Answer.model_config | example(decisions=[_DECISION], next=None)

    decisions: list[DecisionBody] = Field(description="The decisions of this page.")
    next: int | None = Field(description="Give it as `before` for the next page; null at the end.")

    @classmethod
    def of(cls, found: Sequence[Resolution], limit: int) -> Self:
        """Return the first ``limit`` of ``found`` as a page."""
        page = found[:limit]
        return cls(
            decisions=[DecisionBody.of(one) for one in page],
            next=page[-1].row if len(found) > limit else None,
        )


class ReviewBody(Answer):
    """Decisions that were made together."""

    model_config = Answer.model_config | example(**_REVIEW)

    id: str = Field(description="Its id.")
    note: str = Field(description="What it was, such as `bulk`.")
    started_at: datetime = Field(description="When it began.")
    ended_at: datetime | None = Field(description="When it ended; null while it is under way.")
    undone_at: datetime | None = Field(description="When it was undone, as far as it could be.")

    @classmethod
    def of(cls, review: Review) -> Self:
        """Return what is told of ``review``."""
        return cls(**{name: getattr(review, name) for name in cls.model_fields})


class ReviewPage(Answer):
    """Reviews, the newest first."""

    model_config = Answer.model_config | example(reviews=[_REVIEW], next=None)

    reviews: list[ReviewBody] = Field(description="The reviews of this page.")
    next: str | None = Field(description="Give it as `after` for the next page; null at the end.")

    @classmethod
    def of(cls, found: Sequence[Review], limit: int) -> Self:
        """Return the first ``limit`` of ``found`` as a page."""
        page = found[:limit]
        return cls(
            reviews=[ReviewBody.of(one) for one in page],
            next=page[-1].id if len(found) > limit else None,
        )


def _values(decision: Resolution) -> dict[str, Any]:
    told = decision.snapshot
    names = set(DecisionBody.model_fields) - {"label", "score", "keeper", "others", "notes"}
    return {name: getattr(decision, name) for name in names} | {
        "label": told.get("label"),
        "score": told.get("score"),
        "keeper": _files(told.get("keeper")),
        "others": [_files(shot) for shot in told.get("losers", ())],
        "notes": told.get("notes", []),
    }


def _files(shot: Mapping[str, Any] | None) -> list[DecidedFileBody]:
    return [DecidedFileBody.of(file) for file in shot["files"]] if shot else []
