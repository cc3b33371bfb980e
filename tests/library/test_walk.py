"""Walks: a folder is told when anything about its files has changed, and only then."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from scan_world import LONG_AGO

from pentaprism.library.listing import Listing, digest, list_folder, salt_of, signed
from pentaprism.library.polling import Polling
from pentaprism.library.progress import ScanProgress
from pentaprism.library.walk import Walk
from pentaprism.store.library_records import FolderMark

FILE = ("IMG_1.jpg", 100, LONG_AGO, 7)


def of(*files: tuple[str, int, int, int]) -> bytes:
    return digest(Listing(1, 1, files=list(files)), salt_of(()))


@pytest.mark.parametrize(
    "other",
    [
        ("IMG_2.jpg", 100, LONG_AGO, 7),
        ("IMG_1.jpg", 101, LONG_AGO, 7),
        ("IMG_1.jpg", 100, LONG_AGO + 1, 7),
        ("IMG_1.jpg", 100, LONG_AGO, 8),
        ("IMG_1.jpg\udce9", 100, LONG_AGO, 7),
        ("IMG_1.jpg", 100, LONG_AGO, 2**64 - 1),
    ],
)
def test_anything_about_a_file_makes_another_digest(other: tuple[str, int, int, int]) -> None:
    assert of(FILE) == of(("".join(FILE[0]), *FILE[1:]))
    assert of(FILE) != of(other)
    assert of(FILE) != of(FILE, other)
    assert salt_of(()) != salt_of(("xyz",)) == salt_of(["xyz"])


def test_numbers_of_64_bits_fit_into_a_database() -> None:
    assert [signed(number) for number in (0, 2**63 - 1, 2**63, 2**64 - 1)] == [
        0,
        2**63 - 1,
        -(2**63),
        -1,
    ]


def put(top: Path, path: str) -> Path:
    file = top / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    os.utime(file, ns=(LONG_AGO, LONG_AGO))
    return file


def told(top: Path, marks: dict[str, FolderMark], *only: str) -> set[str]:
    """Walk, keep the new marks, and return which folders were told."""
    walk = Walk(str(top), marks, ScanProgress(), now=time.time)
    looks = list(walk.only(only) if only else walk.whole())
    marks |= {look.path: look.mark for look in looks if look.mark is not None}
    return {look.path for look in looks}


def test_what_has_not_changed_is_not_told(tmp_path: Path) -> None:
    marks: dict[str, FolderMark] = {}
    for path in ("x.jpg", "a/x.jpg", "a/b/x.jpg", "c/notes.txt"):
        put(tmp_path, path)
    assert told(tmp_path, marks) == {"", "a", "a/b", "c"}
    assert told(tmp_path, marks) == set()
    assert {path: mark.files for path, mark in marks.items()} == {"": 1, "a": 1, "a/b": 1, "c": 0}
    put(tmp_path, "a/y.jpg")
    put(tmp_path, "new/deep/y.jpg")
    assert told(tmp_path, marks, "a/b") == set()
    assert told(tmp_path, marks, "") == {"new", "new/deep"}
    assert told(tmp_path, marks) == {"a"}


def test_a_folder_on_another_device_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a/x.jpg")
    marks: dict[str, FolderMark] = {}
    told(tmp_path, marks)
    there = marks["a"]
    marks["a"] = FolderMark("a", there.digest, there.device + 1, 1)
    assert told(tmp_path, marks) == {"a"}
    assert marks["a"] == there


def test_a_folder_that_is_no_folder_cannot_be_listed(tmp_path: Path) -> None:
    file = put(tmp_path, "x.jpg")
    for path in (file, tmp_path / "none"):
        with pytest.raises(OSError, match=r"Not a directory|No such file"):
            list_folder(str(path))


def test_polling_tells_what_has_changed_since_the_last_time(tmp_path: Path) -> None:
    put(tmp_path, "a/x.jpg")
    put(tmp_path, "b/x.jpg")
    polling = Polling(str(tmp_path))
    assert polling.look() == {"", "a", "b"}
    assert polling.look() == frozenset()
    put(tmp_path, "a/y.jpg")
    shutil.rmtree(tmp_path / "b")
    assert polling.look() == {"a", "b"}
    assert polling.look() == frozenset()
