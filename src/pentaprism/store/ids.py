"""Ids of rows, and how a person shortens them."""

from __future__ import annotations

import uuid

from sqlalchemy import Column, select

from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.store.reading import Reader

_SHOWN = 5


def new_id() -> str:
    """Return a fresh id: a random UUID as text."""
    return str(uuid.uuid4())


async def resolve_id(reader: Reader, column: Column[str], text: str, *, thing: str) -> str:
    """Return the id in ``column`` that is ``text``, or the only one that starts with it.

    ``thing`` is what the id names, for the sentence of the error. Raises `NotFoundError`, or
    `InvalidError` with code ``ambiguous``.
    """
    prefix = text.strip().lower()
    query = select(column).where(column.startswith(prefix, autoescape=True)).order_by(column)
    found = (await reader.scalars(query.limit(_SHOWN + 1))).all() if prefix else []
    if not found:
        raise not_found(thing, text)
    if len(found) > 1 and found[0] != prefix:
        more = " and more" if len(found) > _SHOWN else ""
        raise InvalidError(
            f"{text} is the beginning of several ids: {', '.join(found[:_SHOWN])}{more}.",
            code="ambiguous",
            hint=f"Give more characters of the id of the {thing}.",
        )
    return found[0]


def not_found(thing: str, id_: str) -> NotFoundError:
    """Return the error for a ``thing`` that is not in the database."""
    return NotFoundError(
        f"There is no {thing} {id_}.",
        code=f"no_{thing}",
        hint=_HINTS[thing],
    )


_HINTS = {
    "connection": "`pentaprism doctor` lists what there is.",
    "mirror": "`pentaprism mirrors` lists what there is.",
    "run": "`pentaprism runs` lists what there is.",
    "account": "`pentaprism account list` lists what there is.",
    "person": "Who has signed in once is known.",
    "token": "The page of the tokens lists what there is.",
}
