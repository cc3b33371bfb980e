"""Hashes by some of their bits, so that those that are equal in them stand together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pentaprism.duplicates.bands import Choice

_PASS = 16


class Runs(NamedTuple):
    """``order`` are the places of hashes by their key; runs of it with the same key."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]


def by_key(hashes: NDArray[np.uint64], choice: Choice) -> Runs:
    """Sort by the key of a choice, 16 bits at a time, which numpy does by radix."""
    key = choice.key(hashes)
    order = np.argsort(key.astype(np.uint16), kind="stable")
    if choice.width > _PASS:
        high = (key >> np.uint32(_PASS)).astype(np.uint16)
        order = order[np.argsort(high[order], kind="stable")]
    key = key[order]
    starts = np.flatnonzero(key[1:] != key[:-1])
    starts += 1
    starts = np.concatenate(([0], starts))
    return Runs(order, starts, np.diff(starts, append=len(key)))
