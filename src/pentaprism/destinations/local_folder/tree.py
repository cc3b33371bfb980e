"""Access to what lies below one folder that never leaves it and never follows a link.

Each component is opened on its own, relative to the one before, with O_NOFOLLOW. Nothing is cached
between calls: a folder that is swapped for a link in mid-run is refused at the next call.
Errors here are plain `OSError`; `pentaprism.destinations.local_folder.faults` explains them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pentaprism.destinations.local_folder.syscalls import sync_folder
from pentaprism.errors import PermanentError

PRIVATE = ".pentaprism"
"""The folder that Pentaprism keeps for itself, directly below the mirror's."""

Folder = tuple[str, ...]
"""A folder below the root, as its components; empty for the root itself."""

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def split(path: str) -> tuple[Folder, str]:
    """Return the folder and the name in a relative POSIX path.

    Raises `PermanentError` for a path that is not plainly below the folder, or that lies in our
    own `PRIVATE` folder.
    """
    parts = path.split("/")
    if (
        any(part in {"", ".", ".."} for part in parts)
        or "\0" in path
        or not _is_encodable(path)
        or parts[0].casefold() == PRIVATE
    ):
        raise PermanentError(
            f"{path!r} is not a path inside the mirror's folder.",
            code="bad_path",
            hint="Choose another path template.",
        )
    return tuple(parts[:-1]), parts[-1]


def _is_encodable(path: str) -> bool:
    """Tell whether the system can write the name; a lone surrogate has no bytes."""
    if path.isascii():
        return True
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return True


def open_regular(name: str, folder: int) -> tuple[int, os.stat_result]:
    """Open a regular file for reading, and return its descriptor and status; follow no link."""
    # O_NONBLOCK: a FIFO that took the file's place must not make us wait for a writer.
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    seen = os.fstat(fd)
    if not stat.S_ISREG(seen.st_mode):
        os.close(fd)
        raise OSError(f"{name} is not a regular file")
    return fd, seen


class Tree:
    """What lies below one open folder; ``root`` is its descriptor, owned by the tree."""

    def __init__(self, root: int) -> None:
        self.root = root

    @contextmanager
    def folder(self, folder: Folder, *, make: bool = False) -> Iterator[int]:
        """Give the descriptor of ``folder`` for the length of a with-block."""
        if not folder:
            yield self.root
            return
        fd = self.open_folder(folder, make=make)
        try:
            yield fd
        finally:
            os.close(fd)

    def open_folder(self, folder: Folder, *, make: bool = False) -> int:
        """Return a new descriptor of ``folder``, which the caller closes.

        With ``make``, missing folders are made, durably. Raises `NotADirectoryError` where a link
        or a file is in the way.
        """
        here = os.open(".", _OPEN_FOLDER, dir_fd=self.root)
        for name in folder:
            try:
                below = self._enter(here, name, make=make)
            finally:
                os.close(here)
            here = below
        return here

    def _enter(self, here: int, name: str, *, make: bool) -> int:
        try:
            return os.open(name, _OPEN_FOLDER, dir_fd=here)
        except FileNotFoundError:
            if not make:
                raise
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=here)
            sync_folder(here)
        return os.open(name, _OPEN_FOLDER, dir_fd=here)

    def prune(self, folder: Folder) -> None:
        """Remove ``folder`` and those above it while they are empty; never the root."""
        with suppress(OSError):  # not empty, not there, not permitted: it stays
            while folder:
                with self.folder(folder[:-1]) as above:
                    os.rmdir(folder[-1], dir_fd=above)
                folder = folder[:-1]

    def close(self) -> None:
        """Close the root; may be repeated."""
        if self.root >= 0:
            os.close(self.root)
            self.root = -1
