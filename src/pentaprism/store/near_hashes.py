"""Looking a hash up among stored ones: which of them differ in few of its 64 bits.

A table that can be searched so has the columns ``phash`` and ``band_0`` to ``band_3`` (see
`pentaprism.fingerprints.hamming`), each band with an index of its own, which best goes on with
``phash`` and the primary key, so that nothing else is read. Hashes within a distance are close in
one of the bands, so the values that a band may have are looked up in its index. What comes
of it is filtered by the distance: in PostgreSQL by itself, in SQLite, which cannot count bits, by
`within`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    SmallInteger,
    Table,
    Text,
    any_,
    bindparam,
    func,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import Select
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from pentaprism.fingerprints.hamming import bands, flips, near, signed, unsigned

__all__ = ["near_query", "parameters", "within"]


class _Bands(TypeDecorator[Sequence[int]]):
    """Values of a band, given as one: JSON in SQLite (as in `given`), an array in PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that the database has for it."""
        return dialect.type_descriptor(ARRAY(SmallInteger) if _has_arrays(dialect) else Text())

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Write the values out."""
        return list if _has_arrays(dialect) else lambda values: f"[{','.join(map(str, values))}]"


class _OneOf(FunctionElement[bool]):
    """Whether a column has one of the values that are given."""

    name = "one_of"
    inherit_cache = True


class _Within(FunctionElement[bool]):
    """Whether two numbers differ in so many bits at most, as far as the database can tell."""

    name = "within"
    inherit_cache = True


@compiles(_OneOf)
def _look_up(element: _OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    if _has_arrays(compiler.dialect):
        return compiler.process(column == any_(values), **options)
    given = func.json_each(values).table_valued("value")
    return compiler.process(column.in_(select(given.c.value)), **options)


@compiles(_Within)
def _count_bits(element: _Within, compiler: SQLCompiler, **options: Any) -> str:
    one, other, most = (compiler.process(clause, **options) for clause in element.clauses)
    if _has_arrays(compiler.dialect):
        return f"bit_count(({one} # {other})::bit(64)) <= {most}"
    return "1"


def _has_arrays(dialect: Dialect) -> bool:
    return dialect.name == "postgresql"


def near_query(
    table: Table, *, distance: int, where: Sequence[ColumnElement[bool]] = ()
) -> Select[int, int]:
    """Return the query of the rows of ``table`` within ``distance``: its primary key, and phash.

    Run it with `parameters` of the hash and the same distance, and give its rows to `within`.
    ``where`` are more conditions on the table; they do not choose the way in.
    """
    (key,) = table.primary_key
    columns = table.c
    close = bindparam("phash", type_=BigInteger)
    branches = [
        select(key.label("found_row"), columns.phash.label("found_phash")).where(
            _OneOf(columns[f"band_{band}"], bindparam(f"band_{band}", type_=_Bands)),
            _Within(columns.phash, close, bindparam("distance", type_=SmallInteger)),
        )
        for band, most in enumerate(flips(distance))
        if most >= 0
    ]
    # Materialized: a condition that went into the branches could lead past the indexes of bands.
    found = union(*branches).cte("near_hashes").prefix_with("MATERIALIZED")
    query = select(found.c.found_row, found.c.found_phash)
    if where:
        query = query.join(table, key == found.c.found_row).where(*where)
    return query


def parameters(phash: int, distance: int) -> dict[str, Any]:
    """Return what a `near_query` of this distance is given for a hash, signed or not."""
    values: dict[str, Any] = {
        f"band_{band}": near(value, most)
        for band, (value, most) in enumerate(zip(bands(phash), flips(distance), strict=True))
        if most >= 0
    }
    return values | {"phash": signed(unsigned(phash)), "distance": distance}


def within(rows: Iterable[Sequence[Any]], phash: int, distance: int) -> Iterator[tuple[int, int]]:
    """Yield the keys of those rows of a `near_query` that are near indeed, with their distances."""
    wanted = signed(unsigned(phash))
    for row, other in rows:
        bits = unsigned(other ^ wanted).bit_count()
        if bits <= distance:
            yield row, bits
