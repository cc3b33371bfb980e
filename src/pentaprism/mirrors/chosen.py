"""Chosen: which files of a shot are mirrored, where the library index knows the shot.

An edit may be listed a day after its original, so that no page of a listing tells what the album
holds of a shot. Where the choice depends on that, the listing is read once before the work.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from hashlib import blake2b
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from pentaprism.assets import Asset, Visibility
from pentaprism.destinations.choices import RawPolicy
from pentaprism.groups.files import Kind
from pentaprism.mirrors.shots import KnownShot, Shots, by_rank

_PARTS = 256


class Member(NamedTuple):
    """A file that the album holds of a shot; of these the one with the lowest ``rank`` is primary.

    Shots and files are digests, so that they are told apart in 8 bytes each.
    """

    shot: int
    file: int
    rank: int
    raw: bool


def others(members: Iterable[Member], policy: RawPolicy) -> set[int]:
    """Return those files of one shot that another one of ``members`` is mirrored for.

    One of them is always left, whatever the policy.
    """
    files = list(members)
    wanted = {member.file for member in files}
    if policy is RawPolicy.RAW:
        wanted = {member.file for member in files if member.raw} or wanted
    elif policy is RawPolicy.PRIMARY and files:
        wanted = {min(files, key=attrgetter("rank", "file")).file}
    return {member.file for member in files} - wanted


class IdSet:
    """Ids of assets, in 8 bytes each; asked for only when all of them are there.

    What is kept is a digest of 64 bits: among a million ids one is taken for another with a chance
    of one in twenty million.
    """

    def __init__(self) -> None:
        self._parts = [array("Q") for _ in range(_PARTS)]

    def add(self, digest: int) -> None:
        """Put the id with this `digest` into the set."""
        self._parts[digest % _PARTS].append(digest)

    def close(self) -> None:
        """Make the set ready to be asked."""
        for number, part in enumerate(self._parts):
            self._parts[number] = array("Q", sorted(part))

    def __contains__(self, asset_id: str) -> bool:
        digest = digest_of(asset_id)
        part = self._parts[digest % _PARTS]
        place = bisect_left(part, digest)
        return place < len(part) and part[place] == digest


def digest_of(id_: str) -> int:
    """Return 64 bits that stand for ``id_``."""
    return int.from_bytes(blake2b(id_.encode(), digest_size=8).digest())


class Chosen:
    """What was decided about the files of the shots that are known.

    ``known`` are the assets in such shots, ``left_out`` those of them that another is mirrored for.
    """

    def __init__(self) -> None:
        self.known = IdSet()
        self.left_out = IdSet()


class Choosing:
    """Gathers what an album holds of each shot, and chooses in the end.

    Memory is 32 bytes for each asset that is in a shot while it gathers, 16 at most afterwards.
    """

    def __init__(self, policy: RawPolicy) -> None:
        self._policy = policy
        self._chosen = Chosen()
        # Three numbers for each file, apart by shot: only one part at a time becomes objects.
        self._parts = [array("Q") for _ in range(_PARTS)]

    def add(self, asset_id: str, shot: KnownShot) -> None:
        """Note that the album holds an asset of ``shot``, which can be mirrored."""
        place = digest_of(shot.group_id)
        files = by_rank(shot)
        # It may have left the shot while this was asked for: then it is the last one.
        ranked = next(
            (
                rank * 2 + (kind is Kind.RAW)
                for rank, (known, kind) in enumerate(files)
                if known == asset_id
            ),
            len(files) * 2,
        )
        self._parts[place % _PARTS].extend((place, digest_of(asset_id), ranked))

    def add_known(self, asset_id: str) -> None:
        """Note that an asset is in a shot, whether it can be mirrored or not."""
        self._chosen.known.add(digest_of(asset_id))

    def choose(self) -> Chosen:
        """Return what is mirrored of all that was noted; to be called once."""
        for number, part in enumerate(self._parts):
            numbers = iter(part)
            members = sorted(
                Member(shot, file, ranked >> 1, bool(ranked & 1))
                for shot, file, ranked in zip(numbers, numbers, numbers, strict=True)
            )
            for _, shot_members in groupby(members, key=attrgetter("shot")):
                for file in others(shot_members, self._policy):
                    self._chosen.left_out.add(file)
            self._parts[number] = array("Q")
        self._chosen.known.close()
        self._chosen.left_out.close()
        return self._chosen


async def choose_files(
    pages: AsyncIterator[Sequence[Asset]],
    shots: Shots,
    policy: RawPolicy,
    out_of_reach: Callable[[Sequence[Asset]], Awaitable[Collection[str]]],
) -> Chosen:
    """Return which files of the known shots in a listing are mirrored.

    ``out_of_reach`` tells which assets cannot be mirrored: no other file is left out for them.
    """
    choosing = Choosing(policy)
    async for page in pages:
        listed = [asset for asset in page if asset.visibility is not Visibility.HIDDEN]
        known = await shots.of(asset.id for asset in listed)
        grouped = [asset for asset in listed if asset.id in known]
        absent = await out_of_reach(grouped)
        for asset in grouped:
            choosing.add_known(asset.id)
            if asset.id not in absent:
                choosing.add(asset.id, known[asset.id])
    return choosing.choose()
