"""The queries for a page of the grid, which have to be quick with a million assets.

Assets are gone through by time, until a page is full. Where what is asked for is rare, its assets
are found first, and only those are gone through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, exists, func, or_, select, tuple_, type_coerce

from pentaprism.assets import MediaType, Role
from pentaprism.groups.files import Kind
from pentaprism.store.asset_facts_queries import CONNECTION, OUTERMOST, OWNER, with_groups
from pentaprism.store.duplicate_tables import duplicate_groups, duplicate_members
from pentaprism.store.given import as_json
from pentaprism.store.grid_records import GridPlace, GridWanted
from pentaprism.store.library_tables import ALONE, FAVOURITE, VIDEO, file_groups, library_files
from pentaprism.store.places import GROUPED_AS
from pentaprism.store.records import ItemState
from pentaprism.store.tables import COMPANION, NOT_OK, connections, items, mirrors

COLUMNS = (
    library_files.c.row,
    library_files.c.asset_id,
    library_files.c.name,
    library_files.c.kind,
    library_files.c.taken_at,
    library_files.c.width,
    library_files.c.height,
    library_files.c.orientation,
    library_files.c.thumbhash,
    library_files.c.duration,
    library_files.c.favourite,
)
_PRESENT = library_files.c.missing_at.is_(None)
_OURS = library_files.c.connection_id == CONNECTION
# As an expression it keeps the database from going through all assets by time.
_FOUND_PRESENT = type_coerce(library_files.c.missing_at, Text).concat("").is_(None)
_outer = file_groups.alias("outer")
_first = library_files.alias("first")


def timed_rows(
    wanted: GridWanted, ids: Sequence[str] | None, after: GridPlace | None, limit: int
) -> Select[*tuple[Any, ...]]:
    """Return the query for assets with a time, those taken last first."""
    query = _chosen(wanted, ids).where(library_files.c.taken_at.is_not(None))
    if after is not None:
        # As one comparison, so that the database goes to the place in the index.
        place = tuple_(library_files.c.taken_at, library_files.c.row)
        query = query.where(place < (after.taken_at, after.row))
    if wanted.taken_after is not None:
        query = query.where(library_files.c.taken_at >= wanted.taken_after)
    if wanted.taken_before is not None:
        query = query.where(library_files.c.taken_at < wanted.taken_before)
    newest = (library_files.c.taken_at.desc(), library_files.c.row.desc())
    return query.order_by(*newest).limit(limit)


def timeless_rows(
    wanted: GridWanted, ids: Sequence[str] | None, after: GridPlace | None, limit: int
) -> Select[*tuple[Any, ...]]:
    """Return the query for assets without a time."""
    query = _chosen(wanted, ids).where(library_files.c.taken_at.is_(None))
    if after is not None and after.taken_at is None:
        query = query.where(library_files.c.row < after.row)
    return query.order_by(library_files.c.row.desc()).limit(limit)


def named_assets(text: str, limit: int) -> Select[*tuple[Any, ...]]:
    """Return the query for the ids of assets with ``text`` in their names."""
    return (
        select(library_files.c.asset_id)
        .where(_OURS, _PRESENT, library_files.c.name.icontains(text, autoescape=True))
        .limit(limit)
    )


def mirrored_assets(
    mirror_id: str, status: ItemState | None, limit: int
) -> Select[*tuple[Any, ...]]:
    """Return the query for the ids of assets in one of the person's mirrors.

    What is not as it should be is rare, and has an index.
    """
    own = exists().where(
        mirrors.c.id == mirror_id,
        connections.c.id == mirrors.c.connection_id,
        connections.c.owner_id == OWNER,
    )
    query = select(items.c.asset_id).where(items.c.mirror_id == mirror_id, own)
    if status is not None:
        query = query.where(items.c.state == status)
        if status is not ItemState.OK:
            query = query.where(NOT_OK)
    return query.limit(limit)


def groups_wanted(wanted: GridWanted, limit: int) -> Select[*tuple[Any, ...]]:
    """Return the query for the ids of the groups that a grid asks for."""
    query = select(file_groups.c.id).where(file_groups.c.owner_id == OWNER)
    query = query.where(ALONE if wanted.bursts else file_groups.c.level == 0)
    if wanted.group_type is not None:
        query = query.where(file_groups.c.type == wanted.group_type)
    return query.limit(limit)


def duplicates_wanted(limit: int) -> Select[*tuple[Any, ...]]:
    """Return the query for the ids of the person's groups of duplicates."""
    query = select(duplicate_groups.c.id).where(duplicate_groups.c.owner_id == OWNER)
    return query.limit(limit)


def _chosen(wanted: GridWanted, ids: Sequence[str] | None) -> Select[*tuple[Any, ...]]:
    query = with_groups(select(*COLUMNS).select_from(library_files))
    outer_id = OUTERMOST if wanted.bursts else file_groups.c.id
    query = query.outerjoin(_outer, _outer.c.id == outer_id)
    query = query.where(_OURS, library_files.c.kind != Kind.SIDECAR, _is_first(), *_filters(wanted))
    if ids is None:
        return query.where(_PRESENT)
    given = func.json_each(as_json(ids)).table_valued("value")
    return query.where(library_files.c.asset_id.in_(select(given.c.value)), _FOUND_PRESENT)


def _is_first() -> ColumnElement[bool]:
    """Leave out what is shown by another file of its group; some of it is told by its facts only.

    Where the first file of a group is no asset, another one shows the group.
    """
    present = _first.c.missing_at.is_(None) & (_first.c.connection_id.concat("") == CONNECTION)
    return or_(
        _outer.c.id.is_(None),
        _outer.c.primary_row == GROUPED_AS,
        ~or_(
            exists().where(
                _first.c.row == _outer.c.primary_row, _first.c.twin_row.is_(None), present
            ),
            exists().where(_first.c.twin_row == _outer.c.primary_row, present),
        ),
    )


def _filters(wanted: GridWanted) -> list[ColumnElement[bool]]:
    # Columns of the joined tables are only compared, as expressions: assets are gone through by
    # their own index.
    found: list[ColumnElement[bool]] = []
    if wanted.type is not None:
        found.append(VIDEO if wanted.type is MediaType.VIDEO else ~VIDEO)
    if wanted.group_type is not None:
        type_ = func.coalesce(type_coerce(_outer.c.type, Text), "")
        found.append(type_ == wanted.group_type.value)
    if wanted.grouped is not None:
        found.append(_has(_outer.c.id, wanted=wanted.grouped))
    if wanted.duplicates:
        found.append(_has(duplicate_members.c.group_id, wanted=True))
    if wanted.favourite is not None:
        found.append(FAVOURITE if wanted.favourite else ~FAVOURITE)
    if wanted.mirror_id is not None:
        found.append(_mirrored(wanted.mirror_id, wanted.status))
    if wanted.text:
        found.append(library_files.c.name.icontains(wanted.text, autoescape=True))
    return found


def _has(column: Any, *, wanted: bool) -> ColumnElement[bool]:
    value = func.coalesce(column, "")
    return value != "" if wanted else value == ""


def _mirrored(mirror_id: str, status: ItemState | None) -> ColumnElement[bool]:
    ours = [items.c.mirror_id.concat("") == mirror_id]
    if status is not None:
        ours.append(items.c.state == status)
    return or_(
        exists().where(
            items.c.shot_id == library_files.c.asset_id, items.c.role == Role.PRIMARY, *ours
        ),
        exists().where(items.c.asset_id == library_files.c.asset_id, COMPANION, *ours),
    )
