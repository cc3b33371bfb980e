"""Opening a mirror's folder: proof that it is the right one, the lock, and a clean start."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pentaprism.destinations.base import Opening
from pentaprism.destinations.local_folder.faults import explain
from pentaprism.destinations.local_folder.flush import Flush, flushes_whole
from pentaprism.destinations.local_folder.lock import take_lock
from pentaprism.destinations.local_folder.marker import (
    Marker,
    read_marker,
    refuse_nested,
    write_marker,
)
from pentaprism.destinations.local_folder.options import FolderOptions
from pentaprism.destinations.local_folder.staging import Staging
from pentaprism.destinations.local_folder.trash import Trash
from pentaprism.destinations.local_folder.tree import PRIVATE, Tree
from pentaprism.errors import ActionRequiredError, PentaprismError


@dataclass(slots=True)
class OpenFolder:
    """What is held while a folder is in use; ``private``, ``tmp`` and ``lock`` are descriptors."""

    tree: Tree
    private: int
    tmp: int
    lock: int
    flush: Flush
    staging: Staging
    trash: Trash

    def close(self) -> None:
        """Delete everything temporary, and release the lock last."""
        _clear(self.tmp)
        self.tree.close()
        for fd in (self.tmp, self.private, self.lock):
            os.close(fd)


def open_folder(options: FolderOptions, opening: Opening, today: Callable[[], date]) -> OpenFolder:
    """Open and lock the folder, and clear what a killed run left in it.

    Raises `ActionRequiredError` when it is not this mirror's folder, or may not be used, and
    `ConflictError` with code ``locked`` when somebody else uses it.
    """
    path = options.path
    try:
        check_marker(path, opening)
        refuse_nested(path, look_below=opening.fresh)
        if opening.fresh:
            os.makedirs(path, exist_ok=True)
        return _open(options, opening, today)
    except OSError as error:
        raise _explain(error, path) from error


def check_marker(path: Path, opening: Opening) -> None:
    """Raise `ActionRequiredError` unless the folder is this mirror's, or free to become it."""
    marker = read_marker(path)
    if marker is None and not opening.fresh:
        raise ActionRequiredError(
            f"{path} is not there, or is not this mirror's folder: its marker is missing.",
            code="not_mounted",
            hint="Mount the disk that it is on. If the folder was moved, run `pentaprism "
            "mirror ALBUM --to folder:NEWPATH`; to fill this place anew, add --start-again.",
        )
    if marker is not None and marker.mirror_id != opening.mirror_id:
        raise ActionRequiredError(
            f"{path} belongs to another mirror ({marker.mirror_id}, of the album "
            f"{marker.album_id}).",
            code="other_mirror",
            hint="Choose another folder, or delete that mirror and its .pentaprism folder.",
        )


def _open(options: FolderOptions, opening: Opening, today: Callable[[], date]) -> OpenFolder:
    """Open what is held; close everything again when something fails."""
    path = options.path
    fds: list[int] = []
    try:
        tree = Tree(os.open(path, os.O_RDONLY | os.O_DIRECTORY))
        fds.append(tree.root)
        _check_access(tree, path)
        fds.append(private := tree.open_folder((PRIVATE,), make=True))
        fds.append(lock := take_lock(private, str(path)))
        check_marker(path, opening)  # again, now that nobody else can write one
        if read_marker(path) is None:
            write_marker(private, Marker(opening.mirror_id, opening.album_id))
        fds.append(tmp := tree.open_folder((PRIVATE, "tmp"), make=True))
        _clear(tmp)
    except BaseException:
        for fd in reversed(fds):
            os.close(fd)
        raise
    flush = Flush(tmp, together=flushes_whole(tmp))
    staging = Staging(tree, tmp, flush, min_free=options.min_free, hard_links=options.hard_links)
    return OpenFolder(tree, private, tmp, lock, flush, staging, Trash(tree, today))


def _check_access(tree: Tree, path: Path) -> None:
    effective = os.access in os.supports_effective_ids
    if not os.access(".", os.W_OK | os.X_OK, dir_fd=tree.root, effective_ids=effective):
        raise _no_permission(path)


def _clear(tmp: int) -> None:
    """Delete all temporary files; the lock is ours, so nobody uses them."""
    for name in os.listdir(tmp):
        with suppress(OSError):
            os.unlink(name, dir_fd=tmp)


def _explain(error: OSError, path: Path) -> PentaprismError:
    """Return what a person must do: without its folder, nothing of a mirror goes on."""
    if isinstance(error, PermissionError):
        return _no_permission(path)
    known = explain(error, str(path))
    return ActionRequiredError(known.message, code=known.code, hint=known.hint)


def _no_permission(path: Path) -> ActionRequiredError:
    return ActionRequiredError(
        f"The user {_user()} may not write to {path}.",
        code="no_permission",
        hint="Give this user the right to write there, or choose another folder.",
    )


def _user() -> str:
    """Return the name of the user that this process acts as."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
