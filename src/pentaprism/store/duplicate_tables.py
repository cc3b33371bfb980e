"""The tables of fingerprints and duplicates, as the newest migration leaves them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Named,
    SmallInteger,
    Table,
    TypedColumns,
    literal_column,
)

from pentaprism.fingerprints.fingerprint import Origin
from pentaprism.fingerprints.labels import Label
from pentaprism.store.columns import AnyText, Instant, WallTime, Word
from pentaprism.store.duplicate_records import VerdictKind
from pentaprism.store.library_tables import library_files
from pentaprism.store.tables import RowNumber, metadata


class _Fingerprints(TypedColumns):
    file_row: Named[int] = Column(
        RowNumber, ForeignKey("library_files.row", ondelete="CASCADE"), primary_key=True
    )
    version: Named[int] = Column(Integer)
    # As a signed number of 64 bits, and in four parts, which a flat picture has not: they are
    # what is looked up.
    phash: Named[int | None] = Column(BigInteger)
    band_0: Named[int | None] = Column(SmallInteger)
    band_1: Named[int | None] = Column(SmallInteger)
    band_2: Named[int | None] = Column(SmallInteger)
    band_3: Named[int | None] = Column(SmallInteger)
    # Seven hashes, or those of the frames of a video: 8 bytes each, the highest first.
    turned: Named[bytes | None] = Column(LargeBinary)
    content: Named[float | None] = Column(Float)
    flat: Named[bool] = Column(Boolean)
    width: Named[int | None] = Column(Integer)
    height: Named[int | None] = Column(Integer)
    duration_ms: Named[int | None] = Column(BigInteger)
    frames: Named[bytes | None] = Column(LargeBinary)
    origin: Named[Origin] = Column(Word(Origin))
    problem: Named[str | None] = Column(AnyText)
    # Whether its like was looked for since it was made.
    searched: Named[bool] = Column(Boolean)


class _Unfingerprinted(TypedColumns):
    file_row: Named[int] = Column(
        RowNumber, ForeignKey("library_files.row", ondelete="CASCADE"), primary_key=True
    )


class _UngroupedDuplicates(TypedColumns):
    file_row: Named[int] = Column(RowNumber, primary_key=True)


class _DuplicatePairs(TypedColumns):
    low: Named[int] = Column(
        RowNumber, ForeignKey("library_files.row", ondelete="CASCADE"), primary_key=True
    )
    high: Named[int] = Column(
        RowNumber, ForeignKey("library_files.row", ondelete="CASCADE"), primary_key=True
    )
    distance: Named[int | None] = Column(Integer)
    score: Named[float] = Column(Float)
    label: Named[Label] = Column(Word(Label))
    symmetry: Named[int] = Column(Integer)
    upscaled: Named[int | None] = Column(RowNumber)


class _DuplicateGroups(TypedColumns):
    id: Named[str] = Column(AnyText, primary_key=True)
    owner_id: Named[str] = Column(AnyText)
    label: Named[Label] = Column(Word(Label))
    score: Named[float] = Column(Float)
    shots: Named[int] = Column(Integer)
    files: Named[int] = Column(Integer)
    bytes: Named[int] = Column(BigInteger)
    keeper: Named[int] = Column(RowNumber)
    reasons: Named[list[list[str]]] = Column(JSON)
    bulk: Named[bool] = Column(Boolean)
    taken_at: Named[datetime | None] = Column(WallTime)
    changed_at: Named[datetime] = Column(Instant)
    leaves_immich: Named[bool] = Column(Boolean)


class _DuplicateMembers(TypedColumns):
    group_id: Named[str] = Column(AnyText, ForeignKey("duplicate_groups.id", ondelete="CASCADE"))
    file_row: Named[int] = Column(
        RowNumber, ForeignKey("library_files.row", ondelete="CASCADE"), primary_key=True
    )
    shot: Named[int] = Column(RowNumber)
    picture: Named[bool] = Column(Boolean)
    source_id: Named[str] = Column(AnyText)
    path: Named[str] = Column(AnyText)
    size: Named[int | None] = Column(BigInteger)
    hash: Named[str | None] = Column(AnyText)
    phash: Named[str | None] = Column(AnyText)
    score: Named[float] = Column(Float)


class _Verdicts(TypedColumns):
    id: Named[int] = Column(RowNumber, primary_key=True)
    owner_id: Named[str] = Column(AnyText)
    kind: Named[VerdictKind] = Column(Word(VerdictKind))
    # Of files that may be gone since: no other file gets their rows.
    low: Named[int] = Column(RowNumber)
    high: Named[int] = Column(RowNumber)
    low_sha1: Named[bytes | None] = Column(LargeBinary)
    high_sha1: Named[bytes | None] = Column(LargeBinary)
    decided_at: Named[datetime] = Column(Instant)


class _DuplicateMarks(TypedColumns):
    file_row: Named[int] = Column(
        RowNumber, ForeignKey("library_files.row", ondelete="CASCADE"), primary_key=True
    )
    keeper_row: Named[int] = Column(RowNumber)
    marked_at: Named[datetime] = Column(Instant)


fingerprints = Table("fingerprints", metadata, _Fingerprints)

# In the words of the index, so that the database knows it again.
UNSEARCHED: ColumnElement[bool] = literal_column("NOT fingerprints.searched")


def _index_where(table: Table, name: str, columns: str, condition: str) -> None:
    where: ColumnElement[bool] = literal_column(condition)
    each = [table.c[column] for column in columns.split()]
    Index(name, *each, sqlite_where=where, postgresql_where=where)


# With the hash in it, so that what is near in one band only is told without its row.
for _band in ("band_0", "band_1", "band_2", "band_3"):
    _index_where(fingerprints, f"ix_fingerprints_{_band}", f"{_band} phash", f"{_band} IS NOT NULL")
_index_where(fingerprints, "ix_fingerprints_duration_ms", "duration_ms", "duration_ms IS NOT NULL")
_index_where(fingerprints, "ix_fingerprints_problem", "problem", "problem IS NOT NULL")
_index_where(fingerprints, "ix_fingerprints_unsearched", "file_row", "NOT searched")
_index_where(library_files, "ix_library_files_sha256", "sha256", "sha256 IS NOT NULL")
_index_where(library_files, "ix_library_files_size", "size", "size > 0")

# Files whose fingerprints are to be made, and files whose duplicates are to be grouped anew: both
# are filled by triggers of the migration, whoever changes what.
unfingerprinted = Table("unfingerprinted", metadata, _Unfingerprinted)
ungrouped_duplicates = Table("ungrouped_duplicates", metadata, _UngroupedDuplicates)

duplicate_pairs = Table(
    "duplicate_pairs",
    metadata,
    _DuplicatePairs,
    Index(None, "high"),
    sqlite_with_rowid=False,
)

duplicate_groups = Table(
    "duplicate_groups",
    metadata,
    _DuplicateGroups,
    Index("ix_duplicate_groups_owner", "owner_id", "bytes", "id"),
    Index("ix_duplicate_groups_owner_label", "owner_id", "label", "bytes", "id"),
)

duplicate_members = Table(
    "duplicate_members",
    metadata,
    _DuplicateMembers,
    Index(None, "group_id"),
    Index(None, "path"),
)

verdicts = Table(
    "verdicts",
    metadata,
    _Verdicts,
    Index("ix_verdicts_owner_id", "owner_id", "id"),
    Index(None, "low"),
    Index(None, "high"),
)
_index_where(verdicts, "ix_verdicts_low_sha1", "low_sha1", "low_sha1 IS NOT NULL")
_index_where(verdicts, "ix_verdicts_high_sha1", "high_sha1", "high_sha1 IS NOT NULL")

duplicate_marks = Table("duplicate_marks", metadata, _DuplicateMarks, Index(None, "keeper_row"))
