"""Decisions that change nothing in Immich: marks of files in folders, and verdicts.

They are in the journal like the others, so that they are undone like the others.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from pentaprism.errors import ActionRequiredError, PentaprismError, RetryableError
from pentaprism.resolution.decision import DecidedShot, Decision, shot_as_json
from pentaprism.store import Store
from pentaprism.store.duplicate_records import VerdictKind
from pentaprism.store.journal_records import DecisionKind, Resolution, ResolutionState, Review

type Part = Callable[[str, VerdictKind, Sequence[Collection[int]]], Awaitable[list[int]]]
"""Gives a verdict about shots, each by the rows of its pictures, and returns the verdicts' ids."""

log = logging.getLogger(__name__)

_MARKED, _VERDICTS, _PICTURES = "marked", "verdict_ids", "pictures"
_VERDICT_PAGE = 1000


class LocalDecisions:
    """Carries out and takes back what is only noted."""

    def __init__(self, store: Store, part: Part) -> None:
        self._store = store
        self._part = part

    async def mark(self, decision: Decision, review: Review) -> Resolution:
        """Note that the losers' files in folders are not needed any more."""
        snapshot = decision.as_json() | await self.marks_of(decision)
        resolution = await self._store.journal.begin(review, DecisionKind.MARK, snapshot)
        return await self._carry_out(resolution)

    async def marks_of(self, decision: Decision) -> dict[str, Any]:
        """Return the part of a snapshot that says what will be marked, as far as it is not yet."""
        rows = [file.row for shot in decision.losers for file in shot.in_roots]
        known = await self._store.duplicate_marks.of(rows)
        return {_MARKED: [row for row in rows if row not in known]}

    async def give_verdict(
        self,
        kind: VerdictKind,
        shots: Sequence[DecidedShot],
        pictures: Sequence[Sequence[int]],
        group: dict[str, Any],
        review: Review,
    ) -> Resolution:
        """Part shots for good; ``group`` is what the journal tells of their group."""
        snapshot = group | {
            "keeper": None,
            "losers": [shot_as_json(shot) for shot in shots],
            _PICTURES: [list(rows) for rows in pictures],
        }
        resolution = await self._store.journal.begin(review, DecisionKind(kind), snapshot)
        return await self._carry_out(resolution)

    async def take_back(self, resolution: Resolution) -> Resolution:
        """Take back what was only noted; repeating it changes nothing."""
        await self.take_back_marks(resolution)
        ids = resolution.snapshot.get(_VERDICTS, [])
        if ids:
            await self._store.verdicts.remove(ids)
        return await self._store.journal.set_state(resolution, ResolutionState.UNDONE)

    async def set_marks(self, resolution: Resolution) -> None:
        """Mark what the snapshot of a decision says."""
        rows = resolution.snapshot.get(_MARKED, [])
        if rows:
            keeper = resolution.snapshot["keeper"]["shot"]
            await self._store.duplicate_marks.add(dict.fromkeys(rows, keeper))

    async def take_back_marks(self, resolution: Resolution) -> None:
        """Take the marks of a decision back."""
        rows = resolution.snapshot.get(_MARKED, [])
        if rows:
            await self._store.duplicate_marks.remove(rows)

    async def recover(self, before: datetime) -> None:
        """Bring to its end what was begun ``before`` a time and interrupted."""
        for resolution in await self._store.journal.under_way():
            if resolution.decided_at >= before:
                continue
            if resolution.kind is not DecisionKind.KEEP:
                await self._recover(resolution)

    async def _recover(self, resolution: Resolution) -> None:
        try:
            if resolution.state is ResolutionState.INTENDED:
                await self._carry_out(resolution)
            else:
                await self.take_back(resolution)
        except (RetryableError, ActionRequiredError) as error:
            log.info("A decision about duplicates waits: %s", error)
        except PentaprismError as error:
            failed = ResolutionState.FAILED
            await self._store.journal.set_state(resolution, failed, error.message)

    async def _carry_out(self, resolution: Resolution) -> Resolution:
        journal = self._store.journal
        if resolution.kind is DecisionKind.MARK:
            await self.set_marks(resolution)
            return await journal.set_state(resolution, ResolutionState.DONE)
        ids = await self._given(resolution)
        if not ids:
            kind = VerdictKind(resolution.kind)
            pictures = resolution.snapshot[_PICTURES]
            ids = await self._part(resolution.owner_id, kind, pictures)
        snapshot = resolution.snapshot | {_VERDICTS: ids}
        resolution = await journal.set_snapshot(resolution, snapshot)
        return await journal.set_state(resolution, ResolutionState.DONE)

    async def _given(self, resolution: Resolution) -> list[int]:
        """Return the verdicts that this decision gave before it was interrupted."""
        rows = {row for shot in resolution.snapshot[_PICTURES] for row in shot}
        latest = await self._store.verdicts.list(resolution.owner_id, limit=_VERDICT_PAGE)
        return [
            verdict.id
            for verdict in latest
            if verdict.decided_at >= resolution.decided_at
            and verdict.kind.value == resolution.kind.value
            and {verdict.low, verdict.high} <= rows
        ]
