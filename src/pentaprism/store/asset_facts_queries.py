"""The queries for what is known of assets: a few statements, however many assets are asked about.

The facts of a person are those of the one connection that is both the person's own and to the
person's own user: what somebody else's key sees is not told.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Select,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    union_all,
)

from pentaprism.assets import Role
from pentaprism.store.columns import AnyText
from pentaprism.store.duplicate_tables import (
    duplicate_groups,
    duplicate_marks,
    duplicate_members,
    duplicate_pairs,
)
from pentaprism.store.given import OF_IDS
from pentaprism.store.library_tables import file_groups, group_members, library_files
from pentaprism.store.places import GROUPED_AS
from pentaprism.store.tables import COMPANION, connections, items, mirrors

OWNER = bindparam("owner", type_=AnyText)
"""The person, by the id of the Immich user."""

CONNECTION = (
    select(connections.c.id)
    .where(connections.c.owner_id == OWNER, connections.c.user_id == OWNER)
    .scalar_subquery()
)
"""The person's own connection, of which there is one at most."""

_PRESENT = library_files.c.missing_at.is_(None)
_shot = group_members.alias("shot")
_burst = group_members.alias("burst")
_listed = group_members.alias("listed")

OUTERMOST = func.coalesce(_burst.c.group_id, file_groups.c.within, file_groups.c.id)
"""The burst of a file, else its shot, in what `with_groups` returns."""


def with_groups(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Return a query from ``library_files`` with the groups of each file beside it."""
    return (
        query.outerjoin(_shot, (_shot.c.file_row == GROUPED_AS) & (_shot.c.level == 0))
        .outerjoin(file_groups, file_groups.c.id == _shot.c.group_id)
        .outerjoin(_burst, (_burst.c.file_row == GROUPED_AS) & (_burst.c.level == 1))
        .outerjoin(duplicate_members, duplicate_members.c.file_row == GROUPED_AS)
    )


# An asset is grouped as the file in a root that it is, where there is one.
ASKED = with_groups(
    select(
        library_files.c.asset_id,
        GROUPED_AS.label("file_row"),
        OUTERMOST.label("outermost"),
        file_groups.c.id.label("shot_id"),
        duplicate_members.c.group_id.label("duplicates"),
    ).select_from(library_files)
).where(
    library_files.c.connection_id == CONNECTION,
    library_files.c.asset_id.in_(OF_IDS),
    _PRESENT,
)


def _assets_of(
    query: Select[*tuple[Any, ...]], file_row: Any, *order: str
) -> CompoundSelect[*tuple[Any, ...]]:
    """Add to each row with a file the assets that the file is; the one known longest comes first.

    As an expression the connection is only a filter, so that the index of the row is taken.
    """
    ours = library_files.c.connection_id.concat("") == CONNECTION
    query = query.add_columns(
        library_files.c.asset_id.label("asset_id"), library_files.c.row.label("asset_row")
    )
    itself = query.join(library_files, library_files.c.row == file_row).where(
        library_files.c.twin_row.is_(None), ours, _PRESENT
    )
    twins = query.join(library_files, library_files.c.twin_row == file_row).where(ours, _PRESENT)
    return union_all(itself, twins).order_by(*(literal_column(name) for name in order), "asset_row")


def _members() -> CompoundSelect[*tuple[Any, ...]]:
    """Return the query for the assets of groups; those of a burst are all those of its shots."""
    outer = file_groups.alias("outer")
    shot = file_groups.alias("held")
    held = (
        select(shot.c.within.label("group_id"), _listed.c.file_row, _listed.c.path)
        .join_from(shot, _listed, _listed.c.group_id == shot.c.id)
        .where(shot.c.within.in_(OF_IDS))
    )
    own = select(_listed.c.group_id, _listed.c.file_row, _listed.c.path).where(
        _listed.c.group_id.in_(OF_IDS)
    )
    every = own.union(held).cte("every")
    query = (
        select(
            every.c.group_id.label("group_id"),
            outer.c.type,
            (every.c.file_row == outer.c.primary_row).label("first"),
            every.c.path.label("path"),
        )
        .join_from(every, outer, outer.c.id == every.c.group_id)
        .where(outer.c.owner_id.concat("") == OWNER)
    )
    return _assets_of(query, every.c.file_row, "first DESC", "path")


MEMBERS = _members()
"""Of each group that is asked for: id, type, whether the file is its first, path, asset."""


def _alike() -> CompoundSelect[*tuple[Any, ...]]:
    """Return the query for the assets of groups of duplicates, the keeper's shot first."""
    file = library_files.alias("file")
    marked = exists().where(duplicate_marks.c.file_row == duplicate_members.c.file_row)
    query = (
        select(
            duplicate_members.c.group_id.label("group_id"),
            duplicate_groups.c.label,
            duplicate_groups.c.score.label("of_group"),
            (duplicate_members.c.shot == duplicate_groups.c.keeper).label("kept"),
            duplicate_members.c.score.label("score"),
            duplicate_members.c.shot.label("shot"),
            duplicate_members.c.file_row.label("file_row"),
            file.c.sha1.label("sha1"),
        )
        .join_from(
            duplicate_members,
            duplicate_groups,
            duplicate_groups.c.id == duplicate_members.c.group_id,
        )
        .join(file, file.c.row == duplicate_members.c.file_row)
        .where(
            duplicate_members.c.group_id.in_(OF_IDS),
            duplicate_groups.c.owner_id.concat("") == OWNER,
            ~marked,
        )
    )
    order = ("kept DESC", "score DESC", "shot", "file_row")
    return _assets_of(query, duplicate_members.c.file_row, *order)


ALIKE = _alike()
"""Of each group of duplicates: its label and score, and of its assets what pairs go by."""

_other = duplicate_members.alias("other")
PAIRS = (
    select(
        duplicate_members.c.group_id,
        duplicate_pairs.c.low,
        duplicate_pairs.c.high,
        duplicate_pairs.c.label,
        duplicate_pairs.c.score,
    )
    .join_from(
        duplicate_members,
        duplicate_pairs,
        duplicate_pairs.c.low == duplicate_members.c.file_row,
    )
    .join(_other, _other.c.file_row == duplicate_pairs.c.high)
    .where(
        duplicate_members.c.group_id.in_(OF_IDS),
        # As an expression it is only compared.
        _other.c.group_id.concat("") == duplicate_members.c.group_id,
    )
)
"""The pairs within groups of duplicates."""


def _mirrored() -> Select[*tuple[Any, ...]]:
    """Return the query for the items of assets, by mirror; what is in the album itself first."""
    columns = (items.c.mirror_id, items.c.state)
    primary: Select[*tuple[Any, ...]] = select(
        items.c.shot_id.label("asset_id"), *columns, literal_column("0").label("companion")
    ).where(items.c.shot_id.in_(OF_IDS), items.c.role == Role.PRIMARY)
    companion: Select[*tuple[Any, ...]] = select(
        items.c.asset_id, *columns, literal_column("1")
    ).where(items.c.asset_id.in_(OF_IDS), COMPANION)
    every = union_all(primary, companion).subquery("every")
    return (
        select(every.c.asset_id, every.c.mirror_id, every.c.state)
        .join_from(every, mirrors, mirrors.c.id == every.c.mirror_id)
        .join(connections, connections.c.id == mirrors.c.connection_id)
        .where(connections.c.owner_id.concat("") == OWNER)
        .order_by(mirrors.c.created_at, mirrors.c.id, every.c.companion)
    )


MIRRORED = _mirrored()
"""The asset, the mirror and the state of each item."""
