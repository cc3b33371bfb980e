"""The named cases that are shared with others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pentaprism.groups.grouping import group
from pentaprism.groups.listings import groups_as_json, read_listing

CASES = Path(__file__).resolve().parents[3] / "shared/cases/grouping.json"
FOUND: list[dict[str, Any]] = json.loads(CASES.read_text())["cases"] if CASES.is_file() else []

pytestmark = pytest.mark.skipif(not FOUND, reason="../shared/cases/grouping.json is not there")


@pytest.mark.parametrize("case", FOUND, ids=lambda case: f"{case['id']}: {case['why']}")
def test_the_groups_are_those_of_the_case(case: dict[str, Any]) -> None:
    found = groups_as_json(group(read_listing(json.dumps(case))))
    wanted = sorted(case["groups"], key=lambda row: (row["primary"], row["type"]))
    if case.get("primary_any"):
        assert all(row["primary"] in row["members"] for row in found)
        for row in (*found, *wanted):
            row["primary"] = ""
    assert found == wanted
