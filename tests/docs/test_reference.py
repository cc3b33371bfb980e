"""The reference tells of everything there is: each event, setting, option, field and link."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pentaprism.destinations.registry import DESTINATIONS
from pentaprism.mirrors.events import SENTENCES, Code
from pentaprism.mirrors.templates import FIELDS
from pentaprism.settings import SECRETS, Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("bench/*.md")]


def test_every_event_code_has_a_sentence_and_a_row() -> None:
    page = (DOCS / "events.md").read_text()
    for code in Code:
        level, sentence = SENTENCES[code]
        assert f"| `{code.value}` | {level.value} | {sentence} |" in page


def test_every_setting_has_a_row() -> None:
    page = (DOCS / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        assert f"| `{name.upper()}` | {field.description}" in page
    for name in SECRETS:
        assert f"`{name}_FILE`" in page


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_every_option_of_a_destination_has_a_row(kind: str) -> None:
    page = (DOCS / "settings.md").read_text()
    for name, field in DESTINATIONS[kind].options.model_fields.items():
        assert f"| `{name}` | {field.description} |" in page


def test_every_template_field_is_in_the_guide() -> None:
    page = (DOCS / "guide.md").read_text()
    assert [name for name in FIELDS if f"`{{{name}}}`" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_every_decision_is_in_the_index() -> None:
    index = (DOCS / "decisions/README.md").read_text()
    records = [path.name for path in (DOCS / "decisions").glob("0*.md")]
    assert [name for name in records if f"({name})" not in index] == []
