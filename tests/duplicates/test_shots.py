from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pentaprism.duplicates.linkage import Edge
from pentaprism.duplicates.shots import covered, shot_edges
from pentaprism.fingerprints.labels import Label

SIMILAR, RECOMPRESSED = Label.SIMILAR, Label.RECOMPRESSED
SAME, IDENTICAL = Label.SAME_PICTURE, Label.IDENTICAL

PAIRED = {1: 1, 2: 1, 11: 11, 12: 11}
"""Two shots of two files each: 1 and 11."""


def test_a_file_in_no_group_is_a_shot_by_itself() -> None:
    assert shot_edges([Edge(5, 4, 0.9, SIMILAR)], {}, {}, ()) == [Edge(4, 5, 0.9, SIMILAR)]


def test_the_most_alike_files_of_two_shots_count() -> None:
    pairs = [
        Edge(1, 11, 0.99, SIMILAR),
        Edge(2, 12, 0.91, RECOMPRESSED),
        Edge(12, 1, 0.95, RECOMPRESSED),
    ]
    assert shot_edges(pairs, PAIRED, {}, ()) == [Edge(1, 11, 0.95, RECOMPRESSED)]


def test_files_of_one_shot_are_no_pair() -> None:
    assert shot_edges([Edge(1, 2, 1.0, SAME)], PAIRED, {}, ()) == []


def test_a_verdict_about_any_two_files_parts_their_shots() -> None:
    pairs = [Edge(1, 11, 1.0, IDENTICAL), Edge(1, 30, 0.9, SIMILAR)]
    assert shot_edges(pairs, PAIRED, {}, [(12, 2)]) == [Edge(1, 30, 0.9, SIMILAR)]


def test_a_verdict_within_a_shot_parts_nothing() -> None:
    pairs = [Edge(1, 11, 1.0, IDENTICAL)]
    assert shot_edges(pairs, PAIRED, {}, [(1, 2)]) == pairs


def test_frames_of_one_burst_must_be_the_same_picture() -> None:
    bursts = {1: "burst", 11: "burst", 30: "burst", 40: "burst", 50: "another"}
    pairs = [
        Edge(1, 11, 0.99, RECOMPRESSED),
        Edge(1, 30, 0.99, SIMILAR),
        Edge(11, 30, 1.0, SAME),
        Edge(30, 40, 1.0, IDENTICAL),
        Edge(40, 50, 0.9, SIMILAR),
        Edge(50, 60, 0.9, SIMILAR),
    ]
    assert shot_edges(pairs, PAIRED, bursts, ()) == pairs[2:]


def test_in_a_burst_a_weaker_pair_does_not_hide_a_closer_one() -> None:
    pairs = [Edge(1, 11, 0.99, RECOMPRESSED), Edge(2, 12, 1.0, SAME)]
    bursts = {1: "burst", 11: "burst"}
    assert shot_edges(pairs, PAIRED, bursts, ()) == [Edge(1, 11, 1.0, SAME)]


def test_shots_in_no_burst_are_not_of_one_burst() -> None:
    pairs = [Edge(1, 11, 0.9, SIMILAR)]
    assert shot_edges(pairs, PAIRED, {}, ()) == pairs


ROWS = st.integers(0, 9)
PAIRS = st.lists(
    st.builds(Edge, ROWS, ROWS, st.sampled_from((0.5, 0.9, 1.0)), st.sampled_from(list(Label)))
)


@given(PAIRS, st.dictionaries(ROWS, ROWS), st.lists(st.tuples(ROWS, ROWS)), st.data())
def test_each_two_shots_have_one_edge_at_most_whatever_the_order_of_pairs(
    pairs: list[Edge], shots: dict[int, int], parted: list[tuple[int, int]], data: st.DataObject
) -> None:
    found = shot_edges(pairs, shots, {}, parted)
    shuffled = data.draw(st.permutations(pairs))
    assert shot_edges(shuffled, shots, {}, parted) == found
    ends = [(edge.a, edge.b) for edge in found]
    assert len(ends) == len(set(ends))
    assert all(a < b for a, b in ends)
    apart = {frozenset((shots.get(a, a), shots.get(b, b))) for a, b in parted}
    assert not any(frozenset(end) in apart for end in ends)


def test_losers_are_covered_when_each_file_has_its_equal() -> None:
    assert covered([b"raw", b"jpeg", b"jpeg"], [b"jpeg", b"raw", b"xmp"])


def test_a_sidecar_that_the_keeper_lacks_is_not_covered() -> None:
    assert not covered([b"jpeg", b"xmp"], [b"jpeg"])


def test_an_unknown_digest_is_never_covered() -> None:
    assert not covered([b"jpeg", None], [b"jpeg", None])
