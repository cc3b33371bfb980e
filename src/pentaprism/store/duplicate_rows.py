"""Groups of duplicates as rows of their table, and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from pentaprism.store.duplicate_records import DuplicateGroup

_REASONS = [field.name for field in fields(DuplicateGroup)].index("reasons")


def to_group(*columns: Any) -> DuplicateGroup:
    """Return the group whose values the columns hold, in the order of its fields."""
    values = list(columns)
    values[_REASONS] = tuple(tuple(reason) for reason in columns[_REASONS])
    return DuplicateGroup(*values)


def from_group(group: DuplicateGroup) -> dict[str, Any]:
    """Return the values of a row."""
    return asdict(group) | {"reasons": [list(reason) for reason in group.reasons]}
