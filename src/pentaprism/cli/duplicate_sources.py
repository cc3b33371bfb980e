"""Files of plain folders, and the search for duplicates among them; nothing is written anywhere."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pentaprism.cli.folders import check_folder, lies_in, real_paths
from pentaprism.duplicates.contents import reason_of
from pentaprism.duplicates.folders import FolderSearch, Ways
from pentaprism.duplicates.keeper_rules import KeeperRules
from pentaprism.duplicates.plain_files import (
    Details,
    Findings,
    PlainFile,
    Progress,
    Unreadable,
    Wish,
)
from pentaprism.fingerprints.pool import Fingerprinters
from pentaprism.groups.files import Kind
from pentaprism.groups.kinds import kind_of
from pentaprism.groups.rules import Rules
from pentaprism.library.folders import MARKERS, is_skipped
from pentaprism.library.readers import Readers

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})


@dataclass(slots=True)
class Walked:
    """What is in folders; ``again`` counts further names of files that have been met before."""

    tops: list[str]
    files: list[PlainFile] = field(default_factory=list)
    links: int = 0
    again: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)


def walk(folders: Sequence[Path], rules: Rules, progress: Progress) -> Walked:
    """Return the files of ``folders`` and all below, each once and by path.

    What the index leaves out is left out. Links are not followed, and of several hard links to a
    file the first by path counts. Raises `InvalidError` with code ``folder`` for what is none.
    """
    tops: list[str] = []
    for path in real_paths(folders):
        check_folder(path)
        if not any(lies_in(path, top) for top in tops):
            tops.append(path)
    walked = Walked(tops)
    seen: set[tuple[int, int]] = set()
    for top in tops:
        waiting = [top]
        while waiting:
            entries = _listed(waiting.pop(), walked)
            below = _sort(entries, walked, rules, seen)
            waiting += sorted(below, reverse=True)
            progress.done = len(walked.files)
    return walked


def _listed(folder: str, walked: Walked) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        if error.errno not in _GONE:
            walked.unreadable.append(Unreadable(folder, reason_of(error)))
        return []
    names = {entry.name for entry in entries}
    return [] if not MARKERS.isdisjoint(names) else entries


def _sort(
    entries: Sequence[os.DirEntry[str]],
    walked: Walked,
    rules: Rules,
    seen: set[tuple[int, int]],
) -> Iterator[str]:
    """Note the files among ``entries``, and yield the folders."""
    for entry in entries:
        if is_skipped(entry.name):
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            if error.errno not in _GONE:
                walked.unreadable.append(Unreadable(entry.path, reason_of(error)))
            continue
        if stat.S_ISDIR(status.st_mode):
            yield entry.path
        elif stat.S_ISLNK(status.st_mode):
            walked.links += 1
        elif stat.S_ISREG(status.st_mode) and _counts(entry.name, rules):
            _note(entry, status, walked, seen)


def _counts(name: str, rules: Rules) -> bool:
    return kind_of(name, rules.sidecars) is not Kind.OTHER


def _note(
    entry: os.DirEntry[str], status: os.stat_result, walked: Walked, seen: set[tuple[int, int]]
) -> None:
    identity = status.st_dev, status.st_ino
    if status.st_nlink > 1:
        if identity in seen:
            walked.again += 1
            return
        seen.add(identity)
    folder = walked.files[-1].folder if walked.files else ""
    here = os.path.dirname(entry.path)
    # One text for all files of a folder: of a million files that is most of their memory.
    walked.files.append(PlainFile(folder if folder == here else here, entry.name, status.st_size))


async def find(
    walked: Walked,
    wish: Wish,
    progress: Progress,
    *,
    group_rules: Rules,
    keeper_rules: KeeperRules,
    workers: int | None,
) -> Findings:
    """Return the duplicates among the files of folders."""
    async with Fingerprinters(workers) as looking, Readers(workers) as readers:

        async def read(paths: Sequence[str]) -> list[Details]:
            return [
                Details(
                    taken_at=one.taken_at,
                    precision=one.precision,
                    in_utc=one.in_utc,
                    camera=one.camera,
                    content_identifier=one.content_identifier,
                    burst_id=one.burst_id,
                )
                for one in await readers.read(paths)
            ]

        ways = Ways(looking, read, group_rules, keeper_rules)
        found = await FolderSearch(walked.files, walked.tops, ways, wish, progress).run()
    unreadable = sorted({*found.unreadable, *walked.unreadable}, key=lambda one: one.path)
    return replace(found, unreadable=tuple(unreadable))
