"""Many values for one statement, as one bound value.

SQLAlchemy then need not compile a statement for each number of values, and SQLite has no limit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Integer, Text, bindparam, func, select, type_coerce
from sqlalchemy.sql.expression import Select

from pentaprism.store.columns import escape


def given(name: str) -> Any:
    """Return the table, with the column ``value``, of what a statement is given as ``name``."""
    return func.json_each(bindparam(name, type_=Text)).table_valued("value", name=name)


def part(table: Any, number: int, type_: Any = Text) -> Any:
    """Return an expression for a part of each value of a `given` table whose values are lists."""
    return func.json_extract(table.c.value, f"$[{number}]", type_=type_)


def as_json(values: Iterable[Any]) -> str:
    """Return numbers, texts, or lists of them, as a statement is given them."""
    return json.dumps([_stored(value) for value in values])


def given_rows(rows: Iterable[int]) -> dict[str, Any]:
    """Return what `OF_ROWS` stands for."""
    return {"rows": json.dumps(list(rows))}


def given_ids(ids: Iterable[str]) -> dict[str, Any]:
    """Return what `OF_IDS` stands for."""
    return {"ids": as_json(ids)}


def _stored(value: Any) -> Any:
    if isinstance(value, str):
        return escape(value)
    return [_stored(part) for part in value] if isinstance(value, tuple) else value


_rows, _ids = given("rows"), given("ids")
OF_ROWS: Select[int] = select(type_coerce(_rows.c.value, Integer))
OF_IDS: Select[str] = select(type_coerce(_ids.c.value, Text))
