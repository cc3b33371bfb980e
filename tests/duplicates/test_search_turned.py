"""Pairs of pictures of which one was turned or mirrored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pentaprism.duplicates.search import TurnedPairs, turned_pairs
from pentaprism.fingerprints.phash import hash_small
from pentaprism.fingerprints.symmetries import COUNT, inverse, turn

Told = dict[tuple[int, int], tuple[int, int]]


def told(found: TurnedPairs) -> Told:
    """Return the distance and the symmetry of each pair, after a look at whether one came twice."""
    places = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert len(set(places)) == len(places)
    marks = zip(found.distance.tolist(), found.symmetry.tolist(), strict=True)
    return dict(zip(places, marks, strict=True))


def all_turned(hashes: NDArray[np.uint64], turned: NDArray[np.uint64], distance: int) -> Told:
    """Return what comparing all with all, in each symmetry, finds."""
    found: Told = {}
    every = np.column_stack([hashes, turned])
    for one in range(len(hashes)):
        for other in range(len(hashes)):
            for symmetry in range(COUNT):
                bits = int(np.bitwise_count(every[one, symmetry] ^ hashes[other]))
                if one == other or bits > distance:
                    continue
                pair = (min(one, other), max(one, other))
                mark = (bits, symmetry if one > other else inverse(symmetry))
                found[pair] = min(found.get(pair, mark), mark)
    return found


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 16), distance=st.integers(0, 3))
def test_the_least_distance_of_all_symmetries_is_found(
    seed: int, count: int, distance: int
) -> None:
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 2**6, count).astype(np.uint64)
    turned = random.integers(0, 2**6, (count, COUNT - 1)).astype(np.uint64)
    found = told(turned_pairs(hashes, turned, distance))
    assert found == all_turned(hashes, turned, distance)


@pytest.mark.parametrize("symmetry", range(COUNT))
def test_the_symmetry_turns_the_right_picture_into_the_left(symmetry: int) -> None:
    random = np.random.default_rng(3)
    pictures = [random.integers(0, 256, (32, 32)).astype(np.uint8) for _ in range(3)]
    pictures.append(turn(pictures[1], symmetry))
    hashed = [hash_small(np.ascontiguousarray(picture)) for picture in pictures]
    hashes = np.array([one.phash for one in hashed], np.uint64)
    turned = np.array([one.turned for one in hashed], np.uint64)
    found = told(turned_pairs(hashes, turned, 4))
    assert list(found) == [(1, 3)]
    _, by = found[1, 3]
    assert (turn(pictures[3], by) == pictures[1]).all()
