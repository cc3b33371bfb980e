"""Staging: each file of a shot, whole in ``.pentaprism/tmp``, before it is shown.

First everything at the shot's paths is looked at, so that a conflict costs no download. Then each
part is adopted (see `adoption`), linked (another mirror holds it), or written.
"""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

from pentaprism.assets import Received
from pentaprism.destinations.base import Part, RemoteItem, Shot, Staged
from pentaprism.destinations.local_folder.adoption import look_at, path_of
from pentaprism.destinations.local_folder.faults import explain
from pentaprism.destinations.local_folder.fingerprint import (
    nanoseconds,
    sha1_of,
    sha1_of_bytes,
)
from pentaprism.destinations.local_folder.flush import Flush
from pentaprism.destinations.local_folder.syscalls import preallocate
from pentaprism.destinations.local_folder.tree import Tree
from pentaprism.errors import ActionRequiredError, InvalidError, RetryableError

_PREALLOCATE_FROM = 1 << 20
"""Bytes; below this a reservation costs more than it tells."""

_WRITE_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class StagedPart:
    """A part that is ready: ``temp`` is its name in the temporary folder, None when adopted.

    ``inode`` is that of the temporary file. ``durable`` is False while its bytes may be in memory
    only; the commit brings them to the disk. ``over`` is the status of the file of ours that it
    replaces; None when its place is free.
    """

    path: str
    item: RemoteItem
    temp: str | None = None
    inode: int = 0
    durable: bool = True
    over: os.stat_result | None = None


class _Way(Enum):
    """How the bytes of a part came here."""

    ADOPTED = auto()
    LINKED = auto()
    DOWNLOADED = auto()


class Staging:
    """Stages shots below one tree; ``tmp`` is the descriptor of its temporary folder.

    ``min_free`` is the least number of free bytes that a file may leave on the disk.
    """

    def __init__(
        self, tree: Tree, tmp: int, flush: Flush, *, min_free: int, hard_links: bool
    ) -> None:
        self._tree = tree
        self._tmp = tmp
        self._flush = flush
        self._min_free = min_free
        self._hard_links = hard_links
        self._names = itertools.count()

    def stage(self, shot: Shot) -> Staged:
        """Bring all parts of ``shot`` into the temporary folder, or none of them."""
        found = [(part, *look_at(self._tree, part)) for part in shot.parts]
        parts: list[StagedPart] = []
        ways: set[_Way] = set()
        downloaded = 0
        try:
            for part, adopted, over in found:
                if adopted is not None:
                    staged, way = StagedPart(adopted.id, adopted), _Way.ADOPTED
                else:
                    staged, way = self._bring(part, over)
                parts.append(staged)
                if part.data is None:
                    ways.add(way)
                    downloaded += (staged.item.size or 0) if way is _Way.DOWNLOADED else 0
        except BaseException:
            self.discard(parts)
            raise
        return Staged(
            shot=shot,
            downloaded=downloaded,
            adopted=ways == {_Way.ADOPTED},
            linked=_Way.LINKED in ways and _Way.DOWNLOADED not in ways,
            state=tuple(parts),
        )

    def discard(self, parts: Sequence[StagedPart]) -> None:
        """Delete the temporary files of ``parts`` that are still there."""
        for part in parts:
            if part.temp is not None:
                with suppress(OSError):  # what remains is removed by the next check
                    os.unlink(part.temp, dir_fd=self._tmp)

    def _bring(self, part: Part, over: os.stat_result | None) -> tuple[StagedPart, _Way]:
        """Return the part, ready to be published, and how its bytes came here."""
        path, temp = path_of(part), str(next(self._names))
        linked = self._link_twin(part, path, temp) if part.twin and self._hard_links else None
        if linked is not None:
            item, inode = linked
            return StagedPart(path, item, temp, inode, over=over), _Way.LINKED
        try:
            return self._write(part, path, temp, over), _Way.DOWNLOADED
        except OSError as error:
            with suppress(OSError):
                os.unlink(temp, dir_fd=self._tmp)
            raise explain(error, path) from error
        except BaseException:
            with suppress(OSError):
                os.unlink(temp, dir_fd=self._tmp)
            raise

    def _write(self, part: Part, path: str, temp: str, over: os.stat_result | None) -> StagedPart:
        fd = os.open(temp, _WRITE_NEW, 0o644, dir_fd=self._tmp)
        try:
            if part.data is not None:
                received = self._write_data(fd, part.data)
                instant = part.asset.updated_at
            elif part.content is not None:
                received = part.content.download_to(fd, lambda size: self._allocate(fd, size))
                instant = part.asset.taken_at
            else:
                raise InvalidError(f"The part {path} has no content.", code="no_content")
            mtime_ns = nanoseconds(instant)
            with suppress(OSError, OverflowError):  # a disk that cannot keep this time
                os.utime(fd, ns=(mtime_ns, mtime_ns))
            durable = self._flush.file(fd, received.size)
            seen = os.fstat(fd)
        finally:
            os.close(fd)
        if seen.st_size != received.size:
            raise RetryableError(
                f"{path}: {seen.st_size} of {received.size} bytes were written.",
                code="short_write",
                hint="Run the mirror again; if it happens again, check the disk.",
            )
        item = RemoteItem(path, seen.st_size, seen.st_mtime_ns, received.sha1, received.verified)
        return StagedPart(path, item, temp, seen.st_ino, durable, over)

    def _write_data(self, fd: int, data: bytes) -> Received:
        self._allocate(fd, len(data))
        view, written = memoryview(data), 0
        while written < len(data):
            written += os.write(fd, view[written:])
        return Received(len(data), sha1_of_bytes(data), verified=False)

    def _allocate(self, fd: int, size: int) -> None:
        """Refuse a file that the disk has no room for; reserve the room for a large one."""
        disk = os.fstatvfs(fd)
        free = disk.f_bavail * disk.f_frsize
        if free - size < self._min_free:
            raise ActionRequiredError(
                f"The disk is full: {free} bytes are free, {size} are needed, and "
                f"{self._min_free} shall stay free.",
                code="disk_full",
                hint="Make room, or lower the space to leave free; then run the mirror again.",
            )
        if size >= _PREALLOCATE_FROM:
            preallocate(fd, size)

    def _link_twin(self, part: Part, path: str, temp: str) -> tuple[RemoteItem, int] | None:
        """Link another mirror's file of the same content as ``temp``; None when that fails.

        The bytes are hashed, whatever was recorded, and the link must be to the hashed file.
        """
        checksum = part.asset.checksum
        if part.twin is None or part.data is not None or not checksum.of_content:
            return None
        try:
            fd = os.open(part.twin, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                seen = os.fstat(fd)
                if not stat.S_ISREG(seen.st_mode) or sha1_of(fd, seen.st_size) != checksum.sha1:
                    return None
                os.link(part.twin, temp, dst_dir_fd=self._tmp, follow_symlinks=False)
            finally:
                os.close(fd)
            linked = os.stat(temp, dir_fd=self._tmp, follow_symlinks=False)
        except OSError:  # another disk, too many links, not permitted, gone: it is downloaded
            return None
        if (linked.st_dev, linked.st_ino) != (seen.st_dev, seen.st_ino):
            os.unlink(temp, dir_fd=self._tmp)
            return None
        item = RemoteItem(path, seen.st_size, seen.st_mtime_ns, checksum.sha1, verified=True)
        return item, seen.st_ino
