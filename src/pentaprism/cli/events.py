"""The events of a run, however many there are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pentaprism.store import Store
    from pentaprism.store.records import RunEvent


async def run_events(
    store: Store, run_id: str, *, level: str | None = None
) -> AsyncIterator[RunEvent]:
    """Yield the events of a run in order, of one level or of all."""
    after = 0
    while events := await store.runs.events(run_id, after=after, level=level):
        for event in events:
            yield event
        after = events[-1].row
