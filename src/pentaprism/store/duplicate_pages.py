"""The queries for a page of duplicate groups, which have to be quick with 100,000 of them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select, tuple_

from pentaprism.errors import InvalidError
from pentaprism.fingerprints.labels import Label
from pentaprism.store.duplicate_records import DuplicateGroup
from pentaprism.store.duplicate_tables import duplicate_groups as groups
from pentaprism.store.duplicate_tables import duplicate_members as members
from pentaprism.store.tables import columns_of

GROUP = columns_of(DuplicateGroup, groups)


class Cursor(NamedTuple):
    """The last group of a page."""

    bytes: int
    id: str

    def __str__(self) -> str:
        """Return text that `parse` reads."""
        return urlsafe_b64encode(json.dumps(self).encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Return the cursor that was written as ``text``; raises `InvalidError`."""
        try:
            size, id_ = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            id_.encode()  # which no number has
            if type(size) is not int or abs(size) >= 1 << 63:
                raise ValueError(size)  # noqa: TRY301 - one answer to all of it
        except (ValueError, TypeError, AttributeError) as error:
            raise InvalidError(
                "There is no page of duplicates with this name.",
                code="invalid_page",
                hint="Begin without `after`, and give the `next` of each page for the one after.",
            ) from error
        return cls(size, id_)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which groups a list is of; None is any.

    ``folder`` is one in which, or below which, at least one file is; ``source_id`` the root or
    connection of one; ``bulk`` those that can be resolved by rule, or the others.
    """

    owner_id: str
    label: Label | None = None
    folder: str | None = None
    source_id: str | None = None
    min_bytes: int | None = None
    bulk: bool | None = None


def duplicate_page(wanted: Wanted, after: Cursor | None, limit: int) -> Select[*tuple[Any, ...]]:
    """Return the query for groups, those with the most bytes to be gained first."""
    query = select(*GROUP).where(groups.c.owner_id == wanted.owner_id)
    if wanted.label is not None:
        query = query.where(groups.c.label == wanted.label)
    if wanted.min_bytes is not None:
        query = query.where(groups.c.bytes >= wanted.min_bytes)
    if wanted.bulk is not None:
        query = query.where(groups.c.bulk.is_(wanted.bulk))
    if wanted.folder is not None or wanted.source_id is not None:
        query = query.where(groups.c.id.in_(_having(wanted.folder, wanted.source_id)))
    if after is not None:
        # As one comparison, so that the database goes to the place in the index.
        query = query.where(tuple_(groups.c.bytes, groups.c.id) < (after.bytes, after.id))
    return query.order_by(groups.c.bytes.desc(), groups.c.id.desc()).limit(limit)


def duplicate_counts(owner_id: str) -> Select[*tuple[Any, ...]]:
    """Return the query for how many groups of each label a person has, and their bytes."""
    return (
        select(groups.c.label, func.count(), func.sum(groups.c.bytes))
        .where(groups.c.owner_id == owner_id)
        .group_by(groups.c.label)
    )


def _having(folder: str | None, source_id: str | None) -> Select[str]:
    """Return the query for the ids of groups with a file in a folder, or of a source."""
    query = select(members.c.group_id)
    if source_id is not None:
        query = query.where(members.c.source_id == source_id)
    if folder:
        # "0" follows "/": all that begins with the folder and a slash.
        start = folder.rstrip("/")
        query = query.where(members.c.path >= f"{start}/", members.c.path < f"{start}0")
    return query
