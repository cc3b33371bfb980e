"""What has to be done so that Immich's stacks say what our groups say.

Only stacks that we made, and that nobody has changed since, are changed or deleted. Making a stack
absorbs every other one whose primary is in it, so what is in the way is deleted before, or, where
it is not ours, the new one is not made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pentaprism.immich import Stack
from pentaprism.stacks.standing import Reason, Skip, Standing, Step, looks_like
from pentaprism.store.library_records import PushedStack, StackStep

_FEWEST = 2


class Wanted(Protocol):
    """A group as the stack that it should be: its assets, the primary first."""

    @property
    def group_id(self) -> str:
        """The group's id."""

    @property
    def asset_ids(self) -> tuple[str, ...]:
        """Assets of the user that Immich shows, the primary first."""


@dataclass(slots=True)
class StackPlan:
    """Steps in their order, and what is left alone.

    ``kept`` counts stacks that are as they should be. ``forgotten`` are stacks that are not ours
    any more, or are gone.
    """

    steps: list[Step] = field(default_factory=list)
    kept: int = 0
    skipped: list[Skip] = field(default_factory=list)
    forgotten: set[str] = field(default_factory=set)

    def count(self, kind: StackStep) -> int:
        """Return how many steps are of one kind."""
        return sum(step.kind is kind for step in self.steps)


def plan(
    wanted: Iterable[Wanted], standing: Standing, ours: Mapping[str, PushedStack], user_id: str
) -> StackPlan:
    """Return what makes the stacks of ``standing`` the ``wanted`` ones.

    ``ours`` are the stacks that we made, as we left them, by their ids; ``user_id`` is whose
    assets may be stacked.
    """
    planning = _Planning(standing, ours, user_id)
    for group in wanted:
        if len(set(group.asset_ids)) >= _FEWEST:
            planning.place(tuple(dict.fromkeys(group.asset_ids)))
    return planning.finish()


class _Planning:
    def __init__(self, standing: Standing, ours: Mapping[str, PushedStack], user_id: str) -> None:
        self._standing = standing
        self._ours = ours
        self._plan = StackPlan()
        self._placed: set[str] = set()
        self._settled: set[str] = set()
        self._user_id = user_id
        # Stacks that somebody dissolved in Immich, by what was in them.
        self._dissolved = {
            frozenset(stack.asset_ids): stack.stack_id
            for stack in ours.values()
            if stack.stack_id not in standing.stacks
        }

    def place(self, asset_ids: tuple[str, ...]) -> None:
        """Plan what makes one stack of these assets."""
        if not self._placed.isdisjoint(asset_ids):
            self._skip(asset_ids, Reason.TWICE)
            return
        self._placed.update(asset_ids)
        touched = self._standing.touching(asset_ids)
        foreign = next((stack for stack in touched if not self._is_mine(stack)), None)
        if len(touched) == 1 and looks_like(touched[0], asset_ids):
            self._settled.add(touched[0].id)
            self._plan.kept += 1
        elif foreign is not None:
            changed = foreign.id in self._ours
            self._skip(asset_ids, Reason.CHANGED if changed else Reason.STACKED, foreign.id)
        elif not touched and (dissolved := self._dissolved.get(frozenset(asset_ids))):
            self._settled.add(dissolved)
            self._skip(asset_ids, Reason.UNSTACKED)
        elif len(touched) == 1 and set(touched[0].asset_ids) == set(asset_ids):
            self._show_first(touched[0], asset_ids)
        else:
            for stack in touched:
                self._delete(stack)
            self._plan.steps.append(Step(StackStep.CREATE, None, (), asset_ids))

    def finish(self) -> StackPlan:
        """Plan what becomes of the stacks of ours that no group asks for, and return it all."""
        for stack_id, pushed in self._ours.items():
            stack = self._standing.stacks.get(stack_id)
            if stack is None:
                if stack_id not in self._settled:
                    self._plan.forgotten.add(stack_id)
            elif not self._is_mine(stack):
                self._plan.forgotten.add(stack_id)
            # With assets away it waits for them: they may come back from the trash.
            elif self._standing.away.isdisjoint(pushed.asset_ids):
                self._delete(stack)
        return self._plan

    def _is_mine(self, stack: Stack) -> bool:
        pushed = self._ours.get(stack.id)
        return (
            pushed is not None
            and stack.owner_ids <= {self._user_id, ""}
            and self._standing.is_as_left(stack.id, pushed.asset_ids)
        )

    def _show_first(self, stack: Stack, asset_ids: tuple[str, ...]) -> None:
        before = self._ours[stack.id].asset_ids
        away = tuple(id_ for id_ in before if id_ not in asset_ids)
        self._settled.add(stack.id)
        self._plan.steps.append(Step(StackStep.SHOW_FIRST, stack.id, before, asset_ids + away))

    def _delete(self, stack: Stack) -> None:
        if stack.id in self._settled:
            return
        self._settled.add(stack.id)
        before = self._ours[stack.id].asset_ids
        self._plan.steps.append(Step(StackStep.DELETE, stack.id, before, ()))

    def _skip(
        self, asset_ids: tuple[str, ...], reason: Reason, stack_id: str | None = None
    ) -> None:
        self._plan.skipped.append(Skip(asset_ids, reason, stack_id))
