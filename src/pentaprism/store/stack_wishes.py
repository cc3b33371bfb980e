"""Groups as they would be stacks in Immich."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from pentaprism.groups.files import Kind
from pentaprism.store.asset_shots import Member, assets_of, members_of
from pentaprism.store.columns import AnyText
from pentaprism.store.database import Database
from pentaprism.store.given import OF_IDS, given_ids
from pentaprism.store.group_records import WantedStack
from pentaprism.store.library_tables import ALONE, file_groups, roots
from pentaprism.store.reading import Reader
from pentaprism.store.tables import connections

_CONNECTION = bindparam("connection", type_=AnyText)
_ROOTS = (
    select(roots.c.id)
    .join_from(roots, connections, connections.c.owner_id == roots.c.owner_id)
    .where(connections.c.id == _CONNECTION)
)
# By id, so that a group which changes meanwhile neither comes twice nor is passed over. As an
# expression the source is only a filter.
_source = file_groups.c.source_id.concat("")
_GROUPS = (
    select(file_groups.c.id)
    .where(
        ALONE,
        (_source == _CONNECTION) | _source.in_(_ROOTS),
        file_groups.c.id > bindparam("after", type_=AnyText),
    )
    .order_by(file_groups.c.id)
    .limit(bindparam("size"))
)
_SHOTS = select(file_groups.c.id, file_groups.c.primary_row).where(file_groups.c.within.in_(OF_IDS))


class StackWishes:
    """The groups of all connections, as stacks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, connection_id: str, *, size: int) -> AsyncIterator[Sequence[WantedStack]]:
        """Yield what would be stacks; see `FileGroups.wanted_stacks`."""
        after = ""
        while True:
            values: dict[str, Any] = {"connection": connection_id, "after": after, "size": size}
            async with self._database.read() as reader:
                ids = (await reader.execute(_GROUPS, values)).scalars().all()
                stacks = await _stacks(reader, connection_id, ids) if ids else []
            if stacks:
                yield stacks
            if not ids:
                return
            after = ids[-1]


async def _stacks(
    reader: Reader, connection_id: str, group_ids: Sequence[str]
) -> list[WantedStack]:
    files = await _files(reader, group_ids)
    every = {row for rows in files.values() for row in rows}
    assets = await assets_of(reader, connection_id, every)
    stacks = ((group_id, _first_assets(rows, assets)) for group_id, rows in files.items())
    return [WantedStack(group_id, ids) for group_id, ids in stacks if len(ids) > 1]


async def _files(reader: Reader, group_ids: Sequence[str]) -> Mapping[str, list[int]]:
    """Return all files of each group, the primary first; of a burst those of its shots."""
    shots = {row: id_ for id_, row in await reader.execute(_SHOTS, given_ids(group_ids))}
    members = await members_of(reader, [*group_ids, *shots.values()])

    def of_shot(member: Member) -> list[int]:
        shot = shots.get(member.file_row)
        return [member.file_row] if shot is None else [one.file_row for one in members[shot]]

    return {
        group_id: [row for member in members.get(group_id, ()) for row in of_shot(member)]
        for group_id in group_ids
    }


def _first_assets(
    rows: Sequence[int], assets: Mapping[int, list[tuple[str, Kind]]]
) -> tuple[str, ...]:
    return tuple(assets[row][0][0] for row in rows if row in assets)
