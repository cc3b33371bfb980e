"""Our database as the gateway sees it: nice to have, and looked for for as long as it is away."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress

from pentaprism.logs import SETTING, set_level
from pentaprism.settings import Settings
from pentaprism.store import Store
from pentaprism.store.secrets import Secrets

_PATIENCE = 5.0
_log = logging.getLogger(__name__)


class GatewayDatabase:
    """Opens the database that the settings name, and opens it again when it was away or replaced.

    One that is missing is not made: that is for the pages to do. ``pause`` is how many seconds are
    between two looks at it.
    """

    def __init__(self, settings: Settings, *, pause: float = 3.0) -> None:
        self._settings = settings
        self._pause = pause
        self._store: Store | None = None
        self._file: tuple[int, int] | None = None
        self._version = -1
        self._trouble = ""

    def store(self) -> Store | None:
        """Return the open store; None while there is none."""
        return self._store

    async def run(self) -> None:
        """Look after the database until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._pause)

    async def look(self) -> None:
        """Open the database if it is not open, or let go of it if it cannot be used."""
        try:
            await self._look()
        # Whatever is wrong with it: the gateway goes on without, and looks again.
        except Exception as error:  # noqa: BLE001
            await self.close()
            self._tell(f"{error} {getattr(error, 'hint', '')}".strip())

    async def close(self) -> None:
        """Let go of the database; `look` opens it again."""
        store, self._store, self._file = self._store, None, None
        if store is not None:
            with suppress(Exception):
                await store.close()

    async def _look(self) -> None:
        path = self._settings.database_path
        try:
            found = os.stat(path)
        except FileNotFoundError:
            await self.close()
            self._tell(f"There is no database at {path} yet.")
            return
        file = (found.st_dev, found.st_ino)
        if self._store is not None and file == self._file:
            await self._follow(self._store)
            return
        await self.close()
        key = self._settings.app_secret_key
        secrets = Secrets.load(key.get_secret_value() if key else None, path)
        store = await Store.open(path, secrets, patience=_PATIENCE)
        self._store, self._file = store, file
        self._version = -1
        await self._follow(store)
        if self._trouble:
            _log.info("The gateway has the database again.")
        self._trouble = ""

    async def _follow(self, store: Store) -> None:
        """Take over what was chosen on the pages, if anything has changed; it may raise."""
        version = await store.version()
        if version != self._version:
            self._version = version
            if level := await store.program_settings.get(SETTING):
                set_level(level)

    def _tell(self, trouble: str) -> None:
        """Log ``trouble``, once for as long as it is the same."""
        if trouble != self._trouble:
            _log.warning("The gateway works without the database: %s", trouble)
        self._trouble = trouble
