"""The queries for a page of groups, which have to be quick with a million of them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, tuple_

from pentaprism.errors import InvalidError
from pentaprism.groups.files import GroupType
from pentaprism.store.given import as_json
from pentaprism.store.library_records import FileGroup
from pentaprism.store.library_tables import ALONE, file_groups, group_members
from pentaprism.store.tables import columns_of

_RECORD = columns_of(FileGroup, file_groups)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall-clock time
_MICROSECOND = timedelta(microseconds=1)
FEW = 2000
"""How many groups are looked up by their ids at most."""


class Cursor(NamedTuple):
    """The last group of a page: groups without a time come after all others."""

    taken_at: datetime | None
    id: str

    def __str__(self) -> str:
        """Return text that `parse` reads."""
        count = None if self.taken_at is None else (self.taken_at - _EPOCH) // _MICROSECOND
        return urlsafe_b64encode(json.dumps([count, self.id]).encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Return the cursor that was written as ``text``; raises `InvalidError`."""
        try:
            count, id_ = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            taken_at = None if count is None else _EPOCH + timedelta(microseconds=count)
            id_.encode()  # which no number has
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise InvalidError(
                "There is no page of groups with this name.",
                code="invalid_page",
                hint="Begin without `after`, and give the `next` of each page for the one after.",
            ) from error
        return cls(taken_at, id_)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which groups a list is of; None is any.

    ``ids`` are all groups in whose paths ``text`` is, where those are few; see `groups_named`.
    """

    owner_id: str
    type: GroupType | None = None
    source_id: str | None = None
    text: str | None = None
    ids: tuple[str, ...] | None = None


def timed_groups(wanted: Wanted, after: Cursor | None, limit: int) -> Select[*tuple[Any, ...]]:
    """Return the query for groups with a time, those taken last first."""
    query = _chosen(wanted).where(file_groups.c.taken_at.is_not(None))
    if after is not None:
        # As one comparison, so that the database goes to the place in the index.
        place = tuple_(file_groups.c.taken_at, file_groups.c.id)
        query = query.where(place < (after.taken_at, after.id))
    return query.order_by(file_groups.c.taken_at.desc(), file_groups.c.id.desc()).limit(limit)


def timeless_groups(wanted: Wanted, after: Cursor | None, limit: int) -> Select[*tuple[Any, ...]]:
    """Return the query for groups without a time."""
    query = _chosen(wanted).where(file_groups.c.taken_at.is_(None))
    if after is not None and after.taken_at is None:
        query = query.where(file_groups.c.id < after.id)
    return query.order_by(file_groups.c.id.desc()).limit(limit)


def groups_named(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    """Return the query for the ids of groups with ``text``, or of more than `FEW` of them.

    Where few have it, looking at all paths is quicker than looking at the paths of all groups.
    Where many have it, going through the groups until a page is full is.
    """
    listed = func.coalesce(file_groups.c.within, file_groups.c.id)
    return (
        select(listed)
        .join_from(group_members, file_groups, group_members.c.group_id == file_groups.c.id)
        .where(
            file_groups.c.owner_id.concat("") == wanted.owner_id,
            group_members.c.path.icontains(wanted.text or "", autoescape=True),
        )
        .limit(FEW + 1)
    )


def group_counts(owner_id: str) -> Select[*tuple[Any, ...]]:
    """Return the query for how many groups of each type a person has."""
    return (
        select(file_groups.c.type, func.count())
        .where(file_groups.c.owner_id == owner_id, ALONE)
        .group_by(file_groups.c.type)
    )


def _chosen(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    query = select(*_RECORD).where(ALONE)
    if wanted.source_id is None:
        query = query.where(file_groups.c.owner_id == wanted.owner_id)
    else:
        # As an expression the owner is only a filter, so that the index of the source is taken.
        owner = file_groups.c.owner_id.concat("")
        query = query.where(file_groups.c.source_id == wanted.source_id, owner == wanted.owner_id)
    if wanted.type is not None:
        query = query.where(file_groups.c.type == wanted.type)
    if wanted.ids is not None:
        ids = func.json_each(as_json(wanted.ids)).table_valued("value")
        return query.where(file_groups.c.id.in_(select(ids.c.value)))
    return query.where(_named(wanted.text)) if wanted.text else query


def _named(text: str) -> ColumnElement[bool]:
    """Tell whether the path of a file in the group, or in a shot of the burst, has ``text``."""
    shot = file_groups.alias("shot")
    fits = group_members.c.path.icontains(text, autoescape=True)
    return or_(
        exists().where(group_members.c.group_id == file_groups.c.id, fits),
        exists().where(
            shot.c.within == file_groups.c.id, group_members.c.group_id == shot.c.id, fits
        ),
    )
