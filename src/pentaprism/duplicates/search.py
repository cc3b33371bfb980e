"""All pairs of hashes within a distance, exactly: of equal hashes, near ones, and turned ones.

Hashes are 64-bit numbers in arrays of ``numpy.uint64``. Those of pictures that have too little in
them must be left out beforehand: they are all alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pentaprism.duplicates.distinct import DistinctPairs, Pairs, distinct_pairs, joined
from pentaprism.duplicates.videos import Video, video_pairs
from pentaprism.fingerprints.symmetries import COUNT, inverse

__all__ = [
    "DistinctPairs",
    "Pairs",
    "TurnedPairs",
    "Video",
    "distinct_pairs",
    "pairs",
    "turned_pairs",
    "video_pairs",
]


@dataclass(frozen=True, slots=True, eq=False)
class TurnedPairs(Pairs):
    """Pairs of which one may have to be turned to lie as the other.

    ``symmetry`` (uint8) is the number of the symmetry by which the right one becomes the left one,
    0 as it is; see `pentaprism.fingerprints.symmetries`.
    """

    symmetry: NDArray[np.uint8]


def pairs(hashes: NDArray[np.uint64], distance: int) -> Pairs:
    """Return all pairs within ``distance``, equal hashes as distance 0.

    There is a row for each pair, so many equal hashes are very many rows: `distinct_pairs` and its
    ``expanded`` do not hold them all at once.
    """
    return joined(distinct_pairs(hashes, distance).expanded())


def turned_pairs(
    hashes: NDArray[np.uint64], turned: NDArray[np.uint64], distance: int
) -> TurnedPairs:
    """Return all pairs of which one, in any of the eight symmetries, is near the other upright.

    ``turned`` has a row of seven for each of ``hashes``, in the order of the symmetries. A pair
    comes once, with its least distance, and of the symmetries that give it the smallest number;
    the pairs are in the order of their places.
    """
    parts = [(pairs(hashes, distance), 0)]
    for symmetry in range(1, COUNT):
        parts += _turned_by(symmetry, hashes, turned[:, symmetry - 1], distance)
    every = joined(part for part, _ in parts)
    symmetries = np.repeat(
        np.array([symmetry for _, symmetry in parts], np.uint8), [len(part) for part, _ in parts]
    )
    order = np.lexsort((symmetries, every.distance, every.right, every.left))
    left, right = every.left[order], every.right[order]
    first = np.ones(len(order), bool)
    first[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    order = order[first]
    return TurnedPairs(left[first], right[first], every.distance[order], symmetries[order])


def _turned_by(
    symmetry: int, hashes: NDArray[np.uint64], turned: NDArray[np.uint64], distance: int
) -> Iterator[tuple[Pairs, int]]:
    """Yield the pairs of one turned hash and one upright, with what turns the right one."""
    count = len(hashes)
    for part in distinct_pairs(np.concatenate([hashes, turned]), distance).expanded():
        upright, other = part.left, part.right - count
        mixed = (upright < count) & (other >= 0) & (upright != other)
        upright, other, bits = upright[mixed], other[mixed], part.distance[mixed]
        right = other > upright  # whether it is the right one whose turned hash is near
        yield Pairs(upright[right], other[right], bits[right]), symmetry
        left = ~right
        yield Pairs(other[left], upright[left], bits[left]), inverse(symmetry)
