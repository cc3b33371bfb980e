"""Placing: gives each file that has to be put its record and its path, before any byte moves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import PurePosixPath

from pentaprism.assets import Asset, Role
from pentaprism.errors import ConflictError, NotFoundError
from pentaprism.mirrors.allotment import Allotment, AssetSource
from pentaprism.mirrors.claims import Paths, conflict_copies, path_key, short_suffix
from pentaprism.mirrors.families import Member
from pentaprism.mirrors.names import fit
from pentaprism.mirrors.plan import Put, PutReason
from pentaprism.store import Store
from pentaprism.store.records import Item, ItemState, Moved, NewItem


@dataclass(frozen=True, slots=True)
class PlacedPart:
    """A file to be put: the asset whose bytes it holds, its record, and the reason.

    ``displaced`` is True when the file that was recorded under
    this item is a person's now, so that nothing of ours is replaced.
    """

    reason: PutReason
    asset: Asset
    item: Item
    displaced: bool = False

    @property
    def path(self) -> PurePosixPath | None:
        """Where it goes."""
        return PurePosixPath(self.item.path) if self.item.path else None


@dataclass(frozen=True, slots=True)
class PlacedPut:
    """The files of one shot, ready to be staged; ``spare`` are the paths left for a conflict.

    The video of a live photo is not among ``parts`` when Immich no longer has it.
    """

    put: Put
    parts: Mapping[Role, PlacedPart]
    spare: Iterator[Paths]

    @property
    def video_missing(self) -> bool:
        """Whether the video should be put and Immich no longer has it."""
        return Role.VIDEO in self.put.reasons and Role.VIDEO not in self.parts


class Placing:
    """Places the puts of one mirror."""

    def __init__(
        self, store: Store, mirror_id: str, assets: AssetSource, allotment: Allotment
    ) -> None:
        self._store = store
        self._mirror_id = mirror_id
        self._assets = assets
        self._allotment = allotment

    async def preview(self, puts: Sequence[Put]) -> list[Paths]:
        """Return the paths that ``puts`` would claim, in their order, without claiming them."""
        members = await self._members(puts)
        await self._allotment.preview(members)
        return [member.paths for member in members]

    async def place(self, puts: Sequence[Put]) -> list[PlacedPut]:
        """Return ``puts`` with records and paths; all new claims are one transaction."""
        members = await self._members(puts)
        families = await self._allotment.allot(members)
        new = [_new_item(member, role) for member in members for role in member.paths]
        items = {
            (item.shot_id, item.role): item
            for item in (await self._store.items.claim(self._mirror_id, new) if new else ())
        }
        spare = {
            member.put.asset.id: family.spare(member)
            for family in families
            for member in family.members
        }
        placed = [_placed(member, items, spare[member.put.asset.id]) for member in members]
        return [await self._step_aside(one) for one in placed]

    async def _members(self, puts: Sequence[Put]) -> list[Member]:
        videos = await asyncio.gather(*(video_half(self._assets, put) for put in puts))
        return [Member(put, video) for put, video in zip(puts, videos, strict=True)]

    async def move(self, placed: PlacedPut) -> PlacedPut:
        """Return ``placed`` at the next paths it may take, after a conflict at those it has.

        A file of ours that a person has edited stays theirs; its new version becomes a conflict
        copy. Raises `ConflictError` when no path is left.
        """
        for paths in placed.spare:
            changes = [
                Moved(part.item.row, str(paths[role]), path_key(paths[role]))
                for role, part in placed.parts.items()
                if role in paths
            ]
            try:
                await self._store.items.apply(changes)
            except ConflictError:
                continue
            parts = {
                role: _moved(part, paths[role]) if role in paths else part
                for role, part in placed.parts.items()
            }
            return replace(placed, parts=parts)
        raise ConflictError(
            f"No free name is left for {placed.put.asset.filename}.",
            code="no_free_name",
            hint="Move the files that lie in its way to another folder.",
        )

    async def _step_aside(self, placed: PlacedPut) -> PlacedPut:
        """Move the parts whose place a person's edit holds to conflict copies."""
        conflicts = {
            role: part for role, part in placed.parts.items() if part.reason is PutReason.CONFLICT
        }
        if not conflicts:
            return placed
        moved = await self.move(
            replace(placed, parts=conflicts, spare=_conflict_paths(placed.put, conflicts))
        )
        return replace(placed, parts={**placed.parts, **moved.parts}, spare=moved.spare)


async def video_half(assets: AssetSource, put: Put) -> Asset | None:
    """Return the video half of a live photo, when it is to be put and Immich still has it."""
    video_id = put.asset.live_video_id
    if video_id is None or Role.VIDEO not in put.reasons:
        return None
    try:
        return await assets.asset(video_id)
    except NotFoundError:
        return None


def _new_item(member: Member, role: Role) -> NewItem:
    put, asset, path = member.put, member.asset_of(role), member.paths[role]
    return NewItem(
        asset_id=asset.id,
        shot_id=put.asset.id,
        role=role,
        path=str(path),
        path_key=path_key(path),
        filename=asset.filename,
        taken_at=put.asset.taken_at,
        asset_updated_at=put.asset.updated_at,
    )


def _placed(
    member: Member, items: Mapping[tuple[str, Role], Item], others: Iterator[Paths]
) -> PlacedPut:
    put = member.put
    parts = {}
    for role, reason in put.reasons.items():
        if role is Role.VIDEO and member.video is None:
            continue
        recorded = put.recorded.get(role)
        item = recorded.item if recorded else items[put.asset.id, role]
        parts[role] = PlacedPart(reason, member.asset_of(role), item)
    return PlacedPut(
        put, parts, chain(_sidecar_aside(put, parts), others, _conflict_paths(put, parts))
    )


def _sidecar_aside(put: Put, parts: Mapping[Role, PlacedPart]) -> Iterator[Paths]:
    """Yield another path for the sidecar alone.

    It is tried first after a conflict: a picture that lies there already must not be put a second
    time only because another program has written a sidecar beside it.
    """
    sidecar = parts.get(Role.SIDECAR)
    if sidecar is not None and sidecar.path is not None and len(parts) > 1:
        suffix = short_suffix(put.asset.id)
        yield {Role.SIDECAR: sidecar.path.with_name(fit(sidecar.path.name, suffix))}


def _conflict_paths(put: Put, parts: Mapping[Role, PlacedPart]) -> Iterator[Paths]:
    """Yield conflict copies for all ``parts`` at once."""
    copies = {
        role: conflict_copies(PurePosixPath(part.item.path or part.asset.filename), put.asset.id)
        for role, part in parts.items()
    }
    for paths in zip(*copies.values(), strict=True):
        yield dict(zip(copies, paths, strict=True))


def _moved(part: PlacedPart, path: PurePosixPath) -> PlacedPart:
    item = replace(part.item, path=str(path), remote_id=None, state=ItemState.PENDING)
    return replace(part, item=item, displaced=part.displaced or part.item.remote_id is not None)
