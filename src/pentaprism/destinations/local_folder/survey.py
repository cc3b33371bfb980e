"""The survey: what is there for each recorded file, from its size and time, in microseconds."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

from pentaprism.destinations.base import Presence, RemoteItem
from pentaprism.destinations.local_folder.fingerprint import judge, read_sha1, same_time
from pentaprism.destinations.local_folder.tree import Folder, Tree, split
from pentaprism.errors import PermanentError


def survey(tree: Tree, items: Sequence[RemoteItem], *, thorough: bool) -> list[Presence]:
    """Tell what is there for each of ``items``, in their order; ``thorough`` reads every file.

    What cannot be looked at (no permission, a link in the way) counts as missing: staging it again
    then says why.
    """
    answers = [Presence.MISSING] * len(items)
    by_folder: defaultdict[Folder, list[tuple[int, str]]] = defaultdict(list)
    for index, item in enumerate(items):
        with suppress(PermanentError):
            folders, name = split(item.id)
            by_folder[folders].append((index, name))
    for folders, names in by_folder.items():
        with suppress(OSError), tree.folder(folders) as folder:
            for index, name in names:
                answers[index] = _survey_file(folder, name, items[index], thorough=thorough)
    return answers


def look(tree: Tree, item: RemoteItem) -> Presence:
    """Tell what is there for one item; raises `OSError` when it cannot be looked at."""
    folders, name = split(item.id)
    try:
        with tree.folder(folders) as folder:
            seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
            return _judge(folder, name, seen, item)
    except FileNotFoundError:
        return Presence.MISSING


def _survey_file(folder: int, name: str, item: RemoteItem, *, thorough: bool) -> Presence:
    try:
        seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return Presence.MISSING
    presence = _judge(folder, name, seen, item)
    if thorough and presence is Presence.PRESENT and item.sha1 is not None:
        sha1 = read_sha1(folder, name)
        if sha1 is None:
            return Presence.MISSING
        if sha1 != item.sha1:
            return Presence.DAMAGED
    return presence


def _judge(folder: int, name: str, seen: os.stat_result, item: RemoteItem) -> Presence:
    """Judge one file; one that was only touched gets its recorded time back."""
    presence = judge(seen, item, lambda: read_sha1(folder, name))
    if (
        presence is Presence.PRESENT
        and item.mtime_ns is not None
        and not same_time(seen.st_mtime_ns, item.mtime_ns)
    ):
        with suppress(OSError):  # not the owner: it is hashed again next time
            times = (seen.st_atime_ns, item.mtime_ns)
            os.utime(name, ns=times, dir_fd=folder, follow_symlinks=False)
    return presence
