"""All pairs of different hashes within a distance, exactly, without comparing all with all.

The hashes are sorted by some of their bands, once for each choice of bands of which a near pair is
equal in one at least (`pentaprism.duplicates.bands`), and those with equal bands are compared. A
pair that several choices bring together is reported by the first of them only.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pentaprism.duplicates.bands import Choice, cut
from pentaprism.duplicates.bit_counts import Meeting, across, beside, each_with_each
from pentaprism.duplicates.clumps import LARGE, NONE, clumps
from pentaprism.duplicates.runs import by_key

_DEEPEST = 3


def near(hashes: NDArray[np.uint64], distance: int, depth: int = 0) -> Iterator[Meeting]:
    """Yield the pairs of hashes, all of them different, that differ in ``distance`` bits at most.

    Each pair comes once, in no order, a bounded number at a time.
    """
    bands = cut(hashes, distance) if depth < _DEEPEST else None
    if bands is None:
        yield from each_with_each(hashes, distance)
        return
    search = _Search(bands.arrange(hashes), distance, depth)
    search.clumps = clumps(search.hashes, bands)
    yield from search.within_clumps()
    for choice in bands.choices():
        for meeting in search.with_equal(choice):
            first = search.first_seen(choice, meeting)
            if len(first.left):
                yield first


class _Search:
    """What is the same for all choices of a search."""

    def __init__(self, hashes: NDArray[np.uint64], distance: int, depth: int) -> None:
        self.hashes = hashes
        self.clumps = np.full(len(hashes), NONE, np.int32)
        self._distance = distance
        self._depth = depth

    def within_clumps(self) -> Iterator[Meeting]:
        """Yield the pairs of which both are in the same clump."""
        for number in np.unique(self.clumps[self.clumps != NONE]).tolist():
            yield from self._among(np.flatnonzero(self.clumps == number))

    def with_equal(self, choice: Choice) -> Iterator[Meeting]:
        """Yield the near pairs that are equal in some bands, and some others too."""
        order, starts, sizes = by_key(self.hashes, choice)
        large = sizes > LARGE
        for start, size in zip(starts[large], sizes[large], strict=True):
            yield from self._in_run(order[start : start + size])
        if large.any():
            order = order[np.repeat(~large, sizes)]
        for meeting in beside(self.hashes[order], sizes[~large], self._distance):
            yield Meeting(order[meeting.left], order[meeting.right])

    def first_seen(self, choice: Choice, meeting: Meeting) -> Meeting:
        """Return the pairs that are equal in the bands of this choice and of none before.

        Those within a clump were seen before all others.
        """
        left, right = meeting
        clump = self.clumps[left]
        apart = (clump != self.clumps[right]) | (clump == NONE)
        left, right = left[apart], right[apart]
        differing = self.hashes[left] ^ self.hashes[right]
        first = (differing & choice.mask) == 0
        for mask in choice.before:
            first &= (differing & mask) != 0
        return Meeting(left[first], right[first])

    def _in_run(self, places: NDArray[np.int64]) -> Iterator[Meeting]:
        """Yield pairs of a large run; those of a clump that is most of it are left out."""
        numbers = self.clumps[places]
        counts = np.bincount(numbers)
        counts[NONE] = 0
        if counts.max() * 2 < len(places):
            yield from self._among(places)
            return
        inside = numbers == counts.argmax()
        others, clump = places[~inside], places[inside]
        yield from self._among(others)
        found = across(self.hashes[others], self.hashes[clump], self._distance)
        for meeting in found:
            yield Meeting(others[meeting.left], clump[meeting.right])

    def _among(self, places: NDArray[np.int64]) -> Iterator[Meeting]:
        deeper = _DEEPEST if len(places) == len(self.hashes) else self._depth + 1
        for meeting in near(self.hashes[places], self._distance, deeper):
            yield Meeting(places[meeting.left], places[meeting.right])
