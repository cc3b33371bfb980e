"""Whether a root is there at all."""

from __future__ import annotations

import errno
import os

from pentaprism.library.folders import is_skipped

_WORDS = {
    errno.ENOENT: "The folder is not there.",
    errno.ENOTDIR: "It is no folder.",
    errno.EACCES: "The folder may not be listed.",
    errno.EPERM: "The folder may not be listed.",
}


def find_absence(path: str, *, known: bool) -> str | None:
    """Return why the root at ``path`` is away, None where it is there.

    ``known`` tells that files were there when it was looked at last: where nothing is left of them,
    a file system is not mounted. Whoever has deleted them all deletes the root as well.
    """
    try:
        with os.scandir(path) as entries:
            empty = all(is_skipped(entry.name) for entry in entries)
    except OSError as error:
        return _WORDS.get(error.errno or 0) or f"The folder cannot be listed: {error.strerror}."
    if empty and known:
        return "The folder is empty, although files were in it: its file system is not mounted."
    return None
