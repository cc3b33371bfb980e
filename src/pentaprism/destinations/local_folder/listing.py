"""The listing: every file below the folder, and its hash."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from pentaprism.destinations.base import RemoteItem
from pentaprism.destinations.local_folder.fingerprint import sha1_of
from pentaprism.destinations.local_folder.tree import PRIVATE, Folder, Tree, open_regular, split


def walk(tree: Tree) -> Iterator[RemoteItem]:
    """Yield every file below the folder, without its hash, folder by folder in order of names.

    Our private folder is left out, and links and special files are skipped. A folder that cannot
    be read is yielded itself, without a size. A name that is not UTF-8 appears with surrogate
    escapes, as `os.fsdecode` makes them.
    """
    waiting: list[Folder] = [()]
    while waiting:
        here = waiting.pop()
        try:
            with tree.folder(here) as folder, os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
                files = [item for entry in found if (item := _file(here, entry)) is not None]
        except FileNotFoundError:
            continue
        except OSError:
            yield RemoteItem("/".join(here) or ".")
            continue
        yield from files
        waiting += [
            (*here, entry.name)
            for entry in reversed(found)
            if entry.is_dir(follow_symlinks=False) and (here or entry.name != PRIVATE)
        ]


def add_hash(tree: Tree, item: RemoteItem) -> RemoteItem | None:
    """Return ``item`` with its hash and its status now; without a hash when it cannot be read.

    None when it has gone in the meantime.
    """
    if item.size is None:
        return item
    folders, name = split(item.id)
    try:
        with tree.folder(folders) as folder:
            fd, seen = open_regular(name, folder)
        try:
            sha1 = sha1_of(fd, seen.st_size)
        finally:
            os.close(fd)
    except FileNotFoundError:
        return None
    except OSError:
        return item
    return replace(item, size=seen.st_size, mtime_ns=seen.st_mtime_ns, sha1=sha1)


def _file(here: Folder, entry: os.DirEntry[str]) -> RemoteItem | None:
    if not entry.is_file(follow_symlinks=False):
        return None
    try:
        seen = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return RemoteItem("/".join((*here, entry.name)), seen.st_size, seen.st_mtime_ns)
