"""Allotment: gives the new files of a page of puts their paths, those of one shot together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Protocol

from pentaprism.assets import Asset, Role
from pentaprism.errors import ConflictError, NotFoundError
from pentaprism.mirrors.claims import Claims, Paths, keys_of, long_suffix
from pentaprism.mirrors.families import Family, Leader, Member, Wishes, leader, side_by_side
from pentaprism.mirrors.found import Found
from pentaprism.mirrors.leaders import Leaders
from pentaprism.mirrors.names import fit
from pentaprism.mirrors.shots import KnownShot, Shots
from pentaprism.mirrors.templates import Template
from pentaprism.store import Store


class AssetSource(Protocol):
    """What placing needs from Immich: the details of one asset."""

    async def asset(self, asset_id: str) -> Asset:
        """Return the asset, or raise `NotFoundError`."""
        ...


class Allotment:
    """Allots the paths of one mirror.

    ``album`` fills ``{album}`` in the template. ``found`` is what lies in the folder unrecorded,
    ``shots`` tells which files belong side by side.
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
        shots: Shots,
    ) -> None:
        self._store = store
        self._mirror_id = mirror_id
        self._assets = assets
        self._template = template
        self._album = album
        self._shots = shots
        self._claims = Claims(found)
        self._leaders = Leaders(store, mirror_id)
        self._previewed: set[str] = set()

    async def preview(self, members: Sequence[Member]) -> None:
        """Let ``members`` take the paths that they would claim, and remember them."""
        shots = await self._shots_of(members)
        families = await self._allot(members, shots, self._previewed)
        self._previewed |= self._claims.taken
        self._leaders.remember(families, shots)

    async def allot(self, members: Sequence[Member]) -> list[Family]:
        """Let ``members`` take their paths, which the caller records, and return their families."""
        return await self._allot(members, await self._shots_of(members), frozenset())

    async def _shots_of(self, members: Sequence[Member]) -> Mapping[str, KnownShot]:
        """Return the known shots of those ``members`` that get their first path, by asset."""
        return await self._shots.of(m.put.asset.id for m in members if Role.PRIMARY in m.new_roles)

    async def _allot(
        self,
        members: Sequence[Member],
        shots: Mapping[str, KnownShot],
        previewed: set[str] | frozenset[str],
    ) -> list[Family]:
        """Let ``members`` take their paths: nearly all get their first wish, so the rest waits."""
        families = await self._families(members, shots)
        self._claims.taken = set(previewed)
        late = await self._claim([(family, [*islice(family.wishes(), 1)]) for family in families])
        late = await self._claim([(family, [*islice(family.wishes(), 1, None)]) for family in late])
        for family in late:
            raise ConflictError(
                f"No free name is left for {family.members[0].put.asset.filename}.",
                code="no_free_name",
                hint="Choose another path template, or move the files that lie in its way.",
            )
        return families

    async def _claim(self, wishes: Sequence[tuple[Family, list[Sequence[Paths]]]]) -> list[Family]:
        """Let each family take the first of its wishes that is free; return those left without."""
        keys = keys_of(chain.from_iterable(wish for _, wanted in wishes for wish in wanted))
        if keys:
            self._claims.taken |= await self._store.items.taken(self._mirror_id, keys)
        return [family for family, wanted in wishes if not self._take(family, wanted)]

    def _take(self, family: Family, wanted: Sequence[Sequence[Paths]]) -> bool:
        pictures = [member.pictures for member in family.members]
        for wish in wanted:
            family.tried += 1
            if self._claims.claim_together(wish, pictures):
                for member, paths in zip(family.members, wish, strict=True):
                    member.paths = paths
                return True
        # Those whose files have all been placed before want nothing.
        return not any(member.new_roles for member in family.members)

    async def _families(
        self, members: Sequence[Member], shots: Mapping[str, KnownShot]
    ) -> list[Family]:
        """Return ``members`` in families, in the order of the first of each.

        What lies in the folder already stays where it is, and leads the others of its shot.
        """
        led = await self._leaders.find(shots.values())
        families: list[tuple[list[Member], str | None]] = []
        of_shot: dict[str, list[Member]] = {}
        for member in members:
            shot = shots.get(member.put.asset.id)
            if shot is not None and self._claims.lies_here(member.put.asset):
                led.setdefault(shot.group_id, self._found_leader(member, shot))
                shot = None
            if shot is None:
                families.append(([member], None))
            elif shot.group_id in of_shot:
                of_shot[shot.group_id].append(member)
            else:
                of_shot[shot.group_id] = [member]
                families.append((of_shot[shot.group_id], shot.group_id))
        return [
            Family(kin, await self._wishes(kin, led.get(group_id) if group_id else None))
            for kin, group_id in families
        ]

    def _found_leader(self, member: Member, shot: KnownShot) -> Leader:
        (paths,) = next(self._alone(member))
        return leader(member.put.asset.id, paths[Role.PRIMARY], shot)

    async def _wishes(self, kin: Sequence[Member], led: Leader | None) -> Wishes:
        if len(kin) == 1 and led is None:
            return lambda: self._alone(kin[0])
        first: Asset | None = kin[0].put.asset
        if led is not None:
            first = await self._details(led.asset_id) if self._template.names_by_shot else None
        plain = [self._template.render(m.put.asset, self._album, first) for m in kin]
        return side_by_side(kin, plain, led)

    async def _details(self, asset_id: str) -> Asset | None:
        try:
            return await self._assets.asset(asset_id)
        except NotFoundError:
            return None

    def _alone(self, member: Member) -> Iterator[Sequence[Paths]]:
        """Yield the wishes of a family of one."""
        put, roles = member.put, member.new_roles
        if Role.PRIMARY in roles:
            name = member.video.filename if member.video else ""
            plain = self._template.render(put.asset, self._album)
            for paths in self._claims.candidates(plain, put.asset, roles, name):
                yield [paths]
        elif roles:
            primary = PurePosixPath(put.recorded[Role.PRIMARY].item.path or put.asset.filename)
            paths = member.beside(primary)
            yield [paths]
            suffix = long_suffix(put.asset.id)
            yield [{role: path.with_name(fit(path.name, suffix)) for role, path in paths.items()}]
