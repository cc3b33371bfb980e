"""Families: the files of one shot that are new in a mirror, placed side by side.

Pure. All of a family lie in one folder, under their own names; where one of these is taken, all
get the same suffix. What was placed earlier does not move: later files follow it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath

from pentaprism.assets import Asset, Role
from pentaprism.mirrors.claims import (
    Paths,
    long_suffix,
    path_key,
    short_suffix,
    shot_paths,
    unreserved,
)
from pentaprism.mirrors.names import fit, split_extension
from pentaprism.mirrors.plan import Put
from pentaprism.mirrors.shots import KnownShot

type Wishes = Callable[[], Iterator[Sequence[Paths]]]
"""Makes the paths that a family may take, for each of its members, best first."""


@dataclass(slots=True)
class Member:
    """A put with the paths that its new files took."""

    put: Put
    video: Asset | None
    paths: Paths = field(default_factory=dict)

    @property
    def new_roles(self) -> list[Role]:
        """The roles of its files that have no record yet."""
        return [
            role
            for role in self.put.reasons
            if role not in self.put.recorded and (role is not Role.VIDEO or self.video is not None)
        ]

    @property
    def pictures(self) -> Mapping[Role, Asset]:
        """Whose bytes the files will have; a sidecar's are nobody's."""
        pictures = {Role.PRIMARY: self.put.asset}
        return pictures if self.video is None else {**pictures, Role.VIDEO: self.video}

    def asset_of(self, role: Role) -> Asset:
        """Return the asset whose file has this role."""
        return self.video if role is Role.VIDEO and self.video is not None else self.put.asset

    def beside(self, primary: PurePosixPath) -> Paths:
        """Return the paths of the new files where the primary one is at ``primary``."""
        return shot_paths(primary, self.new_roles, self.video.filename if self.video else "")


@dataclass(slots=True)
class Family:
    """Members that take their paths together; ``tried`` counts the wishes up to those they took."""

    members: Sequence[Member]
    wishes: Wishes
    tried: int = 0

    def spare(self, member: Member) -> Iterator[Paths]:
        """Yield the paths that ``member`` may move to alone, when its own are taken after all."""
        place = next(n for n, other in enumerate(self.members) if other is member)
        for wish in islice(self.wishes(), self.tried, None):
            yield wish[place]


@dataclass(frozen=True, slots=True)
class Leader:
    """The file of a shot that was placed first, with the suffix that it got for all of them."""

    asset_id: str
    path: PurePosixPath
    suffix: str = ""


def leader(asset_id: str, path: PurePosixPath, shot: KnownShot) -> Leader:
    """Return the leader at ``path``; its suffix is told by the ids of the shot's assets."""
    stem, _ = split_extension(path.name)
    for id_, _ in shot.assets:
        for suffix in (long_suffix(id_), short_suffix(id_)):
            if stem.endswith(suffix):
                return Leader(asset_id, path, suffix)
    return Leader(asset_id, path)


def side_by_side(
    members: Sequence[Member], plain: Sequence[PurePosixPath], led: Leader | None
) -> Wishes:
    """Return the wishes of ``members``, whose primary files would be at ``plain``.

    They follow the one who leads them, if any, else the first of them does. The last wish carries
    each one's own id, so that it is always free.
    """
    folder = plain[0].parent if led is None else led.path.parent
    primaries = _told_apart(members, [unreserved(folder / path.name) for path in plain])

    def wish(suffixes: Sequence[str]) -> list[Paths]:
        return [
            member.beside(path.with_name(fit(path.name, suffix)))
            for member, path, suffix in zip(members, primaries, suffixes, strict=True)
        ]

    def wishes() -> Iterator[Sequence[Paths]]:
        first = members[0].put.asset.id if led is None else led.asset_id
        own = [member.put.asset.id for member in members]
        shared = (led.suffix,) if led and led.suffix else ("", short_suffix(first))
        for suffix in (*shared, long_suffix(first)):
            yield wish([suffix] * len(members))
        yield wish([*map(short_suffix, own)])
        yield wish([*map(long_suffix, own)])

    return wishes


def _told_apart(
    members: Sequence[Member], primaries: Sequence[PurePosixPath]
) -> list[PurePosixPath]:
    """Return ``primaries``, where those that an earlier one is in the way of have their own id."""
    taken: set[str] = set()
    apart = []
    for member, primary in zip(members, primaries, strict=True):
        path = primary
        if not taken.isdisjoint(map(path_key, member.beside(path).values())):
            path = path.with_name(fit(path.name, short_suffix(member.put.asset.id)))
        taken.update(map(path_key, member.beside(path).values()))
        apart.append(path)
    return apart
