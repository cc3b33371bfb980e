"""The query for a page of items, which has to be quick with a million of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Select, literal_column, select, union_all

from pentaprism.store.records import Item, ItemState
from pentaprism.store.tables import NOT_OK, columns_of, items

_RECORD = columns_of(Item, items)


class Span(NamedTuple):
    """Up to ``limit`` rows above ``after``; with ``before`` those just below it, downwards."""

    after: int
    before: int | None
    limit: int


def items_page(
    mirror_id: str,
    span: Span,
    *,
    states: Collection[ItemState] | None = None,
    search: str | None = None,
) -> Select[*tuple[Any, ...]]:
    """Return the query for items of ``mirror_id`` within ``span``; see `Items.page`."""
    if states is None or ItemState.OK in states or not states:
        query = _narrowed(select(*_RECORD), mirror_id, span, search)
        if states is not None:
            query = query.where(items.c.state.in_(states))
        return query
    # Each state by itself is in its order in the index. All together would have to be sorted,
    # for each page anew.
    rows = [
        select(
            _narrowed(select(items.c.row), mirror_id, span, search)
            .where(NOT_OK, items.c.state == literal_column(f"'{state.value}'"))
            .subquery()
        )
        for state in dict.fromkeys(states)
    ]
    found = select(*_RECORD).where(items.c.row.in_(union_all(*rows)))
    return _ordered(found, span)


def _narrowed(
    query: Select[*tuple[Any, ...]], mirror_id: str, span: Span, search: str | None
) -> Select[*tuple[Any, ...]]:
    query = query.where(items.c.mirror_id == mirror_id, items.c.row > span.after)
    if span.before is not None:
        query = query.where(items.c.row < span.before)
    if search:
        query = query.where(items.c.filename.icontains(search, autoescape=True))
    return _ordered(query, span)


def _ordered(query: Select[*tuple[Any, ...]], span: Span) -> Select[*tuple[Any, ...]]:
    order = items.c.row if span.before is None else items.c.row.desc()
    return query.order_by(order).limit(span.limit)
