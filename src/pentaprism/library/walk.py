"""Walks through the folders of a root and says which of them are no longer as they were.

It runs in a thread of its own: nothing here waits for anything but the file system.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from pentaprism.groups.files import Kind
from pentaprism.groups.kinds import kind_of
from pentaprism.library.folders import join, lies_below, parent, real_path, steps
from pentaprism.library.listing import (
    Found,
    Listing,
    digest,
    list_folder,
    salt_of,
    signed,
)
from pentaprism.library.progress import ScanProgress
from pentaprism.store.library_records import FolderMark

log = logging.getLogger(__name__)

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})


@dataclass(slots=True)
class Look:
    """A folder that is not as its mark says: all its files that count, and its new mark.

    Files in ``unknown`` are there, or were a moment ago, and shall be left as they are known. The
    mark is None while there are any, so that the folder is looked at again.
    """

    path: str
    files: list[Found]
    unknown: frozenset[str]
    mark: FolderMark | None


class Walk:
    """One walk through a root; `whole` and `only` yield the folders that have changed.

    ``marks`` tell what the folders looked like. A file whose time of change is less than ``settle``
    seconds from ``now`` may still be written: its folder goes to `later` instead.

    Real folders come first; then links to folders, each real folder once, those into the root never
    and those to a folder that holds the root neither. What is found wrong is logged and counted.
    """

    def __init__(
        self,
        top: str,
        marks: Mapping[str, FolderMark],
        progress: ScanProgress,
        *,
        now: Callable[[], float],
        sidecars: Collection[str] = (),
        settle: float = 2.0,
    ) -> None:
        self._top = top
        self._real_top = os.path.realpath(top)
        self._marks = marks
        self._progress = progress
        self._now = now
        self._sidecars = sidecars
        self._salt = salt_of(sidecars)
        self._settle_ns = int(settle * 1e9)
        self._links: list[str] = []
        self._visited: set[tuple[int, int]] = set()
        self._young: dict[str, frozenset[Found]] = {}
        self.seen: dict[str, int] = {}
        """The device of each folder that was listed."""
        self.kept: list[str] = []
        """Folders of which nothing is known now: they, and all below, stay as they were."""
        self.inside: dict[str, frozenset[str]] = {}
        """What folders are in those that `only` was asked for, links included."""
        self.later: set[str] = set()
        """Folders with files that may still be written."""
        self.beyond = False
        """Whether `only` came upon a link that only a walk through the whole root can judge."""

    def whole(self) -> Iterator[Look]:
        """Walk through the whole root."""
        yield from self._descend([""])
        while self._links:
            links, self._links = sorted(self._links), []
            for path in links:
                if self._leads_on(path):
                    yield from self._descend([path], linked=True)

    def only(self, folders: Collection[str]) -> Iterator[Look]:
        """Look at ``folders``, and walk through those in them that are new."""
        for folder in sorted(folders):
            listing = self._list(folder)
            if listing is None:
                continue
            self.inside[folder] = frozenset((*listing.subfolders, *listing.links, *listing.unknown))
            yield from self._look(folder, listing)
            fresh = [join(folder, name) for name in listing.subfolders]
            yield from self._descend([path for path in fresh if path not in self._marks])
        self.beyond = any(
            path not in self._marks and not self._lies_in_root(os.path.realpath(self._real(path)))
            for path in self._links
        )

    def there(self, folders: Collection[str]) -> set[str]:
        """Return ``folders``, for those that are gone the nearest that are not."""
        found = set()
        for folder in folders:
            while folder and not os.path.isdir(self._real(folder)):
                folder = parent(folder)  # noqa: PLW2901 - upwards
            found.add(folder)
        return found

    def left_inside(self) -> list[str]:
        """Return the indexed folders that are no longer in those that `only` looked at."""
        return [
            path
            for path in self._marks
            if any(
                above in self.inside and step not in self.inside[above]
                for above, step in steps(path)
            )
        ]

    def again(self, *, last: bool) -> Iterator[Look]:
        """Look at `later` again, ``settle`` seconds after the time before.

        Files that stood still since then count as written. With ``last``, those that did not are
        left for the next walk.
        """
        folders, self.later = self.later, set()
        for folder in sorted(folders):
            self.seen.pop(folder, None)
            listing = self._list(folder)
            if listing is not None:
                yield from self._look(folder, listing, last=last)

    def _descend(self, stack: list[str], *, linked: bool = False) -> Iterator[Look]:
        while stack:
            folder = stack.pop()
            listing = self._list(folder)
            if listing is None or (linked and self._is_again(folder, listing)):
                continue
            self._visited.add((listing.device, listing.inode))
            yield from self._look(folder, listing)
            listing.subfolders.sort(reverse=True)
            stack.extend([join(folder, name) for name in listing.subfolders])

    def _is_again(self, folder: str, listing: Listing) -> bool:
        """Tell whether a folder that a link leads to, or one in it, is indexed elsewhere."""
        again = (listing.device, listing.inode) in self._visited
        if again:
            del self.seen[folder]
        return again

    def _list(self, folder: str) -> Listing | None:
        """Return what is in a folder; None, which is noted, where that cannot be known."""
        try:
            listing = list_folder(self._real(folder))
        except OSError as error:
            if error.errno not in _GONE:
                self._keep(folder, f"it cannot be listed: {error.strerror}")
            return None
        if listing.empty and self._was_mounted(folder, listing.device):
            self._keep(folder, "it is empty, and a file system is not mounted there")
            return None
        self.seen[folder] = signed(listing.device)
        self._links += [join(folder, name) for name in listing.links]
        # What cannot be looked at may be a folder.
        hidden = [join(folder, name) for name in listing.unknown]
        self.kept += [path for path in hidden if path in self._marks]
        for name in listing.dangling:
            self._note(join(folder, name), "the link leads nowhere")
        return listing

    def _look(self, folder: str, listing: Listing, *, last: bool = False) -> Iterator[Look]:
        self._progress.folder = folder
        mark = self._marks.get(folder)
        device, state = signed(listing.device), digest(listing, self._salt)
        same = mark is not None and (mark.digest, mark.device) == (state, device)
        if mark is not None and same and not listing.unknown:
            self._count(mark.files)
            return
        files = [
            Found(name, size, mtime_ns, signed(inode))
            for name, size, mtime_ns, inode in listing.files
            if kind_of(name, self._sidecars) is not Kind.OTHER
        ]
        young = self._still_young(folder, files)
        if young and not last:
            self.later.add(folder)
            return
        self._count(len(files))
        for name in listing.unknown:
            self._note(join(folder, name), "it cannot be looked at")
        unknown = frozenset((*listing.unknown, *young))
        left = [file for file in files if file.name not in unknown]
        new = FolderMark(folder, state, device, len(files))
        yield Look(folder, left, unknown, None if unknown else new)

    def _still_young(self, folder: str, files: Collection[Found]) -> set[str]:
        """Return which files may still be written, and remember how they look now."""
        now = int(self._now() * 1e9)
        young = {file for file in files if abs(now - file.mtime_ns) < self._settle_ns}
        moving = young - self._young.get(folder, frozenset())
        self._young[folder] = frozenset(young)
        return {file.name for file in moving}

    def _was_mounted(self, folder: str, device: int) -> bool:
        """Tell whether files were known on another device than that where ``folder`` is now."""
        mark = self._marks.get(folder)
        if mark is None or mark.device == signed(device):
            return False
        return bool(mark.files) or any(
            path != folder and lies_below(path, folder) for path in self._marks
        )

    def _leads_on(self, path: str) -> bool:
        """Tell whether a link leads to a folder that shall be walked through as well."""
        target = os.path.realpath(self._real(path))
        if self._holds_root(target) or lies_below(self._real(path), target):
            self._note(path, "the link leads back to a folder that it lies in")
            return False
        return not self._lies_in_root(target)

    def _lies_in_root(self, target: str) -> bool:
        return lies_below(target, self._real_top.rstrip("/"))

    def _holds_root(self, target: str) -> bool:
        return lies_below(self._real_top, target.rstrip("/"))

    def _keep(self, folder: str, why: str) -> None:
        self.kept.append(folder)
        self._note(folder, why)

    def _note(self, path: str, why: str) -> None:
        self._progress.problems += 1
        log.info("%s: %s.", self._real(path), why)

    def _count(self, files: int) -> None:
        self._progress.folders += 1
        self._progress.files += files

    def _real(self, path: str) -> str:
        return real_path(self._top, path)
