"""The connections to the SQLite file: many that read, one that writes."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import Connection as SqlConnection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from pentaprism.store import schema
from pentaprism.store.faults import explain
from pentaprism.store.freshness import Freshness
from pentaprism.store.reading import Reader

_READERS = 4


def whole[**P, T](
    write: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Let a method that writes come to its end even when its caller is cancelled.

    A transaction that is given up in the middle would hold the lock of the file until its
    connection is collected as garbage. The cancellation is passed on afterwards.
    """

    @functools.wraps(write)
    async def to_its_end(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.ensure_future(write(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise

    return to_its_end


class Database:
    """An open database file with the newest schema.

    Both ways in raise `ActionRequiredError` for what goes wrong with the file, and pass
    `sqlalchemy.exc.IntegrityError` on to the caller, who knows what it means.
    """

    def __init__(self, path: Path, *, patience: float) -> None:
        self._path = path
        self._freshness = Freshness(path)
        self._reader = Reader(_make_reading(path, patience), _READERS)
        # One connection, so one writer in this process: the others wait here, in their order, and
        # not in SQLite, where whoever waits looks again now and then.
        self._writing = _make_writing(path, patience)
        event.listen(self._writing.sync_engine, "begin", _begin_immediate)

    @classmethod
    async def open(cls, path: Path, *, patience: float) -> Database:
        """Open ``path``, made or migrated if need be; see `schema.prepare`."""
        await asyncio.to_thread(schema.prepare, path, patience=patience)
        return cls(path, patience=patience)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Reader]:
        """Lend what reads; each statement sees all that was committed before it."""
        async with self._explained():
            yield self._reader

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """Lend the writing connection for one transaction, which is durable when this returns."""
        async with self._explained(), self._writing.begin() as connection:
            yield connection

    async def version(self) -> int:
        """Return a number that is another one after each change of the file, by whomever."""
        async with self._explained():
            return await self._freshness.version()

    async def close(self) -> None:
        """Close all connections; SQLite then folds the write-ahead log into the file."""
        await self._reader.close()
        self._freshness.close()
        await self._writing.dispose()

    @asynccontextmanager
    async def _explained(self) -> AsyncIterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise explain(error.orig or error, self._path) from error


# FULL: a commit is on the disk when it returns (docs/decisions/0010). The fullfsync pair is for
# macOS, where a plain fsync stops at the disk's cache; elsewhere it does nothing.
_DURABLE = (
    "synchronous = FULL",
    "foreign_keys = ON",
    "fullfsync = ON",
    "checkpoint_fullfsync = ON",
    "cache_size = -8000",  # KiB; the default of 2,000 is less than the pages of one large claim
)


def _make_writing(path: Path, patience: float) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        # None: sqlite3 itself begins no transactions. The busy time-out is in seconds.
        connect_args={"isolation_level": None, "timeout": patience},
        pool_size=1,
        max_overflow=0,
        pool_timeout=None,
        hide_parameters=True,
    )
    _set_up(engine.sync_engine, _DURABLE)
    return engine


def _make_reading(path: Path, patience: float) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": patience, "check_same_thread": False},
        poolclass=QueuePool,
        pool_size=_READERS,
        max_overflow=0,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        hide_parameters=True,
    )
    _set_up(engine, ("query_only = ON",))
    return engine


def _set_up(engine: Engine, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine, "connect")
    def _begin(connection: Any, record: object) -> None:
        del record
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _begin_immediate(connection: SqlConnection) -> None:
    # Taking the write lock at once waits for other processes; taking it in the middle of a
    # transaction would fail at once with SQLITE_BUSY.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
