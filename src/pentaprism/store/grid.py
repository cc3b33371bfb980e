"""The grid of photos: one row for each shot of a person's library, those taken last first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select

from pentaprism.assets import MediaType
from pentaprism.groups.files import Kind
from pentaprism.store.asset_facts import AssetFactsOfPeople
from pentaprism.store.asset_facts_queries import ALIKE, MEMBERS
from pentaprism.store.asset_facts_records import AssetFacts
from pentaprism.store.database import Database
from pentaprism.store.given import given_ids
from pentaprism.store.grid_queries import (
    duplicates_wanted,
    groups_wanted,
    mirrored_assets,
    named_assets,
    timed_rows,
    timeless_rows,
)
from pentaprism.store.grid_records import GridPage, GridPlace, GridRow, GridWanted
from pentaprism.store.reading import Reader

__all__ = ["Grid", "GridPage", "GridRow", "GridWanted"]

_ON_ITS_SIDE = 5
"""Orientations from this one on are turned by a quarter."""

_FEW = 2000
"""How many assets, or groups, are looked up by their ids at most."""

_AT_LEAST = 50
"""Assets that are looked at in one go, where fewer are asked for."""


class _Candidate(NamedTuple):
    """An asset that may show a shot; the columns of `grid_queries.COLUMNS`."""

    row: int
    asset_id: str
    name: str
    kind: Kind
    taken_at: Any
    width: int | None
    height: int | None
    orientation: int | None
    thumbhash: str | None
    duration: int | None
    favourite: bool

    @property
    def place(self) -> GridPlace:
        return GridPlace(self.taken_at, self.row)


class Grid:
    """The grids of all people, each told by the id of the Immich user.

    Of what up to ``few`` have, those are found first; else all assets are gone through.
    """

    def __init__(self, database: Database, *, few: int = _FEW) -> None:
        self._database = database
        self._few = few
        self._facts = AssetFactsOfPeople(database)

    async def page(
        self, owner_id: str, wanted: GridWanted, *, after: str | None = None, limit: int = 100
    ) -> GridPage:
        """Return up to ``limit`` rows, those taken last first, then those without a time.

        ``after`` is `GridPage.next` of the page before; `InvalidError` with code ``invalid_page``
        if it is anything else.
        """
        place = None if after is None else GridPlace.parse(after)
        found: list[tuple[GridPlace, GridRow]] = []
        async with self._database.read() as reader:
            ids = await self._rare(reader, owner_id, wanted)
            if ids is not None and not ids:
                return GridPage([], None)
            walk = _Walk(reader, owner_id, wanted, ids, max(limit + 1, _AT_LEAST))
            async for candidates in walk.after(place):
                found += await self._shown(owner_id, wanted, candidates)
                if len(found) > limit:
                    last, _ = found[limit - 1]
                    return GridPage([row for _, row in found[:limit]], str(last))
        return GridPage([row for _, row in found], None)

    async def _rare(
        self, reader: Reader, owner_id: str, wanted: GridWanted
    ) -> Sequence[str] | None:
        """Return all assets of what is asked for where few have it, else None.

        They may be too many: the query for a page looks at them again.
        """
        limit = self._few + 1
        if wanted.mirror_id is not None:
            query = mirrored_assets(wanted.mirror_id, wanted.status, limit)
        elif wanted.text:
            query = named_assets(wanted.text, limit)
        else:
            return await self._rare_groups(reader, owner_id, wanted)
        found = [row[0] for row in await _rows(reader, query, owner_id)]
        return found if len(found) < limit else None

    async def _rare_groups(
        self, reader: Reader, owner_id: str, wanted: GridWanted
    ) -> Sequence[str] | None:
        limit = self._few + 1
        if wanted.grouped is False and wanted.group_type is not None:
            return []
        if wanted.grouped or wanted.group_type is not None:
            query, members, asset_id = groups_wanted(wanted, limit), MEMBERS, 4
        elif wanted.duplicates:
            query, members, asset_id = duplicates_wanted(limit), ALIKE, 8
        else:
            return None
        groups = [row[0] for row in await _rows(reader, query, owner_id)]
        if len(groups) == limit:
            return None
        found = await reader.execute(members, {"owner": owner_id, **given_ids(groups)})
        return list({row[asset_id] for row in found})

    async def _shown(
        self, owner_id: str, wanted: GridWanted, candidates: Sequence[_Candidate]
    ) -> list[tuple[GridPlace, GridRow]]:
        """Return the rows of those that show a shot, and are as wanted."""
        ids = [one.asset_id for one in candidates]
        facts = await self._facts.of(owner_id, ids, bursts=wanted.bursts)
        nothing = AssetFacts()
        pairs = ((one, facts.get(one.asset_id, nothing)) for one in candidates)
        return [(one.place, _row(one, known)) for one, known in pairs if _fits(one, known, wanted)]


@dataclass(frozen=True, slots=True)
class _Walk:
    """Assets in the order of the grid, ``size`` at a time; ``ids`` are those of a rare kind."""

    reader: Reader
    owner_id: str
    wanted: GridWanted
    ids: Sequence[str] | None
    size: int

    async def after(self, place: GridPlace | None) -> AsyncIterator[list[_Candidate]]:
        """Yield what comes after a place, or everything."""
        timed = place is None or place.taken_at is not None
        if timed:
            async for found in self._part(timed_rows, place):
                yield found
        if self.wanted.taken_after is None and self.wanted.taken_before is None:
            async for found in self._part(timeless_rows, None if timed else place):
                yield found

    async def _part(
        self, part: Callable[..., Select[*tuple[Any, ...]]], place: GridPlace | None
    ) -> AsyncIterator[list[_Candidate]]:
        more = True
        while more:
            query = part(self.wanted, self.ids, place, self.size)
            found = [_Candidate(*row) for row in await _rows(self.reader, query, self.owner_id)]
            more = len(found) == self.size
            if found:
                yield found
                place = found[-1].place


async def _rows(reader: Reader, query: Select[*tuple[Any, ...]], owner_id: str) -> Sequence[Any]:
    return (await reader.execute(query, {"owner": owner_id})).all()


def _fits(one: _Candidate, facts: AssetFacts, wanted: GridWanted) -> bool:
    if wanted.duplicates is not None and bool(facts.duplicates) is not wanted.duplicates:
        return False
    return facts.group is None or facts.group.members[0] == one.asset_id


def _row(one: _Candidate, facts: AssetFacts) -> GridRow:
    turned = (one.orientation or 1) >= _ON_ITS_SIDE
    return GridRow(
        asset_id=one.asset_id,
        name=one.name,
        type=MediaType.VIDEO if one.kind is Kind.VIDEO else MediaType.IMAGE,
        taken_at=one.taken_at,
        width=one.height if turned else one.width,
        height=one.width if turned else one.height,
        thumbhash=one.thumbhash,
        duration=one.duration,
        favourite=one.favourite,
        facts=facts,
    )
