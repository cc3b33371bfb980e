"""Both digests from one read, and what keeps a file from having any."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from pathlib import Path

import pytest

from pentaprism.hashing import (
    FileChangedError,
    Hashes,
    hash_file,
    hash_file_sha256,
    hash_files,
)

MIB = 1 << 20
SIZES = [0, 1, 63, 64, 4095, 4096, MIB, 2 * MIB, 16 * MIB - 1, 16 * MIB, 17 * MIB + 7]


def expected(data: bytes) -> Hashes:
    return Hashes(hashlib.sha1(data).digest(), hashlib.sha256(data).digest(), len(data))


@pytest.mark.parametrize("size", SIZES)
def test_both_digests_are_those_of_hashlib(tmp_path: Path, size: int) -> None:
    data = random.Random(size).randbytes(size)
    path = tmp_path / "a"
    path.write_bytes(data)
    assert hash_file(str(path)) == expected(data)
    assert hash_file_sha256(str(path)) == expected(data).sha256


def test_a_large_file_is_hashed_whole(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(MIB) * 65
    path = tmp_path / "a"
    path.write_bytes(data)
    assert hash_file(str(path)) == expected(data)


def hash_until_it_fails(path: str) -> None:
    for _ in range(1000):  # a small file is read faster than it grows, now and then
        hash_file(path)


@pytest.mark.parametrize("size", [10_000, 20 * MIB])
def test_a_file_that_grows_meanwhile_has_no_digest(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(size))
    stop = threading.Event()

    def grow() -> None:
        with path.open("ab", buffering=0) as file:
            while not stop.is_set():
                file.write(b"more")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(FileChangedError):
            hash_until_it_fails(str(path))
    finally:
        stop.set()
        writer.join()


async def test_each_path_is_answered_in_its_place(tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    Path(odd).write_bytes(b"odd")
    (tmp_path / "a").write_bytes(b"a")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    paths = [str(tmp_path / "a"), str(tmp_path / "gone"), odd, str(tmp_path / "pipe"),
             str(tmp_path / "folder"), "nul\0", str(tmp_path / "a")]  # fmt: skip
    found = await hash_files(paths, at_once=3)
    assert found[0] == found[6] == expected(b"a")
    assert found[2] == expected(b"odd")
    assert isinstance(found[1], FileNotFoundError)
    assert all(isinstance(found[place], OSError) for place in (3, 4, 5))
    assert await hash_files([]) == []
