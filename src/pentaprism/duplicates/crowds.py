"""Crowds: pictures whose hashes are near those of very many others.

Ten thousand frames of a camera that does not move, or screenshots of one app, are fifty million
pairs, and comparing each on its pixels would take weeks. So of two pictures that are both in a
crowd only those are compared that are close; whoever is in no crowd is compared with all that its
hash is near to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pentaprism.duplicates.distinct import in_order, numbered
from pentaprism.duplicates.search import DistinctPairs, Pairs

CROWD = 100
"""With more near hashes than these a picture is in a crowd."""

CLOSEST = 16
"""To so many of the closest a picture in a crowd is compared, or some more of equal distance."""

_ROWS = 1_000_000

type _Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Thinned:
    """What is left of near pairs: different hashes that are kept, and how many places of each.

    ``near`` is what was thinned, ``kept`` the numbers of its pairs that are left, and ``crowded``
    tells which of its hashes are in a crowd.
    """

    near: DistinctPairs
    kept: NDArray[np.int64]
    crowded: NDArray[np.bool_]

    @property
    def pictures(self) -> int:
        """How many places are in a crowd."""
        return int(self.near.sizes[self.crowded].sum())

    def count(self) -> int:
        """Return how many pairs of places there are: what `expanded` yields in all."""
        return int(self._equal_counts().sum() + self._other_counts(*self._ends()).sum())

    def expanded(self, rows: int = _ROWS) -> Iterator[Pairs]:
        """Yield the pairs of places, ``rows`` at a time at most; equal hashes at distance 0."""
        places, starts, sizes = self.near.places, self.near.starts, self.near.sizes
        for one, number in numbered(self._equal_counts(), rows):
            # Each with the next, the last with the first; then with the next but one, and so on.
            step, first = np.divmod(number, sizes[one])
            second = (first + step + 1) % sizes[one]
            a, b = places[starts[one] + first], places[starts[one] + second]
            yield in_order(a, b, np.zeros(len(number), np.uint8))
        many, few = self._ends()
        bits = self.near.pairs.distance[self.kept]
        for pair, number in numbered(self._other_counts(many, few), rows):
            large, small = many[pair], few[pair]
            step, first = np.divmod(number, sizes[large])
            second = (first + step) % sizes[small]
            a, b = places[starts[large] + first], places[starts[small] + second]
            yield in_order(a, b, bits[pair])

    def _ends(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the hashes of each pair, the one of more places first."""
        sizes = self.near.sizes
        one, other = self.near.pairs.left[self.kept], self.near.pairs.right[self.kept]
        turned = sizes[one] < sizes[other]
        return np.where(turned, other, one), np.where(turned, one, other)

    def _equal_counts(self) -> _Counts:
        sizes = self.near.sizes
        every = sizes * (sizes - 1) // 2
        return np.where(self.crowded, np.minimum(every, sizes * (CLOSEST // 2)), every)

    def _other_counts(self, many: NDArray[np.int32], few: NDArray[np.int32]) -> _Counts:
        sizes = self.near.sizes
        both = self.crowded[many] & self.crowded[few]
        found: _Counts = sizes[many] * np.where(both, np.minimum(sizes[few], CLOSEST), sizes[few])
        return found


def thinned(near: DistinctPairs) -> Thinned:
    """Return ``near`` with the closest pairs only of what is in crowds."""
    positions = near.places[near.starts[:-1]].astype(np.int64)
    kept, crowded = _close(near.pairs, near.sizes, positions)
    return Thinned(near, np.flatnonzero(kept), crowded)


def close_pairs(pairs: Pairs, count: int) -> tuple[NDArray[np.bool_], int]:
    """Return which ``pairs`` of ``count`` places are kept, and how many places are in a crowd."""
    kept, crowded = _close(pairs, np.ones(count, np.int64), np.arange(count))
    return kept, int(crowded.sum())


def _close(
    pairs: Pairs, sizes: _Counts, positions: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which pairs are kept, and which of what they pair is in a crowd.

    ``sizes`` tells for how many places each stands. Of those that are equally close the ones with
    near ``positions`` come first: files that lie beside each other may well be a group.
    """
    count = len(sizes)
    near = sizes - 1
    near = near + np.bincount(pairs.left, sizes[pairs.right], count).astype(np.int64)
    near += np.bincount(pairs.right, sizes[pairs.left], count).astype(np.int64)
    crowded = near > CROWD
    both = crowded[pairs.left] & crowded[pairs.right]
    some = np.flatnonzero(both)
    one = np.concatenate([pairs.left[some], pairs.right[some]])
    other = np.concatenate([pairs.right[some], pairs.left[some]])
    away = np.abs(positions[one] - positions[other])
    order = np.lexsort((other, away, np.tile(pairs.distance[some], 2), one))
    ahead = np.cumsum(sizes[other[order]]) - sizes[other[order]]
    starts = np.searchsorted(one[order], one[order])
    ahead = ahead - ahead[starts] + sizes[one[order]] - 1
    kept = ~both
    kept[some[order[ahead < CLOSEST] % max(1, len(some))]] = True
    return kept, crowded
