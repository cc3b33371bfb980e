"""``/api/mirrors/{mirror_id}/plan``: what the next run would do."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import Field

from pentaprism.api.belongings import mirror_of
from pentaprism.api.bodies import (
    ASSET_ID,
    HIGHEST,
    MIRROR_ID,
    WHEN,
    Answer,
    Limit,
    MirrorId,
    Request,
    example,
)
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import NotFoundError
from pentaprism.jobs.plans import KEPT_ROWS, Plan
from pentaprism.mirrors.preview import Row, Verb

routes = Routes(Side.API, prefix="/api/mirrors", tags=["mirrors"])

_ID = "9e8d7c6b-5a49-4838-a7b6-c5d4e3f20188"
_ROW = {
    "verb": "put",
    "asset_id": ASSET_ID,
    "filename": "IMG_1.jpg",
    "path": "2026/IMG_1.jpg",
    "code": "new",
    "reason": "new in the album",
    "taken_at": WHEN,
    "size": 300_000,
}
_PLAN = {
    "plan_id": _ID,
    "mirror_id": MIRROR_ID,
    "at": WHEN,
    "done": True,
    "listed": 120,
    "counts": {"put": 7, "remove": 0, "held": 0, "leave": 0, "skip": 1, "keep": 112},
    "bytes": 48_120_334,
    "held": None,
    "forecast": "",
    "error": None,
}


class PlanRequest(Request):
    """How the next run shall be planned."""

    model_config = Request.model_config | example(max_removals=50)

    max_removals: int | None = Field(
        None, ge=0, le=HIGHEST, description="Plan as if that many removals were allowed."
    )


class RowBody(Answer):
    """What would be done about one shot."""

    model_config = Answer.model_config | example(**_ROW)

    verb: Verb = Field(description="What would be done.")
    asset_id: str = Field(description="The asset in Immich.")
    filename: str = Field(description="Its name in Immich.")
    path: str = Field(description="Where it is or would be.")
    code: str = Field(description="The reason for programs.")
    reason: str = Field(description="The reason in words.")
    taken_at: datetime = Field(description="When it was taken.")
    size: int | None = Field(description="Its bytes; null where that is not known.")

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return what is told of ``row``."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class PlanError(Answer):
    """Why a plan could not be made."""

    model_config = Answer.model_config | example(
        code="immich_unavailable", message="Immich does not answer.", hint="Try again later."
    )

    code: str = Field(description="The reason for programs.")
    message: str = Field(description="The reason in a sentence.")
    hint: str = Field(description="What to do about it.")


class PlanBody(Answer):
    """What the next run would do, as far as it is known."""

    model_config = Answer.model_config | example(**_PLAN)

    plan_id: str = Field(description="Its id; another plan has another one.")
    mirror_id: str = Field(description="The mirror that is planned.")
    at: datetime = Field(description="When it was begun.")
    done: bool = Field(description="Whether all is known; until then, ask again.")
    listed: int = Field(description="How many shots were looked at so far.")
    counts: dict[Verb, int] = Field(description="How many shots there are of each verb.")
    bytes: int = Field(description="Bytes to put, of the files whose size is known.")
    held: str | None = Field(description="Why removals are held back; null if they are not.")
    forecast: str = Field(description="How long it takes by the day's quota; may be empty.")
    error: PlanError | None = Field(description="Why the plan came to an early end.")


class PlanPage(PlanBody):
    """A plan with some of its rows."""

    model_config = Answer.model_config | example(**_PLAN, rows=[_ROW], next=None)

    rows: list[RowBody] = Field(description=f"Rows; the first {KEPT_ROWS:,} of a verb are kept.")
    next: int | None = Field(description="Give it as `after` for the next page; null at the end.")


def _values(plan: Plan) -> dict[str, object]:
    error = plan.error
    return {
        "plan_id": plan.id,
        "mirror_id": plan.mirror.id,
        "at": plan.at,
        "done": plan.done,
        "listed": plan.listed,
        "counts": {verb: plan.counts[verb] for verb in Verb},
        "bytes": plan.bytes,
        "held": plan.held,
        "forecast": plan.forecast,
        "error": PlanError(code=error.code, message=error.message, hint=error.hint)
        if error
        else None,
    }


@routes.post("/{mirror_id}/plan", allow=Allow.PERSON, status_code=202, responses=refusals(404))
async def begin_plan(
    program: CurrentProgram,
    person: CurrentPerson,
    mirror_id: MirrorId,
    body: PlanRequest | None = None,
) -> PlanBody:
    """Begin to plan the next run, which takes as long as reading the album; nothing is moved."""
    mirror = await mirror_of(program.app, person, mirror_id)
    max_removals = body.max_removals if body else None
    plan = program.plans.begin(mirror, person.id, max_removals=max_removals)
    return PlanBody.model_validate(_values(plan))


@routes.get("/{mirror_id}/plan", allow=Allow.PERSON, responses=refusals(404))
async def get_plan(
    program: CurrentProgram,
    person: CurrentPerson,
    *,
    mirror_id: MirrorId,
    verb: Annotated[Verb, Query(description="The rows to return.")] = Verb.PUT,
    after: Annotated[
        int,
        Query(ge=0, le=KEPT_ROWS, description="The page after this one: `next` of the one before."),
    ] = 0,
    limit: Limit = 100,
) -> PlanPage:
    """Return the newest plan of a mirror; plans are kept for half an hour."""
    mirror = await mirror_of(program.app, person, mirror_id)
    plan = program.plans.latest(mirror.id, person.id)
    if plan is None:
        raise NotFoundError(
            "No plan of this mirror is kept.",
            code="plan_not_found",
            hint=f"Begin one with POST /api/mirrors/{mirror.id}/plan.",
        )
    kept = plan.rows[verb]
    end = after + limit
    return PlanPage.model_validate(
        _values(plan)
        | {
            "rows": [RowBody.of(row) for row in kept[after:end]],
            "next": end if len(kept) > end else None,
        }
    )
