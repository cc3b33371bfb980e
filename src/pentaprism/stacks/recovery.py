"""What became of changes that were intended, when nobody was left to write down the outcome.

The stacks that stand in Immich tell it: a stack that was to be made is there with just the assets
and the primary that were written down, and nobody else claims it, or it was not made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pentaprism.stacks.standing import Standing, looks_like
from pentaprism.store import Store
from pentaprism.store.library_records import PushedStack, StackChange, StackStep, StepState
from pentaprism.store.stacks import Pending

_INTERRUPTED = "It was interrupted before Immich had done it."


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether what was intended came to pass, and the stack that it is about."""

    pending: Pending
    happened: bool
    stack_id: str | None


def judge(
    pending: Iterable[Pending], standing: Standing, ours: Mapping[str, PushedStack]
) -> list[Verdict]:
    """Return what became of the changes in ``pending``; ``ours`` is what we knew to be ours."""
    claimed = set(ours)
    verdicts = []
    for one in pending:
        verdict = _judge(one, standing, claimed)
        if verdict.stack_id is not None:
            claimed.add(verdict.stack_id)
        verdicts.append(verdict)
    return verdicts


def _judge(pending: Pending, standing: Standing, claimed: set[str]) -> Verdict:
    change = pending.change
    before, after = change.before, change.after
    if pending.undoing:
        before, after = after, before
    if not before:
        made = next(
            (
                stack.id
                for stack in standing.touching(after)
                if stack.id not in claimed and looks_like(stack, after)
            ),
            None,
        )
        return Verdict(pending, made is not None, made)
    stack = standing.stacks.get(change.stack_id or "")
    if not after:
        return Verdict(pending, stack is None, change.stack_id)
    shown = stack is not None and stack.primary_asset_id == after[0]
    return Verdict(pending, shown, change.stack_id)


def correct(
    ours: Mapping[str, PushedStack], verdicts: Iterable[Verdict], connection_id: str
) -> dict[str, PushedStack]:
    """Return ``ours`` with what `settle` writes down of the verdicts."""
    corrected = dict(ours)
    for verdict in verdicts:
        change = verdict.pending.change
        if not verdict.happened or verdict.stack_id is None:
            continue
        left = change.before if verdict.pending.undoing else change.after
        known = corrected.pop(verdict.stack_id, None)
        if left and known is not None:
            corrected[verdict.stack_id] = replace(known, asset_ids=left)
        elif left:
            corrected[verdict.stack_id] = PushedStack(
                verdict.stack_id, connection_id, change.push_id, left
            )
    return corrected


def corrected_changes(
    changes: Iterable[StackChange], verdicts: Iterable[Verdict]
) -> list[StackChange]:
    """Return the journal of a push with what `settle` writes down of the verdicts."""
    by_row = {verdict.pending.change.row: verdict for verdict in verdicts}
    return [
        change if change.row not in by_row else _settled(change, by_row[change.row])
        for change in changes
    ]


def _settled(change: StackChange, verdict: Verdict) -> StackChange:
    if verdict.pending.undoing:
        return replace(change, state=StepState.UNDONE if verdict.happened else StepState.DONE)
    if verdict.happened:
        return replace(change, state=StepState.DONE, stack_id=verdict.stack_id)
    return replace(change, state=StepState.FAILED)


async def settle(store: Store, verdicts: Iterable[Verdict]) -> None:
    """Write down what became of the changes."""
    for verdict in verdicts:
        change, happened = verdict.pending.change, verdict.happened
        if verdict.pending.undoing:
            if happened:
                made = verdict.stack_id if change.step is StackStep.DELETE else None
                await store.stacks.undone(change, made)
            else:
                await store.stacks.not_undone(change)
        elif happened and verdict.stack_id is not None:
            await store.stacks.done(change, verdict.stack_id)
        else:
            await store.stacks.failed(change, _INTERRUPTED)
