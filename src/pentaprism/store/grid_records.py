"""What the grid of photos shows: one row for each shot."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from pentaprism.assets import MediaType
from pentaprism.errors import InvalidError
from pentaprism.groups.files import GroupType
from pentaprism.store.asset_facts_records import AssetFacts
from pentaprism.store.records import ItemState

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall-clock time
_MICROSECOND = timedelta(microseconds=1)
_LARGEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class GridRow:
    """The asset that a shot is shown by, with what is known of it.

    ``taken_at`` is wall-clock time, None where Immich has read none. ``width`` and ``height`` are
    in pixels as it is shown, upright. ``thumbhash`` is Immich's. ``duration`` is in milliseconds,
    None for what does not move.
    """

    asset_id: str
    name: str
    type: MediaType
    taken_at: datetime | None
    width: int | None
    height: int | None
    thumbhash: str | None
    duration: int | None
    favourite: bool
    facts: AssetFacts


@dataclass(frozen=True, slots=True)
class GridPage:
    """Some rows; ``next`` asks for those after them, None after the last."""

    rows: Sequence[GridRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class GridWanted:
    """Which rows a grid has; None is any.

    What is asked for is true of the asset that a row shows. ``bursts`` tells whether a burst is one
    row, or each of its shots. ``grouped`` and ``duplicates`` are whether it has a group, or
    duplicates. ``mirror_id`` is a mirror that it is in, and ``status`` how it stands there.
    ``taken_after`` and ``taken_before`` are wall-clock times; those are in between whose time is
    the former, or later, and earlier than the latter. ``text`` is a part of the name; its ASCII
    letters match in either case.
    """

    bursts: bool = True
    type: MediaType | None = None
    group_type: GroupType | None = None
    grouped: bool | None = None
    duplicates: bool | None = None
    favourite: bool | None = None
    mirror_id: str | None = None
    status: ItemState | None = None
    taken_after: datetime | None = None
    taken_before: datetime | None = None
    text: str | None = None


class GridPlace(NamedTuple):
    """The last asset of a page: those without a time come after all others."""

    taken_at: datetime | None
    row: int

    def __str__(self) -> str:
        """Return text that `parse` reads."""
        count = None if self.taken_at is None else (self.taken_at - _EPOCH) // _MICROSECOND
        return urlsafe_b64encode(json.dumps([count, self.row]).encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> GridPlace:
        """Return the place that was written as ``text``; raises `InvalidError`."""
        try:
            count, row = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            taken_at = None if count is None else _EPOCH + timedelta(microseconds=count)
            if type(row) is not int or not 0 <= row <= _LARGEST:
                raise ValueError(row)  # noqa: TRY301 - one answer to all of it
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise InvalidError(
                "There is no page of assets with this name.",
                code="invalid_page",
                hint="Begin without `after`, and give the `next` of each page for the one after.",
            ) from error
        return cls(taken_at, row)
