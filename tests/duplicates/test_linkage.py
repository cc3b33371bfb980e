from __future__ import annotations

import random
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from pentaprism.duplicates.linkage import RANKS, Cluster, Edge, clusters
from pentaprism.fingerprints.labels import Label

SIMILAR, RECOMPRESSED = Label.SIMILAR, Label.RECOMPRESSED
SAME, IDENTICAL = Label.SAME_PICTURE, Label.IDENTICAL


def test_nothing_gives_nothing() -> None:
    assert clusters([]) == []


def test_a_pair_is_a_cluster() -> None:
    assert clusters([Edge(7, 3, 0.9, SIMILAR)]) == [Cluster((3, 7), 0.9, SIMILAR)]


def test_a_chain_is_cut_at_its_weaker_pair() -> None:
    chain = [Edge(1, 2, 0.8, SIMILAR), Edge(2, 3, 0.9, SIMILAR)]
    assert clusters(chain) == [Cluster((2, 3), 0.9, SIMILAR)]


def test_a_triangle_has_the_label_and_score_of_its_weakest_pair() -> None:
    triangle = [
        Edge(1, 2, 1.0, IDENTICAL),
        Edge(2, 3, 0.97, RECOMPRESSED),
        Edge(1, 3, 0.99, SIMILAR),
    ]
    assert clusters(triangle) == [Cluster((1, 2, 3), 0.99, SIMILAR)]


def test_the_label_comes_before_the_score() -> None:
    chain = [Edge(1, 2, 0.7, IDENTICAL), Edge(2, 3, 0.99, SIMILAR)]
    assert clusters(chain) == [Cluster((1, 2), 0.7, IDENTICAL)]


def test_equal_pairs_of_a_chain_join_by_the_smaller_nodes() -> None:
    chain = [Edge(node, node + 1, 0.9, SIMILAR) for node in range(1, 5)]
    assert clusters(chain) == [Cluster((1, 2), 0.9, SIMILAR), Cluster((3, 4), 0.9, SIMILAR)]


def test_two_close_pairs_with_one_pair_missing_between_them_stay_two() -> None:
    square = [
        Edge(1, 2, 1.0, SAME),
        Edge(3, 4, 1.0, SAME),
        Edge(1, 3, 0.9, SIMILAR),
        Edge(1, 4, 0.9, SIMILAR),
        Edge(2, 3, 0.9, SIMILAR),
    ]
    assert [found.nodes for found in clusters(square)] == [(1, 2), (3, 4)]


def test_of_several_edges_between_two_nodes_the_closest_counts() -> None:
    edges = [
        Edge(1, 2, 0.5, SIMILAR),
        Edge(2, 1, 0.6, RECOMPRESSED),
        Edge(1, 2, 0.7, RECOMPRESSED),
        Edge(2, 3, 0.9, SIMILAR),
        Edge(3, 2, 0.9, SIMILAR),
    ]
    assert clusters(edges) == [Cluster((1, 2), 0.7, RECOMPRESSED)]


def test_a_node_is_not_alike_to_itself() -> None:
    assert clusters([Edge(1, 1, 1.0, IDENTICAL), Edge(1, 2, 0.9, SIMILAR)]) == [
        Cluster((1, 2), 0.9, SIMILAR)
    ]


def test_hundreds_that_are_all_alike_are_one() -> None:
    chance = random.Random(4)
    edges = [Edge(a, b, chance.random(), SIMILAR) for a, b in combinations(range(300), 2)]
    weakest = min(edge.score for edge in edges)
    assert clusters(edges) == [Cluster(tuple(range(300)), weakest, SIMILAR)]


def test_a_star_of_many_has_one_pair() -> None:
    star = [Edge(0, leaf, 0.9, SIMILAR) for leaf in range(1, 20_000)]
    assert clusters(star) == [Cluster((0, 1), 0.9, SIMILAR)]


NODES = st.integers(0, 11)
EDGES = st.lists(
    st.builds(
        Edge, NODES, NODES, st.sampled_from((0.5, 0.7, 0.9, 1.0)), st.sampled_from(list(Label))
    ),
    max_size=60,
)


def closest(edges: list[Edge]) -> dict[tuple[int, int], Edge]:
    found: dict[tuple[int, int], Edge] = {}
    for edge in edges:
        pair = (min(edge.a, edge.b), max(edge.a, edge.b))
        if pair[0] != pair[1] and (pair not in found or edge.order < found[pair].order):
            found[pair] = edge
    return found


@given(EDGES)
def test_clusters_are_complete_and_as_weak_as_their_weakest_pair(edges: list[Edge]) -> None:
    known = closest(edges)
    for nodes, score, label in clusters(edges):
        assert list(nodes) == sorted(set(nodes))
        pairs = [known[pair] for pair in combinations(nodes, 2)]
        assert max(edge.order for edge in pairs) == (RANKS[label], -score)


@given(EDGES)
def test_clusters_are_disjoint_and_no_two_could_be_one(edges: list[Edge]) -> None:
    known = closest(edges)
    found = [set(cluster.nodes) for cluster in clusters(edges)]
    grouped = [node for nodes in found for node in nodes]
    assert len(grouped) == len(set(grouped))
    alone = {node for pair in known for node in pair}.difference(grouped)
    for one, other in combinations([*found, *({node} for node in alone)], 2):
        between = [(min(a, b), max(a, b)) for a in one for b in other]
        assert not all(pair in known for pair in between)


@given(EDGES, st.randoms(use_true_random=False))
def test_the_order_of_edges_and_of_their_ends_makes_no_difference(
    edges: list[Edge], chance: random.Random
) -> None:
    turned = [
        edge._replace(a=edge.b, b=edge.a) if chance.random() < 0.5 else edge for edge in edges
    ]
    chance.shuffle(turned)
    assert clusters(turned) == clusters(edges)


@given(EDGES, EDGES)
def test_edges_elsewhere_change_nothing(edges: list[Edge], elsewhere: list[Edge]) -> None:
    far = [edge._replace(a=edge.a + 1000, b=edge.b + 1000) for edge in elsewhere]
    assert clusters([*edges, *far]) == clusters(edges) + clusters(far)


@given(EDGES)
def test_it_is_what_joining_the_two_closest_clusters_again_and_again_gives(
    edges: list[Edge],
) -> None:
    assert {cluster.nodes for cluster in clusters(edges)} == by_the_book(closest(edges))


def by_the_book(known: dict[tuple[int, int], Edge]) -> set[tuple[int, ...]]:
    """Complete linkage as textbooks tell it: join the two whose weakest pair is the closest."""
    found: list[tuple[int, ...]] = [
        (node,) for node in sorted({node for pair in known for node in pair})
    ]
    while True:
        joins = []
        for one, other in combinations(found, 2):
            between = [(min(a, b), max(a, b)) for a in one for b in other]
            if all(pair in known for pair in between):
                joins.append((max((*known[pair].order, *pair) for pair in between), one, other))
        if not joins:
            return {nodes for nodes in found if len(nodes) > 1}
        _, one, other = min(joins)
        found = [nodes for nodes in found if nodes not in {one, other}]
        found.append(tuple(sorted(one + other)))
