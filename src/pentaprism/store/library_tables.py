"""The tables of the library index, as the newest migration leaves them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Named,
    Table,
    TypedColumns,
    UniqueConstraint,
    false,
    literal_column,
    null,
)

from pentaprism.groups.files import GroupType, Kind, Precision
from pentaprism.store.columns import AnyText, Instant, WallTime, Word
from pentaprism.store.library_records import (
    GroupOrigin,
    RootState,
    StackStep,
    StepState,
    Watching,
)
from pentaprism.store.tables import RowNumber, metadata


class _Roots(TypedColumns):
    id: Named[str] = Column(AnyText, primary_key=True)
    owner_id: Named[str] = Column(AnyText)
    name: Named[str] = Column(AnyText)
    path: Named[str] = Column(AnyText)
    connection_id: Named[str | None] = Column(
        AnyText, ForeignKey("connections.id", ondelete="SET NULL")
    )
    immich_path: Named[str | None] = Column(AnyText)
    watching: Named[Watching] = Column(Word(Watching))
    state: Named[RootState] = Column(Word(RootState))
    reason: Named[str | None] = Column(AnyText)
    scanned_at: Named[datetime | None] = Column(Instant)
    created_at: Named[datetime] = Column(Instant)


class _LibraryFolders(TypedColumns):
    root_id: Named[str] = Column(
        AnyText, ForeignKey("roots.id", ondelete="CASCADE"), primary_key=True
    )
    path: Named[str] = Column(AnyText, primary_key=True)
    digest: Named[bytes] = Column(LargeBinary)
    device: Named[int] = Column(BigInteger)
    files: Named[int] = Column(Integer)


class _LibraryFiles(TypedColumns):
    row: Named[int] = Column(RowNumber, primary_key=True)
    root_id: Named[str | None] = Column(AnyText, ForeignKey("roots.id", ondelete="CASCADE"))
    connection_id: Named[str | None] = Column(
        AnyText, ForeignKey("connections.id", ondelete="CASCADE")
    )
    asset_id: Named[str | None] = Column(AnyText)
    folder: Named[str] = Column(AnyText)
    name: Named[str] = Column(AnyText)
    kind: Named[Kind] = Column(Word(Kind))
    mime_type: Named[str | None] = Column(AnyText)
    size: Named[int | None] = Column(BigInteger)
    mtime_ns: Named[int | None] = Column(BigInteger)
    inode: Named[int | None] = Column(BigInteger)
    sha1: Named[bytes | None] = Column(LargeBinary)
    sha256: Named[bytes | None] = Column(LargeBinary)
    taken_at: Named[datetime | None] = Column(WallTime)
    precision: Named[Precision] = Column(Word(Precision))
    in_utc: Named[bool] = Column(Boolean)
    camera: Named[str | None] = Column(AnyText)
    content_identifier: Named[str | None] = Column(AnyText)
    burst_id: Named[str | None] = Column(AnyText)
    width: Named[int | None] = Column(Integer)
    height: Named[int | None] = Column(Integer)
    orientation: Named[int | None] = Column(Integer)
    read_version: Named[int] = Column(Integer)
    problem: Named[str | None] = Column(AnyText)
    missing_at: Named[datetime | None] = Column(Instant)
    twin_row: Named[int | None] = Column(
        RowNumber, ForeignKey("library_files.row", ondelete="SET NULL")
    )
    stack_id: Named[str | None] = Column(AnyText)
    stack_first: Named[bool] = Column(Boolean)
    # What is compared when files are grouped, made from the path by the rules in force.
    folder_key: Named[str] = Column(AnyText)
    name_key: Named[str] = Column(AnyText)
    burst_key: Named[str | None] = Column(AnyText)
    # Whether it was grouped since it, or a neighbour of it, has changed.
    grouped: Named[bool] = Column(Boolean)
    # What people gave an asset; in how many albums it is, is asked of those in duplicate groups.
    favourite: Named[bool] = Column(Boolean, server_default=false())
    albums: Named[int] = Column(Integer, server_default="0")
    # How an asset is shown before its picture is there, as Immich writes it; milliseconds.
    thumbhash: Named[str | None] = Column(AnyText)
    duration: Named[int | None] = Column(BigInteger)


class _FileGroups(TypedColumns):
    id: Named[str] = Column(AnyText, primary_key=True)
    owner_id: Named[str] = Column(AnyText)
    source_id: Named[str] = Column(AnyText)
    type: Named[GroupType] = Column(Word(GroupType))
    level: Named[int] = Column(Integer)
    origin: Named[GroupOrigin] = Column(Word(GroupOrigin))
    folder: Named[str] = Column(AnyText)
    primary_row: Named[int] = Column(RowNumber, ForeignKey("library_files.row", ondelete="CASCADE"))
    size: Named[int] = Column(Integer)
    bytes: Named[int] = Column(BigInteger)
    taken_at: Named[datetime | None] = Column(WallTime)
    changed_at: Named[datetime] = Column(Instant)
    within: Named[str | None] = Column(AnyText, ForeignKey("file_groups.id", ondelete="SET NULL"))


class _LeftPlaces(TypedColumns):
    row: Named[int] = Column(RowNumber, primary_key=True)
    folder_key: Named[str] = Column(AnyText)
    name_key: Named[str] = Column(AnyText)
    burst_key: Named[str | None] = Column(AnyText)
    content_identifier: Named[str | None] = Column(AnyText)
    burst_id: Named[str | None] = Column(AnyText)
    taken_at: Named[datetime | None] = Column(WallTime)


class _GroupMembers(TypedColumns):
    group_id: Named[str] = Column(AnyText, ForeignKey("file_groups.id", ondelete="CASCADE"))
    file_row: Named[int] = Column(
        RowNumber, ForeignKey("library_files.row", ondelete="CASCADE"), primary_key=True
    )
    level: Named[int] = Column(Integer, primary_key=True)
    path: Named[str] = Column(AnyText)
    type: Named[Kind] = Column(Word(Kind))
    primary: Named[bool] = Column(Boolean)
    size: Named[int | None] = Column(BigInteger)
    rule: Named[str] = Column(AnyText)


class _GroupDecisions(TypedColumns):
    file_row: Named[int] = Column(
        RowNumber, ForeignKey("library_files.row", ondelete="CASCADE"), primary_key=True
    )
    apart: Named[str | None] = Column(AnyText)
    together: Named[str | None] = Column(AnyText)
    first: Named[bool] = Column(Boolean)
    decided_at: Named[datetime] = Column(Instant)


class _PushedStacks(TypedColumns):
    stack_id: Named[str] = Column(AnyText, primary_key=True)
    connection_id: Named[str] = Column(
        AnyText, ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    )
    push_id: Named[str] = Column(AnyText, ForeignKey("stack_pushes.id", ondelete="CASCADE"))
    asset_ids: Named[list[str]] = Column(JSON)


class _StackPushes(TypedColumns):
    id: Named[str] = Column(AnyText, primary_key=True)
    connection_id: Named[str] = Column(AnyText, ForeignKey("connections.id", ondelete="CASCADE"))
    started_at: Named[datetime] = Column(Instant)
    finished_at: Named[datetime | None] = Column(Instant)
    undone_at: Named[datetime | None] = Column(Instant)


class _StackChanges(TypedColumns):
    row: Named[int] = Column(RowNumber, primary_key=True)
    push_id: Named[str] = Column(AnyText, ForeignKey("stack_pushes.id", ondelete="CASCADE"))
    step: Named[StackStep] = Column(Word(StackStep))
    state: Named[StepState] = Column(Word(StepState))
    stack_id: Named[str | None] = Column(AnyText)
    before: Named[list[str]] = Column(JSON)
    after: Named[list[str]] = Column(JSON)
    error: Named[str | None] = Column(AnyText)


roots = Table("roots", metadata, _Roots, UniqueConstraint("path"), Index(None, "owner_id"))

library_folders = Table("library_folders", metadata, _LibraryFolders, sqlite_with_rowid=False)

# AUTOINCREMENT: a person's decision about a file must not pass to another one.
library_files = Table(
    "library_files",
    metadata,
    _LibraryFiles,
    UniqueConstraint("root_id", "folder", "name"),
    UniqueConstraint("connection_id", "asset_id"),
    Index("ix_library_files_neighbours", "folder_key", "name_key"),
    Index("ix_library_files_taken_at", "folder_key", "taken_at"),
    sqlite_autoincrement=True,
)


def _index_where(name: str, column: str, *condition: str) -> None:
    """Index the few rows that have a value in ``column``, or that fulfil ``condition``."""
    where: ColumnElement[bool] = literal_column(
        condition[0] if condition else f"{column} IS NOT NULL"
    )
    Index(name, library_files.c[column], sqlite_where=where, postgresql_where=where)


_index_where("ix_library_files_inode", "inode")
_index_where("ix_library_files_sha1", "sha1")
_index_where("ix_library_files_burst_key", "burst_key")
_index_where("ix_library_files_burst_id", "burst_id")
_index_where("ix_library_files_content_identifier", "content_identifier")
_index_where("ix_library_files_twin_row", "twin_row")
_index_where("ix_library_files_missing_at", "missing_at")
_index_where("ix_library_files_stack_id", "stack_id")
_index_where("ix_library_files_ungrouped", "row", "NOT grouped")
_index_where("ix_library_files_read_version", "read_version", "root_id IS NOT NULL")
_index_where("ix_library_files_problem", "problem")

# The assets of a person by time, for the grid of photos; those with a heart are few, and videos.
_SHOWN = "connection_id IS NOT NULL AND missing_at IS NULL"
for _name, _shown in (
    ("shown", _SHOWN),
    ("favourite", f"{_SHOWN} AND favourite"),
    ("video", f"{_SHOWN} AND kind = 'video'"),
):
    _where: ColumnElement[bool] = literal_column(_shown)
    Index(
        f"ix_library_files_{_name}",
        *(library_files.c[column] for column in ("connection_id", "taken_at", "row")),
        sqlite_where=_where,
        postgresql_where=_where,
    )

# In the words of the index, so that the database knows it again.
FAVOURITE: ColumnElement[bool] = literal_column("library_files.favourite")
VIDEO: ColumnElement[bool] = library_files.c.kind == literal_column("'video'")
UNGROUPED: ColumnElement[bool] = literal_column("NOT library_files.grouped")

# Where a file was, for what groups it, before something about it changed: written by a trigger of
# the migration, and gone when its neighbours there have been grouped anew.
left_places = Table("left_places", metadata, _LeftPlaces)

file_groups = Table("file_groups", metadata, _FileGroups, Index(None, "primary_row"))

# The shots of a burst are shown through the burst, so lists are of the others.
ALONE = file_groups.c.within.is_(null())
for _name, _first in (("owner", file_groups.c.owner_id), ("source", file_groups.c.source_id)):
    for _suffix, _columns in (("", [_first]), ("_type", [_first, file_groups.c.type])):
        Index(
            f"ix_file_groups_{_name}{_suffix}",
            *_columns,
            file_groups.c.taken_at,
            file_groups.c.id,
            sqlite_where=ALONE,
            postgresql_where=ALONE,
        )
_HELD = file_groups.c.within.is_not(null())
Index("ix_file_groups_within", file_groups.c.within, sqlite_where=_HELD, postgresql_where=_HELD)

group_members = Table("group_members", metadata, _GroupMembers, Index(None, "group_id"))

group_decisions = Table("group_decisions", metadata, _GroupDecisions, Index(None, "together"))

stack_pushes = Table(
    "stack_pushes", metadata, _StackPushes, Index(None, "connection_id", "started_at")
)

stack_changes = Table(
    "stack_changes",
    metadata,
    _StackChanges,
    Index(None, "push_id", "row"),
    sqlite_autoincrement=True,
)

pushed_stacks = Table("pushed_stacks", metadata, _PushedStacks)
