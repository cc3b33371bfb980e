"""What people decided about files, and whose files those are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from pentaprism.store.database import Database, whole
from pentaprism.store.given import OF_ROWS, given_rows
from pentaprism.store.library_tables import group_decisions, library_files, roots
from pentaprism.store.places import GROUPED_AS
from pentaprism.store.tables import connections


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided about a file; see `pentaprism.groups.files.ShotFile`."""

    apart: str | None = None
    together: str | None = None
    first: bool = False


class FilePlace(NamedTuple):
    """The row that a file is grouped as, whose it is, and in which root or connection."""

    row: int
    owner_id: str
    source_id: str


_file = library_files.alias("file")
_PLACES = (
    select(
        library_files.c.row,
        _file.c.row,
        func.coalesce(roots.c.owner_id, connections.c.owner_id),
        func.coalesce(_file.c.root_id, _file.c.connection_id),
    )
    .join_from(library_files, _file, _file.c.row == GROUPED_AS)
    .join(roots, roots.c.id == _file.c.root_id, isouter=True)
    .join(connections, connections.c.id == _file.c.connection_id, isouter=True)
    .where(library_files.c.row.in_(OF_ROWS), _file.c.missing_at.is_(None))
)
_DECIDED = (group_decisions.c.apart, group_decisions.c.together, group_decisions.c.first)
_OWN = select(group_decisions.c.file_row, *_DECIDED).where(group_decisions.c.file_row.in_(OF_ROWS))
_OF_ASSETS = (
    select(library_files.c.twin_row, *_DECIDED)
    .join_from(library_files, group_decisions, group_decisions.c.file_row == library_files.c.row)
    .where(library_files.c.twin_row.in_(OF_ROWS))
    .order_by(library_files.c.row)
)
_DECIDE = insert(group_decisions)
_DECIDE = _DECIDE.on_conflict_do_update(
    index_elements=["file_row"],
    set_={name: _DECIDE.excluded[name] for name in ("apart", "together", "first", "decided_at")},
)
_UNGROUP = update(library_files).where(library_files.c.row.in_(OF_ROWS)).values(grouped=False)
_FORGET = delete(group_decisions).where(group_decisions.c.file_row.in_(OF_ROWS))

_decided_file = library_files.alias("decided_file")
_names = select(library_files.c.folder_key, library_files.c.name_key).where(
    library_files.c.row.in_(OF_ROWS)
)
_bursts = select(library_files.c.folder_key, library_files.c.burst_key).where(
    library_files.c.row.in_(OF_ROWS), library_files.c.burst_key.is_not(None)
)
_labels = select(group_decisions.c.together).where(
    group_decisions.c.file_row.in_(OF_ROWS), group_decisions.c.together.is_not(None)
)
# There are few decisions, so all of them are looked at.
_CONCERNED = (
    select(group_decisions.c.file_row)
    .join_from(group_decisions, _decided_file, _decided_file.c.row == group_decisions.c.file_row)
    .where(
        or_(
            _decided_file.c.row.in_(OF_ROWS),
            _decided_file.c.twin_row.in_(OF_ROWS),
            group_decisions.c.together.in_(_labels),
            tuple_(_decided_file.c.folder_key, _decided_file.c.name_key).in_(_names),
            tuple_(_decided_file.c.folder_key, _decided_file.c.burst_key).in_(_bursts),
        )
    )
)


class GroupDecisions:
    """The decisions of all people, in force for as long as the files are in the index."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def places(self, file_rows: Collection[int]) -> Mapping[int, FilePlace]:
        """Return where each file is; an asset that is a file in a root is where that is.

        Files that are missing have no place.
        """
        async with self._database.read() as reader:
            rows: Any = await reader.execute(_PLACES, given_rows(file_rows))
        return {row: FilePlace(*place) for row, *place in rows}

    async def of(self, file_rows: Collection[int]) -> Mapping[int, Decided]:
        """Return what was decided about each file, or about an asset that it is, if anything."""
        found: dict[int, Decided] = {}
        async with self._database.read() as reader:
            for query in (_OWN, _OF_ASSETS):
                rows: Any = await reader.execute(query, given_rows(file_rows))
                for row, apart, together, first in rows:
                    found.setdefault(row, Decided(apart, together, first))
        return found

    @whole
    async def decide(self, decisions: Mapping[int, Decided]) -> None:
        """Record decisions in the place of those before, and have the files grouped anew."""
        if not decisions:
            return
        now = self._clock()
        rows = [
            {"file_row": row, "decided_at": now, **asdict(decided)}
            for row, decided in decisions.items()
        ]
        async with self._database.write() as connection:
            await connection.execute(_DECIDE, rows)
            await connection.execute(_UNGROUP, given_rows(decisions))

    @whole
    async def forget(self, file_rows: Collection[int]) -> None:
        """Forget what was decided about files, and what set others apart from them."""
        async with self._database.write() as connection:
            concerned = await connection.execute(_CONCERNED, given_rows(file_rows))
            rows = given_rows(concerned.scalars().all())
            await connection.execute(_UNGROUP, rows)
            await connection.execute(_FORGET, rows)
