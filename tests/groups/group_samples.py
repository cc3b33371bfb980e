"""Files for grouping, written shortly, and groups as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from pentaprism.groups.files import Precision, ShotFile
from pentaprism.groups.grouping import group
from pentaprism.groups.rules import RULES, Rules

NOON = datetime(2024, 5, 1, 12)  # noqa: DTZ001 - wall-clock time
HOUR = 3600.0
DAY = 24 * HOUR

type Told = tuple[str, str, list[str]]
"""A group: its type, the file shown first, and its members."""


def at(path: str, seconds: float | None = 0.0, **known: object) -> ShotFile:
    """Return a file taken ``seconds`` after noon; None is an unknown time."""
    taken_at = None if seconds is None else NOON + timedelta(seconds=seconds)
    return replace(ShotFile(path, path, taken_at), **known)  # type: ignore[arg-type]


def utc(path: str, seconds: float = 0.0, **known: object) -> ShotFile:
    """Return a file whose time is UTC as no zone is known."""
    return at(path, seconds, in_utc=True, **known)


def minute(path: str, minutes: int) -> ShotFile:
    """Return a file of which only the minute is known."""
    return at(path, minutes * 60.0, precision=Precision.MINUTE)


def of(paths: str, seconds: float | None = 0.0) -> list[ShotFile]:
    """Return the files of ``paths``, parted by two spaces or more, all taken at once."""
    return [at(path.strip(), seconds) for path in paths.split("  ") if path.strip()]


def told(files: Iterable[ShotFile], rules: Rules = RULES) -> list[Told]:
    """Return the groups of ``files``, sorted."""
    return sorted(
        (one.type.value, str(one.primary), [str(key) for key in one.members])
        for one in group(files, rules)
    )


def expected(*groups: str) -> list[Told]:
    """Return groups from words: ``type: first  others``, parted by two spaces."""
    found: list[Told] = []
    for words in groups:
        type_, _, rest = words.partition(": ")
        members = [path.strip() for path in rest.split("  ") if path.strip()]
        found.append((type_, members[0], sorted(members)))
    return sorted(found)
