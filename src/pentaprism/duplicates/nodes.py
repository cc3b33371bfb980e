"""Nodes: shots that are one while groups are made, as all their pictures have the same bytes.

So ten thousand copies are one node, and not fifty million pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

from pentaprism.duplicates.linkage import Cluster, Edge, clusters
from pentaprism.duplicates.shots import shot_edges
from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import Kind
from pentaprism.store.duplicate_components import Component, ComponentFile, ComponentShot
from pentaprism.store.duplicate_records import Verdict

SEEN_KINDS = frozenset({Kind.IMAGE, Kind.RAW, Kind.VIDEO})
"""What is compared: equal sidecars say nothing about their pictures."""

type Content = Hashable
"""What has the same bytes, as far as hashes are known; else the row of the file."""


def content_of(file: ComponentFile, sha256_of: Mapping[bytes, bytes]) -> Content:
    """Return the content of a file; Immich tells the SHA-1 only, which others have beside theirs.

    ``sha256_of`` leads from the SHA-1 of some files to their SHA-256.
    """
    if file.sha256 is not None:
        return file.sha256
    if file.sha1 is not None:
        return sha256_of.get(file.sha1, file.sha1)
    return file.row


@dataclass(slots=True)
class Parting:
    """What verdicts part: contents, and rows of files of which the bytes are not known."""

    contents: set[frozenset[Content]] = field(default_factory=set)
    rows: set[frozenset[int]] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        verdicts: Iterable[Verdict],
        contents: Mapping[int, Content],
        sha256_of: Mapping[bytes, bytes],
    ) -> Parting:
        """Return what ``verdicts`` part; ``contents`` has those of the files that are here."""
        parting = cls()
        for verdict in verdicts:
            low, high = verdict.low_sha1, verdict.high_sha1
            by_bytes: frozenset[Content] = frozenset()
            if low is not None and high is not None:
                by_bytes = frozenset({sha256_of.get(low, low), sha256_of.get(high, high)})
                parting.contents.add(by_bytes)
            now = {contents.get(verdict.low), contents.get(verdict.high)}
            if now != by_bytes:
                parting.rows.add(frozenset({verdict.low, verdict.high}))
        return parting

    @property
    def alone(self) -> set[int]:
        """The rows that a verdict is about whatever their bytes are."""
        return {row for pair in self.rows for row in pair}

    @property
    def repeated(self) -> set[Content]:
        """The contents that may be there as often as they are."""
        return {content for pair in self.contents if len(pair) == 1 for content in pair}


@dataclass(frozen=True, slots=True)
class Node:
    """Shots with the same pictures, the first one's number being the node's."""

    shots: tuple[ComponentShot, ...]
    contents: frozenset[Content]
    rows: frozenset[int]
    owner_id: str
    burst: str | None

    @property
    def number(self) -> int:
        """What linkage knows it by."""
        return self.shots[0].primary


class Nodes:
    """The nodes of a component, and which of them are alike."""

    def __init__(self, component: Component) -> None:
        files = component.files
        self.sha256_of = {
            file.sha1: file.sha256 for file in files.values() if file.sha1 and file.sha256
        }
        self.contents = {row: content_of(file, self.sha256_of) for row, file in files.items()}
        self._parting = Parting.of(component.verdicts, self.contents, self.sha256_of)
        self._alone = self._parting.alone
        self._nodes = self._make(component)
        self._holders: dict[Content, list[int]] = defaultdict(list)
        for number, node in self._nodes.items():
            for content in node.contents:
                self._holders[content].append(number)
        self._edges = {
            (edge.a, edge.b): edge
            for edge in shot_edges(
                self._pairs(component),
                {},
                {number: node.burst for number, node in self._nodes.items() if node.burst},
                (),
            )
            if self._may_be_together(edge)
        }

    def clusters(self) -> Iterator[tuple[Cluster, Sequence[Node]]]:
        """Yield the groups, each with its nodes; copies without anything alike are one too."""
        left = dict(self._nodes)
        for cluster in clusters(self._edges.values()):
            yield cluster, [left.pop(number) for number in cluster.nodes]
        for number, node in left.items():
            if len(node.shots) > 1:
                yield Cluster((number,), 1.0, Label.IDENTICAL), [node]

    def score(self, a: Node, b: Node) -> float:
        """Return how alike two nodes of one cluster are."""
        if a.number == b.number:
            return 1.0
        return self._edges[min(a.number, b.number), max(a.number, b.number)].score

    def _make(self, component: Component) -> dict[int, Node]:
        alone, repeated = self._alone, self._parting.repeated
        alike: dict[Hashable, list[ComponentShot]] = defaultdict(list)
        contents: dict[int, frozenset[Content]] = {}
        for primary, shot in sorted(component.shots.items()):
            seen = [row for row in shot.rows if component.files[row].kind in SEEN_KINDS]
            if not seen:
                continue
            held = contents[primary] = frozenset(self.contents[row] for row in seen)
            owner_id = component.files[seen[0]].owner_id
            by_itself = not alone.isdisjoint(seen) or not repeated.isdisjoint(held)
            alike[owner_id, held, shot.burst, primary if by_itself else None].append(shot)
        nodes = {}
        for shots in alike.values():
            first = shots[0]
            nodes[first.primary] = Node(
                shots=tuple(shots),
                contents=contents[first.primary],
                rows=frozenset(row for shot in shots for row in shot.rows),
                owner_id=component.files[first.rows[0]].owner_id,
                burst=first.burst,
            )
        return nodes

    def _pairs(self, component: Component) -> Iterator[Edge]:
        """Yield the edges between nodes: those that share a content, and those with alike ones."""
        repeated = self._parting.repeated
        for content, numbers in self._holders.items():
            if content not in repeated:
                for a, b in combinations(numbers, 2):
                    yield Edge(a, b, 1.0, Label.IDENTICAL)
        for pair in component.pairs:
            holders = (self._holders.get(self.contents[row], ()) for row in (pair.low, pair.high))
            for a, b in product(*holders):
                if a != b:
                    yield Edge(a, b, pair.score, pair.label)

    def _may_be_together(self, edge: Edge) -> bool:
        """Tell whether two nodes are of one person, and no verdict parts them."""
        a, b = self._nodes[edge.a], self._nodes[edge.b]
        if a.owner_id != b.owner_id:
            return False
        parting = self._parting
        if parting.contents and any(
            frozenset(pair) in parting.contents for pair in product(a.contents, b.contents)
        ):
            return False
        return not any(
            frozenset({row, other}) in parting.rows
            for row, other in product(a.rows & self._alone, b.rows & self._alone)
        )
