"""docs/library.md tells the rules as they are, and its example of own rules is one that loads."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from pentaprism.groups.explaining import describe
from pentaprism.groups.files import GroupType
from pentaprism.groups.rules import RULES, load_rules
from pentaprism.library.folders import MARKERS, SKIPPED

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "library.md").read_text()


def table(first: str) -> list[list[str]]:
    """The rows of the table whose first column is called so."""
    found = re.search(rf"^\| {first} \|.*\n\|[- |]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert found
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in found[1].splitlines()]


def test_the_table_of_rules_is_that_of_the_program() -> None:
    rows = [
        [f"`{row.name}`", f"`{row.example}`" if row.example else "", row.says]
        for row in describe(RULES)
    ]
    assert table("rule") == rows


def test_every_type_of_group_is_told_in_the_order_in_which_they_count() -> None:
    assert [row[0] for row in table("type")] == [f"`{type_.value}`" for type_ in GroupType]


def test_the_example_of_own_rules_loads_and_tells_the_usual_windows(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example
    file = tmp_path / "rules.toml"
    file.write_text(example[1])
    rules = load_rules(file)
    assert (rules.pair_window, rules.edit_window, rules.burst_gap) == (
        RULES.pair_window,
        RULES.edit_window,
        RULES.burst_gap,
    )
    assert len(rules.marks) == len(RULES.marks) + 3
    assert rules.sidecars == {"xyz"}
    assert {name for row in rules.sibling_folders for name in row} == {
        "raw",
        "jpg",
        "originals",
        ".",
    }
    assert rules.burst_gap == timedelta(milliseconds=500)


def test_what_is_left_alone_is_named() -> None:
    folded = re.sub(r"\s+", " ", PAGE).casefold()
    assert [name for name in (*SKIPPED, *MARKERS) if f"`{name}`" not in folded] == []
