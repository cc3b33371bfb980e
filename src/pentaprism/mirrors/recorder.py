"""The one writer of a run: groups what becomes final, commits it, then counts it.

An outcome counts only once it is in the database, so a crash never leaves a run that claims more
than it recorded. Grouping keeps that promise at a fraction of the cost of a commit for each item.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Self

from pentaprism.mirrors.outcomes import Outcome
from pentaprism.mirrors.tally import Tally
from pentaprism.store import Store

GROUP_SIZE = 250
GROUP_SECONDS = 0.2
_BACKLOG = 4 * GROUP_SIZE


class Recorder:
    """Writes the outcomes of one run in groups; use it as an async context manager."""

    def __init__(self, store: Store, run_id: str, tally: Tally) -> None:
        self._store = store
        self._run_id = run_id
        self._tally = tally
        self._queue: asyncio.Queue[Outcome | asyncio.Event | None] = asyncio.Queue(_BACKLOG)
        self._writer: asyncio.Task[None] | None = None
        self._ended = False
        self._error: BaseException | None = None

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._write_groups())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._writer is None:
            return
        await self._queue.put(None)
        await self._writer
        if self._error is not None:
            raise self._error

    async def expect(self, count: int) -> None:
        """Record that the run will look at ``count`` assets."""
        self._tally.expected = count
        await self._store.runs.progress(self._run_id, self._tally.counters(), expected=count)

    async def add(self, outcome: Outcome) -> None:
        """Hand over an outcome; it is committed within a fifth of a second.

        Waits while the writer is far behind. Raises the writer's error if it has failed.
        """
        if self._error is not None:
            raise self._error
        await self._queue.put(outcome)

    async def flush(self) -> None:
        """Return once all that was added is in the database, or raise the writer's error."""
        written = asyncio.Event()
        await self._queue.put(written)
        await written.wait()
        if self._error is not None:
            raise self._error

    async def _write_groups(self) -> None:
        try:
            while not self._ended:
                await self._write_group()
        except Exception as error:  # noqa: BLE001 - kept for whoever adds next, and for the end
            self._error = error
            while not self._ended:  # nobody may wait for a writer that has failed
                left = await self._queue.get()
                self._ended = left is None
                if isinstance(left, asyncio.Event):
                    left.set()

    async def _write_group(self) -> None:
        """Write the next group, and note when it is the last one."""
        group: list[Outcome] = []
        flushed: asyncio.Event | None = None
        size = 0
        deadline: float | None = None
        while size < GROUP_SIZE:
            try:
                async with asyncio.timeout_at(deadline):
                    outcome = await self._queue.get()
            except TimeoutError:
                break
            if outcome is None:
                self._ended = True
                break
            if isinstance(outcome, asyncio.Event):
                flushed = outcome
                break
            group.append(outcome)
            size += max(1, len(outcome.changes))
            deadline = deadline or asyncio.get_running_loop().time() + GROUP_SECONDS
        try:
            await self._write(group)
        finally:
            if flushed is not None:
                flushed.set()

    async def _write(self, group: Sequence[Outcome]) -> None:
        if not group:
            return
        counts = Tally()
        for outcome in group:
            if outcome.counts is not None:
                counts.add(outcome.counts)
        after = Tally()
        after.add(self._tally)
        after.add(counts)
        await self._store.write(
            [change for outcome in group for change in outcome.changes],
            run_id=self._run_id,
            counters=after.counters(),
            events=[event for outcome in group for event in outcome.events],
        )
        self._tally.add(counts)
