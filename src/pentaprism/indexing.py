"""The library index as a whole: scanning, matching and grouping, one after the other.

Files of roots and assets of connections come to the index apart from each other. What they have in
common, which assets are which files and which files are one shot, is worked out here afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from datetime import datetime
from enum import StrEnum

from pentaprism.groups.rules import load_rules
from pentaprism.hashing import hash_files
from pentaprism.immich import ImmichClient
from pentaprism.library.assets import Catalogue, CatalogueSummary
from pentaprism.library.matching import match
from pentaprism.library.progress import Phase, ScanProgress
from pentaprism.library.readers import Readers
from pentaprism.library.regrouping import Regrouped, Regrouping
from pentaprism.library.scan import Scan
from pentaprism.settings import Settings
from pentaprism.store import Connection, Store
from pentaprism.store.library_records import Root

_GROUPING = "grouping"
"""The lock of grouping, which looks at everything that has changed, whose it may be."""


class Step(StrEnum):
    """What is done to a root, in this order."""

    SCANNING = "scanning"
    MATCHING = "matching"
    GROUPING = "grouping"


class Indexing:
    """Brings the index up to date.

    One root is scanned, one connection matched and everything grouped once at a time, in whichever
    process; others wait. The rules in force are `rules`; a file with wrong ones is an
    `InvalidError` when this is made.
    """

    def __init__(self, store: Store, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self.rules = load_rules(settings.group_rules)
        self._regrouping = Regrouping(store, self.rules, clock)
        self._resources = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._readers: Readers | None = None
        self._keyed = False

    async def readers(self) -> Readers:
        """Return what reads metadata, made when it is needed first."""
        async with self._opening:
            if self._readers is None:
                self._readers = await self._resources.enter_async_context(Readers())
            return self._readers

    async def scan(
        self,
        root: Root,
        progress: ScanProgress,
        *,
        folders: Collection[str] | None = None,
        tell: Callable[[Step], None] | None = None,
    ) -> Regrouped:
        """Look at all of ``root``, or only at ``folders`` of it, and group what has changed.

        ``progress`` is kept up to date, ``tell`` is told of each step. Cancelling loses nothing:
        the next scan goes on from there.
        """
        note = tell or (lambda _: None)
        async with self._store.locks.hold(f"root {root.id}"):
            note(Step.SCANNING)
            await self._rekey()
            # As it is now: it may have been changed, or deleted, while the lock was waited for.
            root = await self._store.roots.get(root.id)
            await self._look(root, progress, folders)
        # A look at a few folders in which nothing has changed finds no other twins, and matching
        # goes through all that the connections have.
        if folders is None or await self._store.neighbours.pending():
            note(Step.MATCHING)
            for connection in await self._store.connections.list(root.owner_id):
                await self._match(connection)
        note(Step.GROUPING)
        progress.phase = Phase.GROUPING
        done = await self.regroup(progress)
        progress.phase = Phase.DONE
        return done

    async def catalogue(
        self, connection: Connection, client: ImmichClient, *, whole: bool = True
    ) -> CatalogueSummary:
        """Look at the assets of ``connection`` in Immich, and group what has changed.

        Without ``whole`` only those that are new or have changed since the last time.
        """
        await self._rekey()
        async with self._store.locks.hold(f"catalogue {connection.id}"):
            catalogue = Catalogue(self._store, connection, client, self.rules, self._clock)
            summary = await catalogue.refresh(whole=whole)
        await self._match(connection)
        await self.regroup()
        return summary

    async def regroup(self, progress: ScanProgress | None = None) -> Regrouped:
        """Group what has changed, as after a decision."""
        await self._rekey()
        async with self._store.locks.hold(_GROUPING):
            return await self._regrouping.regroup(progress)

    async def close(self) -> None:
        """End the processes that read metadata."""
        self._readers = None
        await self._resources.aclose()

    async def _look(
        self, root: Root, progress: ScanProgress, folders: Collection[str] | None
    ) -> None:
        scan = Scan(root, self._store, await self.readers(), self.rules, self._clock, progress)
        try:
            await (scan.run() if folders is None else scan.refresh(folders))
        except asyncio.CancelledError:
            scan.cancel()
            raise

    async def _match(self, connection: Connection) -> None:
        # Not the lock of grouping: hashing takes long, and nobody's decision shall wait for it.
        async with self._store.locks.hold(f"matching {connection.id}"):
            await match(self._store, connection.id, hash_files=hash_files)

    async def _rekey(self) -> None:
        """Make what names are compared by anew, once, where other rules made it."""
        if self._keyed:
            return
        async with self._store.locks.hold(_GROUPING):
            if not self._keyed:
                await self._regrouping.rekey()
                self._keyed = True
