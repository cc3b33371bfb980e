"""Removals that the last run of a mirror did not dare to do."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from pentaprism.mirrors.events import Code
from pentaprism.store import Store
from pentaprism.store.records import Run, RunStatus

_KEPT = 5_000
_ENDED = frozenset({RunStatus.OK, RunStatus.FAILED})


@dataclass(frozen=True, slots=True)
class Held:
    """``count`` files were not removed; ``why`` is a `Hold`, or ``not_granted``."""

    why: str
    count: int
    reason: str


class HeldRemovals:
    """Reads what runs that have ended told of held removals, and keeps it: it does not change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept = OrderedDict[str, tuple[Held, ...]]()

    async def of(self, run: Run) -> tuple[Held, ...]:
        """Return what ``run`` held back; nothing while it has not come to its end."""
        if run.status not in _ENDED:
            return ()
        kept = self._kept.get(run.id)
        if kept is None:
            kept = await self._read(run.id)
            self._kept[run.id] = kept
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return kept

    async def _read(self, run_id: str) -> tuple[Held, ...]:
        events = await self._store.runs.event_page(
            run_id, codes=[Code.REMOVALS_HELD.value], limit=10
        )
        return tuple(
            Held(
                why=str(event.details.get("why", "")),
                count=int(event.details.get("count", 0)),
                reason=str(event.details.get("reason", "")),
            )
            for event in events
        )
