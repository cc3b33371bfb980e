"""What stands in Immich, and which steps may still be taken there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pentaprism.immich import Stack
from pentaprism.store.library_records import StackChange, StackStep


class Reason(StrEnum):
    """Why a stack is left as it is."""

    CHANGED = "changed_in_immich"
    STACKED = "stacked_by_somebody"
    UNSTACKED = "unstacked_in_immich"
    TWICE = "in_two_groups"


@dataclass(frozen=True, slots=True)
class Step:
    """One call: the assets of a stack before and after it, the primary first.

    ``change`` is the line of the journal that the step takes back, where it does so.
    """

    kind: StackStep
    stack_id: str | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    change: StackChange | None = None

    @property
    def asset_ids(self) -> tuple[str, ...]:
        """The assets that it is about."""
        return self.after or self.before


@dataclass(frozen=True, slots=True)
class Skip:
    """A stack that is not made or changed; ``stack_id`` is what stands in the way, if anything."""

    asset_ids: tuple[str, ...]
    reason: Reason
    stack_id: str | None = None


class Standing:
    """The stacks of one user, and which of them each asset is in.

    ``away`` are assets of stacks that Immich does not show now: they are in the trash, hidden,
    locked or gone. A stack without them is still as we left it.
    """

    def __init__(self, stacks: Iterable[Stack], away: Collection[str] = frozenset()) -> None:
        self.away = frozenset(away)
        self.stacks: dict[str, Stack] = {}
        self._stack_of: dict[str, str] = {}
        for stack in stacks:
            self.add(stack)

    def copy(self) -> Standing:
        """Return another one that says the same."""
        return Standing(self.stacks.values(), self.away)

    def add(self, stack: Stack) -> None:
        """Note a stack."""
        self.stacks[stack.id] = stack
        # Immich may show a stack without its primary, which absorbs it all the same.
        for asset_id in (*stack.asset_ids, stack.primary_asset_id):
            self._stack_of[asset_id] = stack.id

    def remove(self, stack_id: str) -> None:
        """Forget a stack, if it is there."""
        stack = self.stacks.pop(stack_id, None)
        if stack is not None:
            for asset_id in (*stack.asset_ids, stack.primary_asset_id):
                self._stack_of.pop(asset_id, None)

    def touching(self, asset_ids: Iterable[str]) -> list[Stack]:
        """Return the stacks that one of the assets is in."""
        ids = dict.fromkeys(self._stack_of[id_] for id_ in asset_ids if id_ in self._stack_of)
        return [self.stacks[id_] for id_ in ids]

    def is_as_left(self, stack_id: str | None, asset_ids: Sequence[str]) -> bool:
        """Tell whether a stack is there and still what we made of it, its primary too."""
        stack = self.stacks.get(stack_id or "")
        if stack is None:
            return False
        here = {id_ for id_ in asset_ids if id_ not in self.away}
        first = asset_ids[0]
        return set(stack.asset_ids) - self.away == here and (
            stack.primary_asset_id == first or first in self.away
        )

    def obstacle(self, step: Step) -> Skip | None:
        """Return why ``step`` may not be taken now, None if it may."""
        if step.kind is StackStep.CREATE:
            others = self.touching(step.after)
            return Skip(step.after, Reason.STACKED, others[0].id) if others else None
        if self.is_as_left(step.stack_id, step.before):
            return None
        return Skip(step.before, Reason.CHANGED, step.stack_id)

    def take(self, step: Step, stack: Stack | None) -> None:
        """Note that ``step`` was taken; ``stack`` is what Immich says came of it."""
        if step.stack_id is not None:
            self.remove(step.stack_id)
        if stack is not None:
            self.add(stack)


def looks_like(stack: Stack, asset_ids: Sequence[str]) -> bool:
    """Tell whether a stack shows just these assets, the first of them in front."""
    return set(stack.asset_ids) == set(asset_ids) and stack.primary_asset_id == asset_ids[0]
