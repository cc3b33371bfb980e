"""Linkage: groups in which everything is alike, out of pairs that are.

Complete linkage on a sparse graph. The pairs are gone through once, the closest first. Of every two
clusters it is counted how many of their pairs have been seen; when all of them have, the two become
one. So nothing chains: A~B and B~C make one cluster only with A~C.

A pair is a row of 25 bytes, held about twice while rows are sorted, and costs a few dictionary
operations; a merge walks through the neighbours of the smaller cluster. E pairs take some E log E
steps. 5,000 nodes that are all alike are 12.5 million pairs, which is feasible and no more than
that: whoever has many equal files makes one node of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pentaprism.fingerprints.labels import Label

LABELS = tuple(Label)
"""All labels, the closest first."""

RANKS = {label: rank for rank, label in enumerate(LABELS)}
"""How far down each label is: 0 for the closest."""


class Edge(NamedTuple):
    """Two nodes that are alike; ``score`` is from 0 to 1."""

    a: int
    b: int
    score: float
    label: Label

    @property
    def order(self) -> tuple[int, float]:
        """What edges are ordered by, the closest first: the label, then the score."""
        return (RANKS[self.label], -self.score)


class Cluster(NamedTuple):
    """Two nodes or more, every two of them alike; the label and score of its weakest pair."""

    nodes: tuple[int, ...]
    score: float
    label: Label


def clusters(edges: Iterable[Edge]) -> list[Cluster]:
    """Return the complete-linkage clusters of ``edges``, by their first nodes.

    Their order and the order within an edge make no difference; of several edges between the same
    two nodes the closest counts. A node is in one cluster at most, no two clusters could be one,
    and each node's cluster depends only on the nodes that it is connected with.
    """
    rows = _sorted(edges)
    nodes = np.union1d(np.unique(rows["a"]), np.unique(rows["b"]))
    growth = _Growth(len(nodes))
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        left = np.searchsorted(nodes, some["a"]).tolist()
        growth.add(left, np.searchsorted(nodes, some["b"]).tolist(), start)
    numbers = nodes.tolist()
    found = [
        Cluster(
            tuple(numbers[place] for place in sorted(members)),
            float(rows["score"][growth.weakest[name]]),
            LABELS[rows["rank"][growth.weakest[name]]],
        )
        for name, members in enumerate(growth.members)
        if len(members) > 1
    ]
    return sorted(found)


_ROW = np.dtype([("rank", "u1"), ("score", "f8"), ("a", "i8"), ("b", "i8")])
_AT_ONCE = 1 << 16


def _sorted(edges: Iterable[Edge]) -> NDArray[np.void]:
    """Return ``edges`` as rows, the closest first, two nodes once and the smaller first."""

    def rows() -> Iterator[tuple[int, float, int, int]]:
        for a, b, score, label in edges:
            if a != b:
                yield (RANKS[label], score, a, b) if a < b else (RANKS[label], score, b, a)

    found = np.fromiter(rows(), _ROW)
    found = found[np.lexsort((-found["score"], found["rank"], found["b"], found["a"]))]
    again = np.zeros(len(found), bool)
    again[1:] = (found["a"][1:] == found["a"][:-1]) & (found["b"][1:] == found["b"][:-1])
    if again.any():
        found = found[~again]
    return found[np.lexsort((found["b"], found["a"], -found["score"], found["rank"]))]


class _Growth:
    """Clusters that grow while edges come in, the closest first.

    ``members`` are the nodes of each cluster, none where it went into another one; ``weakest`` is
    the number of the edge that made it one, which is its weakest as no later one came before.
    """

    def __init__(self, nodes: int) -> None:
        self._home = list(range(nodes))
        self.members = [[node] for node in range(nodes)]
        self.weakest = [0] * nodes
        self._seen: list[dict[int, int]] = [{} for _ in range(nodes)]

    def add(self, left: list[int], right: list[int], first: int) -> None:
        """Take the next edges, between the nodes ``left`` and ``right``, from number ``first``."""
        home, members, seen = self._home, self.members, self._seen
        for number, (node, other) in enumerate(zip(left, right, strict=True), first):
            a, b = home[node], home[other]
            count = seen[a].get(b, 0) + 1
            if count == len(members[a]) * len(members[b]):
                self._join(a, b, number)
            else:
                seen[a][b] = seen[b][a] = count

    def _join(self, a: int, b: int, number: int) -> None:
        seen, home, members = self._seen, self._home, self.members
        if len(seen[a]) + len(members[a]) < len(seen[b]) + len(members[b]):
            a, b = b, a
        seen[a].pop(b, None)
        seen[b].pop(a, None)
        for near, count in seen[b].items():
            of_near = seen[near]
            del of_near[b]
            of_near[a] = seen[a][near] = seen[a].get(near, 0) + count
        for node in members[b]:
            home[node] = a
        members[a] += members[b]
        members[b], seen[b] = [], {}
        self.weakest[a] = number
