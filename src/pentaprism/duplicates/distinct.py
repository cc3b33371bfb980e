"""Pairs of places in an array of hashes, kept small where many hashes are equal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pentaprism.duplicates.pigeonhole import near

_ROWS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of places in what was searched: ``left`` (int32) is less than ``right`` (int32).

    ``distance`` (uint8) is the number of differing bits. All arrays have one entry for each pair;
    no pair comes twice, and they are in no order unless it is said.
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    distance: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True, eq=False)
class DistinctPairs:
    """Near pairs of different hashes, and which places have each hash.

    ``hashes`` are the different ones, ascending. ``places[starts[i]:starts[i + 1]]`` are the places
    of ``hashes[i]``, ascending. ``pairs`` are of the different ones: their ``left`` and ``right``
    count in ``hashes``. So 50,000 equal hashes are one here, and not a billion pairs.
    """

    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]
    places: NDArray[np.int32]
    pairs: Pairs

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Return how many places have each of the hashes."""
        return np.diff(self.starts)

    def places_of(self, distinct: int) -> NDArray[np.int32]:
        """Return the places that have a hash, ascending."""
        return self.places[self.starts[distinct] : self.starts[distinct + 1]]

    def count(self) -> int:
        """Return how many pairs of places there are: what `expanded` yields in all."""
        sizes = self.sizes
        equal = int((sizes * (sizes - 1) // 2).sum())
        return equal + int((sizes[self.pairs.left] * sizes[self.pairs.right]).sum())

    def expanded(self, rows: int = _ROWS) -> Iterator[Pairs]:
        """Yield all pairs of places, ``rows`` at a time at most; equal hashes at distance 0."""
        yield from self._equal(rows)
        sizes = self.sizes
        left, right, distance = self.pairs.left, self.pairs.right, self.pairs.distance
        for pair, number in numbered(sizes[left] * sizes[right], rows):
            one, other = left[pair], right[pair]
            first, second = np.divmod(number, sizes[other])
            yield in_order(
                self.places[self.starts[one] + first],
                self.places[self.starts[other] + second],
                distance[pair],
            )

    def _equal(self, rows: int) -> Iterator[Pairs]:
        sizes = self.sizes
        for hash_, number in numbered(sizes * (sizes - 1) // 2, rows):
            # Each with the next, the last with the first; then with the next but one, and so on.
            step, first = np.divmod(number, sizes[hash_])
            second = (first + step + 1) % sizes[hash_]
            start = self.starts[hash_]
            zero = np.zeros(len(number), np.uint8)
            yield in_order(self.places[start + first], self.places[start + second], zero)


def distinct_pairs(hashes: NDArray[np.uint64], distance: int) -> DistinctPairs:
    """Return all pairs of different hashes within ``distance``, and the places of each hash."""
    places = np.argsort(hashes, kind="stable").astype(np.int32)
    ordered = hashes[places]
    fresh = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    starts = np.append(np.flatnonzero(fresh), len(ordered))
    distinct = ordered[fresh]
    del ordered, fresh
    return DistinctPairs(distinct, starts, places, joined(_among(distinct, distance)))


def _among(distinct: NDArray[np.uint64], distance: int) -> Iterator[Pairs]:
    for meeting in near(distinct, distance) if distance else ():
        one, other = meeting.left.astype(np.int32), meeting.right.astype(np.int32)
        yield in_order(one, other, np.bitwise_count(distinct[one] ^ distinct[other]))


def numbered(
    counts: NDArray[np.int64], rows: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield each index of ``counts`` as often as it says, with a number counting from 0."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    for start in range(0, total, rows):
        number = np.arange(start, min(start + rows, total))
        index = np.searchsorted(ends, number, side="right")
        yield index, number - (ends[index] - counts[index])


def in_order(
    one: NDArray[np.int32], other: NDArray[np.int32], distance: NDArray[np.uint8]
) -> Pairs:
    """Return pairs of what was met in either order, the lower first."""
    return Pairs(np.minimum(one, other), np.maximum(one, other), distance)


def joined(parts: Iterable[Pairs]) -> Pairs:
    """Return the pairs of all parts as one."""
    rest = [*parts]
    end = sum(map(len, rest))
    whole = Pairs(np.empty(end, np.int32), np.empty(end, np.int32), np.empty(end, np.uint8))
    while rest:
        part = rest.pop()  # one by one, so that they are not held twice
        start = end - len(part)
        whole.left[start:end] = part.left
        whole.right[start:end] = part.right
        whole.distance[start:end] = part.distance
        end = start
    return whole
