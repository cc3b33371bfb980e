"""Pairs of videos by their lengths and frames."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.duplicates.search import Video, video_pairs

FRAMES = st.lists(st.integers(0, 2**7 - 1), max_size=4).map(tuple)
VIDEOS = st.lists(st.builds(Video, st.integers(0, 3000), FRAMES), max_size=12)

A, B, C, D = (int(frame) for frame in np.random.default_rng(1).integers(0, 2**63, 4))


def found(videos: Sequence[Video], distance: int = 10) -> dict[tuple[int, int], int]:
    """Return the pairs with their distances."""
    pairs = video_pairs(videos, distance)
    places = list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    assert len(set(places)) == len(places)
    return dict(zip(places, pairs.distance.tolist(), strict=True))


def one_way(one: Video, other: Video) -> int:
    """Return the median of how far the frames of ``one`` are from ``other``."""
    return statistics.median_high(
        min((frame ^ held).bit_count() for held in other.frames) for frame in one.frames
    )


def bits_between(one: Video, other: Video, distance: int) -> int | None:
    """Return how far apart two videos are, None if they are not alike."""
    tolerance = max(1000, 0.02 * max(one.duration_ms, other.duration_ms))
    if abs(one.duration_ms - other.duration_ms) > tolerance or not (one.frames and other.frames):
        return None
    fewer, more = sorted((one, other), key=lambda video: len(video.frames))
    bits = one_way(fewer, more)
    if len(fewer.frames) == len(more.frames):
        bits = max(bits, one_way(more, fewer))
    return bits if bits <= distance else None


@given(videos=VIDEOS, distance=st.integers(0, 3))
def test_the_pairs_are_those_of_comparing_all_with_all(
    videos: Sequence[Video], distance: int
) -> None:
    wanted = {}
    for left, right in combinations(range(len(videos)), 2):
        bits = bits_between(videos[left], videos[right], distance)
        if bits is not None:
            wanted[left, right] = bits
    assert found(videos, distance) == wanted


def test_a_copy_that_was_compressed_again_is_found() -> None:
    videos = [Video(60_000, (A, B, C)), Video(9000, (D,)), Video(60_040, (A ^ 3, B ^ 1, C))]
    assert found(videos) == {(0, 2): 1}


@pytest.mark.parametrize(("longer", "alike"), [(61_200, True), (61_300, False)])
def test_the_lengths_may_differ_by_a_fiftieth(longer: int, alike: bool) -> None:
    assert bool(found([Video(60_000, (A, B)), Video(longer, (A, B))])) is alike


@pytest.mark.parametrize(("longer", "alike"), [(4000, True), (4001, False)])
def test_the_lengths_of_short_ones_may_differ_by_a_second(longer: int, alike: bool) -> None:
    assert bool(found([Video(3000, (A, B)), Video(longer, (A, B))])) is alike


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ((A, B), (A, C), False),
        ((A,), (A, C), True),
        ((A, B), (B, A, C, D), True),
        ((A, B, C), (A, B, D), True),
        ((A, B, C, D), (A, B), True),
        ((A, A, A), (A, B, C), False),
        ((), (A,), False),
        ((), (), False),
    ],
)
def test_most_frames_must_be_alike(
    one: tuple[int, ...], other: tuple[int, ...], alike: bool
) -> None:
    assert bool(found([Video(5000, one), Video(5000, other)])) is alike


def test_many_videos_of_one_length_are_not_compared_with_each_other() -> None:
    random = np.random.default_rng(2)
    frames = random.integers(0, 2**64, (20_000, 3), dtype=np.uint64).tolist()
    videos = [Video(3000, tuple(each)) for each in frames]
    videos.append(videos[7])
    assert found(videos, 6) == {(7, 20_000): 0}


def test_no_videos_make_no_pair() -> None:
    assert found([]) == {}
