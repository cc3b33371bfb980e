"""How much alike the assets of groups of duplicates are, two by two."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from pentaprism.fingerprints.labels import Label
from pentaprism.store.asset_facts_records import DuplicateFact

MOST = 100
"""How many duplicates are told of an asset at most: the keeper, and those most like it."""


class _Alike(NamedTuple):
    """An asset in a group of duplicates, by the file that it is."""

    group_id: str
    label: Label
    of_group: float
    kept: bool
    score: float
    shot: int
    file_row: int
    sha1: bytes | None
    asset_id: str
    asset_row: int

    @property
    def content(self) -> Hashable:
        """What files with the same bytes have in common: one of them is compared for all."""
        return self.sha1 or self.file_row


class AlikeGroups:
    """Groups of duplicates, from the rows of `ALIKE` and `PAIRS`."""

    def __init__(self, alike: Iterable[Sequence[Any]], pairs: Iterable[Sequence[Any]]) -> None:
        self._groups: dict[str, list[_Alike]] = {}
        self._by_row: dict[int, _Alike] = {}
        for one in (_Alike(*row) for row in alike):
            self._groups.setdefault(one.group_id, []).append(one)
            self._by_row.setdefault(one.file_row, one)
        self._pairs: dict[tuple[str, frozenset[Hashable]], tuple[float, Label]] = {}
        for group_id, low, high, label, score in pairs:
            self._note(group_id, low, high, (score, label))

    def of(self, group_id: str, asset_id: str, file_row: int) -> tuple[DuplicateFact, ...]:
        """Return the other assets of a group, the closest first; none of the asset's own shot."""
        own = self._by_row.get(file_row)
        if own is None:
            return ()
        others: dict[str, DuplicateFact] = {}
        for other in self._groups[group_id]:
            if other.shot == own.shot or other.asset_id == asset_id:
                continue
            score, label = self._likeness(own, other)
            others.setdefault(other.asset_id, DuplicateFact(other.asset_id, label, score))
            if len(others) == MOST:
                break
        return tuple(sorted(others.values(), key=lambda fact: (-fact.score, fact.id)))

    def _note(self, group_id: str, low: int, high: int, found: tuple[float, Label]) -> None:
        one, other = self._by_row.get(low), self._by_row.get(high)
        if one is None or other is None:
            return
        for keys in ({one.content, other.content}, {("shot", one.shot), ("shot", other.shot)}):
            key = (group_id, frozenset[Hashable](keys))
            self._pairs[key] = max(found, self._pairs.get(key, found), key=lambda pair: pair[0])

    def _likeness(self, one: _Alike, other: _Alike) -> tuple[float, Label]:
        """Return what was found of two files, else of their shots, else of the whole group."""
        if one.content == other.content:
            return 1.0, Label.IDENTICAL
        contents = frozenset[Hashable]((one.content, other.content))
        shots = frozenset[Hashable]((("shot", one.shot), ("shot", other.shot)))
        found = self._pairs.get((one.group_id, contents))
        return found or self._pairs.get((one.group_id, shots)) or (one.of_group, one.label)
