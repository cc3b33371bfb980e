"""A person's own rules, from a TOML file."""

from __future__ import annotations

from pathlib import Path

import pytest
from group_samples import at, expected, of, told

from pentaprism.errors import InvalidError
from pentaprism.groups.explaining import describe
from pentaprism.groups.files import Kind
from pentaprism.groups.keys import Spelling, keys_of
from pentaprism.groups.kinds import kind_of
from pentaprism.groups.marks import MARKS
from pentaprism.groups.names import Beside
from pentaprism.groups.rules import RULES, load_rules


def test_without_a_file_the_rules_are_those_that_are_known() -> None:
    assert load_rules(None) is RULES


def test_own_marks_sidecars_and_windows(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        """
        pair_seconds = 10
        burst_gap_ms = 1000
        sibling_folders = [["RAW", "JPG"], ["Originale", "."]]

        [[edit]]
        ending = "-RETUSCHIERT"

        [[edit]]
        beginning = "edit_"

        [[variant]]
        ending = "_bw"
        beside_bare = true

        [[sidecar]]
        extension = ".XYZ"
        """
    )
    rules = load_rules(path)
    assert rules.digest != RULES.digest
    assert rules.digest == load_rules(path).digest
    files = [at("RAW/X.CR2"), at("JPG/X.jpg", 9), *of("A.jpg  A-retuschiert.jpg  A.xyz  A_bw.jpg")]
    files += [*of("b/B.jpg  b/Originale/B.cr2"), *of("Edit_C.jpg  C.jpg")]
    assert told(files, rules) == expected(
        "raw_jpeg: JPG/X.jpg  RAW/X.CR2",
        "edit: A-retuschiert.jpg  A.jpg  A.xyz  A_bw.jpg",
        "raw_jpeg: b/B.jpg  b/Originale/B.cr2",
        "edit: Edit_C.jpg  C.jpg",
    )
    names = [row.name for row in describe(rules)]
    assert {"own edit -retuschiert", "own variant _bw"} <= set(names)


def test_a_long_number_may_be_an_own_mark(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[edit]]\nending = "-2000"\n')
    assert told(of("X.jpg  X-2000.jpg"), load_rules(path)) == expected("edit: X-2000.jpg  X.jpg")


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("= 1", "is not TOML", "[[edit]]"),
        ("speed = 1", "there is no “speed”", "pair_seconds"),
        ("pair_seconds = 'x'", "“pair_seconds” is 'x'", "0 to 60"),
        ("pair_seconds = -1", "“pair_seconds” is -1", "0 to 60"),
        ("pair_seconds = nan", "“pair_seconds” is nan", "0 to 60"),
        ("burst_gap_ms = true", "“burst_gap_ms” is True", "0 to 10,000"),
        ("edit = 1", "“edit” is not a table", "[[edit]]"),
        ("[[edit]]\nend = 'x'", "[[edit]] has no “end”", "ending"),
        ("[[edit]]\nending = ''", "[[edit]] has no ending", "-retouched"),
        ("[[edit]]\nending = 1", "[[edit]] has no ending", "-retouched"),
        ("[[edit]]\nending='x'\nbeginning='y'", "an ending and a beginning", "two rows"),
        ("[[edit]]\nending='x'\nrank=99", "rank of [[edit]] x is 99", "-8 to 8"),
        ("[[edit]]\nending='x'\nbeside_bare=1", "“beside_bare” of [[edit]] x is 1", "true or"),
        ("[[edit]]\nbeginning='x'\nbeside_bare=true", "beside bare names", "Only an ending"),
        ("[[sidecar]]\nextension='jpg'", "jpg is known already", "xyz"),
        ("[[sidecar]]\nextension='a.b'", "a.b is no extension", "xyz"),
        ("sibling_folders = 1", "is no list", "RAW"),
        ("sibling_folders = [['RAW']]", "has not two names", "RAW"),
        ("sibling_folders = [['RAW', 'raw']]", "has raw twice", "once"),
        ("sibling_folders = [['RAW', 'a/b']]", "has 'a/b'", "RAW"),
    ],
)
def test_a_mistake_in_the_file_is_told(tmp_path: Path, text: str, says: str, hint: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(InvalidError) as refused:
        load_rules(path)
    assert refused.value.code == "group_rules"
    assert str(path) in refused.value.message
    assert says in refused.value.message
    assert hint in refused.value.hint


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="No such file"):
        load_rules(tmp_path / "none.toml")


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.name)
def test_the_example_of_each_mark_has_it(mark: object) -> None:
    (found,) = [one for one in MARKS if one is mark]
    if found.beside_working:
        working, export = (Spelling(name, RULES).stem for name in found.example.split(", "))
        _, marks, _ = RULES.patterns.read(export, Beside({working}, {working}))
        assert [one for one, _ in marks] == [found]
        return
    for example in found.example.split(", "):
        layers = RULES.patterns.layers(Spelling(example, RULES).stem)
        assert found in [one for one, _, _ in layers], example


def test_each_rule_is_described_once() -> None:
    names = [row.name for row in describe()]
    assert len(names) == len(set(names))
    assert all(row.says.endswith(".") for row in describe())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("X.JPG", Kind.IMAGE), ("x.Cr3", Kind.RAW), ("x.mp4", Kind.VIDEO), ("x.MP~2", Kind.VIDEO),
        ("x.jpg.xmp", Kind.SIDECAR), ("x.txt", Kind.OTHER), ("jpg", Kind.OTHER),
        (".jpg", Kind.OTHER), ("x.", Kind.OTHER), ("x\udcff.jpg", Kind.IMAGE),
    ],
)  # fmt: skip
def test_the_ending_tells_the_kind(name: str, kind: Kind) -> None:
    assert kind_of(name) is kind
    assert Spelling(name, RULES).kind is kind


def test_a_date_in_a_name_is_no_mark() -> None:
    assert keys_of("a/2024-01-15.jpg", RULES).name == "2024-01-15"
    assert keys_of("a/2024-01-15 12-30-45.jpg", RULES).name == "2024-01-15 12-30-45"
    assert keys_of("a/2024-01-15-2.jpg", RULES).name == "2024-01-15"
