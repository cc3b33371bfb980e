"""Clumps: very many hashes that have much in common, as those of a thousand skies.

Almost every choice of bands brings the whole of a clump together. So its hashes are compared with
one another once, beforehand, and after that only with others.
"""

from __future__ import annotations

from itertools import islice

import numpy as np
from numpy.typing import NDArray

from pentaprism.duplicates.bands import Bands
from pentaprism.duplicates.runs import by_key

NONE = 0
"""The number of no clump."""

LARGE = 128
"""More hashes than these with the same key are looked at by themselves."""

_TIMES = 16
_LOOKS = 4
_WHOLE = 0.9
_COMPARABLE = 20_000


def clumps(hashes: NDArray[np.uint64], bands: Bands) -> NDArray[np.int32]:
    """Return for each hash the number of the clump that it is in, from 1, or `NONE`.

    A clump is what hangs together by being many times as often equal as by chance, in some bands.
    One that is nearly everything, and too much to be compared one by one, is none.
    """
    members = np.zeros(len(hashes), np.int32)
    parents = [NONE]
    for choice in islice(bands.apart(), _LOOKS):
        runs = by_key(hashes, choice)
        large = runs.sizes > max(LARGE, _TIMES * len(hashes) / 2**choice.width)
        for start, size in zip(runs.starts[large], runs.sizes[large], strict=True):
            _join(members, parents, runs.order[start : start + size])
    roots = np.array([_root(parents, number) for number in range(len(parents))], np.int32)
    members = roots[members]
    sizes = np.bincount(members, minlength=1)
    sizes[NONE] = 0
    sizes[sizes <= _COMPARABLE] = 0
    return (
        np.where(sizes[members] >= _WHOLE * len(hashes), NONE, members) if any(sizes) else members
    )


def _join(members: NDArray[np.int32], parents: list[int], places: NDArray[np.int64]) -> None:
    """Put hashes into one clump, with all that their clumps have."""
    numbers = members[places]
    there = np.unique(numbers[numbers != NONE]).tolist()
    if there:
        root = _root(parents, there[0])
        for number in there:
            parents[_root(parents, number)] = root
    else:
        root = len(parents)
        parents.append(root)
    members[places[numbers == NONE]] = root


def _root(parents: list[int], number: int) -> int:
    while parents[number] != number:
        parents[number] = number = parents[parents[number]]
    return number
