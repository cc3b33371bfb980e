"""What becomes of stacks that lose an asset: the keeper takes its place.

A stack is changed by ending it and making it anew. One whose assets all go is left: it goes to the
trash with them, and comes back with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from pentaprism.resolution.seen import SeenAsset, SeenStack
from pentaprism.store.journal_records import PlannedStep, StepKind


def stack_steps(
    keeper: Sequence[SeenAsset], losers: Sequence[SeenAsset]
) -> tuple[list[PlannedStep], list[str]]:
    """Return the steps, and the stacks that the keeper cannot join, as it is in one already.

    Such a stack shows another of its assets first, where it had shown a loser.
    """
    going = {asset.id for asset in losers}
    ours = {asset.id for asset in keeper}
    # Naming the primary of another stack would absorb that one.
    joining = [asset.id for asset in keeper if asset.stack is None]
    stacks = {asset.stack.id: asset.stack for asset in losers if asset.stack is not None}
    steps: list[PlannedStep] = []
    left: list[str] = []
    for stack in stacks.values():
        staying = [id_ for id_ in stack.asset_ids if id_ not in going]
        if not staying:
            continue
        first = next((id_ for id_ in staying if id_ in ours), None)
        if first is None and joining and keeper[0].stack is None:
            steps += _replaced(stack, going, joining)
            joining = []
            continue
        if first is None:
            left.append(stack.id)
        steps += _turned(stack, first or staying[0], going)
    return steps, left


def _replaced(stack: SeenStack, going: set[str], joining: Sequence[str]) -> list[PlannedStep]:
    before = list(stack.asset_ids)
    place = next(number for number, id_ in enumerate(before) if id_ in going)
    rest = [id_ for id_ in before[place:] if id_ not in going]
    after = [*before[:place], *joining, *rest]
    return [
        PlannedStep(StepKind.UNSTACK, None, stack.id, None, before, []),
        PlannedStep(StepKind.STACK, None, None, None, [], after),
    ]


def _turned(stack: SeenStack, first: str, going: set[str]) -> list[PlannedStep]:
    if stack.asset_ids[0] not in going:
        return []
    before = list(stack.asset_ids)
    after = [first, *(id_ for id_ in before if id_ != first)]
    return [PlannedStep(StepKind.SHOW_FIRST, None, stack.id, None, before, after)]
