"""Which Immich the gateway stands in front of, and with what it listens to its events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from pentaprism.access.servers import home_servers
from pentaprism.errors import NotFoundError, PentaprismError
from pentaprism.gateway.events import EventsCredential
from pentaprism.gateway.upstream import Upstream
from pentaprism.settings import Settings
from pentaprism.store import Store
from pentaprism.store.records import Connection

_log = logging.getLogger(__name__)


class Finding:
    """Knows the one Immich: that of the settings, else the home server that was connected first.

    The second is looked for each ``soon`` seconds until there is one, and then each ``later``
    seconds, as servers move. Raises `InvalidError` for settings that name none.
    """

    def __init__(
        self,
        settings: Settings,
        store: Callable[[], Store | None],
        *,
        soon: float = 2.0,
        later: float = 60.0,
    ) -> None:
        self._settings = settings
        self._store = store
        self._soon = soon
        self._later = later
        self._upstream: Upstream | None = None
        self._source: tuple[str, Path | None] | None = None
        self._when_found: list[Callable[[], None]] = []
        if settings.immich_url is not None:
            self._take(settings.immich_url, settings.immich_ca_file)

    def upstream(self) -> Upstream | None:
        """Return the Immich to ask, None while it is not known."""
        return self._upstream

    def when_found(self, call: Callable[[], None]) -> None:
        """Let ``call`` be called when another Immich takes the place of the one before, or none."""
        self._when_found.append(call)

    async def run(self) -> None:
        """Look for the Immich until cancelled; returns at once if the settings name it."""
        while self._settings.immich_url is None:
            await self.look()
            await asyncio.sleep(self._soon if self._upstream is None else self._later)

    async def look(self) -> None:
        """Look for the Immich in the database; what was found before stays if that fails."""
        if self._settings.immich_url is not None or (store := self._store()) is None:
            return
        try:
            servers = await home_servers(store)
            if servers:
                self._take(servers[0].url, servers[0].ca_file)
        # Whatever is wrong with the database or the certificate: it is looked at again.
        except Exception as error:  # noqa: BLE001
            _log.warning("The gateway cannot look for its Immich: %s", error)

    async def credential(self) -> EventsCredential | None:
        """Return with what events are asked for, None where there is nothing to show.

        That is the key of the settings, else that of a connection to this very Immich: an admin's,
        or the oldest one. A key is never shown to another server than the one it was saved with.
        """
        if self._upstream is None:
            return None
        if self._settings.immich_url is not None and (key := self._settings.immich_api_key):
            return EventsCredential(self._upstream, key.get_secret_value())
        connection = await self._listener(self._upstream.url)
        return EventsCredential(self._upstream, connection.api_key) if connection else None

    async def _listener(self, url: str) -> Connection | None:
        store = self._store()
        if store is None:
            return None
        try:
            homes = [one for one in await store.connections.homes() if _same(one.url, url)]
            for one in homes:
                if await _is_admins(store, one):
                    return one
        except PentaprismError as error:
            _log.warning("The gateway cannot read its connection: %s", error)
            return None
        return homes[0] if homes else None

    def _take(self, url: str, ca_file: Path | None) -> None:
        if self._source == (url, ca_file):
            return
        self._upstream = Upstream.parse(url, ca_file)
        self._source = (url, ca_file)
        _log.info("The gateway is in front of %s.", self._upstream.url)
        for call in self._when_found:
            call()


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


async def _is_admins(store: Store, connection: Connection) -> bool:
    try:
        return (await store.people.get(connection.owner_id)).is_admin
    except NotFoundError:
        return False
