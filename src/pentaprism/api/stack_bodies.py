"""Stacks and their pushes as requests and answers tell them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import Field

from pentaprism.api.bodies import ASSET_ID, CONNECTION_ID, LATER, WHEN, Answer, Request, example
from pentaprism.jobs.stack_pushes import StackPush
from pentaprism.stacks.planning import StackPlan
from pentaprism.stacks.standing import Reason, Skip, Step
from pentaprism.store.library_records import StackStep

_STACK_ID = "4e1b7a93-5c2d-4f80-9a16-3b8c9d0e1faa"
_OTHER_ID = "b2c3d4e5-4e6f-4b8c-9d0e-1f2a3b4c5d77"
_STEP = {"step": "create", "stack_id": None, "before": [], "after": [ASSET_ID, _OTHER_ID]}
_SKIP = {
    "asset_ids": [ASSET_ID, _OTHER_ID],
    "reason": "stacked_by_somebody",
    "stack_id": _STACK_ID,
}
_WORK = {
    "connection_id": CONNECTION_ID,
    "undo": False,
    "state": "ended",
    "started_at": WHEN,
    "ended_at": LATER,
    "expected": 21,
    "created": 20,
    "changed": 1,
    "deleted": 0,
    "kept": 3,
    "skipped": 1,
    "failed": 0,
    "nothing": False,
    "error": None,
    "error_code": None,
}
SHOWN = 1000
"""The most steps and skipped stacks that an answer names."""


class StacksRequest(Request):
    """Of which connection the stacks are meant."""

    model_config = Request.model_config | example(connection_id=CONNECTION_ID)

    connection_id: str | None = Field(
        None, max_length=100, description="The connection; without it, the one saved last."
    )


class StackStepBody(Answer):
    """A change of a stack in Immich."""

    model_config = Answer.model_config | example(**_STEP)

    step: StackStep = Field(description="What is done to it.")
    stack_id: str | None = Field(description="The stack; null for one that is to be made.")
    before: list[str] = Field(description="Its assets as it stands, the primary first.")
    after: list[str] = Field(description="Its assets afterwards, the primary first.")

    @classmethod
    def of(cls, step: Step) -> Self:
        """Return what is told of ``step``."""
        return cls(
            step=step.kind,
            stack_id=step.stack_id,
            before=list(step.before),
            after=list(step.after),
        )


class SkippedStack(Answer):
    """A group that is no stack and will be none."""

    model_config = Answer.model_config | example(**_SKIP)

    asset_ids: list[str] = Field(description="Its assets, the primary first.")
    reason: Reason = Field(description="Why.")
    stack_id: str | None = Field(description="The stack that is in the way.")

    @classmethod
    def of(cls, skip: Skip) -> Self:
        """Return what is told of ``skip``."""
        return cls(asset_ids=list(skip.asset_ids), reason=skip.reason, stack_id=skip.stack_id)


class StackPlanBody(Answer):
    """What a push would do; nothing is changed."""

    model_config = Answer.model_config | example(
        connection_id=CONNECTION_ID,
        counts={"create": 1, "delete": 0, "show_first": 0},
        kept=3,
        skipped_count=1,
        steps=[_STEP],
        skipped=[_SKIP],
    )

    connection_id: str = Field(description="The connection.")
    counts: Mapping[StackStep, int] = Field(description="How many changes there would be.")
    kept: int = Field(description="How many stacks are as they should be.")
    skipped_count: int = Field(description="How many groups are left alone.")
    steps: list[StackStepBody] = Field(description=f"The first {SHOWN} changes.")
    skipped: list[SkippedStack] = Field(description=f"The first {SHOWN} that are left alone.")

    @classmethod
    def of(cls, connection_id: str, plan: StackPlan) -> Self:
        """Return what is told of ``plan``."""
        return cls(
            connection_id=connection_id,
            counts={step: plan.count(step) for step in StackStep},
            kept=plan.kept,
            skipped_count=len(plan.skipped),
            steps=[StackStepBody.of(step) for step in plan.steps[:SHOWN]],
            skipped=[SkippedStack.of(skip) for skip in plan.skipped[:SHOWN]],
        )


class StackWork(Answer):
    """A push, or an undo of one, and how far it is."""

    model_config = Answer.model_config | example(**_WORK)

    connection_id: str = Field(description="The connection.")
    undo: bool = Field(description="Whether it takes a push back.")
    state: str = Field(description="`running`, `ended` or `failed`.")
    started_at: datetime = Field(description="When it began.")
    ended_at: datetime | None = Field(description="When it ended.")
    expected: int = Field(description="How many changes there are to be.")
    created: int = Field(description="How many stacks were made.")
    changed: int = Field(description="How many show another asset first.")
    deleted: int = Field(description="How many were taken apart; their assets stay.")
    kept: int = Field(description="How many were as they should be.")
    skipped: int = Field(description="How many groups were left alone.")
    failed: int = Field(description="How many changes Immich refused.")
    nothing: bool = Field(description="Whether there was no push to take back.")
    error: str | None = Field(description="Why it failed.")
    error_code: str | None = Field(description="Why, for programs.")

    @classmethod
    def of(cls, made: StackPush) -> Self:
        """Return what is told of ``made``."""
        outcome, ended = made.outcome, "failed" if made.error else "ended"
        return cls(
            connection_id=made.connection.id,
            undo=made.undo,
            state=ended if made.ended_at else "running",
            started_at=made.started_at,
            ended_at=made.ended_at,
            expected=outcome.expected,
            created=outcome.created,
            changed=outcome.changed,
            deleted=outcome.deleted,
            kept=outcome.kept,
            skipped=len(outcome.skipped),
            failed=len(outcome.failed),
            nothing=made.nothing,
            error=made.error.message if made.error else None,
            error_code=made.error.code if made.error else None,
        )
