"""Notices changes by walking through a root again and again."""

from __future__ import annotations

import time
from collections.abc import Callable

from pentaprism.library.progress import ScanProgress
from pentaprism.library.walk import Walk
from pentaprism.store.library_records import FolderMark


class Polling:
    """Remembers what each folder of the root at ``top`` looked like the last time."""

    def __init__(self, top: str, now: Callable[[], float] = time.time) -> None:
        self._top = top
        self._now = now
        self._marks: dict[str, FolderMark] = {}

    def look(self) -> frozenset[str]:
        """Return the folders that are not as they were, new and vanished ones included."""
        walk = Walk(self._top, self._marks, ScanProgress(), now=self._now, settle=0)
        marks = {look.path: look.mark for look in walk.whole()}
        gone = self._marks.keys() - walk.seen.keys() - set(walk.kept)
        for folder in gone:
            del self._marks[folder]
        self._marks |= {folder: mark for folder, mark in marks.items() if mark is not None}
        return frozenset(marks) | frozenset(gone)
