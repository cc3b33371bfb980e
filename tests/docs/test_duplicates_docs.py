"""docs/duplicates.md tells labels and criteria as they are, and its rules are ones that load."""

from __future__ import annotations

import re
from pathlib import Path

from pentaprism.duplicates.keeper_rules import Criterion, load_keeper_rules
from pentaprism.duplicates.plain_files import Wish
from pentaprism.fingerprints.labels import Label

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "duplicates.md").read_text()


def column(first: str) -> list[str]:
    """The first cells of the table whose first column is called so."""
    found = re.search(rf"^\| {first} \|.*\n\|[- |]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert found
    return [row.split("|")[1].strip().strip("`") for row in found[1].splitlines()]


def test_every_label_is_told_the_closest_first() -> None:
    assert column("label") == list(Label)


def test_every_criterion_is_told_in_the_usual_order() -> None:
    assert column("`order`") == list(Criterion)


def test_the_example_of_rules_loads(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example
    file = tmp_path / "keeper.toml"
    file.write_text(example[1])
    rules = load_keeper_rules(file)
    assert rules.order[:2] == (Criterion.FOLDERS, Criterion.RESOLUTION)
    keys = set(re.findall(r"^(\w+) =", example[1], re.MULTILINE))
    assert keys == {"edited", "folders", "avoid", "formats", "favourites", "albums", "order"}


def test_the_usual_distance_is_told() -> None:
    assert f"differ in at most {Wish().distance} bits" in PAGE
