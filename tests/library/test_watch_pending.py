"""Which file systems are polled, and when changes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pentaprism.library.folders import WHOLE
from pentaprism.library.mounts import needs_polling
from pentaprism.library.watch import Pending, folder_of

_TABLE = """\
/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
nas:/photos /mnt/nas nfs4 rw,vers=4.2 0 0
//nas/share /mnt/my\\040share cifs rw 0 0
overlay /mnt/nas/local ext4 rw 0 0
sshfs#host: /mnt/ssh fuse.sshfs rw 0 0
/dev/sdb1 /mnt/usb fuse.ntfs-3g rw 0 0
drvfs /mnt/c 9p rw 0 0
first /mnt/twice ext4 rw 0 0
second /mnt/twice cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "polled"),
    [
        ("/photos", False),
        ("/mnt/nas", True),
        ("/mnt/nas/2024", True),
        ("/mnt/nasty", False),
        ("/mnt/nas/local/2024", False),
        ("/mnt/my share/a", True),
        ("/mnt/ssh", True),
        ("/mnt/usb/photos", False),
        ("/mnt/c/Users", True),
        ("/mnt/twice/a", True),
    ],
)
def test_network_mounts_are_polled(path: str, polled: bool) -> None:
    assert needs_polling(path, _TABLE) is polled


def test_this_machine_answers(tmp_path: Path) -> None:
    assert needs_polling(str(tmp_path)) in {True, False}


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("x.jpg", ""),
        ("a/b/x.jpg", "a/b"),
        ("a", ""),
        (".x.jpg", None),
        ("a/.b/x.jpg", None),
        ("a/@eaDir/x.jpg", None),
        ("a/@eaDir", None),
        ("a/.nomedia", "a"),
        ("a/.pentaprismignore", "a"),
        (".hidden/.nomedia", None),
        ("", ""),
    ],
)
def test_the_folder_to_look_at(path: str, folder: str | None) -> None:
    assert folder_of(path) == folder


def test_a_folder_is_told_when_it_rests_or_after_half_a_minute() -> None:
    pending = Pending(settle=2.0)
    assert pending.rest(0) is None
    pending.add(["a/x.jpg", "a/y.jpg", "b/x.jpg", ".hidden"], now=0)
    assert pending.rest(0.5) == 1.5
    pending.add(["a/x.jpg"], now=1.5)
    assert pending.settled(1.9) == frozenset()
    assert pending.settled(2.0) == {"b"}
    for second in range(3, 30):
        pending.add(["a/x.jpg"], now=second)
        assert pending.settled(second) == frozenset()
    assert pending.settled(30) == {"a"}
    # Long after, the whole root is looked at once.
    assert pending.rest(30) == 570
    assert pending.settled(600) == {WHOLE}
    assert pending.rest(601) is None


def test_after_very_many_changes_the_whole_root_is_looked_at() -> None:
    pending = Pending(settle=2.0)
    pending.add([f"a/{number}.jpg" for number in range(5000)], now=0)
    assert pending.settled(2.0) == {WHOLE}
    assert pending.rest(3) is None


def test_after_many_changes_in_small_numbers_the_whole_root_is_looked_at() -> None:
    pending = Pending(settle=2.0)
    for number in range(40):
        pending.add([f"a/{number}-{file}.jpg" for file in range(6)], now=number / 10)
    assert pending.settled(5.8) == frozenset({"a"})
    assert pending.settled(5.9) == frozenset({WHOLE})
    pending.add(["b/x.jpg"], now=7)
    assert pending.settled(9) == frozenset({"b"})
