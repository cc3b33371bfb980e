"""Placing: gives each file that has to be put its record and its path, before any byte moves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Protocol

from pentaprism.assets import Asset, Role
from pentaprism.errors import ConflictError, NotFoundError
from pentaprism.mirrors.claims import (
    Claims,
    Paths,
    conflict_copies,
    keys_of,
    path_key,
    shot_paths,
)
from pentaprism.mirrors.found import Found
from pentaprism.mirrors.names import fit
from pentaprism.mirrors.plan import Put, PutReason
from pentaprism.mirrors.templates import Template
from pentaprism.store import Store
from pentaprism.store.records import Item, ItemState, Moved, NewItem


class AssetSource(Protocol):
    """What placing needs from Immich: the details of one asset."""

    async def asset(self, asset_id: str) -> Asset:
        """Return the asset, or raise `NotFoundError`."""
        ...


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


@dataclass(slots=True)
class _Claim:
    """The paths that the new files of one put may yet take, and those they took."""

    put: Put
    video: Asset | None
    candidates: Iterator[Paths]
    paths: Paths = field(default_factory=dict)

    def asset_of(self, role: Role) -> Asset:
        if role is Role.VIDEO and self.video is not None:
            return self.video
        return self.put.asset

    @property
    def pictures(self) -> Mapping[Role, Asset]:
        """Whose bytes the files will have; a sidecar's are nobody's."""
        pictures = {Role.PRIMARY: self.put.asset}
        return pictures if self.video is None else {**pictures, Role.VIDEO: self.video}


class Placing:
    """Places the puts of one mirror.

    ``album`` fills ``{album}`` in the template. ``found`` is what lies in the folder unrecorded.
    """

    def __init__(
        self,
        store: Store,
        mirror_id: str,
        assets: AssetSource,
        *,
        template: Template,
        album: str,
        found: Found,
    ) -> None:
        self._store = store
        self._mirror_id = mirror_id
        self._assets = assets
        self._template = template
        self._album = album
        self._claims = Claims(found)
        self._previewed: set[str] = set()

    async def preview(self, puts: Sequence[Put]) -> list[Paths]:
        """Return the paths that ``puts`` would claim, in their order, without claiming them."""
        claims = await self._claim(puts, self._previewed)
        self._previewed |= self._claims.taken
        return [claim.paths for claim in claims]

    async def place(self, puts: Sequence[Put]) -> list[PlacedPut]:
        """Return ``puts`` with records and paths; all new claims are one transaction."""
        claims = await self._claim(puts, frozenset())
        new = [
            NewItem(
                asset_id=(asset := claim.asset_of(role)).id,
                shot_id=claim.put.asset.id,
                role=role,
                path=str(path),
                path_key=path_key(path),
                filename=asset.filename,
                taken_at=claim.put.asset.taken_at,
                asset_updated_at=claim.put.asset.updated_at,
            )
            for claim in claims
            for role, path in claim.paths.items()
        ]
        items = {
            (item.shot_id, item.role): item
            for item in (await self._store.items.claim(self._mirror_id, new) if new else ())
        }
        placed = [self._placed(claim, items) for claim in claims]
        return [await self._step_aside(one) for one in placed]

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

    async def _claim(
        self, puts: Sequence[Put], previewed: set[str] | frozenset[str]
    ) -> list[_Claim]:
        """Return the claims of ``puts``: nearly all get their first wish, so the rest waits."""
        videos = await asyncio.gather(*(video_half(self._assets, put) for put in puts))
        claims = [
            _Claim(put, video, self._candidates(put, video))
            for put, video in zip(puts, videos, strict=True)
        ]
        self._claims.taken = set(previewed)
        late = await self._claim_from([(claim, [*islice(claim.candidates, 1)]) for claim in claims])
        for claim in await self._claim_from([(claim, [*claim.candidates]) for claim in late]):
            raise ConflictError(
                f"No free name is left for {claim.put.asset.filename}.",
                code="no_free_name",
                hint="Choose another path template, or move the files that lie in its way.",
            )
        return claims

    async def _claim_from(self, wishes: Sequence[tuple[_Claim, list[Paths]]]) -> list[_Claim]:
        """Let each claim take the first of its wishes that is free; return those left without."""
        keys = keys_of(chain.from_iterable(wanted for _, wanted in wishes))
        if keys:
            self._claims.taken |= await self._store.items.taken(self._mirror_id, keys)
        late = []
        for claim, wanted in wishes:
            paths = self._claims.claim(wanted, claim.pictures) if wanted else {}
            if paths is None:
                late.append(claim)
            else:
                claim.paths = paths
        return late

    def _candidates(self, put: Put, video: Asset | None) -> Iterator[Paths]:
        roles = _new_roles(put, video)
        if not roles:
            return iter(())
        name = video.filename if video else ""
        if Role.PRIMARY in roles:
            plain = self._template.render(put.asset, self._album)
            return self._claims.candidates(plain, put.asset, roles, name)
        primary = PurePosixPath(put.recorded[Role.PRIMARY].item.path or put.asset.filename)
        suffix = f"~{put.asset.id.replace('-', '')}"
        plain_paths = shot_paths(primary, roles, name)
        suffixed = {role: p.with_name(fit(p.name, suffix)) for role, p in plain_paths.items()}
        return iter((plain_paths, suffixed))

    def _placed(self, claim: _Claim, items: Mapping[tuple[str, Role], Item]) -> PlacedPut:
        parts = {}
        for role, reason in claim.put.reasons.items():
            if role is Role.VIDEO and claim.video is None:
                continue
            recorded = claim.put.recorded.get(role)
            item = recorded.item if recorded else items[claim.put.asset.id, role]
            parts[role] = PlacedPart(reason, claim.asset_of(role), item)
        spare = chain(
            _sidecar_aside(claim.put, parts), claim.candidates, _conflict_paths(claim.put, parts)
        )
        return PlacedPut(claim.put, parts, spare)

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


def _new_roles(put: Put, video: Asset | None) -> list[Role]:
    return [
        role
        for role in put.reasons
        if role not in put.recorded and (role is not Role.VIDEO or video is not None)
    ]


def _sidecar_aside(put: Put, parts: Mapping[Role, PlacedPart]) -> Iterator[Paths]:
    """Yield another path for the sidecar alone.

    It is tried first after a conflict: a picture that lies there already must not be put a second
    time only because another program has written a sidecar beside it.
    """
    sidecar = parts.get(Role.SIDECAR)
    if sidecar is not None and sidecar.path is not None and len(parts) > 1:
        suffix = f"~{put.asset.id.replace('-', '')[:8]}"
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
