"""One open client for each connection, shared by all that asks Immich while the server runs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pentaprism.app import App
from pentaprism.errors import RetryableError
from pentaprism.immich import ImmichClient
from pentaprism.store.records import Connection

_IDLE = 600.0
"""Seconds without use after which a client is closed."""

Access = tuple[str, str, str | None]


@dataclass(slots=True, eq=False)
class _Open:
    access: Access
    client: ImmichClient
    used_at: float
    lent: int = 0
    current: bool = True


class ConnectionPool:
    """Lends clients. One is made anew when the connection's address, key or certificate changed."""

    def __init__(self, app: App, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._open: dict[str, _Open] = {}
        self._closed = False

    @asynccontextmanager
    async def client(self, connection: Connection) -> AsyncIterator[ImmichClient]:
        """Lend the client of ``connection``; it stays open while it is lent.

        Raises `InvalidError` or `ActionRequiredError` where the address, the key or the certificate
        cannot be right, and `RetryableError` with code ``stopping`` after `close`.
        """
        if self._closed:
            raise RetryableError(
                "Pentaprism is stopping.", code="stopping", hint="Try again when it is back."
            )
        await self.sweep()
        kept, old = self._of(connection)
        kept.lent += 1
        try:
            if old is not None:
                await _retire(old)
            yield kept.client
        finally:
            kept.lent -= 1
            kept.used_at = self._clock()
            if not kept.current and not kept.lent:
                await kept.client.close()

    async def sweep(self) -> None:
        """Close the clients that nobody has used for ten minutes."""
        before = self._clock() - _IDLE
        idle = [id_ for id_, one in self._open.items() if not one.lent and one.used_at <= before]
        for id_ in idle:
            await self.drop(id_)

    async def drop(self, connection_id: str) -> None:
        """Close the client of a connection: now, or when the last one who uses it is done."""
        kept = self._open.pop(connection_id, None)
        if kept is not None:
            await _retire(kept)

    async def close(self) -> None:
        """Close all clients, also those that are lent; no more are lent after that."""
        self._closed = True
        every, self._open = list(self._open.values()), {}
        for one in every:
            one.current = False
            await one.client.close()

    def _of(self, connection: Connection) -> tuple[_Open, _Open | None]:
        """Return the client to lend, and the one whose place it has taken."""
        access = access_of(connection)
        kept = self._open.get(connection.id)
        if kept is not None and kept.access == access:
            return kept, None
        made = _Open(access, self._app.immich(connection), self._clock())
        self._open[connection.id] = made
        return made, kept


async def _retire(old: _Open) -> None:
    """Close what is not lent; who has it closes it when done."""
    old.current = False
    if not old.lent:
        await old.client.close()


def access_of(connection: Connection) -> Access:
    """Return what a client of ``connection`` depends on: address, key and certificate file."""
    return (connection.url, connection.api_key, connection.ca_file)
