"""Scans a root: lists its folders, notes what has changed, and reads what is new.

The index is written in small steps, and what a folder looked like only together with its files. A
scan that is broken off therefore loses nothing: the next one passes over the folders that are as
they were noted, and reads what was not read yet. Nothing in a root is ever written to.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from pentaprism.groups.rules import Rules
from pentaprism.library.away import find_absence
from pentaprism.library.folders import WHOLE
from pentaprism.library.intake import Intake
from pentaprism.library.progress import Phase, ScanProgress
from pentaprism.library.reading import Reading
from pentaprism.library.unread import read_unread
from pentaprism.library.vanished import find_vanished, nearest_known
from pentaprism.library.walk import Look, Walk
from pentaprism.store import Store
from pentaprism.store.library_records import FolderMark, Root, RootState

_ROUNDS = 3
"""How often files that may still be written are waited for before they are left for next time."""

_FILES_AT_ONCE, _FOLDERS_AT_ONCE = 1000, 500


class Reads(Protocol):
    """Reads metadata; see `pentaprism.library.readers.Readers`."""

    async def read(self, paths: Sequence[str]) -> list[Reading]:
        """Return what each of ``paths`` tells; what cannot be read has a problem."""
        ...


class Scan:
    """One look at ``root``, whole or in part; its files are not grouped by this.

    ``progress`` is kept up to date. Files that changed within ``settle`` seconds are waited for, so
    that none is read while it is written. A root that is not there is noted as away, with the
    reason; nothing else happens then.
    """

    def __init__(  # noqa: PLR0917 - what a scan is made of
        self,
        root: Root,
        store: Store,
        readers: Reads,
        rules: Rules,
        clock: Callable[[], datetime],
        progress: ScanProgress,
        *,
        settle: float = 2.0,
    ) -> None:
        self._root = root
        self._store = store
        self._readers = readers
        self._rules = rules
        self._clock = clock
        self._progress = progress
        self._settle = settle
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Have the scan end soon, from any thread; what it has noted stays noted."""
        self._cancelled.set()

    async def run(self) -> None:
        """Look at the whole root."""
        if await self._is_away():
            return
        await self._look_whole()
        if await self._read(None):
            await self._store.roots.update(self._root.id, scanned_at=self._clock())
            self._progress.phase = Phase.DONE

    async def refresh(self, folders: Collection[str]) -> None:
        """Look at ``folders`` alone, and at all that is below those of them that are new.

        For a folder that is gone the one that it was in is looked at. `WHOLE` among them stands for
        the whole root.
        """
        if await self._is_away():
            return
        marks = await self._store.library_files.marks(self._root.id)
        looked_at: Collection[str] | None = None
        if WHOLE not in folders and marks:
            looked_at = await self._look_at(folders, marks)
        if looked_at is None:
            await self._look_whole()
        if await self._read(looked_at):
            self._progress.phase = Phase.DONE

    async def _is_away(self) -> bool:
        """Note whether the root is there."""
        known = await self._store.library_files.present(self._root.id)
        reason = await asyncio.to_thread(find_absence, self._root.path, known=known)
        state = RootState.PRESENT if reason is None else RootState.AWAY
        if state is not self._root.state or (reason and reason != self._root.reason):
            values = {"state": state, "reason": reason}
            self._root = await self._store.roots.update(self._root.id, **values)
        if reason is not None:
            self._progress.phase = Phase.DONE
        return reason is not None

    async def _look_whole(self) -> None:
        marks = await self._store.library_files.marks(self._root.id)
        walk, intake = self._begin(marks)
        if not await self._follow(walk.whole(), walk, intake):
            return
        unseen = marks.keys() - walk.seen.keys()
        await self._finish(walk, intake, marks, unseen)

    async def _look_at(
        self, folders: Collection[str], marks: dict[str, FolderMark]
    ) -> Collection[str] | None:
        """Look at ``folders`` and return which were looked at, None where that is not enough."""
        near = {nearest_known(folder, marks) for folder in folders}
        walk, intake = self._begin(marks)
        near = await asyncio.to_thread(walk.there, near)
        if not await self._follow(walk.only(near), walk, intake):
            return walk.seen.keys()
        if walk.beyond:
            return None
        await self._finish(walk, intake, marks, walk.left_inside())
        return walk.seen.keys()

    def _begin(self, marks: dict[str, FolderMark]) -> tuple[Walk, Intake]:
        walk = Walk(
            self._root.path,
            marks,
            self._progress,
            now=lambda: self._clock().timestamp(),
            sidecars=self._rules.sidecars,
            settle=self._settle,
        )
        intake = Intake(
            self._root,
            self._store.library_files,
            self._rules,
            self._clock(),
            self._progress,
            anew=not marks,
        )
        return walk, intake

    async def _follow(self, looks: Iterator[Look], walk: Walk, intake: Intake) -> bool:
        """Take in all ``looks``, then those of folders that were left for later; False if ended."""
        await intake.begin()
        await self._take_in(looks, intake)
        for number in range(1, _ROUNDS + 1):
            if not walk.later or self._cancelled.is_set():
                break
            await asyncio.sleep(self._settle)
            await self._take_in(walk.again(last=number == _ROUNDS), intake)
        return not self._cancelled.is_set()

    async def _take_in(self, looks: Iterator[Look], intake: Intake) -> None:
        while not self._cancelled.is_set():
            some = await asyncio.to_thread(self._next, looks)
            if not some:
                return
            await intake.take(some)

    def _next(self, looks: Iterator[Look]) -> list[Look]:
        """Return as many as are written down together."""
        some: list[Look] = []
        files = 0
        for look in looks:
            some.append(look)
            files += len(look.files)
            full = files >= _FILES_AT_ONCE or len(some) >= _FOLDERS_AT_ONCE
            if full or self._cancelled.is_set():
                break
        return some

    async def _finish(
        self, walk: Walk, intake: Intake, marks: dict[str, FolderMark], unseen: Collection[str]
    ) -> None:
        """Note what the walk as a whole has shown: replaced files, and folders that are gone."""
        await intake.settle()
        gone = await asyncio.to_thread(find_vanished, self._root.path, marks, walk, unseen)
        self._progress.problems += len(gone.unmounted)
        await intake.forget(gone.folders)
        await intake.match_copies()

    async def _read(self, folders: Collection[str] | None) -> bool:
        """Read what was not read yet; False where the scan, or the root, has gone meanwhile."""
        if self._cancelled.is_set():
            return False
        all_there = await read_unread(
            self._root,
            self._store.library_files,
            self._readers,
            self._progress,
            folders=folders,
            cancelled=self._cancelled,
        )
        if self._cancelled.is_set():
            return False
        return all_there or not await self._is_away()
