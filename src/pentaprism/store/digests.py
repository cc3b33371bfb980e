"""Hashes of the bytes of files: whose are wanted, and what they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from itertools import starmap

from sqlalchemy import and_, bindparam, exists, func, or_, select, update

from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import Kind
from pentaprism.store.database import Database, whole
from pentaprism.store.duplicate_tables import (
    duplicate_groups,
    duplicate_members,
    unfingerprinted,
)
from pentaprism.store.fingerprint_records import Unfingerprinted
from pentaprism.store.given import OF_IDS, OF_ROWS, given_ids, given_rows
from pentaprism.store.library_tables import library_files as files
from pentaprism.store.owned import source_of
from pentaprism.store.places import COUNTS

AT_ONCE = 20_000
"""Files that are asked for in one statement: each goes through the sizes of all new files."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The hashes of a file as it was when it had this size and time of change.

    Of an asset the SHA-1 stays what Immich tells, so that it is None here.
    """

    row: int
    size: int | None
    mtime_ns: int | None
    sha1: bytes | None
    sha256: bytes


_other = files.alias("other")
_new = files.alias("new")
_SEEN_KINDS = [Kind.IMAGE, Kind.RAW, Kind.VIDEO]
_SIZES = (
    select(_new.c.size)
    .join_from(unfingerprinted, _new, _new.c.row == unfingerprinted.c.file_row)
    .where(_new.c.size > 0, _new.c.missing_at.is_(None), _new.c.twin_row.is_(None))
)
_SAME_SIZE = exists().where(
    _other.c.size == files.c.size,
    _other.c.size > 0,
    _other.c.row != files.c.row,
    _other.c.missing_at.is_(None),
    _other.c.twin_row.is_(None),
    _other.c.kind.in_(_SEEN_KINDS),
    source_of(_other).in_(OF_IDS),
)
_PLACE = [files.c[name] for name in Unfingerprinted._fields]
# What was uploaded has a hash of its bytes already.
_UNKNOWN = and_(files.c.sha256.is_(None), or_(files.c.root_id.is_not(None), files.c.sha1.is_(None)))
_external = files.alias("external")
# Of an external library Immich hashes the path, so the two have no hash in common.
_BESIDE_EXTERNAL = and_(
    files.c.sha256.is_(None),
    exists().where(
        _external.c.size == files.c.size,
        _external.c.connection_id.is_not(None),
        _external.c.sha1.is_(None),
        _external.c.missing_at.is_(None),
        _external.c.twin_row.is_(None),
        _external.c.kind.in_(_SEEN_KINDS),
        source_of(_external).in_(OF_IDS),
    ),
)
_WANTED = and_(
    files.c.size.in_(_SIZES),
    files.c.size > 0,
    files.c.kind.in_(_SEEN_KINDS),
    or_(_UNKNOWN, _BESIDE_EXTERNAL),
    COUNTS,
    source_of().in_(OF_IDS),
    _SAME_SIZE,
)
_fellow = duplicate_members.alias("fellow")
# Beside equal pictures, what may be equal as well: a member of another shot has its size.
_OF_EQUALS = (
    select(*_PLACE)
    .join_from(duplicate_groups, duplicate_members)
    .join(files, files.c.row == duplicate_members.c.file_row)
    .where(
        duplicate_groups.c.owner_id == bindparam("owner_id"),
        duplicate_groups.c.label == Label.IDENTICAL,
        ~duplicate_groups.c.bulk,
        duplicate_members.c.size > 0,
        _UNKNOWN,
        COUNTS,
        exists().where(
            _fellow.c.group_id == duplicate_members.c.group_id,
            _fellow.c.size == duplicate_members.c.size,
            _fellow.c.shot != duplicate_members.c.shot,
        ),
    )
    .order_by(files.c.row)
)
_RECORD = (
    update(files)
    .where(
        files.c.row == bindparam("b_row"),
        files.c.size.is_not_distinct_from(bindparam("b_size")),
        files.c.mtime_ns.is_not_distinct_from(bindparam("b_mtime_ns")),
    )
    .values(
        sha1=func.coalesce(bindparam("b_sha1"), files.c.sha1),
        sha256=bindparam("b_sha256"),
    )
)


class Digests:
    """The hashes of the bytes of files, made only where two files may be equal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def wanted(
        self, sources: Collection[str], *, after: int = 0, limit: int = AT_ONCE
    ) -> list[Unfingerprinted]:
        """Return files that may have the bytes of another one and are not hashed yet, by row.

        Those of the size of a file that has no fingerprint yet, among files of ``sources``, after
        the row ``after``.
        """
        query = select(*_PLACE).where(_WANTED, files.c.row > after).order_by(files.c.row)
        async with self._database.read() as reader:
            rows = await reader.execute(query.limit(limit), given_ids(sources))
            return list(starmap(Unfingerprinted, rows))

    async def count_wanted(self, sources: Collection[str]) -> int:
        """Return how many files `wanted` would go through."""
        async with self._database.read() as reader:
            found = await reader.execute(
                select(func.count()).select_from(files).where(_WANTED), given_ids(sources)
            )
            return int(found.scalar_one())

    async def of_equals(
        self, owner_id: str, *, after: int = 0, limit: int = AT_ONCE
    ) -> list[Unfingerprinted]:
        """Return files that are not hashed beside pictures that are equal, by row.

        Such as sidecars, where one of another shot in the group has the same size. Those of groups
        in which everything is known to be equal are left out.
        """
        query = _OF_EQUALS.where(files.c.row > after).limit(limit)
        async with self._database.read() as reader:
            rows = await reader.execute(query, {"owner_id": owner_id})
            return list(starmap(Unfingerprinted, rows))

    async def without_sha1(self, file_rows: Collection[int]) -> list[Unfingerprinted]:
        """Return those of ``file_rows`` that are in a root and were not hashed yet."""
        query = select(*_PLACE).where(
            files.c.row.in_(OF_ROWS), files.c.root_id.is_not(None), files.c.sha1.is_(None), COUNTS
        )
        async with self._database.read() as reader:
            rows = await reader.execute(query, given_rows(file_rows))
            return list(starmap(Unfingerprinted, rows))

    @whole
    async def record(self, digests: Sequence[Digest]) -> None:
        """Write hashes of files that are still as they were listed."""
        if not digests:
            return
        rows = [{f"b_{name}": value for name, value in asdict(one).items()} for one in digests]
        async with self._database.write() as connection:
            await connection.execute(_RECORD, rows)
