"""Looking for duplicates among all files of a person in the index."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from pentaprism.duplicates.albums import count_albums
from pentaprism.duplicates.candidates import (
    FEW,
    Lookup,
    find_in_memory,
    find_videos,
)
from pentaprism.duplicates.comparisons import Comparisons
from pentaprism.duplicates.exact import (
    HashFiles,
    Pause,
    hash_beside_equals,
    hash_equal_sizes,
)
from pentaprism.duplicates.fingerprinting import Taking, make_fingerprints
from pentaprism.duplicates.keeper_rules import KeeperRules
from pentaprism.duplicates.options import Reach
from pentaprism.duplicates.progress import DuplicatePhase, DuplicateProgress
from pentaprism.duplicates.sources import OpenImmich, Sources
from pentaprism.duplicates.verification import Comparing
from pentaprism.fingerprints.fingerprint import VERSION
from pentaprism.store import Store

_VERSION = "fingerprint_version"


type Regroup = Callable[[Callable[[int], None]], Awaitable[int]]
"""Groups what has changed, and tells after each step how many files were looked at."""


class Looking(Taking, Comparing, Protocol):
    """Looks at pictures and videos; `pentaprism.fingerprints.pool.Fingerprinters` does."""


class DuplicateScan:
    """One search for the duplicates of a person's files.

    Whatever is broken off goes on from there the next time: each batch is written down. What has
    been searched is not searched again; a new picture costs a lookup. ``pause`` is called between
    batches.
    """

    def __init__(
        self,
        store: Store,
        owner_id: str,
        *,
        looking: Looking,
        open_immich: OpenImmich,
        hash_files: HashFiles,
        rules: KeeperRules,
        reach: Reach,
        progress: DuplicateProgress,
        pause: Pause,
    ) -> None:
        self._store = store
        self._owner_id = owner_id
        self._looking = looking
        self._open_immich = open_immich
        self._hash_files = hash_files
        self._rules = rules
        self.reach = reach
        self._progress = progress
        self._pause = pause

    async def look(self) -> None:
        """Look at what is new, and write down which pairs are alike."""
        await self._begin()
        async with Sources(
            self._store, self._owner_id, self._open_immich, self._progress
        ) as sources:
            await hash_equal_sizes(
                self._store, sources, self._hash_files, self._progress, self._pause
            )
            await make_fingerprints(
                self._store, self._owner_id, sources, self._looking, self._progress, self._pause
            )
            await self._search(sources)

    async def group(self, regroup: Regroup) -> None:
        """Make groups of what is alike, and choose again with what matters of their files only."""
        store, progress, pause = self._store, self._progress, self._pause
        await self._group(regroup)
        async with Sources(store, self._owner_id, self._open_immich, progress) as sources:
            await hash_beside_equals(
                store, self._owner_id, sources, self._hash_files, progress, pause
            )
            if self._rules.albums:
                await count_albums(store, sources, pause)
        await self._group(regroup)
        progress.begin(DuplicatePhase.DONE)

    async def _group(self, regroup: Regroup) -> None:
        total = await self._store.duplicates.count_ungrouped()
        self._progress.begin(DuplicatePhase.GROUPING, total)
        await regroup(self._note_grouped)

    async def _begin(self) -> None:
        """Have done again what was done otherwise than it would be now."""
        settings = self._store.program_settings
        if await settings.get(_VERSION) != VERSION:
            await self._store.fingerprints.renew(VERSION)
            await settings.set(_VERSION, VERSION)
        name = f"duplicates:{self._owner_id}"
        now = {
            "distance": self.reach.distance,
            "symmetries": self.reach.symmetries,
            "rules": repr(self._rules),
        }
        before = await settings.get(name)
        if before == now:
            return
        if isinstance(before, dict):
            wider = self.reach.distance > before.get("distance", 0)
            turned = before.get("symmetries", False)
            if wider or (self.reach.symmetries and not turned):
                await self._store.fingerprints.search_again(self._owner_id)
            elif turned and not self.reach.symmetries:
                await self._store.fingerprints.search_again(self._owner_id, turned=True)
            await self._store.duplicates.ungroup(self._owner_id)
        await settings.set(name, now)

    async def _search(self, sources: Sources) -> None:
        store, owner_id = self._store, self._owner_id
        total = await store.fingerprints.count_unsearched(owner_id)
        self._progress.begin(DuplicatePhase.COMPARING, total)
        if not total:
            return
        comparisons = Comparisons(store, sources, self._looking, self._progress, self._pause)
        if total <= FEW:
            lookup = Lookup(store, owner_id, sources.every, self.reach)
            new = await store.fingerprints.unsearched(owner_id, limit=FEW)
            pictures = [one for one in new if not one.fingerprint.frames]
            await comparisons.compare(await lookup.find(pictures))
        else:
            await comparisons.compare(await find_in_memory(store, owner_id, self.reach))
        await comparisons.compare(await find_videos(store, owner_id))

    def _note_grouped(self, files: int) -> None:
        self._progress.done = files
        self._progress.total = max(self._progress.total, files)
