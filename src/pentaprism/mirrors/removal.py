"""Removal: what happens to shots that have left the album, and the guard in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Protocol

from pentaprism.assets import Asset, Visibility
from pentaprism.destinations.base import Destination, RemoteAlbum
from pentaprism.destinations.choices import Removals
from pentaprism.errors import NotFoundError
from pentaprism.immich import Proof
from pentaprism.mirrors import outcomes
from pentaprism.mirrors.outcomes import Outcome
from pentaprism.mirrors.plan import Hold, Policy, Remove, RemoveCause, judge_removals
from pentaprism.mirrors.sweep import Sweep, remote_item
from pentaprism.store import Store
from pentaprism.store.records import Item

_TOGETHER = 50


class AssetSource(Protocol):
    """What removal needs from Immich: the details of one asset."""

    async def asset(self, asset_id: str) -> Asset:
        """Return the asset, or raise `NotFoundError`."""
        ...


@dataclass(frozen=True, slots=True)
class Leaving:
    """The shots that have left the album, and why none of them may be touched, if so."""

    shot_ids: Sequence[str]
    hold: Hold | None


async def still_in_use(
    store: Store, mirror_id: str, removes: Sequence[Remove], leaving: Collection[str]
) -> set[str]:
    """Return the remote ids of ``removes`` that shots use which are not ``leaving``."""
    ids = {remote_id for r in removes for remote_id in _ids(r)}
    users = await store.items.holding(mirror_id, remote_ids=ids)
    return {item.remote_id for item in users if item.shot_id not in leaving and item.remote_id}


async def find_leaving(
    sweep: Sweep,
    first: Proof,
    list_again: Callable[[], Awaitable[Proof]],
    *,
    mirrored: int,
    policy: Policy,
) -> Leaving:
    """Return what has left the album, judged by ``first`` and, if need be, a second listing."""
    shot_ids = await sweep.left()
    if not shot_ids:
        return Leaving((), None)
    # Held whatever a second listing says? Then it can be spared.
    hold = judge_removals(first, first, leaving=len(shot_ids), mirrored=mirrored, policy=policy)
    if hold is None:
        second = await list_again()
        hold = judge_removals(
            first, second, leaving=len(shot_ids), mirrored=mirrored, policy=policy
        )
    return Leaving(shot_ids, hold)


async def plan_removals(
    sweep: Sweep, leaving: Leaving, assets: AssetSource, *, held_too: bool = False
) -> AsyncIterator[list[Remove]]:
    """Yield what is to be removed, with its cause, some shots at a time.

    What is held back is not yielded, but with ``held_too``, for those who want to look at it.
    An asset that is merely offline has left only the listing, so it stays as it is. Any error but
    "not found" is raised: a server that does not answer proves nothing.
    """
    if leaving.hold is not None and not held_too:
        return
    for shot_ids in batched(leaving.shot_ids, _TOGETHER):
        shots = [items async for items in sweep.shots(shot_ids)]
        causes = await asyncio.gather(*(_cause(assets, items[0].shot_id) for items in shots))
        yield [
            Remove(items, cause)
            for items, cause in zip(shots, causes, strict=True)
            if cause is not RemoveCause.OFFLINE
        ]


async def _cause(assets: AssetSource, asset_id: str) -> RemoveCause:
    try:
        asset = await assets.asset(asset_id)
    except NotFoundError:
        return RemoveCause.GONE
    if asset.is_offline:
        return RemoveCause.OFFLINE
    if asset.is_trashed:
        return RemoveCause.TRASHED
    if asset.visibility is Visibility.LOCKED:
        return RemoveCause.LOCKED
    if asset.visibility is Visibility.HIDDEN:
        return RemoveCause.HIDDEN
    return RemoveCause.REMOVED


async def remove(
    destination: Destination,
    album: RemoteAlbum,
    removes: Sequence[Remove],
    policy: Policy,
    in_use: Collection[str],
) -> list[Outcome]:
    """Carry out ``removes`` as the policy says, and return what to record.

    What is ``in_use`` at the destination by a shot that stays is not taken away.
    """
    in_use = frozenset(in_use)
    never_put = [r for r in removes if not _there(r.items)]
    shared = [r for r in removes if _there(r.items) and _ids(r) & in_use]
    there = [r for r in removes if _there(r.items) and not _ids(r) & in_use]
    done = [outcomes.forgotten(r.items) for r in never_put]
    done += [outcomes.superseded(r.items) for r in shared]
    if policy.removals is Removals.KEEP:
        return done + [outcomes.orphaned(r.items, r.cause) for r in there]
    results = await destination.remove(
        album, [[remote for i in r.items if (remote := remote_item(i))] for r in there]
    )
    for gone, result in zip(there, results, strict=True):
        if result.error is None:
            how = destination.features.removed
            done.append(outcomes.removed(gone.items, gone.cause, how=how))
        elif result.error.code == "edited":
            done.append(outcomes.released(gone.items))
        else:
            done.append(outcomes.removal_failed(gone.items, result.error))
    return done


def _ids(remove: Remove) -> set[str]:
    return {item.remote_id for item in remove.items if item.remote_id}


def _there(items: Sequence[Item]) -> bool:
    return any(item.remote_id is not None for item in items)
