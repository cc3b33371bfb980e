"""How many items there are, told by small indexes: reading a million items takes too long.

Nearly all items are there and are no companions. So the others are counted, and all together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import CompoundSelect, Select, func, literal_column, null, select

from pentaprism.store.records import ItemState
from pentaprism.store.tables import COMPANION, NOT_OK, items

_EVERY, _NOT_OK, _COMPANION = range(3)


def item_counts(mirror_id: str) -> CompoundSelect[*tuple[Any, ...]]:
    """Return the query whose rows `tally` takes: one statement, so all is of one moment."""
    ours = items.c.mirror_id == mirror_id
    count = func.count()
    every: Select[*tuple[Any, ...]] = (
        select(literal_column(str(_EVERY)), null(), count).select_from(items).where(ours)
    )
    parts: list[Select[*tuple[Any, ...]]] = [
        select(literal_column(str(part)), items.c.state, count)
        .where(ours, condition)
        .group_by(items.c.state)
        for part, condition in ((_NOT_OK, NOT_OK), (_COMPANION, COMPANION))
    ]
    return every.union_all(*parts)


type Tally = tuple[Counter[ItemState], Counter[ItemState]]
"""How many items there are of each state, and how many of them are companions."""


def tally(rows: Iterable[Any]) -> Tally:
    """Return how many items of each state there are, and how many of them are companions."""
    every: Counter[ItemState] = Counter()
    companions: Counter[ItemState] = Counter()
    total = 0
    for part, state, count in rows:
        if part == _EVERY:
            total = count
        else:
            (every if part == _NOT_OK else companions)[ItemState(state)] = count
    every[ItemState.OK] = total - every.total()
    return every, companions
