"""Which file systems are polled."""

from __future__ import annotations

from pathlib import Path

import pytest

from pentaprism.library.mounts import needs_polling
from pentaprism.library.watch import folder_of

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
