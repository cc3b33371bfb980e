"""What people said about files that are alike: they are in no group of duplicates together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import starmap
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, union

from pentaprism.store.database import Database, whole
from pentaprism.store.duplicate_records import Verdict, VerdictKind
from pentaprism.store.duplicate_tables import verdicts
from pentaprism.store.given import OF_ROWS, given_rows
from pentaprism.store.library_tables import library_files as files
from pentaprism.store.tables import columns_of

_VERDICT = columns_of(Verdict, verdicts)
_PAIR = ("low", "high", "low_sha1", "high_sha1")
_SHA1 = select(files.c.row, files.c.sha1).where(files.c.row.in_(OF_ROWS))
_digests = select(files.c.sha1).where(files.c.row.in_(OF_ROWS), files.c.sha1.is_not(None))
_ABOUT = select(*_VERDICT).where(
    verdicts.c.id.in_(
        union(
            select(verdicts.c.id).where(verdicts.c.low.in_(OF_ROWS)),
            select(verdicts.c.id).where(
                verdicts.c.low_sha1.in_(_digests), verdicts.c.low_sha1.is_not(None)
            ),
        )
    )
)


class Verdicts:
    """The verdicts of all people; they last until they are taken back."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @whole
    async def add(
        self, owner_id: str, kind: VerdictKind, pairs: Iterable[tuple[int, int]]
    ) -> list[int]:
        """Say of pairs of files that they are no duplicates, or both kept; return the ids.

        By their rows, and by their SHA-1 as far as the index knows it now; see
        `pentaprism.duplicates.verdicts`, which finds it out first. Pairs that mean the same bytes
        are one verdict.
        """
        ordered = [(min(pair), max(pair)) for pair in pairs]
        now = self._clock()
        async with self._database.write() as connection:
            rows = {row for pair in ordered for row in pair}
            found: Any = await connection.execute(_SHA1, given_rows(rows))
            sha1 = dict(found.all())
            meant: dict[Any, dict[str, Any]] = {}
            for low, high in ordered:
                digests = (sha1.get(low), sha1.get(high))
                key = (low, high) if None in digests else frozenset(digests)
                values = dict(zip(_PAIR, (low, high, *digests), strict=True))
                meant.setdefault(key, values)
            common = {"owner_id": owner_id, "kind": kind, "decided_at": now}
            ids: list[int] = []
            for values in meant.values():
                done: Any = await connection.execute(insert(verdicts).values(values | common))
                ids.append(done.inserted_primary_key[0])
        return ids

    @whole
    async def remove(self, ids: Collection[int]) -> None:
        """Take verdicts back; those that are gone already are left out."""
        async with self._database.write() as connection:
            await connection.execute(
                delete(verdicts).where(verdicts.c.id.in_(OF_ROWS)), given_rows(ids)
            )

    @whole
    async def restore(self, gone: Sequence[Verdict]) -> None:
        """Put verdicts back that were taken back, as they were."""
        async with self._database.write() as connection:
            for verdict in gone:
                await connection.execute(
                    delete(verdicts).where(verdicts.c.id == bindparam("b_id")),
                    {"b_id": verdict.id},
                )
                await connection.execute(insert(verdicts), [asdict(verdict)])

    async def get(self, ids: Collection[int]) -> list[Verdict]:
        """Return those of ``ids`` that are there."""
        query = select(*_VERDICT).where(verdicts.c.id.in_(OF_ROWS)).order_by(verdicts.c.id)
        async with self._database.read() as reader:
            return list(starmap(Verdict, await reader.execute(query, given_rows(ids))))

    async def list(
        self, owner_id: str, *, after: int | None = None, limit: int = 100
    ) -> list[Verdict]:
        """Return verdicts of a person, the latest first, those before the id ``after``."""
        query = select(*_VERDICT).where(verdicts.c.owner_id == owner_id)
        if after is not None:
            query = query.where(verdicts.c.id < after)
        async with self._database.read() as reader:
            rows = await reader.execute(query.order_by(verdicts.c.id.desc()).limit(limit))
            return list(starmap(Verdict, rows))

    async def parting(self, owner_id: str, rows: Collection[int]) -> set[tuple[int, int]]:
        """Return the pairs among ``rows`` that verdicts of a person part, the lower row first."""
        async with self._database.read() as reader:
            found: Any = await reader.execute(_SHA1, given_rows(rows))
            by_sha1: dict[bytes, list[int]] = {}
            for row, sha1 in found:
                if sha1 is not None:
                    by_sha1.setdefault(sha1, []).append(row)
            about = list(starmap(Verdict, await reader.execute(_ABOUT, given_rows(rows))))
        there = set(rows)
        parted: set[tuple[int, int]] = set()
        for verdict in about:
            if verdict.owner_id != owner_id:
                continue
            if {verdict.low, verdict.high} <= there:
                parted.add((verdict.low, verdict.high))
            if verdict.low_sha1 is not None and verdict.high_sha1 is not None:
                parted |= {
                    (min(a, b), max(a, b))
                    for a in by_sha1.get(verdict.low_sha1, ())
                    for b in by_sha1.get(verdict.high_sha1, ())
                    if a != b
                }
        return parted


def verdicts_about(connection: Connection, rows: Iterable[int]) -> Sequence[Verdict]:
    """Return all verdicts that may part two of ``rows``, whose they are."""
    return list(starmap(Verdict, connection.execute(_ABOUT, given_rows(rows))))
