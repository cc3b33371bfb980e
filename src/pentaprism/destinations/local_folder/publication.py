"""Publication: staged files get their names, shot by shot, without ever replacing a stranger's.

A shot is published whole or not at all. Bytes are on the disk before they get a name, and each
folder is brought to the disk once for a batch, before the results are given, so that a record is
never ahead of the disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from pentaprism.destinations.base import Result, Staged
from pentaprism.destinations.local_folder.faults import explain
from pentaprism.destinations.local_folder.fingerprint import unchanged
from pentaprism.destinations.local_folder.flush import Flush
from pentaprism.destinations.local_folder.staging import StagedPart
from pentaprism.destinations.local_folder.syscalls import rename_new, sync_folder
from pentaprism.destinations.local_folder.trash import Trash
from pentaprism.destinations.local_folder.tree import Folder, Tree, split
from pentaprism.errors import ConflictError, PentaprismError

_Undo = Callable[[], None]


def publish(
    tree: Tree, trash: Trash, tmp: int, flush: Flush, staged: Sequence[Staged]
) -> list[Result]:
    """Give staged shots their names, durably, and answer for each of them in order.

    ``tmp`` is the descriptor of the temporary folder. Raises what `explain` makes of an error
    that leaves it open whether the names are on the disk.
    """
    waiting = [part.temp for shot in staged for part in shot.state if not part.durable]
    if waiting:
        try:
            flush.rest(waiting)
        except OSError as error:
            raise explain(error, "the mirror's folder") from error
    batch = _Batch(tree, trash, tmp)
    try:
        results = [batch.publish(shot.state) for shot in staged]
        batch.sync()
    finally:
        batch.close()
    return results


class _Batch:
    """One commit: the folders that it touches are opened once, and synced once at its end."""

    def __init__(self, tree: Tree, trash: Trash, tmp: int) -> None:
        self._tree = tree
        self._trash = trash
        self._tmp = tmp
        self._folders: dict[Folder, int] = {}

    def publish(self, parts: Sequence[StagedPart]) -> Result:
        """Publish the parts of one shot, or undo what was done and say why."""
        undo: list[_Undo] = []
        try:
            for part in parts:
                if part.temp is not None:
                    undo += self._place(part, part.temp)
        except (OSError, PentaprismError) as error:
            for step in reversed(undo):
                with suppress(OSError):  # the whole new file stays; the next run adopts it
                    step()
            self._discard(parts)
            what = next((part.path for part in parts), "")
            return Result(error=explain(error, what) if isinstance(error, OSError) else error)
        return Result(items=tuple(part.item for part in parts))

    def sync(self) -> None:
        """Bring all new names to the disk."""
        for folder, fd in self._folders.items():
            try:
                sync_folder(fd)
            except OSError as error:
                raise explain(error, "/".join(folder) or "the mirror's folder") from error

    def close(self) -> None:
        """Close the folders."""
        while self._folders:
            os.close(self._folders.popitem()[1])

    def _folder(self, folder: Folder) -> int:
        fd = self._folders.get(folder)
        if fd is None:
            fd = self._folders[folder] = self._tree.open_folder(folder, make=True)
        return fd

    def _place(self, part: StagedPart, temp: str) -> list[_Undo]:
        """Give one file its name; return how to take that back."""
        folders, name = split(part.path)
        folder = self._folder(folders)
        try:
            if part.over is not None and (seen := _look(folder, name)) is not None:
                return [self._replace(part, temp, folder, seen, part.over)]
            rename_new(self._tmp, temp, folder, name)
        except FileExistsError as error:
            raise ConflictError(
                f"Something new is at {part.path}; it is left alone.",
                code="target_taken",
                hint="Run the mirror again; it chooses another name.",
            ) from error
        except FileNotFoundError:
            if not self._is_done(part, folder, name):
                raise
            return []
        return [lambda: rename_new(folder, name, self._tmp, temp)]

    def _replace(
        self,
        part: StagedPart,
        temp: str,
        folder: int,
        seen: os.stat_result,
        over: os.stat_result,
    ) -> _Undo:
        """Put the file over the one of ours that was seen when it was staged."""
        name = split(part.path)[1]
        if seen.st_ino == part.inode:  # an earlier commit of the same shot
            return lambda: None
        if not unchanged(seen, over):
            raise ConflictError(
                f"{part.path} was edited by a person; it is kept as it is.",
                code="edited",
                hint="Run the mirror again; the new version goes to a conflict copy beside it.",
            )
        put_back = self._trash.keep(folder, name, part.path)
        try:
            os.rename(temp, name, src_dir_fd=self._tmp, dst_dir_fd=folder)
        except OSError:
            put_back()
            raise
        return put_back

    def _is_done(self, part: StagedPart, folder: int, name: str) -> bool:
        """Tell whether an earlier commit of the same shot has published the part."""
        seen = _look(folder, name)
        return seen is not None and seen.st_ino == part.inode

    def _discard(self, parts: Sequence[StagedPart]) -> None:
        for part in parts:
            if part.temp is not None:
                with suppress(OSError):
                    os.unlink(part.temp, dir_fd=self._tmp)


def _look(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
