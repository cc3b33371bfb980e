"""Finds out which files that are new at their path are files that were elsewhere before.

A file keeps its inode, size and time of change when it is renamed. The index is asked who had
these; whoever no longer has them where it was is the file, and keeps its row with all that is known
of it. One that still has them there is another name of the same file, and stays.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from pentaprism.library.comparison import Arrival, returned
from pentaprism.library.folders import join, real_path
from pentaprism.library.listing import signed
from pentaprism.store.file_changes import FileChanges, FileFacts, Identity, KnownFile


class Renames:
    """Decides about arrivals in one root; looks at the paths where files were."""

    def __init__(self, top: str) -> None:
        self._top = top

    def settle(
        self, arrivals: Sequence[Arrival], known: Iterable[KnownFile], changes: FileChanges
    ) -> list[Arrival]:
        """Put into ``changes`` what is certain already, and return those to decide at the end.

        ``known`` are the files with the inodes of ``arrivals``. What to decide later are files at
        the path of another one, which may be found elsewhere as long as the walk goes on.
        """
        later: list[Arrival] = []
        origins = _Origins(known, self._is_there)
        gone = set(changes.missing)
        for arrival in arrivals:
            holder = arrival.holder
            origin = origins.find(arrival)
            if holder is None:
                if origin is None:
                    changes.added.append(arrival.facts)
                else:
                    origins.claim(origin)
                    gone.discard(origin.row)
                    changes.moved[origin.row] = moved(origin, arrival.facts)
            elif origin is None and (_is_copy(holder, arrival) or holder.missing_at is not None):
                put_in_place(holder, arrival, changes)
            else:
                later.append(arrival)
        changes.missing = [row for row in changes.missing if row in gone]
        return later

    def settle_last(
        self, arrivals: Sequence[Arrival], known: Iterable[KnownFile], changes: FileChanges
    ) -> None:
        """Put into ``changes`` what has become of those that were left for the end.

        Files that changed places with each other all take their rows with them. A file that was
        replaced by another keeps its row, as one that has new content: programs write to another
        name first. The row of the other then goes missing, or is deleted where its path is needed.
        """
        origins = _Origins(known, self._is_there)
        chosen: dict[int, KnownFile] = {}
        for number, arrival in enumerate(arrivals):
            if (origin := origins.find(arrival)) is not None:
                origins.claim(origin)
                chosen[number] = origin
        # Whoever is found anywhere has left the path where the index has it.
        left = {origin.row for origin in chosen.values()}
        for number, arrival in enumerate(arrivals):
            holder = arrival.holder
            if holder is not None and holder.missing_at is None and holder.row not in left:
                chosen.pop(number, None)
        moving = {origin.row for origin in chosen.values()}
        for number, arrival in enumerate(arrivals):
            _settle_one(arrival, chosen.get(number), moving, changes)

    def _is_there(self, file: KnownFile) -> bool:
        """Tell whether a file is where the index has it; when that cannot be known, it is."""
        try:
            status = os.stat(real_path(self._top, join(file.folder, file.name)))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        return (signed(status.st_ino), status.st_size, status.st_mtime_ns) == file.identity


class _Origins:
    """Where files with a certain identity were, those that are still there left out."""

    def __init__(self, known: Iterable[KnownFile], is_there: Callable[[KnownFile], bool]) -> None:
        self._files: dict[Identity, list[KnownFile]] = {}
        self._is_there = is_there
        for file in known:
            self._files.setdefault(file.identity, []).append(file)

    def find(self, arrival: Arrival) -> KnownFile | None:
        """Return the file that ``arrival`` was: the one that was there last, or has its name."""
        files = self._files.get(arrival.identity, ())
        name = arrival.facts.name

        def likely(file: KnownFile) -> tuple[float, bool, int]:
            gone_for = -file.missing_at.timestamp() if file.missing_at else -math.inf
            return gone_for, file.name != name, file.row

        return next((file for file in sorted(files, key=likely) if not self._is_there(file)), None)

    def claim(self, file: KnownFile) -> None:
        """Have ``file`` no longer found: it is one that has arrived."""
        self._files[file.identity].remove(file)


def _settle_one(
    arrival: Arrival, origin: KnownFile | None, moving: Collection[int], changes: FileChanges
) -> None:
    holder = arrival.holder
    if holder is not None and holder.row in moving:
        holder = None
    if origin is not None:
        changes.moved[origin.row] = moved(origin, arrival.facts)
        if holder is not None:
            changes.deleted.append(holder.row)
    elif holder is not None:
        put_in_place(holder, arrival, changes)
    else:
        changes.added.append(arrival.facts)


def moved(old: KnownFile, facts: FileFacts) -> FileFacts:
    """Return what changes of a file that is renamed: what was read of it stays.

    With another ending it may be read in another way, and so is one that could not be read.
    """
    same = _ending(old.name) == _ending(facts.name) and old.problem is None
    return replace(facts, read_version=None) if same else facts


def put_in_place(holder: KnownFile, arrival: Arrival, changes: FileChanges) -> None:
    """Note that another file is at the path of ``holder``: a copy of it, or new content."""
    if _is_copy(holder, arrival):
        changes.returned.append(returned(holder, arrival.facts.inode))
    else:
        changes.edited[holder.row] = arrival.facts


def _is_copy(holder: KnownFile, arrival: Arrival) -> bool:
    """Tell whether ``arrival`` is ``holder`` on a file system that numbers its files anew."""
    return (holder.size, holder.mtime_ns) == arrival.identity[1:]


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].casefold()
