"""Crowds of pictures that look alike: what is compared stays bounded, and nobody else is lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pentaprism.duplicates.crowds import CLOSEST, CROWD, Thinned, close_pairs, thinned
from pentaprism.duplicates.search import distinct_pairs, pairs

FAR = 0xAAAA_0F0F_3333_5555
type Found = set[tuple[int, int, int]]


def hashes(*values: int) -> NDArray[np.uint64]:
    return np.array(values, np.uint64)


def crowd(count: int, bits: int = 12) -> list[int]:
    """Return different hashes of which every two are within ``bits``."""
    return list(range(1 << bits))[:count]


def told(found: Thinned, rows: int = 1_000_000) -> Found:
    triples = [
        one for part in found.expanded(rows)
        for one in zip(
            part.left.tolist(), part.right.tolist(), part.distance.tolist(), strict=True
        )
    ]  # fmt: skip
    assert len(set(triples)) == len(triples) == found.count(), "each pair comes once"
    return set(triples)


def everything(values: NDArray[np.uint64], distance: int) -> Found:
    found = pairs(values, distance)
    return set(zip(found.left.tolist(), found.right.tolist(), found.distance.tolist(), strict=True))


def met(found: Found, count: int) -> NDArray[np.int64]:
    """Return with how many others each is in a pair."""
    ends = [end for a, b, _ in found for end in (a, b)]
    return np.bincount(np.array(ends, int), minlength=count)


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(0, 6), st.integers(1, 50))
def test_without_a_crowd_all_pairs_are_kept(values: list[int], distance: int, rows: int) -> None:
    some = hashes(*values)
    found = thinned(distinct_pairs(some, distance))
    assert told(found, rows) == everything(some, distance)
    assert found.pictures == 0


@given(st.integers(0, 1 << 32), st.integers(150, 300), st.integers(0, 6))
def test_what_is_kept_of_a_crowd_is_near_and_what_is_in_none_loses_nothing(
    seed: int, count: int, distance: int
) -> None:
    choices = hashes(*range(0, 64, 3), FAR, FAR + 1)
    some = np.random.default_rng(seed).choice(choices, count)
    every = everything(some, distance)
    near = met(every, count)
    found = thinned(distinct_pairs(some, distance))
    kept = told(found)
    assert kept <= every
    assert found.pictures == int((near > CROWD).sum())
    lost = every - kept
    assert all(near[a] > CROWD and near[b] > CROWD for a, b, _ in lost)
    assert all(met(kept, count)[near > CROWD] >= CLOSEST), (
        "everyone in a crowd is compared with some"
    )


def test_thousands_that_look_alike_are_not_compared_each_with_each() -> None:
    for values in ([7] * 1500, crowd(1500), [one // 5 for one in crowd(1500)]):
        found = thinned(distinct_pairs(hashes(*values), 12))
        assert found.pictures == 1500
        assert len(told(found)) <= 3 * CLOSEST * 1500


def test_the_closest_of_a_crowd_are_compared() -> None:
    values = crowd(1024, 10)
    copy = values[777] | 1 << 40  # one bit from its like, two or more from all others
    kept = told(thinned(distinct_pairs(hashes(*values, copy), 10)))
    assert (777, 1024, 1) in kept


def test_turned_pairs_are_thinned_in_the_same_way() -> None:
    values = hashes(*crowd(400), FAR, FAR + 1)
    found = pairs(values, 10)
    kept, crowded = close_pairs(found, len(values))
    assert crowded == 400
    assert kept.sum() <= CLOSEST * 400 + 1
    assert kept[(found.left == 400) & (found.right == 401)].all()
