"""Groups of shots, out of files with the same bytes and pairs that are alike.

Shots with the same pictures in them are one node while groups are made, so that a thousand copies
are not half a million pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from pentaprism.duplicates.linkage import Edge, clusters
from pentaprism.duplicates.shots import shot_edges
from pentaprism.fingerprints.labels import Label


@dataclass(frozen=True, slots=True)
class ShotGroup:
    """Shots of which every two are alike; ``label`` and ``score`` are those of the weakest pair."""

    shots: tuple[int, ...]
    label: Label
    score: float


class Twins:
    """Shots, and what their pictures have in common.

    ``contents`` has for each shot what its pictures and videos hold, each content by the number of
    the first file that has it. ``bursts`` leads from a shot to its burst, where it is in one.
    ``pairs`` are alike contents, by the same numbers.
    """

    def __init__(
        self,
        contents: Mapping[int, frozenset[int]],
        bursts: Mapping[int, Hashable],
        pairs: Iterable[Edge],
    ) -> None:
        alike: dict[Hashable, list[int]] = defaultdict(list)
        for shot in sorted(contents):
            alike[contents[shot], bursts.get(shot)].append(shot)
        self._shots = {shots[0]: tuple(shots) for shots in alike.values()}
        self._node = {shot: node for node, shots in self._shots.items() for shot in shots}
        holders: dict[int, list[int]] = defaultdict(list)
        for node in self._shots:
            for content in contents[node]:
                holders[content].append(node)
        edges = shot_edges(_edges(holders, pairs), {}, bursts, ())
        self._edges = {(edge.a, edge.b): edge for edge in edges}

    def groups(self) -> list[ShotGroup]:
        """Return the groups, by their first shots; each shot is in one of them at most."""
        found = []
        left = dict(self._shots)
        for cluster in clusters(self._edges.values()):
            shots = tuple(sorted(shot for node in cluster.nodes for shot in left.pop(node)))
            found.append(ShotGroup(shots, cluster.label, cluster.score))
        found += [
            ShotGroup(shots, Label.IDENTICAL, 1.0) for shots in left.values() if len(shots) > 1
        ]
        return sorted(found, key=lambda group: group.shots)

    def score(self, shot: int, other: int) -> float:
        """Return how alike two shots of one group are."""
        a, b = sorted((self._node[shot], self._node[other]))
        return 1.0 if a == b else self._edges[a, b].score


def _edges(holders: Mapping[int, list[int]], pairs: Iterable[Edge]) -> Iterator[Edge]:
    """Yield the edges between nodes: those that share a content, and those with alike ones."""
    for nodes in holders.values():
        for a, b in combinations(nodes, 2):
            yield Edge(a, b, 1.0, Label.IDENTICAL)
    for pair in pairs:
        for a, b in product(holders.get(pair.a, ()), holders.get(pair.b, ())):
            yield Edge(a, b, pair.score, pair.label)
