"""How many bands to cut hashes into, and which bits each gets, so that a search is quick.

Two hashes that differ in ``distance`` bits at most differ in as many bands at most. Of ``equal``
bands more than that, ``equal`` are the same in both: whoever looks at each choice of so many bands,
and there at the hashes that have them in common, sees every such pair.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

BITS = 64
KEY_BITS = 32
"""The most bits by which hashes are sorted; see `Choice.key`."""

_SHORT_KEY_BITS = 16  # one pass of a radix sort; more need two
_MOST_EQUAL = 6
_FEW = 2_000
_SAMPLE = 20_000

# What steps take, in nanoseconds, as far as they stand in proportion.
_BY_SHORT_KEY = 10.0
_BY_LONG_KEY = 21.0
_COMPARING = 1.0
_OVERHEAD = 150_000.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Bands in which hashes are equal: ``mask`` has their bits.

    ``before`` are the masks of the other bands up to the last of them. A pair that is equal in one
    of those too belongs to an earlier choice.
    """

    mask: np.uint64
    before: tuple[np.uint64, ...]
    parts: tuple[tuple[int, int], ...]
    """The lowest bit and the width of each band."""

    @property
    def width(self) -> int:
        """Return how many bits `key` has, `KEY_BITS` at most."""
        return min(sum(width for _, width in self.parts), KEY_BITS)

    def key(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint32]:
        """Return the bits of the bands side by side; of very wide ones, a part of them."""
        key = np.zeros(len(hashes), np.uint64)
        for lowest, width in self.parts:
            key <<= np.uint64(width)
            key |= (hashes >> np.uint64(lowest)) & _ones(width)
        return key.astype(np.uint32)


@dataclass(frozen=True, slots=True)
class Bands:
    """Hashes cut into bands of about the same information: ``order`` are their bits, band by band.

    Bits that are the same in all hashes are in no band.
    """

    order: tuple[int, ...]
    widths: tuple[int, ...]
    equal: int

    def arrange(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Return the hashes with the bits of each band side by side; distances are the same."""
        arranged = np.zeros_like(hashes)
        for bit in self.order:
            arranged <<= np.uint64(1)
            arranged |= (hashes >> np.uint64(bit)) & np.uint64(1)
        return arranged

    def choices(self) -> Iterator[Choice]:
        """Yield each choice of bands, in the order that `Choice.before` speaks of."""
        return (
            self._choice(chosen) for chosen in combinations(range(len(self.widths)), self.equal)
        )

    def apart(self) -> Iterator[Choice]:
        """Yield choices that have no band in common."""
        for first in range(0, len(self.widths) - self.equal + 1, self.equal):
            yield self._choice(range(first, first + self.equal))

    def _choice(self, chosen: Sequence[int]) -> Choice:
        lowest = BITS - np.cumsum(self.widths)
        parts = list(zip(lowest.tolist(), self.widths, strict=True))
        masks = [_ones(width) << np.uint64(place) for place, width in parts]
        return Choice(
            np.bitwise_or.reduce([masks[band] for band in chosen]),
            tuple(masks[band] for band in range(chosen[-1]) if band not in chosen),
            tuple(parts[band] for band in chosen),
        )


def cut(hashes: NDArray[np.uint64], distance: int) -> Bands | None:
    """Return the bands for the quickest search, None if to compare all with all is quicker."""
    if len(hashes) <= _FEW:
        return None
    information = _information(hashes)
    telling = np.flatnonzero(information)
    best = len(hashes) * len(hashes) / 2 * _COMPARING
    found = None
    for equal in range(1, _MOST_EQUAL + 1):
        count = distance + equal
        cost = _cost(len(hashes), count, equal, float(information.sum()))
        if count <= len(telling) and cost < best:
            best, found = cost, (count, equal)
    if found is None:
        return None
    return _deal(information, telling, *found)


def _cost(hashes: int, count: int, equal: int, information: float) -> float:
    width = min(information * equal / count, KEY_BITS)
    sorting = _BY_SHORT_KEY if width <= _SHORT_KEY_BITS else _BY_LONG_KEY
    pairs = hashes * hashes / 2 / 2**width
    return math.comb(count, equal) * (_OVERHEAD + hashes * sorting + pairs * _COMPARING)


def _information(hashes: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return what each bit tells, in a sample of the hashes: 1 halves the pairs that are equal."""
    sample = hashes[:: max(1, len(hashes) // _SAMPLE)]
    ones = np.array([np.mean((sample >> np.uint64(bit)) & np.uint64(1)) for bit in range(BITS)])
    information: NDArray[np.float64] = -np.log2(ones**2 + (1 - ones) ** 2)
    return information


def _deal(
    information: NDArray[np.float64], telling: NDArray[np.int64], count: int, equal: int
) -> Bands:
    """Deal the bits out, the most telling first, each to the band that has the least yet."""
    bands: list[list[int]] = [[] for _ in range(count)]
    filled = [0.0] * count
    for bit in telling[np.argsort(-information[telling], kind="stable")]:
        least = min(range(count), key=filled.__getitem__)
        bands[least].append(int(bit))
        filled[least] += float(information[bit])
    order = [bit for band in bands for bit in band]
    rest = sorted(set(range(BITS)) - set(order))
    return Bands((*order, *rest), tuple(len(band) for band in bands), equal)


def _ones(width: int) -> np.uint64:
    return np.uint64((1 << width) - 1)
