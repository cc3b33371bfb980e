"""Small pictures of assets, kept in memory up to a number of bytes."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from pentaprism.connections.asking import PATIENCE, asking
from pentaprism.connections.flights import Flights
from pentaprism.connections.pool import ConnectionPool
from pentaprism.errors import NotFoundError, PentaprismError
from pentaprism.store.records import Connection

Size = Literal["thumbnail", "preview"]

_AT_ONCE = 8
"""Pictures that are read from one Immich at the same time."""

_MISSING = 30.0
"""Seconds for which a picture that is not there is not asked for again."""

_AWAY = 5.0
"""Seconds for which an Immich that did not answer is not asked again: pages hold many pictures."""

_MISSES = 10_000
_OWN = 512
"""Bytes that a kept picture needs beside its data, about."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture, the type of its bytes, and a tag that changes with them."""

    data: bytes = field(repr=False)
    mime_type: str
    etag: str


_Key = tuple[str, str, str]


class Thumbnails:
    """The pictures that were asked for last; of an album's covers, each is read once."""

    def __init__(
        self,
        pool: ConnectionPool,
        *,
        max_bytes: int = 64 * 1024 * 1024,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._pool = pool
        self._max_bytes = max_bytes
        self._clock = clock
        self._patience = patience
        self._kept = OrderedDict[_Key, Thumbnail]()
        self._bytes = 0
        self._missing = OrderedDict[_Key, float]()
        self._away: dict[str, tuple[float, PentaprismError]] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._flights = Flights[_Key, Thumbnail | None]()

    @property
    def held_bytes(self) -> int:
        """How many bytes are kept now."""
        return self._bytes

    async def of(
        self, connection: Connection, asset_id: str, size: Size = "thumbnail"
    ) -> Thumbnail | None:
        """Return the picture of an asset, None where Immich has none (yet) or no such asset.

        Raises what keeps Immich from answering.
        """
        key = (connection.id, asset_id, size)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        if self._missing.get(key, 0.0) > self._clock():
            return None
        self._raise_if_away(connection.id)
        return await self._flights.join(key, lambda: self._fetch(connection, asset_id, size))

    def forget(self, connection_id: str) -> None:
        """Forget the pictures of a connection."""
        for key in [key for key in self._kept if key[0] == connection_id]:
            self._drop(key)
        for key in [key for key in self._missing if key[0] == connection_id]:
            del self._missing[key]
        self._away.pop(connection_id, None)
        self._turns.pop(connection_id, None)

    async def close(self) -> None:
        """End what is under way."""
        await self._flights.close()

    async def _fetch(self, connection: Connection, asset_id: str, size: Size) -> Thumbnail | None:
        key = (connection.id, asset_id, size)
        turns = self._turns.setdefault(connection.id, asyncio.Semaphore(_AT_ONCE))
        try:
            async with turns:
                self._raise_if_away(connection.id)  # it may have been found out in the queue
                async with asking(self._pool, connection, self._patience) as client:
                    found = await client.thumbnail(asset_id, size)
        except NotFoundError:
            found = None
        except PentaprismError as error:
            self._away.setdefault(connection.id, (self._clock() + _AWAY, error))
            raise
        self._away.pop(connection.id, None)
        if found is None:
            self._miss(key)
            return None
        etag = sha256(found.data).hexdigest()[:32]
        made = Thumbnail(found.data, found.mime_type, etag)
        self._keep(key, made)
        return made

    def _raise_if_away(self, connection_id: str) -> None:
        until, error = self._away.get(connection_id, (0.0, None))
        if error is None:
            return
        if until > self._clock():
            raise error.with_traceback(None)
        del self._away[connection_id]

    def _keep(self, key: _Key, made: Thumbnail) -> None:
        self._missing.pop(key, None)
        weight = _weight(made)
        if weight > self._max_bytes // 4:
            return  # it alone would push out what many others are asked for
        self._drop(key)
        self._kept[key] = made
        self._bytes += weight
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: _Key) -> None:
        old = self._kept.pop(key, None)
        if old is not None:
            self._bytes -= _weight(old)

    def _miss(self, key: _Key) -> None:
        self._missing[key] = self._clock() + _MISSING
        self._missing.move_to_end(key)
        while len(self._missing) > _MISSES:
            self._missing.popitem(last=False)


def _weight(made: Thumbnail) -> int:
    return len(made.data) + _OWN
