"""What Pentaprism knows of assets, as JSON to put into replies, and kept while it is true."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pentaprism.gateway.facts import NOTHING, write_facts
from pentaprism.gateway.kept_facts import KeptFacts
from pentaprism.gateway.told_once import ToldOnce
from pentaprism.store import Store

_log = logging.getLogger(__name__)


class UntoldError(Exception):
    """Nothing can be told of assets now: the database is away, broken or slow."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A state of the database: what was read of it is true until another one is seen."""

    store: Store
    version: int


class Annotations:
    """Tells what is known of assets, in the order that they are asked for.

    What was read is kept, up to ``most_bytes``, until `watch` sees that the database has changed,
    which it looks for every ``pause`` seconds; without it nothing is kept. A database that does not
    answer within ``patience`` seconds, or fails, is left alone for ``rest`` seconds.
    """

    def __init__(
        self,
        store: Callable[[], Store | None],
        *,
        patience: float = 2.0,
        rest: float = 5.0,
        pause: float = 1.0,
        most_bytes: int = 48_000_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._patience = patience
        self._rest = rest
        self._pause = pause
        self._clock = clock
        self._kept = KeptFacts(most_bytes)
        self._seen: _Seen | None = None
        self._rests_until = -1.0
        self._told = ToldOnce(_log, clock=clock)

    async def of(self, owner_id: str, asset_ids: Sequence[str]) -> list[bytes]:
        """Return a JSON object for each asset, with what is known of it as ``owner_id`` sees it.

        Raises `UntoldError` when the database cannot be asked.
        """
        if not asset_ids:
            return []
        found, missing = self._kept.look_up(owner_id, asset_ids)
        if not missing:
            return found
        read = await self._read(owner_id, missing)
        return [read.get(asset_id) or one for asset_id, one in zip(asset_ids, found, strict=True)]

    async def watch(self) -> None:
        """Look for changes of the database until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._pause)

    async def look(self) -> None:
        """Forget what was read if the database is not as it was, or cannot be looked at."""
        store = self._store()
        seen = None
        if store is not None:
            try:
                async with asyncio.timeout(self._patience):
                    seen = _Seen(store, await store.version())
            # Whatever is wrong with it, what was read of it is not known to be true.
            except Exception as error:  # noqa: BLE001
                _log.debug("The database cannot be looked at: %s", error)
        if seen is None or seen != self._seen:
            self._seen = seen
            self._kept = self._kept.emptied()

    async def _read(self, owner_id: str, asset_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Return what the database says of assets, of each of them something."""
        store = self._store()
        if store is None:
            raise UntoldError
        if self._clock() < self._rests_until:
            raise UntoldError
        kept, seen = self._kept, self._seen
        try:
            async with asyncio.timeout(self._patience):
                facts = await store.asset_facts.of(owner_id, asset_ids)
        except Exception as error:
            self._rests_until = self._clock() + self._rest
            why = str(error) or f"it did not answer within {self._patience:g} seconds"
            self._told.warn(f"Replies go out without what Pentaprism knows of the assets: {why}")
            raise UntoldError from error
        read = {
            asset_id: write_facts(facts[asset_id]) if asset_id in facts else NOTHING
            for asset_id in asset_ids
        }
        # What was read before a change is kept in what is thrown away with it.
        if seen is not None and seen.store is store:
            kept.keep(owner_id, read)
        return read
