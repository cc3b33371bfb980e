"""Asking Immich for a page that somebody waits for: not longer than people wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pentaprism.connections.pool import ConnectionPool
from pentaprism.errors import RetryableError
from pentaprism.immich import ImmichClient
from pentaprism.store.records import Connection

PATIENCE = 10.0
"""Seconds."""


@asynccontextmanager
async def asking(
    pool: ConnectionPool, connection: Connection, patience: float = PATIENCE
) -> AsyncIterator[ImmichClient]:
    """Lend the client of ``connection`` for ``patience`` seconds.

    What takes longer ends with `RetryableError`, code ``immich_unavailable``.
    """
    try:
        async with asyncio.timeout(patience), pool.client(connection) as client:
            yield client
    except TimeoutError as error:
        raise RetryableError(
            f"Immich at {connection.url} does not answer within {patience:.0f} seconds.",
            code="immich_unavailable",
            hint="Check that Immich is running and well, and the network between.",
        ) from error
