"""Hashes to search: of any bits, and skewed as those of a library, with planted near pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


class HashSet(NamedTuple):
    """Hashes, and planted pairs of places, row by row, with how many bits they differ in."""

    hashes: Hashes
    planted: NDArray[np.int64]
    bits: NDArray[np.uint8]


def uniform(count: int) -> HashSet:
    """Return hashes of any bits, one in a hundred of which is a changed copy of another."""
    random = np.random.default_rng(count)
    return _plant(random, random.integers(0, 2**64, count, dtype=np.uint64))


def realistic(count: int) -> HashSet:
    """Return hashes as in a library: a fifth of them are copies, near copies, or skies.

    Half the bits of each are set, as the median of a DCT has it, of the first of them nearly all.
    One in ten is a copy, of few ones very often; one in twenty is a few bits from another; and one
    in fifty is in one of ten clumps, around each of which hashes lie within some bits.
    """
    random = np.random.default_rng(count + 1)
    hashes = _balanced(random, count)
    copies, near, clump = count // 10, count // 20, count // 500
    often = (random.zipf(1.5, copies) % count).astype(np.int64)
    hashes[:copies] = hashes[copies + (often % (count - copies))]
    start = copies
    hashes[start : start + near] = _flip(random, hashes[-near:], 4)
    start += near
    for centre in range(10):
        hashes[start : start + clump] = _flip(random, np.repeat(hashes[-centre - 1], clump), 8)
        start += clump
    random.shuffle(hashes)
    return _plant(random, hashes)


def _plant(random: np.random.Generator, hashes: Hashes) -> HashSet:
    places = random.permutation(len(hashes))[: len(hashes) // 50].reshape(-1, 2)
    hashes[places[:, 1]] = _flip(random, hashes[places[:, 0]], 10)
    bits: NDArray[np.uint8] = np.bitwise_count(hashes[places[:, 0]] ^ hashes[places[:, 1]])
    return HashSet(hashes, np.sort(places, axis=1), bits)


def _flip(random: np.random.Generator, hashes: Hashes, most: int) -> Hashes:
    """Return the hashes with up to ``most`` bits changed, each number of them about as often."""
    wanted = random.integers(0, most + 1, len(hashes))
    for flip in range(most):
        bit = np.uint64(1) << random.integers(0, 64, len(hashes)).astype(np.uint64)
        hashes = np.where(wanted > flip, hashes ^ bit, hashes)
    return hashes


def _balanced(random: np.random.Generator, count: int) -> Hashes:
    lean = 4 * np.exp(-np.arange(64, dtype=np.float32))
    hashes = np.empty(count, np.uint64)
    for start in range(0, count, 50_000):
        size = min(50_000, count - start)
        waves = random.standard_normal((size, 64), np.float32) + lean
        bits = waves > np.median(waves, axis=1, keepdims=True)
        hashes[start : start + size] = np.packbits(bits, axis=1).view(">u8")[:, 0]
    return hashes


KINDS: Mapping[str, Callable[[int], HashSet]] = {"uniform": uniform, "realistic": realistic}
