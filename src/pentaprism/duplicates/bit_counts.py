"""Comparing hashes bit by bit, many at once, in pieces that stay in the cache of a processor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_PIECE = 1 << 14
_FULL = 1 << 18
_DENSE = 0.05


class Meeting(NamedTuple):
    """Places of hashes that are near, side by side."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]


class _Found:
    """Pairs that come up in small numbers, put together to fewer and larger ones."""

    def __init__(self) -> None:
        self._parts: list[Meeting] = []
        self._count = 0

    def add(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> bool:
        """Take pairs; tells whether it is time to `take` them out."""
        if len(left):
            self._parts.append(Meeting(left, right))
            self._count += len(left)
        return self._count >= _FULL

    def take(self) -> Iterator[Meeting]:
        """Yield what there is, if anything."""
        parts, self._parts, self._count = self._parts, [], 0
        if parts:
            yield Meeting(
                np.concatenate([part.left for part in parts]),
                np.concatenate([part.right for part in parts]),
            )


def each_with_each(hashes: NDArray[np.uint64], distance: int) -> Iterator[Meeting]:
    """Yield all pairs that differ in ``distance`` bits at most, by comparing all with all."""
    top, count = 0, len(hashes)
    found = _Found()
    while top < count - 1:
        rows = max(1, _PIECE // (count - top))
        left, right = _near(hashes[top : top + rows], hashes[top:], distance)
        later = left < right
        if found.add(left[later] + top, right[later] + top):
            yield from found.take()
        top += rows
    yield from found.take()


def across(
    hashes: NDArray[np.uint64], others: NDArray[np.uint64], distance: int
) -> Iterator[Meeting]:
    """Yield the near pairs of one of ``hashes`` and one of ``others``, by comparing all."""
    rows = max(1, _PIECE // max(1, len(others)))
    found = _Found()
    for top in range(0, len(hashes), rows):
        left, right = _near(hashes[top : top + rows], others, distance)
        if found.add(left + top, right):
            yield from found.take()
    yield from found.take()


def _near(
    hashes: NDArray[np.uint64], others: NDArray[np.uint64], distance: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the near pairs of few hashes, or one, and others."""
    if len(hashes) == 1:
        at = [
            np.flatnonzero(np.bitwise_count(hashes ^ others[start : start + _PIECE]) <= distance)
            + start
            for start in range(0, len(others), _PIECE)
        ]
        right = np.concatenate(at) if at else np.empty(0, np.int64)
        return np.zeros_like(right), right
    at_all = np.flatnonzero(np.bitwise_count(hashes[:, None] ^ others[None, :]) <= distance)
    left, right = np.divmod(at_all, max(1, len(others)))
    return left, right


def beside(
    hashes: NDArray[np.uint64], sizes: NDArray[np.int64], distance: int
) -> Iterator[Meeting]:
    """Yield the near pairs within runs of hashes of these sizes, and some across two runs.

    The hashes are compared with the next, the next but one, and so on: all of them while most of
    them have one in their run, then those only.
    """
    found = _Found()
    steps, left_over = _dense_steps(sizes, len(hashes))
    differing, near = np.empty(_PIECE, np.uint64), np.empty(_PIECE, bool)
    bits = np.empty(_PIECE, np.uint8)
    for step in range(1, steps + 1):
        for start in range(0, len(hashes) - step, _PIECE):
            after = hashes[start + step : start + step + _PIECE]
            size = len(after)
            np.bitwise_xor(hashes[start : start + size], after, out=differing[:size])
            np.bitwise_count(differing[:size], out=bits[:size])
            np.less_equal(bits[:size], distance, out=near[:size])
            at = near[:size].nonzero()[0]
            if len(at):
                at += start
                if found.add(at, at + step):
                    yield from found.take()
    if left_over:
        for at, step in _sparse(sizes, steps + 1):
            bits = np.bitwise_count(hashes.take(at) ^ hashes.take(at + step))
            left = at[bits <= distance]
            if found.add(left, left + step):
                yield from found.take()
    yield from found.take()


def _dense_steps(sizes: NDArray[np.int64], count: int) -> tuple[int, bool]:
    """Return up to which step to compare all hashes, and whether some runs are longer."""
    runs = np.bincount(sizes, minlength=2)
    longer = np.cumsum(runs[::-1])[::-1]  # how many runs have this size or more
    having = np.cumsum(longer[::-1])[::-1]  # how many hashes have one so many steps further
    enough = having[2:] >= _DENSE * max(count, 1)
    steps = int(np.argmin(enough)) if not enough.all() else len(enough)
    return steps, len(having) > steps + 2 and bool(having[steps + 2])


def _sparse(sizes: NDArray[np.int64], first: int) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Yield the places that have another of their run so many steps further, step by step."""
    long = sizes > first
    ends = np.cumsum(sizes)[long]
    sizes = sizes[long]
    at = np.arange(sizes.sum()) + np.repeat(ends - np.cumsum(sizes), sizes)
    remaining = np.repeat(ends, sizes) - at
    step = first
    while len(at := at[(going := remaining > step)]):
        remaining = remaining[going]
        yield at, step
        step += 1
