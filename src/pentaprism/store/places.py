"""Where files are for what groups them: finding those at the same places, or near them.

A place is a folder with a name, a burst, an identifier or a time, each as it is compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import starmap
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    type_coerce,
)

from pentaprism.groups.files import Kind, Precision
from pentaprism.store.given import as_json, given, part
from pentaprism.store.library_tables import left_places, library_files

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall-clock time
_MICROSECOND = timedelta(microseconds=1)


class Candidate(NamedTuple):
    """A file that may belong to a group: what grouping, and what shows groups, has to know."""

    row: int
    root_id: str | None
    connection_id: str | None
    folder: str
    name: str
    kind: Kind
    size: int | None
    taken_at: datetime | None
    precision: Precision
    in_utc: bool
    camera: str | None
    content_identifier: str | None
    burst_id: str | None
    folder_key: str
    name_key: str
    burst_key: str | None
    missing_at: datetime | None
    twin_row: int | None

    @property
    def source_id(self) -> str:
        """The id of its root or connection."""
        return self.root_id or self.connection_id or ""

    @property
    def path(self) -> str:
        """The path in its source."""
        return f"{self.folder}/{self.name}" if self.folder else self.name

    @property
    def counts(self) -> bool:
        """Whether it is grouped: it is there, and is not a file in a root as well."""
        return self.missing_at is None and self.twin_row is None


CANDIDATE: tuple[Column[Any], ...] = tuple(library_files.c[name] for name in Candidate._fields)
COUNTS = library_files.c.missing_at.is_(None) & library_files.c.twin_row.is_(None)
GROUPED_AS: ColumnElement[int] = type_coerce(
    func.coalesce(library_files.c.twin_row, library_files.c.row), Integer
)
"""The row that a file is grouped as: an asset may be a file in a root."""


class LeftPlace(NamedTuple):
    """A place where a file was when it was grouped last."""

    row: int
    folder_key: str
    name_key: str
    burst_key: str | None
    content_identifier: str | None
    burst_id: str | None
    taken_at: datetime | None


LEFT_PLACE: tuple[Column[Any], ...] = tuple(left_places.c[name] for name in LeftPlace._fields)

type _Key = tuple[str, Any]
"""A folder, and what is compared within it."""


@dataclass(slots=True)
class Places:
    """Places that have been looked at, and those that are still to be."""

    gap: timedelta
    _new: dict[str, set[_Key]] = field(default_factory=dict)
    _seen: dict[str, set[_Key]] = field(default_factory=dict)

    def add(self, place: Candidate | LeftPlace, folder_key: str | None = None) -> bool:
        """Have the places of a file looked at, and tell whether one of them is new.

        With ``folder_key`` they are those that it would have in that folder.
        """
        folder = place.folder_key if folder_key is None else folder_key
        new = self._add("name_key", (folder, place.name_key))
        for column in ("burst_key", "content_identifier", "burst_id"):
            value = getattr(place, column)
            if value is not None:
                new |= self._add(column, (folder, value))
        # Only times that are known below the second make a burst.
        fine = isinstance(place, LeftPlace) or place.precision is Precision.SUBSECOND
        if fine and place.taken_at is not None:
            new |= self._add("taken_at", (folder, (place.taken_at - _EPOCH) // _MICROSECOND))
        return new

    def look(self, connection: Connection) -> Iterable[Candidate]:
        """Yield the files that count at the places added since the last time."""
        new, self._new = self._new, {}
        for column, keys in new.items():
            values: dict[str, Any] = {"keys": as_json(keys)}
            if column == "taken_at":
                values["gap"] = self.gap // _MICROSECOND
            for candidate in starmap(Candidate, connection.execute(_QUERIES[column], values)):
                if column == "taken_at":
                    # All of a row of times have been found, so none of them is a new place.
                    self._found_at(candidate)
                yield candidate

    def _add(self, column: str, key: _Key) -> bool:
        seen = self._seen.setdefault(column, set())
        if key in seen:
            return False
        seen.add(key)
        self._new.setdefault(column, set()).add(key)
        return True

    def _found_at(self, candidate: Candidate) -> None:
        if candidate.taken_at is not None:
            key = (candidate.folder_key, (candidate.taken_at - _EPOCH) // _MICROSECOND)
            self._seen.setdefault("taken_at", set()).add(key)


def _at_names() -> Select[*tuple[Any, ...]]:
    keys = given("keys")
    places = select(part(keys, 0), part(keys, 1))
    both = tuple_(library_files.c.folder_key, library_files.c.name_key)
    return select(*CANDIDATE).where(both.in_(places), COUNTS)


def _at(column: Column[Any]) -> Select[*tuple[Any, ...]]:
    """Return the query for files with a value in one of the columns that few files have."""
    keys = given("keys")
    places = select(part(keys, 1), part(keys, 0))
    # As an expression the folder is only compared: the index is one of the other column.
    both = tuple_(column, library_files.c.folder_key.concat(""))
    return select(*CANDIDATE).where(both.in_(places), column.is_not(None), COUNTS)


def _at_times() -> Select[*tuple[Any, ...]]:
    """Return the query for all files in rows of times with no gap between them that is too long."""
    keys = given("keys")
    fine: ColumnElement[Precision] = literal_column(f"'{Precision.SUBSECOND.value}'")
    chain = select(part(keys, 0).label("folder_key"), part(keys, 1, BigInteger).label("at")).cte(
        "chain", recursive=True
    )
    time = type_coerce(library_files.c.taken_at, BigInteger)
    gap = bindparam("gap", type_=BigInteger)
    chain = chain.union(
        select(library_files.c.folder_key, time).where(
            library_files.c.folder_key == chain.c.folder_key,
            time.between(chain.c.at - gap, chain.c.at + gap),
            library_files.c.precision == fine,
            COUNTS,
        )
    )
    places = select(chain.c.folder_key, chain.c.at)
    both = tuple_(library_files.c.folder_key, time)
    return select(*CANDIDATE).where(both.in_(places), library_files.c.precision == fine, COUNTS)


_QUERIES: dict[str, Select[*tuple[Any, ...]]] = {
    "name_key": _at_names(),
    "burst_key": _at(library_files.c.burst_key),
    "content_identifier": _at(library_files.c.content_identifier),
    "burst_id": _at(library_files.c.burst_id),
    "taken_at": _at_times(),
}
