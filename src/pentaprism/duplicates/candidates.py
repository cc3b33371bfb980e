"""Candidates in the index: which files may be alike, by their hashes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pentaprism.duplicates.options import Reach
from pentaprism.duplicates.search import Pairs, Video, pairs, turned_pairs, video_pairs
from pentaprism.fingerprints.symmetries import inverse
from pentaprism.store import Store
from pentaprism.store.fingerprint_records import KnownFingerprint, KnownHash, KnownVideo

FEW = 300
"""How many new pictures are looked up one by one at most: more are found in one go in memory."""

_TURNED = 7


class Near(NamedTuple):
    """Two files that may be alike; ``symmetry`` is the one that turns ``other`` into ``row``.

    ``row`` is the one that was not searched yet.
    """

    row: int
    other: int
    distance: int | None
    symmetry: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for files: ``searched`` are those that need not be looked for again."""

    searched: Sequence[int]
    near: Sequence[Near]


class Lookup:
    """Looks new pictures up in the stored library, one after the other."""

    def __init__(self, store: Store, owner_id: str, sources: Collection[str], reach: Reach) -> None:
        self._store = store
        self._owner_id = owner_id
        self._sources = sources
        self._reach = reach

    async def find(self, new: Sequence[KnownFingerprint]) -> Found:
        """Return what the pictures ``new`` may be alike with, themselves among each other too."""
        rows = [one.row for one in new]
        equals = await self._store.fingerprints.searched_equals(rows, self._sources)
        near: dict[tuple[int, int], Near] = {}
        done: set[int | bytes] = set()
        for one in new:
            content = one.sha1 or one.sha256 or one.row
            if one.row in equals or content in done:
                continue
            done.add(content)
            for found in await self._without_equals(content, await self._of(one)):
                key = (min(found.row, found.other), max(found.row, found.other))
                if key not in near or (found.distance or 0) < (near[key].distance or 0):
                    near[key] = found
        return Found(rows, [*near.values()])

    async def _without_equals(self, content: int | bytes, near: Sequence[Near]) -> Iterable[Near]:
        """Return one of each files with the same bytes, and none with those of ``content``."""
        contents = await self._store.fingerprints.contents({one.other for one in near})
        kept: dict[tuple[int | bytes, int], Near] = {}
        for one in sorted(near, key=lambda one: one.other):
            other = contents.get(one.other, one.other)
            if other != content:
                kept.setdefault((other, one.symmetry), one)
        return kept.values()

    async def _of(self, one: KnownFingerprint) -> list[Near]:
        phash = one.fingerprint.phash
        if phash is None or one.fingerprint.flat:
            return []
        turned = one.fingerprint.turned if self._reach.symmetries else ()
        found = []
        for symmetry, wanted in enumerate((phash, *turned)):
            hits = await self._store.fingerprints.near(self._owner_id, wanted, self._reach.distance)
            # Turned by `symmetry` the new one is the other: so the other way round.
            found += [
                Near(one.row, row, bits, inverse(symmetry)) for row, bits in hits if row != one.row
            ]
        return found


async def find_in_memory(store: Store, owner_id: str, reach: Reach) -> Found:
    """Return what all pictures of a person that were not searched yet may be alike with."""
    hashes = await store.fingerprints.hashes(owner_id)
    return await asyncio.to_thread(_pictures, hashes, reach)


async def find_videos(store: Store, owner_id: str) -> Found:
    """Return what all videos of a person that were not searched yet may be alike with."""
    videos = await store.fingerprints.videos(owner_id)
    if all(video.searched for video in videos):
        return Found([], [])
    return await asyncio.to_thread(_videos, videos)


def _pictures(hashes: Sequence[KnownHash], reach: Reach) -> Found:
    some = _representatives(hashes)
    values = np.fromiter((one.phash for one in some), np.uint64, len(some))
    if reach.symmetries:
        told = b"".join(one.turned or bytes(8 * _TURNED) for one in some)
        turned = np.frombuffer(told, ">u8").astype(np.uint64).reshape(-1, _TURNED)
        found = turned_pairs(values, turned, reach.distance)
        near = list(_near(found, some, found.symmetry.tolist()))
    else:
        near = list(_near(pairs(values, reach.distance), some))
    return Found([one.row for one in hashes if not one.searched], near)


def _videos(videos: Sequence[KnownVideo]) -> Found:
    some = _representatives(videos)
    found = video_pairs([Video(one.duration_ms, one.frames) for one in some])
    return Found([one.row for one in videos if not one.searched], list(_near(found, some)))


def _representatives[K: KnownHash | KnownVideo](known: Sequence[K]) -> list[K]:
    """Return one of each files with the same bytes, by row; one that was searched if there is."""
    first: dict[bytes | int, K] = {}
    for one in known:
        before = first.setdefault(one.content or one.row, one)
        if one.searched and not before.searched:
            first[one.content or one.row] = one
    return sorted(first.values(), key=lambda one: one.row)


def _near(
    found: Pairs,
    known: Sequence[KnownHash] | Sequence[KnownVideo],
    symmetries: Iterable[int] | None = None,
) -> Iterator[Near]:
    """Yield the pairs of which one at least was not searched yet."""
    searched = np.fromiter((one.searched for one in known), bool, len(known))
    wanted = ~(searched[found.left] & searched[found.right])
    turned = [0] * len(found.left) if symmetries is None else list(symmetries)
    for place in np.flatnonzero(wanted).tolist():
        left, right = known[found.left[place]], known[found.right[place]]
        bits, symmetry = int(found.distance[place]), turned[place]
        if left.searched:
            yield Near(right.row, left.row, bits, inverse(symmetry))
        else:
            yield Near(left.row, right.row, bits, symmetry)


def by_new_file(found: Found) -> Mapping[int, list[Near]]:
    """Return the candidates of each file that was searched for, also of those without any."""
    near: dict[int, list[Near]] = {row: [] for row in found.searched}
    for one in found.near:
        near.setdefault(one.row, []).append(one)
    return near
