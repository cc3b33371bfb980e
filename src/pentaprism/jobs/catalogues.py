"""Looks at the assets of connections from time to time, so that the index knows them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pentaprism.app import App
from pentaprism.errors import PentaprismError
from pentaprism.store import Connection

log = logging.getLogger(__name__)

EACH = timedelta(hours=1)
WHOLE = timedelta(hours=24)
"""How often new and changed assets are asked for, and how often all of them."""

_AGAIN = timedelta(minutes=10)
"""After how long Immich is asked again where it did not answer."""

_LOOKED = "catalogues"
_FIRST = 60.0
"""Seconds after the start that are left to people and their mirrors."""

_LOOK = 60.0


@dataclass(frozen=True, slots=True)
class Looked:
    """When all assets of a connection were looked at last, and when those that had changed."""

    at: datetime
    whole_at: datetime


class Catalogues:
    """Keeps the index's assets of connections up to date; `run` works until it is cancelled."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._not_before: dict[str, datetime] = {}
        self._troubles: dict[str, PentaprismError] = {}
        self._woken = asyncio.Event()

    def wake(self, connection_id: str) -> None:
        """Look at a connection soon: a root was added that its Immich sees as well."""
        self._not_before[connection_id] = self._app.clock()
        self._woken.set()

    async def run(self) -> None:
        """Look at what is due, again and again."""
        pause = _FIRST
        while True:
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            pause = _LOOK
            try:
                await self.look()
            except PentaprismError as error:
                log.warning("The connections could not be looked for: %s", error)

    async def look(self) -> None:
        """Look at all connections that are due."""
        looked = await self._looked()
        for connection in await self._wanted():
            if self._due(connection, looked.get(connection.id)):
                await self._look_at(connection, looked.get(connection.id))

    async def last(self, connection_id: str) -> Looked | None:
        """Return when a connection was looked at; None before the first time."""
        return (await self._looked()).get(connection_id)

    def trouble(self, connection_id: str) -> PentaprismError | None:
        """Return why a connection could not be looked at the last time, None where it could."""
        return self._troubles.get(connection_id)

    def _due(self, connection: Connection, last: Looked | None) -> bool:
        now = self._app.clock()
        not_before = self._not_before.get(connection.id)
        if not_before is not None:
            return not_before <= now
        return last is None or last.at + EACH <= now

    async def _wanted(self) -> list[Connection]:
        """Return the connections that the settings mean, and those that share a root."""
        store, which = self._app.store, self._app.settings.index_immich
        if which == "off":
            return []
        every = await store.connections.list()
        if which == "all":
            return every
        shared = {root.connection_id for root in await store.roots.list()}
        ours = {connection.id for connection in await store.connections.homes()} | shared
        return [connection for connection in every if connection.id in ours]

    async def _look_at(self, connection: Connection, last: Looked | None) -> None:
        now = self._app.clock()
        whole = last is None or last.whole_at + WHOLE <= now
        try:
            async with self._app.immich(connection) as client:
                summary = await self._app.indexing.catalogue(connection, client, whole=whole)
        except PentaprismError as error:
            self._not_before[connection.id] = self._app.clock() + _AGAIN
            before = self._troubles.get(connection.id)
            self._troubles[connection.id] = error
            # Once, not each time, for an Immich that is away for days.
            if before is None or before.code != error.code:
                log.warning("%s: its assets could not be indexed: %s", connection.name, error)
            return
        except Exception:
            self._not_before[connection.id] = self._app.clock() + EACH
            log.exception("%s: its assets could not be indexed", connection.name)
            return
        self._not_before.pop(connection.id, None)
        self._troubles.pop(connection.id, None)
        log.info(
            "%s: its assets were indexed: %d listed, %d new, %d changed, %d missing",
            connection.name,
            summary.listed,
            summary.added,
            summary.changed,
            summary.missing,
        )
        await self._note(connection.id, now, now if last is None or whole else last.whole_at)

    async def _looked(self) -> dict[str, Looked]:
        kept: Any = await self._app.store.program_settings.get(_LOOKED)
        if not isinstance(kept, dict):
            return {}
        return {
            id_: Looked(datetime.fromisoformat(at), datetime.fromisoformat(whole_at))
            for id_, (at, whole_at) in kept.items()
        }

    async def _note(self, connection_id: str, at: datetime, whole_at: datetime) -> None:
        known = {connection.id for connection in await self._app.store.connections.list()}
        looked = {id_: one for id_, one in (await self._looked()).items() if id_ in known}
        looked[connection_id] = Looked(at, whole_at)
        value = {id_: [one.at.isoformat(), one.whole_at.isoformat()] for id_, one in looked.items()}
        await self._app.store.program_settings.set(_LOOKED, value)
