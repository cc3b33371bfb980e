"""What takes a push back: its changes in reverse, each only where all is as it was left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pentaprism.immich import Stack
from pentaprism.stacks.standing import Skip, Standing, Step, looks_like
from pentaprism.store.library_records import StackChange, StackStep, StepState


@dataclass(slots=True)
class Reversal:
    """Steps in their order, and what is left alone.

    ``already`` are changes that are taken back as it is, such as a stack that is gone.
    """

    steps: list[Step] = field(default_factory=list)
    already: list[StackChange] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)


def reverse(changes: Sequence[StackChange], standing: Standing) -> Reversal:
    """Return what takes ``changes``, the journal of a push, back.

    ``standing`` is what stands in Immich; afterwards it is what will stand there.
    """
    reversal = Reversal()
    for change in reversed(changes):
        if change.state is not StepState.DONE:
            continue
        step = _reverse(change)
        if _is_so_already(change, standing):
            reversal.already.append(change)
        elif (obstacle := standing.obstacle(step)) is not None:
            reversal.skipped.append(obstacle)
        else:
            reversal.steps.append(step)
            standing.take(step, _outcome(step, change))
    return reversal


def _reverse(change: StackChange) -> Step:
    if change.step is StackStep.CREATE:
        return Step(StackStep.DELETE, change.stack_id, change.after, (), change)
    if change.step is StackStep.DELETE:
        return Step(StackStep.CREATE, None, (), change.before, change)
    return Step(StackStep.SHOW_FIRST, change.stack_id, change.after, change.before, change)


def _is_so_already(change: StackChange, standing: Standing) -> bool:
    if change.step is StackStep.CREATE:
        return change.stack_id not in standing.stacks
    if change.step is StackStep.SHOW_FIRST:
        stack = standing.stacks.get(change.stack_id or "")
        return stack is not None and looks_like(stack, change.before)
    return False


def _outcome(step: Step, change: StackChange) -> Stack | None:
    """Return the stack that a step leaves; one that is made again keeps its old id here."""
    if step.kind is StackStep.DELETE:
        return None
    return Stack(change.stack_id or "", step.after[0], step.after, frozenset())
