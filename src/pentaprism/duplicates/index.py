"""Duplicates in the index as a whole: looking for them, grouping them, and what people decide."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from itertools import combinations

from pentaprism.duplicates.exact import Pause, hash_for_verdict
from pentaprism.duplicates.keeper_rules import KeeperRules
from pentaprism.duplicates.options import LookOptions, Reach
from pentaprism.duplicates.progress import DuplicateProgress
from pentaprism.duplicates.sources import OpenImmich, Sources
from pentaprism.fingerprints.pool import Fingerprinters
from pentaprism.hashing import hash_files
from pentaprism.store import Store
from pentaprism.store.duplicate_records import VerdictKind

_GROUPING = "duplicate grouping"
"""The lock of grouping, which looks at everything that has changed, whose it may be."""


async def _no_pause() -> None:
    return


class DuplicateIndex:
    """Brings the duplicates in the index up to date.

    One search of a person's files and one grouping is under way at a time, in whichever process;
    others wait.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        options: LookOptions,
        open_immich: OpenImmich,
    ) -> None:
        self._store = store
        self._options = options
        self._open_immich = open_immich
        self._clock = clock

    @property
    def rules(self) -> KeeperRules:
        """The rules by which keepers are proposed."""
        return self._options.rules

    async def left(self, owner_id: str) -> tuple[int, int]:
        """Return how many of a person's files are to be looked at, and to be searched for."""
        return await self._store.fingerprints.left(owner_id)

    async def scan(
        self,
        owner_id: str,
        progress: DuplicateProgress | None = None,
        *,
        reach: Reach | None = None,
        pause: Pause = _no_pause,
    ) -> DuplicateProgress:
        """Look at all that is new among a person's files, and group what is alike.

        ``progress`` is kept up to date. Cancelling loses the batch at work: the next search goes
        on from there. ``pause`` is called between batches.
        """
        # Only who looks for duplicates needs numpy, which takes its time to load.
        from pentaprism.duplicates.scan import DuplicateScan  # noqa: PLC0415

        progress = progress or DuplicateProgress()
        async with (
            self._store.locks.hold(f"duplicates {owner_id}"),
            Fingerprinters(self._options.workers) as looking,
        ):
            scan = DuplicateScan(
                self._store,
                owner_id,
                looking=looking,
                open_immich=self._open_immich,
                hash_files=hash_files,
                rules=self._options.rules,
                reach=reach or self._options.reach,
                progress=progress,
                pause=pause,
            )
            await scan.look()
        await scan.group(partial(self.regroup, reach=scan.reach))
        return progress

    async def regroup(
        self, tell: Callable[[int], None] | None = None, *, reach: Reach | None = None
    ) -> int:
        """Group what has changed, as after a decision, and return how many files that concerned.

        ``tell`` gets that number after each step. Pairs beyond ``reach``, by default that of the
        settings, count for nothing.
        """
        if not await self._store.duplicates.pending():
            return 0
        from pentaprism.duplicates.grouping import DuplicateGrouping  # noqa: PLC0415 - as above

        grouping = DuplicateGrouping(
            self._store,
            self._clock,
            rules=self._options.rules,
            reach=reach or self._options.reach,
        )
        async with self._store.locks.hold(_GROUPING):
            return await grouping.regroup(tell)

    async def part(
        self, owner_id: str, kind: VerdictKind, shots: Sequence[Collection[int]]
    ) -> list[int]:
        """Say of shots, each by the rows of its pictures, that no two are duplicates.

        Return the ids of the verdicts; the groups follow at once. Files in roots are read first
        where no hash of their bytes is known, so that the verdict counts for their bytes as well.
        """
        rows = [min(shot) for shot in shots]
        unknown = await self._store.digests.without_sha1(rows)
        if unknown:
            progress = DuplicateProgress()
            async with Sources(self._store, owner_id, self._open_immich, progress) as sources:
                await hash_for_verdict(self._store, unknown, sources, hash_files)
        ids = await self._store.verdicts.add(owner_id, kind, combinations(rows, 2))
        await self.regroup()
        return ids
