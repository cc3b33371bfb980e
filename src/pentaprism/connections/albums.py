"""The albums of each connection, kept for a while so that pages need not wait for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pentaprism.assets import Album
from pentaprism.connections.asking import PATIENCE, asking
from pentaprism.connections.flights import Flights
from pentaprism.connections.pool import Access, ConnectionPool, access_of
from pentaprism.errors import PentaprismError
from pentaprism.store.records import Connection

_FRESH = timedelta(seconds=60)
_STALE = timedelta(hours=1)
_RETRY = timedelta(seconds=10)
"""How long a failure is believed before Immich is asked again."""


@dataclass(frozen=True, slots=True)
class AlbumList:
    """The albums that a connection's user sees, as they were at ``at``.

    ``error`` says why they could not be read again since then; without any list from before,
    ``albums`` is empty.
    """

    albums: tuple[Album, ...]
    at: datetime
    error: PentaprismError | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    access: Access
    list: AlbumList
    tried_at: datetime


class AlbumLists:
    """The last known albums of each connection.

    A list is fresh for a minute. After that the old one is returned at once, for up to an hour,
    while a new one is fetched. ``renewed`` grows with each list that is another one.
    """

    def __init__(
        self, pool: ConnectionPool, clock: Callable[[], datetime], *, patience: float = PATIENCE
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._patience = patience
        self._kept: dict[str, _Kept] = {}
        self._flights = Flights[tuple[str, Access], AlbumList]()
        self.renewed = 0

    async def of(self, connection: Connection, *, fresh: bool = False) -> AlbumList:
        """Return the albums of ``connection``; with ``fresh``, those that Immich shows now.

        When Immich cannot be asked, the list's ``error`` says why.
        """
        key = (connection.id, access_of(connection))
        kept = self._kept.get(connection.id)
        now = self._clock()
        if fresh or kept is None or kept.access != key[1]:
            return await self._flights.join(key, lambda: self._fetch(connection))
        listed = kept.list
        age = now - listed.at
        if now - kept.tried_at < (_RETRY if listed.error else _FRESH):
            return listed
        if age < _STALE and (listed.albums or listed.error is None):
            self._flights.start(key, lambda: self._fetch(connection))
            return listed
        return await self._flights.join(key, lambda: self._fetch(connection))

    def known(self, connection_id: str) -> AlbumList | None:
        """Return what is known now, None where nothing is; the network is not touched."""
        kept = self._kept.get(connection_id)
        return None if kept is None else kept.list

    async def find(self, connection: Connection, album_id: str) -> Album:
        """Return the album ``album_id``, as known or else as Immich shows it now.

        Raises `NotFoundError` with code ``album_not_found``, and what keeps Immich from answering.
        """
        listed = await self.of(connection)
        for album in listed.albums:
            if album.id == album_id:
                return album
        async with asking(self._pool, connection, self._patience) as client:
            return await client.album(album_id)

    def forget(self, connection_id: str) -> None:
        """Forget the albums of a connection."""
        self._kept.pop(connection_id, None)
        self.renewed += 1

    async def close(self) -> None:
        """End what is under way."""
        await self._flights.close()

    async def _fetch(self, connection: Connection) -> AlbumList:
        access = access_of(connection)
        try:
            async with asking(self._pool, connection, self._patience) as client:
                listed = AlbumList(tuple(await client.albums()), self._clock())
        except PentaprismError as error:
            listed = self._without_answer(connection.id, access, error)
        self._kept[connection.id] = _Kept(access, listed, self._clock())
        self.renewed += 1
        return listed

    def _without_answer(
        self, connection_id: str, access: Access, error: PentaprismError
    ) -> AlbumList:
        now = self._clock()
        before = self._kept.get(connection_id)
        if before is None or before.access != access or now - before.list.at >= _STALE:
            return AlbumList((), now, error)
        return replace(before.list, error=error)
