"""Reading from the file, in threads that do nothing else.

A query is over in less time than SQLAlchemy's asynchronous way to SQLite takes for itself, and a
page asks several. A thread that runs one cannot be interrupted, so a caller who is cancelled breaks
nothing off either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import Result, ScalarResult
from sqlalchemy.sql.selectable import TypedReturnsRows


class Reader:
    """Runs queries; each sees all that was committed before it."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(threads, "store-read")

    async def execute[*Ts](
        self, query: TypedReturnsRows[*Ts], values: dict[str, Any] | None = None
    ) -> Result[*Ts]:
        """Return the rows of ``query``, all of them read."""

        def read() -> Result[*Ts]:
            with self._engine.connect() as connection:
                frozen = connection.execute(query, values).freeze()
            rows: Result[*Ts] = frozen()
            return rows

        return await self._in_thread(read)

    async def scalar[T](self, query: TypedReturnsRows[T]) -> T | None:
        """Return the first column of the first row of ``query``, None without one."""

        def read() -> T | None:
            with self._engine.connect() as connection:
                return connection.scalar(query)

        return await self._in_thread(read)

    async def scalars[T](self, query: TypedReturnsRows[T]) -> ScalarResult[T]:
        """Return the first column of ``query``."""
        return (await self.execute(query)).scalars()

    async def close(self) -> None:
        """Let go of the file."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    async def _in_thread[T](self, read: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, read)
