from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pentaprism.destinations.local_folder.trash import Trash, TrashEntry
from pentaprism.destinations.local_folder.tree import Tree
from pentaprism.errors import ConflictError, InvalidError, NotFoundError, PermanentError


class Day:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = date(2025, 1, 31)

    def __call__(self) -> date:
        return self.now


@pytest.fixture
def day() -> Day:
    return Day()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in ("a.jpg", "d/b.jpg", "d/b.mov"):
        write(tmp_path, path, path)
    return tmp_path


@pytest.fixture
def trash(root: Path, day: Day) -> Iterator[Trash]:
    tree = Tree(os.open(root, os.O_RDONLY))
    yield Trash(tree, day)
    tree.close()


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def ids(trash: Trash) -> list[str]:
    return [entry.id for entry in trash.entries()]


def test_an_unused_trash_is_empty(trash: Trash) -> None:
    assert ids(trash) == []
    assert trash.empty() == []


def test_moving_and_restoring_are_each_others_undo(root: Path, trash: Trash) -> None:
    trash.move(["d/b.jpg", "d/b.mov"])
    assert not (root / "d/b.jpg").exists()
    assert list(trash.entries()) == [
        TrashEntry("2025-01-31/d/b.jpg", "d/b.jpg", 7, date(2025, 1, 31)),
        TrashEntry("2025-01-31/d/b.mov", "d/b.mov", 7, date(2025, 1, 31)),
    ]
    assert [trash.restore(entry_id) for entry_id in ids(trash)] == ["d/b.jpg", "d/b.mov"]
    assert (root / "d/b.mov").read_text() == "d/b.mov"
    assert not (root / ".pentaprism/trash").exists()


def test_a_clash_takes_the_whole_shot_to_the_next_number(root: Path, trash: Trash) -> None:
    trash.move(["d/b.mov"])
    write(root, "d/b.mov", "second")
    trash.move(["d/b.jpg", "d/b.mov"])
    assert ids(trash) == ["2025-01-31/d/b.mov", "2025-01-31.2/d/b.jpg", "2025-01-31.2/d/b.mov"]


def test_a_file_where_a_folder_was_is_a_clash_too(root: Path, trash: Trash) -> None:
    trash.move(["a.jpg"])
    write(root, "a.jpg/inside", "x")
    trash.move(["a.jpg/inside"])
    assert ids(trash) == ["2025-01-31/a.jpg", "2025-01-31.2/a.jpg/inside"]


def test_ten_clashes_are_listed_in_order(root: Path, trash: Trash) -> None:
    for number in range(11):
        write(root, "a.jpg", str(number))
        trash.move(["a.jpg"])
    listed = [(root / ".pentaprism/trash" / entry_id).read_text() for entry_id in ids(trash)]
    assert listed == [str(number) for number in range(11)]


def test_a_move_that_fails_half_way_is_undone(root: Path, trash: Trash) -> None:
    with pytest.raises(FileNotFoundError):
        trash.move(["d/b.jpg", "d/gone.mov"])
    assert (root / "d/b.jpg").read_text() == "d/b.jpg"
    assert ids(trash) == []


def test_restoring_never_overwrites(root: Path, trash: Trash) -> None:
    trash.move(["a.jpg"])
    write(root, "a.jpg", "new")
    with pytest.raises(ConflictError) as caught:
        trash.restore("2025-01-31/a.jpg")
    assert caught.value.code == "target_taken"
    assert (root / "a.jpg").read_text() == "new"
    assert ids(trash) == ["2025-01-31/a.jpg"]


def test_restoring_makes_folders_again(root: Path, trash: Trash) -> None:
    trash.move(["d/b.jpg", "d/b.mov"])
    (root / "d").rmdir()
    trash.restore("2025-01-31/d/b.jpg")
    assert (root / "d/b.jpg").read_text() == "d/b.jpg"


@pytest.mark.parametrize("entry_id", ["", "a.jpg", "2025-01-31", "2025-01-31/", "x/a.jpg"])
def test_what_is_no_entry_is_invalid(trash: Trash, entry_id: str) -> None:
    with pytest.raises(InvalidError):
        trash.restore(entry_id)


@pytest.mark.parametrize("entry_id", ["2025-01-31/../../../a.jpg", "2025-01-31/d/../../x"])
def test_an_entry_never_leaves_the_trash(trash: Trash, entry_id: str) -> None:
    with pytest.raises(PermanentError) as caught:
        trash.restore(entry_id)
    assert caught.value.code == "bad_path"


def test_an_unknown_entry_is_not_found(trash: Trash) -> None:
    with pytest.raises(NotFoundError):
        trash.restore("2025-01-31/a.jpg")


def test_emptying_before_a_day_keeps_what_is_newer(root: Path, trash: Trash, day: Day) -> None:
    trash.move(["a.jpg"])
    day.now = date(2025, 2, 1)
    trash.move(["d/b.jpg"])
    assert [entry.id for entry in trash.empty(date(2025, 2, 1))] == ["2025-01-31/a.jpg"]
    assert ids(trash) == ["2025-02-01/d/b.jpg"]
    assert [entry.id for entry in trash.empty()] == ["2025-02-01/d/b.jpg"]
    assert not (root / ".pentaprism/trash").exists()
    assert (root / "d/b.mov").exists()


def test_emptying_leaves_what_links_point_to(root: Path, trash: Trash) -> None:
    trash.move(["a.jpg"])
    slot = root / ".pentaprism/trash/2025-01-31"
    (slot / "folder").symlink_to(root / "d")
    (slot / "file").symlink_to(root / "d/b.jpg")
    assert len(trash.empty()) == 3
    assert (root / "d/b.jpg").read_text() == "d/b.jpg"


def test_keeping_leaves_the_file_in_place_and_can_be_undone(root: Path, trash: Trash) -> None:
    folder = os.open(root, os.O_RDONLY)
    put_back = trash.keep(folder, "a.jpg", "a.jpg")
    os.close(folder)
    assert (root / ".pentaprism/trash/2025-01-31/a.jpg").samefile(root / "a.jpg")
    write(root, "new", "new")
    (root / "new").rename(root / "a.jpg")
    put_back()
    assert (root / "a.jpg").read_text() == "a.jpg"
    assert ids(trash) == []


def test_undoing_before_anything_was_replaced_leaves_one_name(root: Path, trash: Trash) -> None:
    folder = os.open(root, os.O_RDONLY)
    trash.keep(folder, "a.jpg", "a.jpg")()
    os.close(folder)
    assert (root / "a.jpg").stat().st_nlink == 1
    assert ids(trash) == []
