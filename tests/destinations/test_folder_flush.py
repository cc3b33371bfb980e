"""Bytes are on the disk before they get a name, also where no one flush for all can be trusted."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from pictures import one

from pentaprism.destinations.base import Result, Staged
from pentaprism.destinations.local_folder.flush import Flush, flushes_whole
from pentaprism.destinations.local_folder.publication import publish
from pentaprism.destinations.local_folder.staging import Staging
from pentaprism.destinations.local_folder.syscalls import filesystem_type
from pentaprism.destinations.local_folder.trash import Trash
from pentaprism.destinations.local_folder.tree import Tree
from pentaprism.errors import PermanentError


@dataclass
class Disk:
    """Counts flushes; one of everything fails as often as ``errors`` has entries.

    ``alone`` holds the inode of each file that was flushed by itself.
    """

    errors: list[int] = field(default_factory=list)
    flushes: int = 0
    alone: list[int] = field(default_factory=list)

    def sync_one(self, fd: int) -> None:
        self.alone.append(os.fstat(fd).st_ino)

    def sync_all(self, fd: int) -> None:
        assert os.fstat(fd).st_nlink
        self.flushes += 1
        if self.errors:
            number = self.errors.pop()
            raise OSError(number, os.strerror(number))


class Room:
    """A folder with a temporary one, staged into and published from as a destination does."""

    def __init__(self, root: Path, disk: Disk, *, together: bool) -> None:
        (root / "tmp").mkdir()
        self.tmp = os.open(root / "tmp", os.O_RDONLY)
        self.tree = Tree(os.open(root, os.O_RDONLY))
        self.flush = Flush(
            self.tmp, together=together, sync_one=disk.sync_one, sync_all=disk.sync_all
        )
        self._trash = Trash(self.tree, lambda: date(2025, 1, 31))
        self._staging = Staging(self.tree, self.tmp, self.flush, min_free=0, hard_links=True)

    def stage(self, path: str, data: bytes = b"picture") -> Staged:
        return self._staging.stage(one(path, data))

    def publish(self, *staged: Staged) -> list[Result]:
        return publish(self.tree, self._trash, self.tmp, self.flush, staged)

    def close(self) -> None:
        os.close(self.tmp)
        self.tree.close()


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def room(tmp_path: Path, disk: Disk) -> Iterator[Room]:
    room = Room(tmp_path, disk, together=True)
    yield room
    room.close()


def inodes(*staged: Staged) -> list[int]:
    return [part.inode for shot in staged for part in shot.state]


def is_durable(staged: Staged) -> bool:
    return all(part.durable for part in staged.state)


def test_small_files_of_a_commit_share_one_flush(room: Room, disk: Disk) -> None:
    staged = [room.stage(f"{number}.jpg") for number in range(5)]
    assert not any(is_durable(shot) for shot in staged)
    assert disk.flushes == 0
    assert [result.error for result in room.publish(*staged)] == [None] * 5
    assert (disk.flushes, disk.alone) == (1, [])


def test_a_large_file_is_flushed_by_itself(room: Room, disk: Disk) -> None:
    staged = room.stage("a.mov", bytes(8 << 20))
    assert is_durable(staged)
    assert disk.alone == inodes(staged)
    room.publish(staged)
    assert (disk.flushes, disk.alone) == (0, inodes(staged))


def test_where_one_flush_is_not_to_be_trusted_each_file_has_its_own(
    tmp_path: Path, disk: Disk
) -> None:
    room = Room(tmp_path, disk, together=False)
    staged = room.stage("a.jpg")
    assert is_durable(staged)
    assert disk.alone == inodes(staged)
    room.publish(staged)
    assert (disk.flushes, disk.alone) == (0, inodes(staged))
    room.close()


def test_nothing_gets_a_name_when_the_flush_fails(tmp_path: Path, room: Room, disk: Disk) -> None:
    disk.errors = [errno.EIO]
    with pytest.raises(PermanentError) as caught:
        room.publish(room.stage("a.jpg"))
    assert caught.value.code == "disk_error"
    assert not (tmp_path / "a.jpg").exists()


def test_after_a_failed_flush_no_other_is_trusted(tmp_path: Path, room: Room, disk: Disk) -> None:
    before = room.stage("before.jpg")  # its pages may be those that were lost
    disk.errors = [errno.EIO]
    with pytest.raises(PermanentError):
        room.publish(room.stage("a.jpg"))
    after = room.stage("after.jpg")
    assert is_durable(after)
    assert [result.error for result in room.publish(before, after)] == [None, None]
    assert disk.flushes == 1
    assert disk.alone == inodes(after, before)
    assert (tmp_path / "before.jpg").read_bytes() == b"picture"


def test_a_commit_may_be_repeated_after_a_failed_flush(room: Room, disk: Disk) -> None:
    staged = room.stage("a.jpg")
    disk.errors = [errno.EIO]
    with pytest.raises(PermanentError):
        room.publish(staged)
    first = room.publish(staged)
    assert first[0].error is None
    assert room.publish(staged) == first


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc: this is not Linux")
def test_a_filesystem_that_nobody_vouches_for_is_not_trusted() -> None:
    fd = os.open("/proc", os.O_RDONLY)
    assert filesystem_type(fd) == 0x9FA0  # PROC_SUPER_MAGIC in linux/magic.h
    assert not flushes_whole(fd)
    os.close(fd)


def test_what_is_no_descriptor_has_no_type() -> None:
    assert filesystem_type(-1) is None
