from __future__ import annotations

from pathlib import Path

import pytest

from pentaprism.duplicates.keeper import KeeperRules, load_keeper_rules
from pentaprism.duplicates.keeper_rules import Criterion
from pentaprism.errors import InvalidError

EXAMPLE = """
edited = "edit"
folders = ["Photos/**", "Camera/**"]
avoid = ["**/Downloads/**", "WhatsApp"]
formats = ["DNG", ".heic"]
favourites = false
albums = false
order = ["folders", "resolution"]
"""


def load(tmp_path: Path, text: str) -> KeeperRules:
    path = tmp_path / "keeper.toml"
    path.write_text(text, "utf-8")
    return load_keeper_rules(path)


def test_without_a_file_the_usual_rules_are_in_force() -> None:
    assert load_keeper_rules(None) == KeeperRules()
    assert load_keeper_rules(None).criteria == tuple(Criterion)


def test_an_empty_file_adds_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, "") == KeeperRules()


def test_all_settings_are_read(tmp_path: Path) -> None:
    assert load(tmp_path, EXAMPLE) == KeeperRules(
        edited="edit",
        folders=("Photos/**", "Camera/**"),
        avoid=("**/Downloads/**", "WhatsApp"),
        formats=("dng", "heic"),
        favourites=False,
        albums=False,
        order=(Criterion.FOLDERS, Criterion.RESOLUTION),
    )


def test_what_is_not_in_the_order_follows_and_the_name_is_last(tmp_path: Path) -> None:
    rules = load(tmp_path, 'order = ["name", "age", "files"]\nfavourites = false')
    assert rules.criteria[:3] == (Criterion.AGE, Criterion.FILES, Criterion.ENLARGED)
    assert rules.criteria[-1] is Criterion.NAME
    assert {*Criterion} - {*rules.criteria} == {Criterion.FAVOURITES}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("folder = []", "there is no “folder”"),
        ("[edited]", "“edited” is {}"),
        ('edited = "newest"', "“edited” is 'newest'"),
        ('favourites = "yes"', "“favourites” is 'yes'"),
        ("albums = 1", "“albums” is 1"),
        ('folders = "Photos"', "“folders” is no list"),
        ("avoid = [3]", "“avoid” has 3"),
        ('avoid = [" "]', "“avoid” has ' '"),
        ('folders = ["a", "a"]', "“folders” has a twice"),
        ('folders = ["a**/b"]', "“folders” has a**/b, where ** is part of a name"),
        ('folders = ["/"]', "“folders” has '/'"),
        ('formats = ["tar.gz"]', "“formats” has 'tar.gz'"),
        ('order = ["beauty"]', "“order” has 'beauty'"),
        ('order = ["age", "age"]', "“order” has age twice"),
        ("folders = [", "is not TOML: "),
    ],
)
def test_a_mistake_is_told_with_what_to_write(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidError) as raised:
        load(tmp_path, text)
    assert message in str(raised.value)
    assert "keeper.toml" in str(raised.value)
    assert raised.value.code == "keeper_rules"
    assert raised.value.hint


def test_a_broken_line_is_told_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="line 2"):
        load(tmp_path, 'edited = "edit"\nfolders = [Photos]\n')


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="cannot be read: No such file"):
        load_keeper_rules(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'folders = ["M\xfcnchen"]')
    with pytest.raises(InvalidError, match="it is not UTF-8"):
        load_keeper_rules(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("pattern", "path", "holds"),
    [
        ("Photos/**", "Photos/a.jpg", True),
        ("Photos/**", "Photos/2023/07/a.jpg", True),
        ("Photos/**", "Old/Photos/a.jpg", False),
        ("Photos/**", "Photos2/a.jpg", False),
        ("Photos", "Photos/2023/a.jpg", True),
        ("photos/", "PHOTOS/a.jpg", True),
        ("/photos", "Photos/a.jpg", True),
        ("Photos", "/Photos/a.jpg", True),
        ("**/Downloads/**", "Downloads/a.jpg", True),
        ("**/Downloads/**", "me/phone/Downloads/x/a.jpg", True),
        ("**/Downloads/**", "me/MyDownloads/a.jpg", False),
        ("Photos/*/best", "Photos/2023/best/a.jpg", True),
        ("Photos/*/best", "Photos/2023/07/best/a.jpg", False),
        ("20??", "2023/a.jpg", True),
        ("20??", "20234/a.jpg", False),
        ("[best]", "[Best]/a.jpg", True),
        ("[best]", "b/a.jpg", False),
        ("b\u00fccher", "Bu\u0308cher/a.jpg", True),
        ("NAS", "a.jpg", True),
        ("NAS/Photos", "Photos/a.jpg", True),
        ("**", "a.jpg", True),
        ("a.jpg", "a.jpg", False),
    ],
)
def test_patterns_of_folders(pattern: str, path: str, holds: bool) -> None:
    rules = KeeperRules(folders=(pattern,), avoid=(pattern,))
    assert rules.avoids("NAS", path) is holds
    assert rules.folder_rank("NAS", path) == (0 if holds else 1)
