"""Which assets of a connection are one shot, whether they or their files are grouped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select, union_all

from pentaprism.groups.files import GroupType, Kind
from pentaprism.store.columns import AnyText
from pentaprism.store.database import Database
from pentaprism.store.given import OF_IDS, OF_ROWS, given_ids, given_rows
from pentaprism.store.group_records import AssetShot
from pentaprism.store.library_tables import file_groups, group_members, library_files
from pentaprism.store.places import GROUPED_AS
from pentaprism.store.reading import Reader

_OURS = library_files.c.connection_id == bindparam("connection", type_=AnyText)
_PRESENT = library_files.c.missing_at.is_(None)

# An asset is grouped as the file in a root that it is, where there is one.
_ASSETS = select(
    library_files.c.asset_id,
    GROUPED_AS,
    library_files.c.kind,
).where(_OURS, _PRESENT, library_files.c.asset_id.in_(OF_IDS))
_SHOTS = (
    select(group_members.c.file_row, file_groups.c.id, file_groups.c.type)
    .join_from(group_members, file_groups, group_members.c.group_id == file_groups.c.id)
    .where(group_members.c.level == 0, group_members.c.file_row.in_(OF_ROWS))
)
_MEMBERS = (
    select(group_members.c.group_id, group_members.c.file_row, group_members.c.primary)
    .where(group_members.c.group_id.in_(OF_IDS))
    .order_by(group_members.c.primary.desc(), group_members.c.path, group_members.c.file_row)
)


def _files_as_assets(file_row: Any) -> Select[*tuple[Any, ...]]:
    # As an expression the connection is only a filter, so that the index of the row is taken.
    ours = library_files.c.connection_id.concat("") == bindparam("connection", type_=AnyText)
    return select(
        file_row.label("file_row"),
        library_files.c.asset_id,
        library_files.c.kind,
        library_files.c.row.label("asset_row"),
    ).where(ours, _PRESENT, file_row.in_(OF_ROWS))


_OF_FILES = union_all(
    _files_as_assets(library_files.c.row).where(library_files.c.twin_row.is_(None)),
    _files_as_assets(library_files.c.twin_row),
).order_by("file_row", "asset_row")


class Member(NamedTuple):
    """A file of a group."""

    file_row: int
    primary: bool


async def members_of(reader: Reader, group_ids: Collection[str]) -> Mapping[str, list[Member]]:
    """Return the files of each group, its primary first, the others by path."""
    found: dict[str, list[Member]] = {}
    for group_id, row, primary in await reader.execute(_MEMBERS, given_ids(group_ids)):
        found.setdefault(group_id, []).append(Member(row, primary))
    return found


async def assets_of(
    reader: Reader, connection_id: str, file_rows: Collection[int]
) -> Mapping[int, list[tuple[str, Kind]]]:
    """Return the present assets of a connection that each file is, the one known longest first."""
    found: dict[int, list[tuple[str, Kind]]] = {}
    values = {"connection": connection_id, **given_rows(file_rows)}
    for file_row, asset_id, kind, _ in await reader.execute(_OF_FILES, values):
        found.setdefault(file_row, []).append((asset_id, kind))
    return found


class AssetShots:
    """The shots of all assets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, connection_id: str, asset_ids: Sequence[str]) -> Mapping[str, AssetShot]:
        """Return the shot of each asset that is in one; see `FileGroups.of_assets`."""
        async with self._database.read() as reader:
            values = {"connection": connection_id, **given_ids(asset_ids)}
            asked: list[Any] = [*await reader.execute(_ASSETS, values)]
            rows = {file_row for _, file_row, _ in asked}
            found = (await reader.execute(_SHOTS, given_rows(rows))).all() if rows else []
            types = {group_id: type_ for _, group_id, type_ in found}
            members = await members_of(reader, types) if types else {}
            every = {member.file_row for shot in members.values() for member in shot}
            assets = await assets_of(reader, connection_id, every) if every else {}
        shots = {
            group_id: _Shot(group_id, type_, members.get(group_id, []), assets)
            for group_id, type_ in types.items()
        }
        group_of = {file_row: group_id for file_row, group_id, _ in found}
        return {
            asset_id: shots[group_of[file_row]].of(file_row, kind)
            for asset_id, file_row, kind in asked
            if file_row in group_of
        }


class _Shot:
    """A shot as its assets see it."""

    def __init__(
        self,
        group_id: str,
        type_: GroupType,
        members: Sequence[Member],
        assets: Mapping[int, list[tuple[str, Kind]]],
    ) -> None:
        self._group_id = group_id
        self._type = type_
        self._primaries = {member.file_row for member in members if member.primary}
        self._assets = tuple(
            asset for member in members for asset in assets.get(member.file_row, ())
        )
        firsts = (asset for row in self._primaries for asset in assets.get(row, ()))
        self._first = next((asset_id for asset_id, _ in firsts), None)

    def of(self, file_row: int, kind: Kind) -> AssetShot:
        return AssetShot(
            group_id=self._group_id,
            type=self._type,
            primary_asset_id=self._first,
            primary=file_row in self._primaries,
            kind=kind,
            has_raw=any(kind is Kind.RAW for _, kind in self._assets),
            assets=self._assets,
        )
