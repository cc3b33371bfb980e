"""How each connection stands: whether Immich answers, who the key's user is, what the key lacks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pentaprism.app import NEEDED, App
from pentaprism.connections.albums import AlbumLists
from pentaprism.connections.asking import PATIENCE, asking
from pentaprism.connections.flights import Flights
from pentaprism.connections.pool import Access, ConnectionPool, access_of
from pentaprism.errors import PentaprismError
from pentaprism.immich import READ_ONLY, ImmichClient
from pentaprism.store.records import Connection

PAUSE = 300.0
"""Seconds between two looks at all connections."""

_AT_ONCE = 4
_CALLS = 2
"""How many requests asking for the server's version takes."""


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """How a connection stood at ``at``.

    ``ok``: mirrors can read from it. ``problem``, with its ``code``, says why not, and ``hint``
    what to do; ``missing`` also names permissions that are wanted for comfort alone. What is not
    known is None. ``milliseconds`` is how long a small question took.
    """

    ok: bool
    at: datetime
    version: str | None = None
    user_name: str | None = None
    asset_count: int | None = None
    album_count: int | None = None
    milliseconds: int | None = None
    missing: frozenset[str] = frozenset()
    problem: str | None = None
    hint: str = ""
    code: str | None = None


class Health:
    """The last known health of each connection."""

    def __init__(
        self,
        app: App,
        pool: ConnectionPool,
        albums: AlbumLists,
        clock: Callable[[], datetime],
        *,
        ticks: Callable[[], float] = time.perf_counter,
        patience: float = PATIENCE,
    ) -> None:
        self._app = app
        self._pool = pool
        self._albums = albums
        self._clock = clock
        self._ticks = ticks
        self._patience = patience
        self._known: dict[str, ConnectionHealth] = {}
        self._flights = Flights[tuple[str, Access], ConnectionHealth]()
        self._rounds = Flights[None, None]()

    def of(self, connection: Connection) -> ConnectionHealth | None:
        """Return how ``connection`` stood when last looked at, None if it never was."""
        return self._known.get(connection.id)

    async def check(self, connection: Connection) -> ConnectionHealth:
        """Look at ``connection`` now; whatever is wrong is in the answer."""
        key = (connection.id, access_of(connection))
        return await self._flights.join(key, lambda: self._check(connection))

    async def check_all(self) -> None:
        """Look at all connections, a few at once, and forget those that were deleted.

        While one call looks, others wait for it instead of looking too.
        """
        await self._rounds.join(None, self._check_all)

    def forget(self, connection_id: str) -> None:
        """Forget how a connection stood."""
        self._known.pop(connection_id, None)

    async def close(self) -> None:
        """End what is under way."""
        await self._rounds.close()
        await self._flights.close()

    async def _check_all(self) -> None:
        connections = await self._app.store.connections.list()
        for gone in set(self._known) - {one.id for one in connections}:
            self.forget(gone)
            self._albums.forget(gone)
            await self._pool.drop(gone)
        turns = asyncio.Semaphore(_AT_ONCE)

        async def look(connection: Connection) -> None:
            async with turns:
                await self.check(connection)

        await asyncio.gather(*(look(one) for one in connections))

    async def _check(self, connection: Connection) -> ConnectionHealth:
        before = self._known.get(connection.id)
        try:
            async with asking(self._pool, connection, self._patience) as client:
                found = await self._look(client)
        except PentaprismError as error:
            known = before or ConnectionHealth(False, self._clock(), connection.server_version)
            found = replace(
                _with_problem(known, error), at=self._clock(), ok=False, milliseconds=None
            )
        else:
            found = await self._with_albums(connection, found)
        self._known[connection.id] = found
        return found

    async def _look(self, client: ImmichClient) -> ConnectionHealth:
        preflight = await client.preflight(READ_ONLY)
        begun = self._ticks()
        await client.server()
        took = (self._ticks() - begun) / _CALLS
        statistics = await client.statistics()
        health = ConnectionHealth(
            ok=not preflight.missing & NEEDED,
            at=self._clock(),
            version=preflight.server.version,
            user_name=preflight.user.name if preflight.user else None,
            asset_count=statistics.total if statistics else None,
            milliseconds=max(1, round(took * 1000)),
            missing=preflight.missing,
        )
        try:
            replace(preflight, missing=preflight.missing & NEEDED).require()
        except PentaprismError as error:
            return _with_problem(health, error)
        return health

    async def _with_albums(
        self, connection: Connection, health: ConnectionHealth
    ) -> ConnectionHealth:
        if not health.ok:
            return health
        listed = await self._albums.of(connection, fresh=True)
        if listed.error is not None:
            return replace(_with_problem(health, listed.error), ok=False)
        return replace(health, album_count=len(listed.albums))


def _with_problem(health: ConnectionHealth, error: PentaprismError) -> ConnectionHealth:
    return replace(health, problem=error.message, hint=error.hint, code=error.code)
