"""Takes into the index what a walk comes upon."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import batched

from pentaprism.groups.rules import Rules
from pentaprism.library.comparison import Arrival, Comparer, Comparison
from pentaprism.library.copies import find_copies
from pentaprism.library.listing import Found
from pentaprism.library.progress import ScanProgress
from pentaprism.library.renames import Renames
from pentaprism.library.walk import Look
from pentaprism.store.file_changes import FileChanges, KnownFile
from pentaprism.store.library_files import LibraryFiles
from pentaprism.store.library_records import FolderMark, Root

_AT_ONCE = 500


class Intake:
    """Writes what has changed in a root, some folders at a time.

    ``at`` is when files that are gone went missing. ``anew`` tells that nothing of the root is in
    the index, so that no file can be a renamed one.
    """

    def __init__(
        self,
        root: Root,
        files: LibraryFiles,
        rules: Rules,
        at: datetime,
        progress: ScanProgress,
        *,
        anew: bool,
    ) -> None:
        self._root = root
        self._files = files
        self._at = at
        self._progress = progress
        self._anew = anew
        self._comparer = Comparer(root.id, rules)
        self._renames = Renames(root.path)
        self._later: list[Arrival] = []
        self._marks: list[FolderMark] = []
        self._last = 0
        self._added = False

    async def begin(self) -> None:
        """Note which rows there are, so that those that are added can be told from them."""
        self._last = await self._files.last_row()

    async def take(self, looks: Sequence[Look]) -> None:
        """Write what has changed in some folders; what may be a renamed file waits for `settle`."""
        known = await self._files.in_folders(self._root.id, [look.path for look in looks])
        comparison = await asyncio.to_thread(self._comparer.compare, looks, known)
        origins = await self._origins(comparison.arrivals)
        later = await asyncio.to_thread(
            self._renames.settle, comparison.arrivals, origins, comparison.changes
        )
        self._hold(comparison, later)
        await self._write(comparison.changes, origins)

    async def settle(self) -> None:
        """Write what has become of the files that waited."""
        later, self._later = self._later, []
        if not later:
            return
        folders = {arrival.facts.folder for arrival in later}
        known = await self._files.in_folders(self._root.id, folders)
        holders = {(file.folder, file.name): file for file in known}
        for arrival in later:
            arrival.holder = holders.get((arrival.facts.folder, arrival.facts.name))
        origins = await self._origins(later)
        changes = FileChanges()
        await asyncio.to_thread(self._renames.settle_last, later, origins, changes)
        edited, changes.edited = changes.edited, {}
        # Files that change places do so in one step; the others need not hold up other writers.
        await self._write(changes, origins)
        for some in batched(edited.items(), _AT_ONCE):
            await self._write(FileChanges(edited=dict(some)), ())
        await self._write(FileChanges(marks=self._marks), ())

    async def forget(self, folders: Sequence[str]) -> None:
        """Note that folders are gone, with their files."""
        for some in batched(folders, _AT_ONCE):
            gone = await self._files.forget_folders(self._root.id, some, self._at)
            self._progress.missing += gone

    async def match_copies(self) -> None:
        """Have files that were copied and then deleted keep their rows, where hashes prove it."""
        if self._anew or not self._added:
            return
        async for old, copy in find_copies(self._root, self._files, self._last):
            found = Found(copy.name, copy.size, copy.mtime_ns, copy.inode)
            facts = self._comparer.facts(copy.folder, found, None)
            changes = FileChanges(moved={old.row: facts}, deleted=[copy.row])
            await self._write(changes, [old])
            self._progress.added -= 1

    async def _origins(self, arrivals: Sequence[Arrival]) -> list[KnownFile]:
        if self._anew or not arrivals:
            return []
        inodes = {arrival.facts.inode for arrival in arrivals}
        return await self._files.with_inodes(self._root.id, inodes)

    def _hold(self, comparison: Comparison, later: Collection[Arrival]) -> None:
        """Keep back what waits for `settle`, and the marks of the folders that it is in."""
        self._later += later
        waiting = {arrival.facts.folder for arrival in later}
        if waiting:
            marks = comparison.changes.marks
            comparison.changes.marks = [mark for mark in marks if mark.path not in waiting]
            self._marks += [mark for mark in marks if mark.path in waiting]

    async def _write(self, changes: FileChanges, origins: Iterable[KnownFile]) -> None:
        await self._files.apply(self._root.id, changes, self._at)
        progress = self._progress
        progress.added += len(changes.added)
        self._added |= bool(changes.added)
        progress.changed += len(changes.edited)
        progress.moved += len(changes.moved)
        # What seemed to be gone before it was found elsewhere is not missing.
        found = [one for one in origins if one.row in changes.moved and one.missing_at == self._at]
        progress.missing += len(changes.missing) - len(found)
