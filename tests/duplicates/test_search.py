"""All pairs of hashes within a distance, against comparing all with all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pentaprism.duplicates.bands import cut
from pentaprism.duplicates.search import Pairs, distinct_pairs, pairs
from pentaprism.fingerprints import hamming

Hashes = NDArray[np.uint64]
SEEDS = st.integers(0, 2**32 - 1)
HASHES = st.integers(0, 2**64 - 1)


def all_pairs(hashes: Hashes, distance: int) -> dict[tuple[int, int], int]:
    """Return what comparing all with all finds."""
    bits = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
    found = np.argwhere(np.triu(bits <= distance, 1))
    return {(int(left), int(right)): int(bits[left, right]) for left, right in found}


def told(found: Pairs) -> dict[tuple[int, int], int]:
    """Return the pairs with their distances, after a look at whether one came twice."""
    places = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert len(set(places)) == len(places)
    return dict(zip(places, found.distance.tolist(), strict=True))


def uniform(random: np.random.Generator, count: int) -> Hashes:
    """Return hashes of any bits."""
    return random.integers(0, 2**64, count, dtype=np.uint64)


def changed(random: np.random.Generator, hashes: Hashes, most: int) -> Hashes:
    """Return the hashes with some of their bits flipped, ``most`` at most."""
    for _ in range(most):
        flipped = random.integers(0, 2, len(hashes)).astype(np.uint64)
        hashes = hashes ^ (flipped << random.integers(0, 64, len(hashes)).astype(np.uint64))
    return hashes


def library(random: np.random.Generator, count: int) -> Hashes:
    """Return a mixture: unlike ones, copies, near ones, and clumps of several kinds."""
    part = count // 6
    single = uniform(random, count - 5 * part)
    low = random.integers(0, 2**14, part, dtype=np.uint64)
    high = random.integers(0, 2**24, part, dtype=np.uint64) << np.uint64(40)
    parts = [
        single,
        single[random.integers(0, len(single), part)],
        changed(random, single[random.integers(0, len(single), part)], 16),
        changed(random, np.repeat(single[:1], part), 6),
        single[:1] ^ low,
        single[1:2] ^ high,
    ]
    hashes: Hashes = np.concatenate(parts)
    random.shuffle(hashes)
    return hashes


@pytest.mark.parametrize("distance", range(17))
def test_a_library_with_clumps_gives_each_near_pair_once(distance: int) -> None:
    hashes = library(np.random.default_rng(distance), 3500)
    assert distance > 6 or cut(np.unique(hashes), distance) is not None
    assert_all_are_found(hashes, distance)


@pytest.mark.parametrize(("distance", "count"), [(8, 9000), (11, 9000), (13, 9000), (14, 30_000)])
def test_many_hashes_give_each_pair_within_many_bits_once(distance: int, count: int) -> None:
    random = np.random.default_rng(distance)
    hashes = uniform(random, count)
    hashes[:1500] = changed(random, hashes[1500:3000], 16)
    assert cut(hashes, distance) is not None
    assert_all_are_found(hashes, distance)


def assert_all_are_found(hashes: Hashes, distance: int) -> None:
    """Compare all with all."""
    found = pairs(hashes, distance)
    places = set((found.left.astype(np.int64) * len(hashes) + found.right).tolist())
    assert len(places) == len(found)
    assert (found.left < found.right).all()
    assert (np.bitwise_count(hashes[found.left] ^ hashes[found.right]) == found.distance).all()
    near = 0
    for place, one in enumerate(hashes):
        near += int((np.bitwise_count(one ^ hashes[place + 1 :]) <= distance).sum())
    assert len(found) == near


@given(seed=SEEDS, count=st.integers(0, 300), distance=st.integers(0, 16))
def test_few_hashes_give_each_near_pair_once(seed: int, count: int, distance: int) -> None:
    random = np.random.default_rng(seed)
    hashes = library(random, count) if count > 12 else changed(random, uniform(random, count), 3)
    assert told(pairs(hashes, distance)) == all_pairs(hashes, distance)


@pytest.mark.parametrize("bits", [2, 9, 11])
def test_hashes_that_differ_in_few_places_only_are_searched(bits: int) -> None:
    spread = np.arange(2**bits, dtype=np.uint64) << np.uint64(31)
    assert told(pairs(spread, 2)) == all_pairs(spread, 2)


@pytest.mark.parametrize("hashes", [[], [5], [2**64 - 1]])
def test_fewer_than_two_make_no_pair(hashes: Sequence[int]) -> None:
    assert len(pairs(np.array(hashes, np.uint64), 10)) == 0


def test_all_equal_are_all_pairs_at_distance_0() -> None:
    found = told(pairs(np.full(40, 7, np.uint64), 0))
    assert len(found) == 40 * 39 // 2
    assert set(found.values()) == {0}


def test_opposites_are_64_bits_apart() -> None:
    assert told(pairs(np.array([0, 2**64 - 1], np.uint64), 64)) == {(0, 1): 64}
    assert not len(pairs(np.array([0, 2**64 - 1], np.uint64), 63))


def test_many_equal_hashes_are_one_until_they_are_expanded() -> None:
    hashes = np.concatenate([np.full(50_000, 6, np.uint64), np.full(30_000, 7, np.uint64)])
    found = distinct_pairs(hashes, 1)
    assert found.hashes.tolist() == [6, 7]
    assert found.sizes.tolist() == [50_000, 30_000]
    assert found.places_of(1).tolist() == list(range(50_000, 80_000))
    assert told(found.pairs) == {(0, 1): 1}
    assert found.count() == 80_000 * 79_999 // 2
    first = next(found.expanded(rows=1000))
    assert 0 < len(first) <= 1000


@given(seed=SEEDS, rows=st.integers(1, 50))
def test_pieces_of_any_size_hold_all_pairs_once(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 4, 30).astype(np.uint64)
    pieces = [told(piece) for piece in distinct_pairs(hashes, 1).expanded(rows)]
    assert all(len(piece) <= rows for piece in pieces)
    whole = all_pairs(hashes, 1)
    assert sum(map(len, pieces)) == distinct_pairs(hashes, 1).count() == len(whole)
    assert {pair: bits for piece in pieces for pair, bits in piece.items()} == whole


@given(a=HASHES, b=HASHES)
def test_the_numbers_of_a_database_are_the_same_bits(a: int, b: int) -> None:
    stored, other = hamming.signed(a), hamming.signed(b)
    assert -(2**63) <= stored < 2**63
    assert hamming.unsigned(stored) == a
    assert hamming.bands(a) == hamming.bands(stored)
    of_bands = [band % 2**16 for band in hamming.bands(a)]
    assert a == sum(band << shift for band, shift in zip(of_bands, (48, 32, 16, 0), strict=True))
    assert all(-(2**15) <= band < 2**15 for band in hamming.bands(a))
    assert hamming.distance(a, b) == (a ^ b).bit_count() == hamming.distance(stored, other)
    assert hamming.distance(a, other) == hamming.distance(a, b)


@given(seed=SEEDS, a=HASHES, distance=st.integers(0, 16))
def test_a_near_hash_is_near_in_a_band(seed: int, a: int, distance: int) -> None:
    random = np.random.default_rng(seed)
    b = a
    for bit in random.choice(64, distance, replace=False):
        b ^= 1 << int(bit)
    values = zip(hamming.bands(a), hamming.bands(b), hamming.flips(distance), strict=True)
    assert any(other in hamming.near(band, most) for band, other, most in values)


@pytest.mark.parametrize(("flips", "count"), [(-1, 0), (0, 1), (1, 17), (2, 137), (4, 2517)])
def test_the_bands_near_one_are_each_named_once(flips: int, count: int) -> None:
    found = hamming.near(-3, flips)
    assert len(set(found)) == len(found) == count
    assert all(((value ^ -3) % 2**16).bit_count() <= flips for value in found)
