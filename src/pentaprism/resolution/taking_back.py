"""Taking steps back, the last first, each only as far as it is still as it was left.

What somebody has changed since is kept and told. An end in the middle is no harm: what is taken
back already is seen, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pentaprism.errors import PermanentError, RetryableError
from pentaprism.resolution.calls import change, stack_again, take_out, untag
from pentaprism.resolution.looking import ImmichAssets, look
from pentaprism.resolution.seen import SeenAsset
from pentaprism.resolution.standing import (
    Stand,
    assets_of,
    fields_as_left,
    stack_like,
    stand_of,
)
from pentaprism.store.journal import Journal
from pentaprism.store.journal_records import LineState, ResolutionStep, StepKind

_DID = frozenset({LineState.INTENDED, LineState.DONE, LineState.UNDOING})


class TrashEmptiedError(PermanentError):
    """Nothing is left of what was trashed, so that what was merged has to stay."""

    def __init__(self) -> None:
        super().__init__(
            "Immich has emptied its trash: none of the pictures can come back, and what they had "
            "stays with the one that was kept.",
            code="trash_emptied",
        )


class TakingBack:
    """Takes the steps of one decision back; ``told`` is what was kept, in sentences."""

    def __init__(self, journal: Journal, client: ImmichAssets, user_id: str) -> None:
        self._journal = journal
        self._client = client
        self._user_id = user_id
        self.told: list[str] = []

    async def take_back(self, resolution_id: str) -> None:
        """Take all back that was done.

        Raises `TrashEmptiedError` before anything is changed, and `RetryableError` or
        `ActionRequiredError` where Immich cannot be asked now.
        """
        number = len(await self._journal.steps(resolution_id))
        for place in reversed(range(number)):
            # Read anew: making a stack again may have given this one its new id.
            step = (await self._journal.steps(resolution_id))[place]
            if step.state in _DID:
                await self._take_back(step)
        await self._compare(await self._journal.steps(resolution_id))

    async def _take_back(self, step: ResolutionStep) -> None:
        seen = await look(self._client, self._user_id, assets_of(step))
        stand = stand_of(step, seen)
        if step.kind is StepKind.TRASH and not seen:
            raise TrashEmptiedError
        if step.kind is StepKind.UNSTACK and (made := _made_again(step, seen)) is not None:
            await self._journal.set_step(step, LineState.UNDONE, target=made)
            return
        if stand is Stand.BEFORE:
            never = step.state is LineState.INTENDED
            await self._journal.set_step(step, LineState.FAILED if never else LineState.UNDONE)
            return
        kept = _left_as_it_is(step, stand, seen)
        if kept is not None:
            await self._keep(step, kept)
            return
        step = await self._journal.set_step(step, LineState.UNDOING)
        try:
            target = await self._ask(step, seen)
        except PermanentError as error:
            await self._keep(step, error.message)
            return
        rest = _rest(step, seen)
        if rest is not None:
            self.told.append(rest)
        await self._journal.set_step(step, LineState.UNDONE, error=rest, target=target)

    async def _ask(self, step: ResolutionStep, seen: Mapping[str, SeenAsset]) -> str | None:
        client, asset_id = self._client, step.asset_id or ""
        match step.kind:
            case StepKind.TRASH:
                await client.restore([id_ for id_ in step.after if id_ in seen])
            case StepKind.ALBUM:
                await take_out(client, step)
            case StepKind.COVER:
                await client.set_album_cover(step.target or "", step.before)
            case StepKind.METADATA:
                names = fields_as_left(step, seen[asset_id])
                await change(client, asset_id, {name: step.before[name] for name in names})
            case StepKind.TAGS:
                there = {tag.id for tag in seen[asset_id].tags}
                await untag(client, asset_id, [id_ for id_, _ in step.after if id_ in there])
            case StepKind.STACK:
                await client.delete_stack(step.target or stack_like(step, seen) or "")
            case StepKind.UNSTACK:
                return await self._stack_again([id_ for id_ in step.before if id_ in seen], step)
            case StepKind.SHOW_FIRST:
                await client.show_first(step.target or "", step.before[0])
        return None

    async def _stack_again(self, asset_ids: Sequence[str], step: ResolutionStep) -> str | None:
        try:
            return await stack_again(self._client, asset_ids)
        except RetryableError:
            # The answer was lost, and the stack may have been made all the same.
            seen = await look(self._client, self._user_id, asset_ids)
            made = _made_again(step, seen)
            if made is None:
                raise
            return made

    async def _keep(self, step: ResolutionStep, sentence: str) -> None:
        self.told.append(sentence)
        await self._journal.set_step(step, LineState.KEPT, error=sentence)

    async def _compare(self, steps: Sequence[ResolutionStep]) -> None:
        """Read back what was taken back, and tell what is otherwise."""
        undone = [
            step
            for step in steps
            # What a new stack was made of is in the old one again.
            if step.state is LineState.UNDONE and not step.error and step.kind != StepKind.STACK
        ]
        ids = [id_ for step in undone for id_ in assets_of(step)]
        seen = await look(self._client, self._user_id, ids)
        self.told += [
            f"{_name(step)} is not as it was before."
            for step in undone
            if stand_of(step, seen) is not Stand.BEFORE
        ]


def _left_as_it_is(step: ResolutionStep, stand: Stand, seen: Mapping[str, SeenAsset]) -> str | None:
    """Return why a step is not taken back at all, None where it is."""
    if step.asset_id is not None and step.asset_id not in seen:
        return f"{_name(step)} stays as it is: the picture is not in Immich any more."
    if stand is Stand.OTHER:
        return f"{_name(step)} was changed since, and stays as it is."
    return None


def _rest(step: ResolutionStep, seen: Mapping[str, SeenAsset]) -> str | None:
    """Return what of a step could not be taken back, None where all could."""
    if step.kind is StepKind.TRASH:
        gone = sum(id_ not in seen for id_ in step.after)
        if gone:
            return f"Immich has deleted {gone} of {len(step.after)} pictures from its trash."
    if step.kind is StepKind.METADATA and step.asset_id is not None:
        left = fields_as_left(step, seen[step.asset_id])
        changed = [_FIELDS[name] for name in step.after if name not in left]
        if changed:
            return f"Somebody has changed {' and '.join(changed)} since; that stays."
    return None


def _made_again(step: ResolutionStep, seen: Mapping[str, SeenAsset]) -> str | None:
    """Return the stack that a former try has made of what a step had taken apart."""
    return stack_like(_turned(step), seen)


def _turned(step: ResolutionStep) -> ResolutionStep:
    return replace(step, kind=StepKind.STACK, target=None, before=[], after=step.before)


def _name(step: ResolutionStep) -> str:
    if step.kind is StepKind.ALBUM:
        return f"The album {step.name}"
    if step.kind is StepKind.COVER:
        return f"The cover of the album {step.name}"
    return _NAMES[step.kind]


_FIELDS = {
    "favourite": "the favourite",
    "description": "the description",
    "rating": "the rating",
    "place": "the place",
}
_NAMES = {
    StepKind.METADATA: "The description, rating, place or favourite",
    StepKind.TAGS: "The tags",
    StepKind.STACK: "The stack",
    StepKind.UNSTACK: "The stack",
    StepKind.SHOW_FIRST: "The picture that the stack shows first",
    StepKind.TRASH: "The trash",
}
