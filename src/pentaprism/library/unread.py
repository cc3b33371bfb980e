"""Reads the metadata of files that were not read yet."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pentaprism.library.away import find_absence
from pentaprism.library.comparison import READ_KINDS
from pentaprism.library.folders import join, real_path
from pentaprism.library.progress import Phase, ScanProgress
from pentaprism.library.reading import READ_VERSION, Reading
from pentaprism.store.file_changes import FileReading, Unread
from pentaprism.store.library_files import LibraryFiles
from pentaprism.store.library_records import Root

if TYPE_CHECKING:
    from pentaprism.library.scan import Reads

_AT_ONCE = 100

_AGAIN = frozenset({"not_permitted", "unreadable", "timed_out"})
"""Problems that may be gone the next time, although the file is what it was."""

_VANISHED = "vanished"


@dataclass(slots=True)
class _Batch:
    """What was read of some files, and how many of them were no longer there."""

    found: list[FileReading]
    vanished: int = 0


async def read_unread(
    root: Root,
    files: LibraryFiles,
    readers: Reads,
    progress: ScanProgress,
    *,
    folders: Collection[str] | None,
    cancelled: threading.Event,
) -> bool:
    """Read and record the metadata of files in ``folders`` of ``root``, None for all of it.

    Returns whether all files were still there. Ends early where the root no longer is.
    """
    progress.phase = Phase.READING
    if folders is None:
        progress.to_read = await files.count_unread(root.id, READ_VERSION, READ_KINDS)
    all_there = True
    async for wanted in _wanted(root, files, folders):
        if cancelled.is_set():
            break
        batch = await _read(root, readers, wanted, progress)
        await files.record(batch.found)
        if batch.vanished:
            all_there = False
            if await asyncio.to_thread(find_absence, root.path, known=True) is not None:
                break
    return all_there


async def _wanted(
    root: Root, files: LibraryFiles, folders: Collection[str] | None
) -> AsyncIterator[list[Unread]]:
    after = 0
    # First, so that none is read twice.
    while folders is None and (
        some := await files.unreadable(root.id, _AGAIN, after=after, limit=_AT_ONCE)
    ):
        yield [file for file in some if file.read_version >= READ_VERSION]
        after = some[-1].row
    for version in range(READ_VERSION):
        after = 0
        while some := await files.unread(
            root.id, version, among=folders, after=after, limit=_AT_ONCE
        ):
            yield some
            after = some[-1].row


async def _read(
    root: Root, readers: Reads, wanted: Sequence[Unread], progress: ScanProgress
) -> _Batch:
    """Return what is to be recorded of ``wanted``."""
    plain = [file for file in wanted if file.kind not in READ_KINDS]
    batch = _Batch([_reading(file, Reading()) for file in plain])
    files = [file for file in wanted if file.kind in READ_KINDS]
    if not files:
        return batch
    progress.to_read = max(progress.to_read, progress.read + len(files))
    progress.folder = files[0].folder
    paths = [real_path(root.path, join(file.folder, file.name)) for file in files]
    for file, reading in zip(files, await readers.read(paths), strict=True):
        progress.read += 1
        progress.problems += reading.problem is not None
        # What has vanished is missing in the next scan, and is read when it is there again.
        if reading.problem == _VANISHED:
            batch.vanished += 1
        elif not _is_known(file, reading):
            batch.found.append(_reading(file, reading))
    return batch


def _is_known(file: Unread, reading: Reading) -> bool:
    known = reading.problem is not None and reading.problem == file.problem
    return known and file.read_version >= READ_VERSION


def _reading(file: Unread, reading: Reading) -> FileReading:
    return FileReading(file.row, file.size, file.mtime_ns, READ_VERSION, **asdict(reading))
