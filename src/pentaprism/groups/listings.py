"""Listings: files and what is known of them, read from JSON, and groups as JSON.

    {"files": [{"path": "IMG_1234.CR2", "taken_at": "2024-05-01T12:00:00.000"}, …]}

A file may also have ``precision`` (``subsecond``, ``second``, ``minute``, ``day``, ``none``; by
itself as fine as its time is written: a time without a fraction tells the second),
``content_identifier``, ``burst_id``, ``camera`` and ``file_created_at``: what a server says, which
may be off by a time zone, and counts only where ``taken_at`` is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pentaprism.errors import InvalidError
from pentaprism.groups.files import Group, Precision, ShotFile

_HINT = 'Write {"files": [{"path": "IMG_1234.jpg", "taken_at": "2024-05-01T12:00:00.000"}]}.'


def read_listing(text: str | bytes) -> list[ShotFile]:
    """Return the files of a listing; their keys are their paths.

    An InvalidError tells what is wrong in it, and in which file.
    """
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise _wrong("is not JSON") from None
    rows = told.get("files") if isinstance(told, dict) else None
    if not isinstance(rows, list):
        raise _wrong("has no list “files”")
    files: list[ShotFile] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        file = _file(row, number)
        if file.path in seen:
            raise _wrong(f"has {file.path} twice", "Each path stands in it once.")
        seen.add(file.path)
        files.append(file)
    return files


def groups_as_json(groups: Iterable[Group]) -> list[dict[str, Any]]:
    """Return ``groups``, whose keys are paths, in the order of their primaries."""
    rows = [
        {
            "type": group.type.value,
            "primary": str(group.primary),
            "members": sorted(str(key) for key in group.members),
        }
        for group in groups
    ]
    return sorted(rows, key=lambda row: (row["primary"], row["type"]))


def _file(row: Any, number: int) -> ShotFile:
    if not isinstance(row, dict):
        raise _wrong(f"has no object as file {number}")
    path = row.get("path")
    if not isinstance(path, str) or not path:
        raise _wrong(f"has no path for file {number}")
    taken_at, in_utc = _time(row, "taken_at", number)
    if taken_at is None:
        taken_at, _ = _time(row, "file_created_at", number)
        in_utc = taken_at is not None
    return ShotFile(
        key=path,
        path=path,
        taken_at=taken_at,
        precision=_precision(row, taken_at, number),
        in_utc=in_utc,
        camera=_text(row, "camera", number),
        content_identifier=_text(row, "content_identifier", number),
        burst_id=_text(row, "burst_id", number),
    )


def _text(row: Mapping[str, Any], key: str, number: int) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise _wrong(f"has no text as “{key}” of file {number}")
    return value or None


def _time(row: Mapping[str, Any], key: str, number: int) -> tuple[datetime | None, bool]:
    """Return a time without its zone, and whether it is UTC because no zone is known."""
    value = _text(row, key, number)
    if value is None:
        return None, False
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise _wrong(
            f"has no time as “{key}” of file {number}: {value}",
            "Write it as 2024-05-01T12:00:00.000.",
        ) from None
    return time.replace(tzinfo=None), time.utcoffset() == timedelta(0)


def _precision(row: Mapping[str, Any], taken_at: datetime | None, number: int) -> Precision:
    value = _text(row, "precision", number)
    if value is None:
        written = row.get("taken_at") or row.get("file_created_at") or ""
        whole = taken_at is not None and not taken_at.microsecond and "." not in written
        return Precision.SECOND if whole else Precision.SUBSECOND
    try:
        return Precision(value)
    except ValueError:
        known = ", ".join(precision.value for precision in Precision)
        raise _wrong(
            f"has no precision as “precision” of file {number}: {value}", f"There are: {known}."
        ) from None


def _wrong(what: str, hint: str = _HINT) -> InvalidError:
    return InvalidError(f"The list of files {what}.", code="files", hint=hint)
