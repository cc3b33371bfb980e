"""How files of plain folders look: their hashes in arrays, and which of them may be alike.

Of a million pictures that is tens of megabytes; a `Fingerprint` is made anew only for those that
are compared.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import batched
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pentaprism.duplicates.crowds import close_pairs, thinned
from pentaprism.duplicates.plain_files import Phase, PlainFile, Progress, Wish
from pentaprism.duplicates.search import Pairs, TurnedPairs, distinct_pairs, turned_pairs
from pentaprism.duplicates.videos import Video, video_pairs
from pentaprism.fingerprints.fingerprint import Fingerprint, PictureFile
from pentaprism.groups.files import Kind

_AT_ONCE = 128
_CHUNK = 1 << 14
_TURNED = 7


class Taking(Protocol):
    """Makes fingerprints; `pentaprism.fingerprints.pool.Fingerprinters` does."""

    async def take(self, files: Sequence[PictureFile]) -> list[Fingerprint]:
        """Return the fingerprints of ``files`` in their order."""
        ...


class Near(NamedTuple):
    """Two files that may be alike: as in `pentaprism.duplicates.verification.Candidate`."""

    a: int
    b: int
    distance: int
    symmetry: int


class Nears:
    """Many of them; those of equal hashes are told one after the other and never held.

    ``crowded`` is how many pictures have more near hashes than are compared.
    """

    def __init__(self) -> None:
        self.crowded = 0
        self._sources: list[tuple[NDArray[np.int64], Callable[[], Iterable[Pairs]], int]] = []

    def add(
        self, keys: NDArray[np.int64], source: Callable[[], Iterable[Pairs]], count: int
    ) -> None:
        """Add ``count`` pairs of places in ``keys``, which ``source`` gives in parts."""
        self._sources.append((keys, source, count))

    def keys(self) -> set[int]:
        """Return all files that are in any pair."""
        found: set[int] = set()
        for keys, source, _ in self._sources:
            for part in source():
                found.update(keys[np.union1d(part.left, part.right)].tolist())
        return found

    def __iter__(self) -> Iterator[Near]:
        for keys, source, _ in self._sources:
            for part in source():
                for start in range(0, len(part), _CHUNK):
                    yield from _nears(keys, part, slice(start, start + _CHUNK))

    def __len__(self) -> int:
        return sum(count for _, _, count in self._sources)


def _nears(keys: NDArray[np.int64], part: Pairs, some: slice) -> Iterator[Near]:
    a, b = keys[part.left[some]].tolist(), keys[part.right[some]].tolist()
    turned = part.symmetry[some].tolist() if isinstance(part, TurnedPairs) else [0] * len(a)
    return map(Near, a, b, part.distance[some].tolist(), turned)


class Looks:
    """How files look, which are known by their places in ``files``.

    ``problems`` are the reasons why some could not be looked at.
    """

    def __init__(self, files: Sequence[PlainFile], *, symmetries: bool) -> None:
        self._files = files
        self._symmetries = symmetries
        self._keys = array("q")
        self._hashes = array("Q")
        self._turned = array("Q")
        self._sides = array("I")
        self._others: dict[int, Fingerprint] = {}
        self._videos: dict[int, Fingerprint] = {}
        self.problems: dict[int, str] = {}

    async def take(
        self, wanted: Iterable[tuple[int, Kind]], taking: Taking, progress: Progress
    ) -> None:
        """Make the fingerprints of ``wanted``, which are in ascending order."""
        for some in batched(wanted, _AT_ONCE):
            asked = [PictureFile(self._files[key].path, kind) for key, kind in some]
            answers = await taking.take(asked)
            for (key, _), answer in zip(some, answers, strict=True):
                self._note(key, answer)
            progress.done += len(some)

    def fingerprint(self, key: int) -> Fingerprint | None:
        """Return how a file looks, without its symmetries; None where nothing is known."""
        other = self._videos.get(key) or self._others.get(key)
        place = bisect_left(self._keys, key)
        if other is not None or place == len(self._keys) or self._keys[place] != key:
            return other
        width, height = self._sides[2 * place], self._sides[2 * place + 1]
        return Fingerprint(self._hashes[place], width=width or None, height=height or None)

    async def near(self, wish: Wish, progress: Progress) -> Nears:
        """Return which files may be alike; flat pictures are with none, crowds only with some."""
        progress.begin(Phase.SEARCHING)
        return await asyncio.to_thread(self._near, wish.distance)

    def _note(self, key: int, answer: Fingerprint) -> None:
        if answer.problem is not None:
            self.problems[key] = answer.problem
        elif answer.frames:
            self._videos[key] = answer
        elif answer.phash is None or answer.flat:
            self._others[key] = replace(answer, turned=())
        else:
            self._keys.append(key)
            self._hashes.append(answer.phash)
            self._sides.extend((answer.width or 0, answer.height or 0))
            if self._symmetries:
                self._turned.extend(answer.turned)

    def _near(self, distance: int) -> Nears:
        nears = Nears()
        keys = np.frombuffer(self._keys, np.int64)
        hashes = np.frombuffer(self._hashes, np.uint64)
        if self._symmetries:
            others = np.frombuffer(self._turned, np.uint64).reshape(-1, _TURNED)
            turned = turned_pairs(hashes, others, distance)
            kept, nears.crowded = close_pairs(turned, len(hashes))
            close = TurnedPairs(
                turned.left[kept], turned.right[kept], turned.distance[kept], turned.symmetry[kept]
            )
            nears.add(keys, lambda: (close,), len(close))
        else:
            upright = thinned(distinct_pairs(hashes, distance))
            nears.crowded = upright.pictures
            nears.add(keys, upright.expanded, upright.count())
        told = [Video(one.duration_ms or 0, one.frames) for one in self._videos.values()]
        films = video_pairs(told)
        names = np.fromiter(self._videos, np.int64, len(self._videos))
        nears.add(names, lambda: (films,), len(films))
        return nears
