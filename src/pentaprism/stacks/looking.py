"""What has to be known before stacks are changed: what stands in Immich, and what of it is ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pentaprism.assets import Asset, Visibility
from pentaprism.errors import NotFoundError
from pentaprism.immich import Preflight, Stack
from pentaprism.stacks.recovery import Verdict, correct, judge
from pentaprism.stacks.standing import Standing
from pentaprism.store import Connection, Store
from pentaprism.store.library_records import PushedStack, StackChange

_AT_ONCE = 8
_UNSHOWN = frozenset({Visibility.HIDDEN, Visibility.LOCKED})


class ImmichStacks(Protocol):
    """What is asked of Immich; `pentaprism.immich.ImmichClient` is one."""

    async def preflight(self, required: frozenset[str]) -> Preflight:
        """Check server and key."""

    async def stacks(self) -> list[Stack]:
        """Return all stacks of the key's user."""

    async def create_stack(self, asset_ids: Sequence[str]) -> Stack:
        """Make a stack, once."""

    async def show_first(self, stack_id: str, asset_id: str) -> Stack:
        """Make another asset the primary."""

    async def delete_stack(self, stack_id: str) -> None:
        """End a stack; its assets stay."""

    async def asset(self, asset_id: str) -> Asset:
        """Return an asset; raises `NotFoundError`."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands in Immich, what is ours of it, and what became of pending changes."""

    standing: Standing
    ours: Mapping[str, PushedStack]
    verdicts: Sequence[Verdict]


async def look(
    store: Store,
    client: ImmichStacks,
    connection: Connection,
    changes: Iterable[StackChange] = (),
) -> Scene:
    """Look at the stacks of ``connection``; nothing is changed or written down.

    ``changes`` are lines of the journal whose stacks matter besides those that are ours.
    """
    pending = await store.stacks.pending(connection.id)
    ours = await store.stacks.ours(connection.id)
    stacks = await client.stacks()
    verdicts = judge(pending, Standing(stacks), ours)
    ours = correct(ours, verdicts, connection.id)
    left = {stack.stack_id: set(stack.asset_ids) for stack in ours.values()}
    for change in changes:
        left.setdefault(change.stack_id or "", set()).update(change.before, change.after)
    unseen = {
        asset_id
        for stack in stacks
        for asset_id in left.get(stack.id, set()).difference(stack.asset_ids)
    }
    return Scene(Standing(stacks, await _away(client, unseen)), ours, verdicts)


async def _away(client: ImmichStacks, asset_ids: Iterable[str]) -> frozenset[str]:
    """Return those of the assets that Immich shows nowhere now, or that are gone."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def is_away(asset_id: str) -> bool:
        async with gate:
            try:
                asset = await client.asset(asset_id)
            except NotFoundError:
                return True
        return asset.is_trashed or asset.visibility in _UNSHOWN

    ids = sorted(asset_ids)
    away = await asyncio.gather(*(is_away(id_) for id_ in ids))
    return frozenset(id_ for id_, gone in zip(ids, away, strict=True) if gone)
