"""Taking steps in Immich, one after the other, each written down before and after."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pentaprism.errors import (
    ActionRequiredError,
    PentaprismError,
    PermanentError,
    RetryableError,
)
from pentaprism.immich import Stack
from pentaprism.stacks.looking import ImmichStacks, Scene, look
from pentaprism.stacks.recovery import settle
from pentaprism.stacks.standing import Skip, Standing, Step
from pentaprism.store import Connection, Store
from pentaprism.store.library_records import StackChange, StackStep

_LOOK_AFTER = 100
"""Steps until the stacks are looked at again: people go on using Immich meanwhile."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A step that Immich refused, and the sentence that says why."""

    asset_ids: tuple[str, ...]
    reason: str


@dataclass(slots=True)
class Outcome:
    """What was done so far of ``expected`` steps, in the push ``push_id``.

    ``kept`` counts stacks that were as they should be. ``stopped`` is what ended it early, if
    anything did.
    """

    push_id: str | None = None
    expected: int = 0
    kept: int = 0
    created: int = 0
    changed: int = 0
    deleted: int = 0
    skipped: list[Skip] = field(default_factory=list)
    failed: list[Refused] = field(default_factory=list)
    stopped: PentaprismError | None = None

    @property
    def done(self) -> int:
        """How many changes were made."""
        return self.created + self.changed + self.deleted

    def count(self, kind: StackStep) -> None:
        """Count a step that was taken."""
        if kind is StackStep.CREATE:
            self.created += 1
        elif kind is StackStep.DELETE:
            self.deleted += 1
        else:
            self.changed += 1


class Work(ABC):
    """Takes steps; a kind of it says how they are written down."""

    def __init__(
        self,
        store: Store,
        client: ImmichStacks,
        connection: Connection,
        outcome: Outcome,
        tell: Callable[[Outcome], None],
    ) -> None:
        self._store = store
        self._journal = store.stacks
        self._client = client
        self._connection = connection
        self._outcome = outcome
        self._tell = tell

    async def take(self, steps: Sequence[Step], standing: Standing) -> None:
        """Take ``steps`` where ``standing`` allows it.

        One that Immich refuses is noted, and the others go on. Where Immich cannot be reached, or
        a person must act first, it ends, and the outcome says so.
        """
        try:
            for number, step in enumerate(steps):
                if number and number % _LOOK_AFTER == 0:
                    standing = Standing(await self._client.stacks(), standing.away)
                obstacle = standing.obstacle(step)
                if obstacle is None:
                    await self._take(step, standing)
                else:
                    await self._leave(step, obstacle)
                self._tell(self._outcome)
        except (RetryableError, ActionRequiredError) as error:
            self._outcome.stopped = error

    async def _take(self, step: Step, standing: Standing) -> None:
        change = await self._intend(step)
        try:
            stack = await self._ask(step, change)
        except PermanentError as error:
            await self._refuse(change, error.message)
            self._outcome.failed.append(Refused(step.asset_ids, error.message))
            return
        standing.take(step, stack)
        self._outcome.count(step.kind)

    async def _ask(self, step: Step, change: StackChange) -> Stack | None:
        """Ask Immich, and return what came of it, which is written down."""
        try:
            stack = await self._call(step)
        except RetryableError:
            # The answer was lost, and what was asked for may have been done all the same.
            scene = await look(self._store, self._client, self._connection)
            verdict = next(v for v in scene.verdicts if v.pending.change.row == change.row)
            if verdict.happened:
                await settle(self._store, [verdict])
                return _stack_in(scene, verdict.stack_id)
            stack = await self._call(step)
        await self._record(change, step.stack_id or (stack.id if stack else ""))
        return stack

    async def _call(self, step: Step) -> Stack | None:
        if step.kind is StackStep.CREATE:
            return await self._client.create_stack(step.after)
        stack_id = step.stack_id or ""
        if step.kind is StackStep.DELETE:
            await self._client.delete_stack(stack_id)
            return None
        return await self._client.show_first(stack_id, step.after[0])

    @abstractmethod
    async def _intend(self, step: Step) -> StackChange:
        """Write down what is about to be asked for."""

    @abstractmethod
    async def _record(self, change: StackChange, stack_id: str) -> None:
        """Write down that it was done."""

    @abstractmethod
    async def _refuse(self, change: StackChange, reason: str) -> None:
        """Write down that it was refused."""

    async def _leave(self, step: Step, obstacle: Skip) -> None:
        """Note a step that may not be taken."""
        del step
        self._outcome.skipped.append(obstacle)


def _stack_in(scene: Scene, stack_id: str | None) -> Stack | None:
    return scene.standing.stacks.get(stack_id or "")
