"""Reads values from JSON bodies and queries, and complains as Immich's validation does (zod)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pentaprism.sandbox.immich.errors import (
    UUID_PATTERN,
    bad_option,
    bad_time,
    bad_uuid,
    out_of_range,
    wrong_type,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UUID = re.compile(UUID_PATTERN)
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "int": int,
    "boolean": bool,
    "array": list,
}


def read_uuid(value: Any, *path: str | int) -> str:
    """Return a version 4 UUID in lower case."""
    if not isinstance(value, str) or not _UUID.match(value):
        raise bad_uuid(*path)
    return value.lower()


def read_option(value: Any, options: tuple[str, ...], name: str) -> str:
    """Return a value that is one of ``options``."""
    if value not in options:
        raise bad_option(options, name)
    return str(value)


def read_flag(query: Mapping[str, str], name: str) -> bool | None:
    """Return a query's ``true`` or ``false``; None where it is not there."""
    if name not in query:
        return None
    if query[name] not in ("true", "false"):
        raise bad_option(("true", "false"), name, expected="stringbool")
    return query[name] == "true"


def read_time(text: str, name: str) -> int:
    """Return the milliseconds since 1970 of a date with its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad_time(name) from None
    if moment.tzinfo is None or "T" not in text:
        raise bad_time(name)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


class Body:
    """A JSON body, ``raw`` as it came; None where there was none."""

    def __init__(self, raw: Any = None) -> None:
        self.raw = raw

    def has(self, name: str) -> bool:
        """Say whether the body has a value of that name, even if it is null."""
        if not isinstance(self.raw, dict):
            raise wrong_type("object", ... if self.raw is None else self.raw)
        return name in self.raw

    def value(self, name: str, expected: str, default: Any = None) -> Any:
        """Return a value; ``expected`` is its JSON type, or ``int``."""
        return self.required(name, expected) if self.has(name) else default

    def required(self, name: str, expected: str) -> Any:
        """Return a value that must be there."""
        if not self.has(name):
            raise wrong_type(expected, ..., name)
        value = self.raw[name]
        fits = isinstance(value, _TYPES[expected])
        if not fits or (isinstance(value, bool) and expected != "boolean"):
            is_broken_number = expected == "int" and not isinstance(value, float)
            raise wrong_type("number" if is_broken_number else expected, value, name)
        return value

    def integer(self, name: str, low: int, high: int | None, default: int) -> int:
        """Return a whole number between ``low`` and ``high``."""
        value: int = self.value(name, "int", default)
        if value < low:
            raise out_of_range("small", low, name)
        if high is not None and value > high:
            raise out_of_range("big", high, name)
        return value

    def uuid(self, name: str) -> str | None:
        """Return a UUID, or None."""
        return read_uuid(self.raw[name], name) if self.has(name) else None

    def uuids(self, name: str, *, required: bool = True, least: int = 0) -> list[str]:
        """Return a list of UUIDs."""
        if not required and not self.has(name):
            return []
        values = self.required(name, "array")
        made = [read_uuid(value, name, at) for at, value in enumerate(values)]
        if len(made) < least:
            raise out_of_range("small", least, name, origin="array")
        return made

    def option(self, name: str, options: tuple[str, ...], default: str | None) -> str | None:
        """Return a string that is one of ``options``."""
        return read_option(self.raw[name], options, name) if self.has(name) else default
