"""Carrying decisions out at Immich, bringing interrupted ones to their end, and undoing them.

All merging comes before the trash. Right before it everything is looked at and planned anew, and
nothing but the trash may be left to do: otherwise what was done is taken back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager

from pentaprism.errors import (
    ActionRequiredError,
    ConflictError,
    PentaprismError,
    PermanentError,
    RetryableError,
)
from pentaprism.immich import RESOLVING
from pentaprism.resolution.calls import ask
from pentaprism.resolution.decision import Decision
from pentaprism.resolution.looking import ImmichAssets, look
from pentaprism.resolution.planning import ResolutionPlan, plan
from pentaprism.resolution.remarks import Refusal, RefusalCode
from pentaprism.resolution.seen import SeenAsset
from pentaprism.resolution.standing import Stand, assets_of, stack_like, stand_of
from pentaprism.resolution.taking_back import TakingBack, TrashEmptiedError
from pentaprism.store import Connection, Store
from pentaprism.store.journal_records import (
    DecisionKind,
    LineState,
    PlannedStep,
    Resolution,
    ResolutionState,
    ResolutionStep,
    Review,
    Snapshot,
    StepKind,
)

type Ending = Callable[[Resolution, ResolutionState], Awaitable[None]]
"""What has to be written down before a decision ends so; it may be repeated."""

_LEFT = frozenset({LineState.PLANNED, LineState.INTENDED})
_STANDING = frozenset({ResolutionState.DONE, ResolutionState.PARTLY})
_OVERWRITING = frozenset({StepKind.METADATA, StepKind.COVER})
_INTERRUPTED = "It was interrupted, and the pictures have changed since; nothing was trashed."
_MEANWHILE = "The pictures have changed meanwhile; nothing was trashed."


def alone(store: Store, connection: Connection) -> AbstractContextManager[None]:
    """Hold the lock of the decisions of a connection; raises `ConflictError` ``locked``."""
    busy = ConflictError(
        "Duplicates of this connection are being resolved or undone already.",
        code="locked",
        hint="Wait until that is done, and try again.",
    )
    return store.locks.take(f"duplicates:{connection.id}", busy)


class Resolver:
    """Carries decisions out at one connection.

    Whoever calls anything but `preview` holds `alone`, and begins with `begin`. ``ending`` comes
    before each end: an interruption in between leaves the decision under way.
    """

    def __init__(
        self,
        store: Store,
        client: ImmichAssets,
        connection: Connection,
        ending: Ending | None = None,
    ) -> None:
        self._journal = store.journal
        self._client = client
        self._connection = connection
        self._ending = ending
        self._trash_on: bool | None = None

    async def preview(self, decision: Decision) -> ResolutionPlan:
        """Return what `resolve` would do; nothing is changed."""
        found = await self._plan(decision)
        if found.trashed and not await self._has_trash():
            found.refusals.append(Refusal(RefusalCode.TRASH_OFF))
        return found

    async def begin(self) -> list[Resolution]:
        """Check the key, bring to its end what was interrupted, and return that.

        Raises `ActionRequiredError` naming missing permissions.
        """
        (await self._client.preflight(RESOLVING)).require()
        unfinished = await self._journal.under_way(connection_id=self._connection.id)
        return [await self._recover(resolution) for resolution in unfinished]

    async def resolve(
        self, decision: Decision, review: Review, more: Snapshot | None = None
    ) -> Resolution:
        """Carry a decision out, and return how it ended; the journal tells ``more`` as well.

        Raises `ConflictError` with code ``refused`` or ``nothing_to_do`` before anything is
        changed or written down, and `RetryableError` or `ActionRequiredError` where Immich cannot
        be asked: what was begun goes on with the next `begin`.
        """
        planned = await self.preview(decision)
        if planned.refusals:
            raise _refused(planned.refusals)
        if not planned.steps:
            raise ConflictError(
                "There is nothing to do in Immich: none of these pictures is there any more.",
                code="nothing_to_do",
                hint="The next scan takes them from the list.",
            )
        notes = [note.sentence for note in planned.notes]
        resolution = await self._journal.begin(
            review,
            DecisionKind.KEEP,
            decision.as_json() | {"notes": notes} | (more or {}),
            connection_id=self._connection.id,
            keeper_asset_id=planned.keeper_asset_id,
            steps=planned.steps,
        )
        return await self._carry_on(resolution, decision)

    async def undo(self, resolution: Resolution) -> Resolution:
        """Take a decision back, and return how that ended; repeating it changes nothing.

        Raises `ConflictError` with code ``later_decision`` where a later one has merged more into
        the same asset, and as `resolve` does where Immich cannot be asked.
        """
        if resolution.state not in _STANDING:
            return resolution
        later = await self._journal.later(resolution)
        if later is not None:
            raise ConflictError(
                "A later decision has merged more pictures into the one that was kept.",
                code="later_decision",
                hint=f"Undo the decision {later.id} first, or the whole review.",
            )
        return await self._undo(await self._journal.set_state(resolution, ResolutionState.UNDOING))

    # Forward

    async def _carry_on(self, resolution: Resolution, decision: Decision) -> Resolution:
        try:
            for step in await self._journal.steps(resolution.id):
                if step.state not in _LEFT:
                    continue
                if step.kind is StepKind.TRASH and not await self._only_trash_is_left(
                    decision, step
                ):
                    return await self._roll_back(resolution, _MEANWHILE)
                await self._take(step)
        except PermanentError as error:
            return await self._roll_back(resolution, error.message)
        except ActionRequiredError as error:
            await self._roll_back(resolution, error.message)
            raise
        return await self._verify(resolution)

    async def _take(self, step: ResolutionStep) -> None:
        if step.kind in _OVERWRITING:
            await self._require_unchanged(step)
        step = await self._journal.set_step(step, LineState.INTENDED)
        try:
            target = await ask(self._client, step)
        except RetryableError:
            # The answer was lost, and what was asked for may have been done all the same.
            seen = await self._look(assets_of(step))
            if stand_of(step, seen) is not Stand.AFTER:
                raise
            target = stack_like(step, seen) if step.kind is StepKind.STACK else None
        except (PermanentError, ActionRequiredError) as error:
            await self._journal.set_step(step, LineState.FAILED, error=error.message)
            raise
        await self._journal.set_step(step, LineState.DONE, target=target)

    async def _require_unchanged(self, step: ResolutionStep) -> None:
        """Raise where somebody has written something else since the step was planned."""
        stand = stand_of(step, await self._look(assets_of(step)))
        if stand not in {Stand.BEFORE, Stand.AFTER}:
            raise PermanentError(_MEANWHILE, code="changed")

    async def _only_trash_is_left(self, decision: Decision, trash: ResolutionStep) -> bool:
        return await self._is_as_planned(decision, [trash])

    async def _is_as_planned(self, decision: Decision, left: Sequence[ResolutionStep]) -> bool:
        """Tell whether planning anew finds just what is left to do."""
        now = await self._plan(decision)
        return not now.refusals and [_key(s) for s in now.steps] == [_key(s) for s in left]

    async def _verify(self, resolution: Resolution) -> Resolution:
        """Read back what was done."""
        steps = await self._journal.steps(resolution.id)
        seen = await self._look(id_ for step in steps for id_ in assets_of(step))
        wrong = [
            _OTHERWISE[step.kind].format(name=step.name)
            for step in steps
            # What was in a stack that ended is in a new one now.
            if step.kind is not StepKind.UNSTACK and stand_of(step, seen) is not Stand.AFTER
        ]
        keeper = resolution.keeper_asset_id
        if keeper is not None and steps and (keeper in seen and seen[keeper].trashed):
            wrong.append("What was to be kept is in the trash.")
        if wrong:
            return await self._end(resolution, ResolutionState.PARTLY, " ".join(wrong))
        return await self._end(resolution, ResolutionState.DONE)

    async def _end(
        self, resolution: Resolution, state: ResolutionState, error: str | None = None
    ) -> Resolution:
        if self._ending is not None:
            await self._ending(resolution, state)
        return await self._journal.set_state(resolution, state, error)

    # Backward

    async def _roll_back(self, resolution: Resolution, reason: str) -> Resolution:
        resolution = await self._journal.set_state(resolution, ResolutionState.ROLLING_BACK, reason)
        return await self._take_back(resolution, ResolutionState.FAILED, reason)

    async def _undo(self, resolution: Resolution) -> Resolution:
        return await self._take_back(resolution, ResolutionState.UNDONE, None)

    async def _take_back(
        self, resolution: Resolution, end: ResolutionState, reason: str | None
    ) -> Resolution:
        work = TakingBack(self._journal, self._client, self._connection.user_id)
        try:
            await work.take_back(resolution.id)
        except TrashEmptiedError as error:
            return await self._end(resolution, ResolutionState.PARTLY, error.message)
        told = [reason, *work.told] if reason else work.told
        return await self._end(resolution, end, " ".join(told) or None)

    # After an interruption

    async def _recover(self, resolution: Resolution) -> Resolution:
        """Bring a decision to its end: forward where all is as planned, backward elsewhere."""
        if resolution.state is ResolutionState.UNDOING:
            return await self._undo(resolution)
        if resolution.state is ResolutionState.ROLLING_BACK:
            return await self._roll_back(resolution, resolution.error or _INTERRUPTED)
        decision = Decision.parse(resolution.snapshot)
        steps = await self._journal.steps(resolution.id)
        left = [step for step in steps if not await self._is_done(step)]
        if not left or await self._is_as_planned(decision, left):
            return await self._carry_on(resolution, decision)
        return await self._roll_back(resolution, _INTERRUPTED)

    async def _is_done(self, step: ResolutionStep) -> bool:
        """Tell whether a step was done, and write it down where nobody was left to do so."""
        if step.state is not LineState.INTENDED:
            return step.state is LineState.DONE
        seen = await self._look(assets_of(step))
        if stand_of(step, seen) not in {Stand.AFTER, Stand.MIXED}:
            return False
        target = stack_like(step, seen) if step.kind is StepKind.STACK else None
        await self._journal.set_step(step, LineState.DONE, target=target)
        return True

    # Looking

    async def _plan(self, decision: Decision) -> ResolutionPlan:
        connection = self._connection
        shots = (decision.keeper, *decision.losers)
        files = [file for shot in shots for file in shot.assets(connection.id)]
        seen = await self._look(file.asset_id or "" for file in files)
        return plan(decision, connection.id, connection.user_id, seen)

    async def _look(self, asset_ids: Iterable[str]) -> dict[str, SeenAsset]:
        return await look(self._client, self._connection.user_id, asset_ids)

    async def _has_trash(self) -> bool:
        if self._trash_on is None:
            self._trash_on = await self._client.trash_enabled()
        return self._trash_on


def _key(step: PlannedStep | ResolutionStep) -> tuple[object, ...]:
    return step.kind, step.asset_id, step.target, step.after


def _refused(refusals: Sequence[Refusal]) -> PentaprismError:
    return ConflictError(
        " ".join(dict.fromkeys(refusal.sentence for refusal in refusals)),
        code="refused",
        hint="Nothing was changed. Keep another one of them, or leave these as they are.",
    )


_OTHERWISE = {
    StepKind.ALBUM: "What is kept is not in the album {name}.",
    StepKind.COVER: "The album {name} shows another picture than what is kept.",
    StepKind.METADATA: "Favourite, description, rating or place of what is kept read otherwise.",
    StepKind.TAGS: "What is kept has not all of the tags.",
    StepKind.STACK: "A stack is not what it should be.",
    StepKind.SHOW_FIRST: "A stack shows another picture first.",
    StepKind.TRASH: "Not all of the others are in the trash.",
}
