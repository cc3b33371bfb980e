"""Finds files that were copied elsewhere and then deleted, as a move to another disk does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from pentaprism.hashing import hash_file
from pentaprism.library.folders import join, real_path
from pentaprism.store.file_changes import HashedFile, KnownFile
from pentaprism.store.library_files import LibraryFiles
from pentaprism.store.library_records import Root


async def find_copies(
    root: Root, files: LibraryFiles, last: int
) -> AsyncIterator[tuple[KnownFile, KnownFile]]:
    """Yield files that are missing with those they have become, among rows after ``last``.

    Only where the hash of the old one is known, and size and either name or time are the same, is
    the new one hashed.
    """
    gone: dict[int, list[HashedFile]] = {}
    for one in await files.gone(root.id):
        gone.setdefault(one.file.size, []).append(one)
    while gone and (added := await files.added_since(root.id, last)):
        last = added[-1].row
        for file in added:
            likely = [
                one
                for one in gone.get(file.size, ())
                if one.file.name == file.name or one.file.mtime_ns == file.mtime_ns
            ]
            if likely and (old := await _same(root, file, likely)):
                gone[file.size].remove(old)
                yield old.file, file


async def _same(root: Root, file: KnownFile, likely: list[HashedFile]) -> HashedFile | None:
    path = real_path(root.path, join(file.folder, file.name))
    try:
        hashes = await asyncio.to_thread(hash_file, path)
    except OSError:
        return None
    return next((one for one in likely if one.sha256 == hashes.sha256), None)
