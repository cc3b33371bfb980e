"""What the program's settings are and where each comes from."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pydantic import SecretStr

from pentaprism.settings import Settings


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: its value as it may be shown, what it means, and where it comes from."""

    name: str
    value: str
    source: str
    meaning: str


def settings_of(settings: Settings) -> list[Setting]:
    """Return all settings with their sources; secrets are not shown."""
    found = []
    for field_name, field in type(settings).model_fields.items():
        name, value = field_name.upper(), getattr(settings, field_name)
        source = _source(name, given=field_name in settings.model_fields_set)
        found.append(Setting(name, _shown(value), source, field.description or ""))
    return found


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "(hidden)"
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


def _source(name: str, *, given: bool) -> str:
    if not given:
        return "default"
    if os.environ.get(f"{name}_FILE"):
        return f"{name}_FILE"
    return "environment" if os.environ.get(name) else "option"
