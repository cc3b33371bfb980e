"""The trash of a mirror's folder: what left the album or was replaced, by day, until it is emptied.

``.pentaprism/trash/2025-01-31/<path>`` holds what was put there on that day; where a path is taken
already, ``2025-01-31.2`` and so on. Emptying the trash is the only way in which Pentaprism deletes
a file of a mirror.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial

from pentaprism.destinations.local_folder.syscalls import rename_new, sync_folder
from pentaprism.destinations.local_folder.tree import PRIVATE, Folder, Tree, open_regular, split
from pentaprism.errors import ConflictError, InvalidError, NotFoundError

_TRASH: Folder = (PRIVATE, "trash")
_SLOT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.([1-9]\d*))?")
_CANNOT_LINK = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL})
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class TrashEntry:
    """One file in the trash: ``path`` is where it was, ``size`` in bytes, ``trashed`` the day."""

    id: str
    path: str
    size: int
    trashed: date


class Trash:
    """The trash of one folder; ``today`` tells the day that things are put under."""

    def __init__(self, tree: Tree, today: Callable[[], date]) -> None:
        self._tree = tree
        self._today = today

    def move(self, paths: Sequence[str]) -> None:
        """Move files into the trash together: all of them, or none when an `OSError` is raised."""
        for slot in self._slots():
            try:
                self._move_to(slot, paths)
            except (FileExistsError, NotADirectoryError):
                if not self._takes_place(slot, paths):
                    raise
            else:
                return

    def keep(self, folder: int, name: str, path: str) -> Callable[[], None]:
        """Give a file that is about to be replaced a second name in the trash.

        ``folder`` is a descriptor of its folder. Returns what puts the file back in its place.
        """
        folders, _ = split(path)
        for slot in self._slots():
            try:
                with self._tree.folder((*_TRASH, slot, *folders), make=True) as kept:
                    _link_or_copy(folder, name, kept)
                    sync_folder(kept)
            except (FileExistsError, NotADirectoryError):
                continue
            return partial(self._put_back, slot, path)
        raise AssertionError("slots never end")  # pragma: no cover

    def entries(self) -> Iterator[TrashEntry]:
        """Yield what is in the trash, oldest day first, then by path."""
        for slot in self._used():
            for folders, name, seen in self._files((*_TRASH, slot)):
                path = "/".join((*folders, name))
                yield TrashEntry(f"{slot}/{path}", path, seen.st_size, _day(slot))

    def restore(self, entry_id: str) -> str:
        """Move a file back to where it was, and return its path.

        Raises `ConflictError` with code ``target_taken`` when something is there now, and
        `NotFoundError` when the trash does not hold it.
        """
        slot, _, path = entry_id.partition("/")
        if not _SLOT.fullmatch(slot) or not path:
            raise InvalidError(
                f"{entry_id!r} is not the name of a file in the trash.",
                code="trash_entry",
                hint="`pentaprism trash list` shows the names.",
            )
        folders, name = split(path)
        try:
            with self._tree.folder((*_TRASH, slot, *folders)) as trashed:
                os.stat(name, dir_fd=trashed, follow_symlinks=False)
                with self._tree.folder(folders, make=True) as target:
                    rename_new(trashed, name, target, name)
                    sync_folder(target)
        except FileNotFoundError as error:
            raise NotFoundError(
                f"The trash holds no {entry_id}.",
                code="trash_entry",
                hint="`pentaprism trash list` shows what it holds.",
            ) from error
        except FileExistsError as error:
            raise ConflictError(
                f"There is a file at {path} now; it is left alone.",
                code="target_taken",
                hint="Rename or move that file, then restore again.",
            ) from error
        self._tree.prune((*_TRASH, slot, *folders))
        return path

    def empty(self, before: date | None = None) -> list[TrashEntry]:
        """Delete what was put into the trash before a day, or all of it; return what is gone."""
        gone = []
        for entry in list(self.entries()):
            if before is not None and entry.trashed >= before:
                continue
            folders, name = split(entry.path)
            inside = (*_TRASH, entry.id.partition("/")[0], *folders)
            with self._tree.folder(inside) as folder:
                os.unlink(name, dir_fd=folder)
            self._tree.prune(inside)
            gone.append(entry)
        return gone

    def _slots(self) -> Iterator[str]:
        day = self._today().isoformat()
        yield day
        for number in itertools.count(2):
            yield f"{day}.{number}"

    def _used(self) -> list[str]:
        try:
            with self._tree.folder(_TRASH) as trash:
                names = [name for name in os.listdir(trash) if _SLOT.fullmatch(name)]
        except FileNotFoundError:
            return []
        return sorted(names, key=lambda slot: (slot[:10], int(slot[11:] or 1)))

    def _files(self, base: Folder) -> Iterator[tuple[Folder, str, os.stat_result]]:
        """Yield folder below ``base``, name and status of each file there, by path."""
        waiting: list[Folder] = [()]
        while waiting:
            below = waiting.pop()
            with self._tree.folder((*base, *below)) as folder, os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
                for entry in found:
                    if not entry.is_dir(follow_symlinks=False):
                        yield below, entry.name, entry.stat(follow_symlinks=False)
            folders = (
                entry.name for entry in reversed(found) if entry.is_dir(follow_symlinks=False)
            )
            waiting += [(*below, name) for name in folders]

    def _move_to(self, slot: str, paths: Sequence[str]) -> None:
        moved: list[str] = []
        try:
            for path in paths:
                folders, name = split(path)
                with (
                    self._tree.folder(folders) as source,
                    self._tree.folder((*_TRASH, slot, *folders), make=True) as target,
                ):
                    rename_new(source, name, target, name)
                    moved.append(path)
                    sync_folder(target)
                    sync_folder(source)
        except OSError:
            for path in reversed(moved):
                self._put_back(slot, path)
            raise

    def _put_back(self, slot: str, path: str) -> None:
        folders, name = split(path)
        with (
            self._tree.folder((*_TRASH, slot, *folders)) as source,
            self._tree.folder(folders, make=True) as target,
        ):
            os.rename(name, name, src_dir_fd=source, dst_dir_fd=target)
            with suppress(FileNotFoundError):  # a rename between two links of one file does nothing
                os.unlink(name, dir_fd=source)
            sync_folder(target)
        self._tree.prune((*_TRASH, slot, *folders))

    def _takes_place(self, slot: str, paths: Sequence[str]) -> bool:
        """Tell whether something in ``slot`` is in the way of ``paths``."""
        for path in paths:
            folders, name = split(path)
            try:
                with self._tree.folder((*_TRASH, slot, *folders)) as folder:
                    os.stat(name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                continue
            except NotADirectoryError:
                pass
            return True
        return False


def _day(slot: str) -> date:
    return date.fromisoformat(slot[:10])


def _link_or_copy(folder: int, name: str, target: int) -> None:
    """Give the file a second name in ``target``, or a copy where there are no hard links."""
    try:
        os.link(name, name, src_dir_fd=folder, dst_dir_fd=target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        _copy(folder, name, target)


def _copy(folder: int, name: str, target: int) -> None:
    source, seen = open_regular(name, folder)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        copy = os.open(name, flags, stat.S_IMODE(seen.st_mode), dir_fd=target)
        try:
            while block := os.read(source, _BLOCK):
                written = 0
                while written < len(block):
                    written += os.write(copy, block[written:])
            with suppress(OSError):
                os.utime(copy, ns=(seen.st_mtime_ns, seen.st_mtime_ns))
            os.fsync(copy)
        except BaseException:
            os.unlink(name, dir_fd=target)
            raise
        finally:
            os.close(copy)
    finally:
        os.close(source)
