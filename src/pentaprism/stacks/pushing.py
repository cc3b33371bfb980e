"""Pushing groups to Immich as stacks, and taking a push back.

One push or undo per connection is at work at a time. Both begin with what an earlier one has left
in the middle.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

from pentaprism.errors import ConflictError, NotFoundError
from pentaprism.immich import STACKS, Stack
from pentaprism.stacks.looking import ImmichStacks, Scene, look
from pentaprism.stacks.planning import StackPlan, Wanted, plan
from pentaprism.stacks.recovery import corrected_changes, settle
from pentaprism.stacks.reversal import Reversal, reverse
from pentaprism.stacks.standing import Step
from pentaprism.stacks.work import Outcome, Work
from pentaprism.store import Connection, Store
from pentaprism.store.library_records import StackChange, StackPush, StackStep

_READING = frozenset({"stack.read"})
_FEWEST = 2

type WantedPages = AsyncIterable[Sequence[Wanted]]
type Tell = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """The push that an undo would take back, and how."""

    push: StackPush
    reversal: Reversal


async def preview_push(
    store: Store, client: ImmichStacks, connection: Connection, wanted: WantedPages
) -> StackPlan:
    """Return what a push would do; nothing is changed anywhere."""
    (await client.preflight(_READING)).require()
    return await _plan(await look(store, client, connection), connection, wanted)


async def push(
    store: Store,
    client: ImmichStacks,
    connection: Connection,
    clock: Callable[[], datetime],
    wanted: WantedPages,
    *,
    tell: Tell | None = None,
) -> Outcome:
    """Make the stacks of the connection's user what their groups say.

    ``wanted`` are the groups as stacks, and ``tell`` is told after each step. Pushing again
    changes nothing. Raises `ActionRequiredError` naming missing permissions, and `ConflictError`
    with code ``locked``, before anything is done; later on an error ends it and is in the outcome.
    """
    with _alone(store, connection):
        (await client.preflight(STACKS)).require()
        scene = await look(store, client, connection)
        await settle(store, scene.verdicts)
        await store.stacks.finish(connection.id, clock())
        planned = await _plan(scene, connection, wanted)
        if planned.forgotten:
            await store.stacks.forget(connection.id, planned.forgotten)
        outcome = Outcome(expected=len(planned.steps), kept=planned.kept, skipped=planned.skipped)
        if not planned.steps:
            return outcome
        begun = await store.stacks.begin(connection.id, clock())
        outcome.push_id = begun.id
        work = _Pushing(store, client, connection, outcome, tell or _tell_nobody)
        await work.take(planned.steps, scene.standing)
        if outcome.stopped is None:
            await store.stacks.finish(connection.id, clock())
        return outcome


async def preview_undo(
    store: Store, client: ImmichStacks, connection: Connection
) -> UndoPreview | None:
    """Return what `undo` would do, None where there is nothing to undo; nothing is changed."""
    (await client.preflight(_READING)).require()
    last = await store.stacks.last(connection.id)
    if last is None:
        return None
    changes = await store.stacks.changes(last.id)
    scene = await look(store, client, connection, changes)
    changes = corrected_changes(changes, scene.verdicts)
    return UndoPreview(last, reverse(changes, scene.standing))


async def undo(
    store: Store,
    client: ImmichStacks,
    connection: Connection,
    clock: Callable[[], datetime],
    *,
    tell: Tell | None = None,
) -> Outcome | None:
    """Take the newest push back that was not undone yet; None where there is none.

    Stacks that were made are deleted, deleted ones made again, and primaries set back, each only
    where it is still as the push has left it. An undo that ends early goes on the next time; the
    next one after that takes back the push before. Raises as `push` does.
    """
    with _alone(store, connection):
        (await client.preflight(STACKS)).require()
        if await store.stacks.pending(connection.id):
            await settle(store, (await look(store, client, connection)).verdicts)
        await store.stacks.finish(connection.id, clock())
        last = await store.stacks.last(connection.id)
        if last is None:
            return None
        changes = await store.stacks.changes(last.id)
        scene = await look(store, client, connection, changes)
        reversal = reverse(changes, scene.standing.copy())
        for change in reversal.already:
            await store.stacks.undone(change)
        outcome = Outcome(last.id, expected=len(reversal.steps), skipped=reversal.skipped)
        work = _Undoing(store, client, connection, outcome, tell or _tell_nobody)
        await work.take(reversal.steps, scene.standing)
        if outcome.stopped is None:
            await store.stacks.end_undo(last.id, clock())
        return outcome


def _tell_nobody(outcome: Outcome) -> None:
    del outcome


def _alone(store: Store, connection: Connection) -> AbstractContextManager[None]:
    busy = ConflictError(
        "The stacks of this connection are being pushed or undone already.",
        code="locked",
        hint="Wait until that is done, and try again.",
    )
    return store.locks.take(f"stacks:{connection.id}", busy)


async def _plan(scene: Scene, connection: Connection, wanted: WantedPages) -> StackPlan:
    groups = [group async for page in wanted for group in page]
    return plan(groups, scene.standing, scene.ours, connection.user_id)


class _Pushing(Work):
    """Steps of a push, each with a new line in the journal."""

    async def _intend(self, step: Step) -> StackChange:
        return await self._journal.intend(
            self._outcome.push_id or "",
            step.kind,
            stack_id=step.stack_id,
            before=step.before,
            after=step.after,
        )

    async def _record(self, change: StackChange, stack_id: str) -> None:
        await self._journal.done(change, stack_id)

    async def _refuse(self, change: StackChange, reason: str) -> None:
        await self._journal.failed(change, reason)


class _Undoing(Work):
    """Steps of an undo, each on the line of the journal that it takes back."""

    async def _intend(self, step: Step) -> StackChange:
        if step.change is None:
            raise RuntimeError("an undo takes back what the journal says")
        await self._journal.intend_undo(step.change, step.change.before)
        return step.change

    async def _record(self, change: StackChange, stack_id: str) -> None:
        made = stack_id if change.step is StackStep.DELETE else None
        await self._journal.undone(change, made)

    async def _refuse(self, change: StackChange, reason: str) -> None:
        await self._journal.not_undone(change, reason)

    async def _call(self, step: Step) -> Stack | None:
        try:
            return await super()._call(step)
        except NotFoundError:
            # A stack that had been deleted is made again of what is left of it.
            left = await self._existing(step.after)
            if step.kind is not StackStep.CREATE or not _FEWEST <= len(left) < len(step.after):
                raise
            if step.change is not None:
                await self._journal.intend_undo(step.change, left)
            return await super()._call(replace(step, after=left))

    async def _existing(self, asset_ids: Sequence[str]) -> tuple[str, ...]:
        left = []
        for asset_id in asset_ids:
            try:
                await self._client.asset(asset_id)
            except NotFoundError:
                continue
            left.append(asset_id)
        return tuple(left)
