from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pentaprism.destinations.local_folder.syscalls import RENAMES, preallocate, rename_new


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path, os.O_RDONLY)
    yield fd
    os.close(fd)


@pytest.mark.parametrize("way", RENAMES, ids=lambda way: way.__name__)
def test_each_way_renames_and_none_replaces(tmp_path: Path, folder: int, way: object) -> None:
    ways = tuple(one for one in RENAMES if one is way)
    (tmp_path / "a").write_text("ours")
    rename_new(folder, "a", folder, "b", ways)
    assert os.listdir(tmp_path) == ["b"]
    (tmp_path / "c").write_text("theirs")
    with pytest.raises(FileExistsError):
        rename_new(folder, "b", folder, "c", ways)
    assert (tmp_path / "c").read_text() == "theirs"
    assert (tmp_path / "b").read_text() == "ours"


@pytest.mark.parametrize("way", RENAMES, ids=lambda way: way.__name__)
def test_a_dangling_link_is_in_the_way(tmp_path: Path, folder: int, way: object) -> None:
    ways = tuple(one for one in RENAMES if one is way)
    (tmp_path / "a").write_text("ours")
    (tmp_path / "b").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        rename_new(folder, "a", folder, "b", ways)
    assert (tmp_path / "b").is_symlink()


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP])
def test_a_filesystem_that_lacks_a_way_gets_the_next(
    tmp_path: Path, folder: int, number: int
) -> None:
    def lacking(source: int, name: str, target: int, new_name: str) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "a").write_text("ours")
    rename_new(folder, "a", folder, "b", (lacking, lacking, RENAMES[-1]))
    assert os.listdir(tmp_path) == ["b"]


def test_another_error_is_no_reason_for_the_next_way(tmp_path: Path, folder: int) -> None:
    def failing(source: int, name: str, target: int, new_name: str) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    (tmp_path / "a").write_text("ours")
    with pytest.raises(OSError, match="Input/output"):
        rename_new(folder, "a", folder, "b", (failing, *RENAMES))
    assert os.listdir(tmp_path) == ["a"]


def test_preallocation_keeps_the_length(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        preallocate(file.fileno(), 1 << 20)
        preallocate(file.fileno(), 0)
        assert os.fstat(file.fileno()).st_size == 0
