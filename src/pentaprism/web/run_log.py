"""All that happened in a run, as lines of a file."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC

from pentaprism.store import Store
from pentaprism.store.records import RunEvent

TYPES = {"text": ("log", "text/plain; charset=utf-8"), "jsonl": ("jsonl", "application/jsonl")}
"""The forms that there are: how a file's name ends, and its type."""


async def lines(store: Store, run_id: str, *, as_json: bool) -> AsyncIterator[str]:
    """Yield the events of a run, the oldest first, many lines at a time."""
    after = 0
    while events := await store.runs.events(run_id, after=after):
        yield "".join(f"{_json(event) if as_json else _text(event)}\n" for event in events)
        after = events[-1].row


def _text(event: RunEvent) -> str:
    at = event.at.astimezone(UTC).isoformat(timespec="seconds")
    about = f"{event.filename}: " if event.filename else ""
    line = f"{at} {event.level.upper():7} {event.code.upper()} {about}{event.message}"
    return " ".join(line.splitlines())


def _json(event: RunEvent) -> str:
    return json.dumps(
        {
            "at": event.at.astimezone(UTC).isoformat(),
            "level": event.level,
            "code": event.code,
            "message": event.message,
            "asset_id": event.asset_id,
            "filename": event.filename,
            "details": event.details,
        },
        ensure_ascii=False,
    )
