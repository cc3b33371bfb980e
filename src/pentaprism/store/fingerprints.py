"""Fingerprints of files: which are to be made, and which are there to be searched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import starmap
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pentaprism.fingerprints.fingerprint import Fingerprint
from pentaprism.store.database import Database, whole
from pentaprism.store.duplicate_tables import (
    UNSEARCHED,
    duplicate_pairs,
    fingerprints,
    unfingerprinted,
)
from pentaprism.store.fingerprint_records import (
    KnownFingerprint,
    KnownHash,
    KnownVideo,
    MadeFingerprint,
    PlacedFingerprint,
    ProblemFile,
    Unfingerprinted,
)
from pentaprism.store.fingerprint_rows import (
    COLUMNS,
    to_fingerprint,
    to_numbers,
    to_row,
    to_unsigned,
)
from pentaprism.store.given import OF_IDS, OF_ROWS, given_ids, given_rows
from pentaprism.store.library_tables import file_groups, group_members
from pentaprism.store.library_tables import library_files as files
from pentaprism.store.near_hashes import near_query, parameters, within
from pentaprism.store.owned import of_owner, source_of
from pentaprism.store.places import COUNTS

_MADE = fingerprints.c
_SOURCE = source_of()
_WANTED = select(*(files.c[name] for name in Unfingerprinted._fields)).join_from(
    unfingerprinted, files, files.c.row == unfingerprinted.c.file_row
)
_NEXT = _WANTED.where(COUNTS, _SOURCE.in_(OF_IDS)).order_by(unfingerprinted.c.file_row)
_UNCHANGED = select(files.c.row, files.c.size, files.c.mtime_ns).where(files.c.row.in_(OF_ROWS))
_DROP = delete(fingerprints).where(_MADE.file_row.in_(OF_ROWS))
_DONE = delete(unfingerprinted).where(unfingerprinted.c.file_row.in_(OF_ROWS))
_BY_ROW = select(_MADE.file_row, *COLUMNS).where(_MADE.file_row.in_(OF_ROWS))
# Immich tells the SHA-1 only, which files in roots have beside their SHA-256.
_CONTENT = func.coalesce(files.c.sha1, files.c.sha256)
_OTHERS = files.alias("others")
_EQUALS = (
    select(files.c.row, func.min(_OTHERS.c.row))
    .join_from(
        files,
        _OTHERS,
        or_(
            (_OTHERS.c.sha256 == files.c.sha256) & _OTHERS.c.sha256.is_not(None),
            (_OTHERS.c.sha1 == files.c.sha1) & _OTHERS.c.sha1.is_not(None),
        ),
    )
    .join(fingerprints, _MADE.file_row == _OTHERS.c.row)
    .where(
        files.c.row.in_(OF_ROWS),
        _OTHERS.c.row != files.c.row,
        _OTHERS.c.missing_at.is_(None),
        _OTHERS.c.twin_row.is_(None),
        _MADE.searched,
        (_MADE.phash.is_not(None) & ~_MADE.flat) | _MADE.frames.is_not(None),
        source_of(_OTHERS).in_(OF_IDS),
    )
    .group_by(files.c.row)
)
_SHOTS = (
    select(group_members.c.file_row, group_members.c.group_id)
    .where(group_members.c.file_row.in_(OF_ROWS))
    .order_by(group_members.c.level)
)
_BURSTS = (
    select(group_members.c.file_row, file_groups.c.within)
    .join_from(group_members, file_groups, file_groups.c.id == group_members.c.group_id)
    .where(group_members.c.file_row.in_(OF_ROWS), file_groups.c.within.is_not(None))
)
_PLACES = select(*(files.c[name] for name in Unfingerprinted._fields), files.c.sha256).where(
    files.c.row.in_(OF_ROWS), COUNTS
)
_TURNED = select(duplicate_pairs.c.low).where(duplicate_pairs.c.symmetry != 0)
_SEARCHABLE = and_(_MADE.phash.is_not(None), ~_MADE.flat)


class Fingerprints:
    """The fingerprints of all files; triggers keep the queue of those that are to be made."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def left(self, owner_id: str) -> tuple[int, int]:
        """Return how many fingerprints of a person's files are to be made, and to be searched."""
        queued = (
            select(func.count())
            .select_from(unfingerprinted)
            .join(files, files.c.row == unfingerprinted.c.file_row)
            .where(COUNTS, of_owner(owner_id))
        )
        async with self._database.read() as reader:
            made = await reader.scalar(queued) or 0
        return made, await self.count_unsearched(owner_id)

    async def count_unfingerprinted(self, sources: Collection[str]) -> int:
        """Return how many files of roots and connections have no fingerprint yet."""
        query = (
            select(func.count())
            .select_from(unfingerprinted)
            .join(files, files.c.row == unfingerprinted.c.file_row)
            .where(COUNTS, _SOURCE.in_(OF_IDS))
        )
        async with self._database.read() as reader:
            found = await reader.execute(query, given_ids(sources))
            return int(found.scalar_one())

    async def next_unfingerprinted(
        self, sources: Collection[str], *, after: int = 0, limit: int = 100
    ) -> list[Unfingerprinted]:
        """Return files of roots and connections without a fingerprint, by row, after ``after``."""
        query = _NEXT.where(unfingerprinted.c.file_row > after).limit(limit)
        async with self._database.read() as reader:
            rows = await reader.execute(query, given_ids(sources))
            return list(starmap(Unfingerprinted, rows))

    @whole
    async def record(self, made: Sequence[MadeFingerprint]) -> None:
        """Write fingerprints of files that are still as they were listed; they are searched next.

        A file that has changed since stays in the queue.
        """
        if not made:
            return
        async with self._database.write() as connection:
            rows = given_rows([one.row for one in made])
            found = await connection.execute(_UNCHANGED, rows)
            now = {(row, size, mtime_ns) for row, size, mtime_ns in found}
            kept = [one for one in made if (one.row, one.size, one.mtime_ns) in now]
            if kept:
                rows = given_rows([one.row for one in kept])
                await connection.execute(_DROP, rows)
                await connection.execute(insert(fingerprints), [to_row(one) for one in kept])
                await connection.execute(_DONE, rows)

    @whole
    async def renew(self, version: int) -> None:
        """Have those made again that another version of the algorithm has made."""
        old = select(_MADE.file_row).where(_MADE.version != version)
        async with self._database.write() as connection:
            await _queue(connection, old)

    @whole
    async def retry(self, owner_id: str, problems: Collection[str]) -> None:
        """Have those made again that failed for one of ``problems``."""
        failed = (
            select(_MADE.file_row)
            .join_from(fingerprints, files, files.c.row == _MADE.file_row)
            .where(_MADE.problem.in_(problems), of_owner(owner_id))
        )
        async with self._database.read() as reader:
            if not (await reader.scalars(failed.limit(1))).all():
                return
        async with self._database.write() as connection:
            await _queue(connection, failed)

    async def of(self, file_rows: Collection[int]) -> Mapping[int, Fingerprint]:
        """Return the fingerprint of each file that has one."""
        async with self._database.read() as reader:
            rows: Any = await reader.execute(_BY_ROW, given_rows(file_rows))
            return {row: to_fingerprint(*columns) for row, *columns in rows}

    async def problems(
        self, owner_id: str, *, after: int = 0, limit: int = 500
    ) -> list[ProblemFile]:
        """Return files of a person that could not be looked at, by row."""
        query = (
            select(*(files.c[name] for name in ProblemFile._fields[:5]), _MADE.problem)
            .join_from(fingerprints, files, files.c.row == _MADE.file_row)
            .where(_MADE.problem.is_not(None), COUNTS, of_owner(owner_id), files.c.row > after)
            .order_by(files.c.row)
            .limit(limit)
        )
        async with self._database.read() as reader:
            rows: Any = await reader.execute(query)
            return list(starmap(ProblemFile, rows))

    async def unsearched(
        self, owner_id: str, *, after: int = 0, limit: int = 500
    ) -> list[KnownFingerprint]:
        """Return fingerprints of which the like were not looked for yet, by row."""
        query = (
            select(_MADE.file_row, files.c.sha256, files.c.sha1, *COLUMNS)
            .join_from(fingerprints, files, files.c.row == _MADE.file_row)
            .where(UNSEARCHED, COUNTS, of_owner(owner_id), _MADE.file_row > after)
            .order_by(_MADE.file_row)
            .limit(limit)
        )
        async with self._database.read() as reader:
            rows: Any = await reader.execute(query)
            return [
                KnownFingerprint(row, sha256, sha1, to_fingerprint(*columns))
                for row, sha256, sha1, *columns in rows
            ]

    async def count_unsearched(self, owner_id: str) -> int:
        """Return how many fingerprints `unsearched` would go through."""
        query = (
            select(func.count())
            .select_from(fingerprints)
            .join(files, files.c.row == _MADE.file_row)
            .where(UNSEARCHED, COUNTS, of_owner(owner_id))
        )
        async with self._database.read() as reader:
            return await reader.scalar(query) or 0

    async def hashes(self, owner_id: str) -> list[KnownHash]:
        """Return the hashes of all pictures of a person that can be told by them, by row."""
        query = (
            select(_MADE.file_row, _MADE.phash, _MADE.turned, _MADE.searched, _CONTENT)
            .join_from(fingerprints, files, files.c.row == _MADE.file_row)
            .where(_SEARCHABLE, COUNTS, of_owner(owner_id))
            .order_by(_MADE.file_row)
        )
        async with self._database.read() as reader:
            rows: Any = await reader.execute(query)
            return [
                KnownHash(row, to_unsigned(phash), turned, searched, content)
                for row, phash, turned, searched, content in rows
            ]

    async def videos(self, owner_id: str) -> list[KnownVideo]:
        """Return the videos of a person of which frames are known, by row."""
        query = (
            select(_MADE.file_row, _MADE.duration_ms, _MADE.frames, _MADE.searched, _CONTENT)
            .join_from(fingerprints, files, files.c.row == _MADE.file_row)
            .where(
                _MADE.duration_ms.is_not(None),
                _MADE.frames.is_not(None),
                COUNTS,
                of_owner(owner_id),
            )
            .order_by(_MADE.file_row)
        )
        async with self._database.read() as reader:
            rows: Any = await reader.execute(query)
            return [
                KnownVideo(row, duration, to_numbers(frames), searched, content)
                for row, duration, frames, searched, content in rows
            ]

    async def searched_equals(
        self, file_rows: Collection[int], sources: Collection[str]
    ) -> Mapping[int, int]:
        """Return for files another one with the same bytes that was searched, if there is one."""
        async with self._database.read() as reader:
            rows: Any = await reader.execute(_EQUALS, given_rows(file_rows) | given_ids(sources))
            return dict(rows.all())

    async def contents(self, file_rows: Collection[int]) -> Mapping[int, bytes]:
        """Return what is the same for files with the same bytes, where a hash of them is known."""
        query = select(files.c.row, _CONTENT).where(files.c.row.in_(OF_ROWS), _CONTENT.is_not(None))
        async with self._database.read() as reader:
            rows: Any = await reader.execute(query, given_rows(file_rows))
            return dict(rows.all())

    async def places(self, file_rows: Collection[int]) -> Mapping[int, PlacedFingerprint]:
        """Return where files are that count and have a fingerprint, and what shots they are of."""
        values = given_rows(file_rows)
        made = await self.of(file_rows)
        async with self._database.read() as reader:
            shots: dict[int, str] = {}
            bursts: dict[int, str] = {}
            for row, group_id in await reader.execute(_SHOTS, values):
                # By their level: in a burst, a file that is a shot by itself is there directly.
                shots.setdefault(row, group_id)
                bursts[row] = group_id
            for row, within in await reader.execute(_BURSTS, values):
                bursts[row] = str(within)
            rows: Any = await reader.execute(_PLACES, values)
            return {
                row: PlacedFingerprint(
                    Unfingerprinted(row, *place), made[row], sha256, shots.get(row), bursts.get(row)
                )
                for row, *place, sha256 in rows
                if row in made
            }

    async def near(self, owner_id: str, phash: int, distance: int) -> list[tuple[int, int]]:
        """Return rows of a person's pictures within ``distance`` bits of ``phash``, with theirs.

        Flat pictures are left out. Each lookup goes by indexes.
        """
        async with self._database.read() as reader:
            query = near_query(fingerprints, distance=distance)
            rows: Any = await reader.execute(query, parameters(phash, distance))
            found = dict(within(rows, phash, distance))
            # Of few only it is asked whose they are.
            own = select(files.c.row).where(files.c.row.in_(OF_ROWS), COUNTS, of_owner(owner_id))
            there = await reader.execute(own.order_by(files.c.row), given_rows(found))
            return [(row, found[row]) for row in there.scalars()]

    @whole
    async def search_again(self, owner_id: str, *, turned: bool = False) -> None:
        """Have all pictures of a person searched anew, as for a greater distance.

        With ``turned`` only those that are like a turned one: they may be like it as it is, too.
        """
        own = select(files.c.row).where(of_owner(owner_id))
        if turned:
            own = own.where(files.c.row.in_(_TURNED))
        async with self._database.write() as connection:
            await connection.execute(
                update(fingerprints)
                .where(
                    _MADE.searched,
                    or_(_MADE.band_0.is_not(None), _MADE.frames.is_not(None)),
                    _MADE.file_row.in_(own),
                )
                .values(searched=False)
            )


async def _queue(connection: AsyncConnection, chosen: Any) -> None:
    rows = given_rows((await connection.execute(chosen)).scalars().all())
    await connection.execute(_DROP, rows)
    known = select(unfingerprinted.c.file_row)
    missing = select(files.c.row).where(files.c.row.in_(OF_ROWS), files.c.row.not_in(known))
    await connection.execute(insert(unfingerprinted).from_select(["file_row"], missing), rows)
