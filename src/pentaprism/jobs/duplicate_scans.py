"""Searches for duplicates in this process: one at a time, one of each person; others wait.

What was asked for is remembered, so that a search which a stop or a crash has ended goes on when
the server is there again. When files are new and no more come for a while, one begins by itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pentaprism.app import App
from pentaprism.duplicates.options import Reach
from pentaprism.duplicates.progress import DuplicateProgress
from pentaprism.errors import PentaprismError, RetryableError
from pentaprism.jobs.changes import Changes

log = logging.getLogger(__name__)

DELAY = timedelta(minutes=2)
"""For how long no more files have to come before a search begins by itself."""

AGAIN = timedelta(hours=24)
"""After how long what a search has left is looked for again."""

SOON = timedelta(minutes=15)
"""The same where a search has left it because Immich, or a folder, was away."""

_WANTED = "duplicate_scans_wanted"
_LOOK = 60.0
_TICK = 1.0
_GIVE_WAY = 1.0
"""Seconds between two batches while mirrors are at work."""


class DuplicateScanState(StrEnum):
    """Where a search is."""

    QUEUED = "queued"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DuplicateScanLive:
    """How a search stands at this moment; ``error`` is why it failed."""

    owner_id: str
    state: DuplicateScanState
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    progress: DuplicateProgress
    error: PentaprismError | None


@dataclass(slots=True, eq=False)
class _Job:
    owner_id: str
    asked_at: datetime
    reach: Reach | None = None
    state: DuplicateScanState = DuplicateScanState.QUEUED
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: PentaprismError | None = None
    cancelled: bool = False
    task: asyncio.Task[None] | None = None
    progress: DuplicateProgress = field(default_factory=DuplicateProgress)

    def look(self) -> DuplicateScanLive:
        return DuplicateScanLive(
            self.owner_id,
            self.state,
            self.asked_at,
            self.started_at,
            self.ended_at,
            self.progress.look(),
            self.error,
        )


class DuplicateScans:
    """Looks for duplicates; `run` works until it is cancelled, `close` ends what is at work.

    ``busy`` tells whether something is at work that goes first.
    """

    def __init__(
        self,
        app: App,
        *,
        busy: Callable[[], bool] = lambda: False,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._busy = busy
        self._ticks = ticks
        self._jobs: dict[str, _Job] = {}
        self._last: dict[str, DuplicateScanLive] = {}
        self._left: dict[str, tuple[int, int]] = {}
        self._seen: dict[str, tuple[tuple[int, int], datetime]] = {}
        self._turn = asyncio.Lock()
        self._wanting = asyncio.Lock()
        self._closing = False
        self.changes = Changes()

    async def start(self, owner_id: str, *, reach: Reach | None = None) -> DuplicateScanLive:
        """Begin a search among a person's files and return how it stands.

        One that is under way goes on. ``reach`` is how far is looked, as the settings say by
        default. Raises `RetryableError` with code ``stopping`` after `close`.
        """
        if self._closing:
            raise RetryableError(
                "Pentaprism is stopping.", code="stopping", hint="Try again when it is back."
            )
        job = self._jobs.get(owner_id)
        if job is None:
            job = self._jobs[owner_id] = _Job(owner_id, self._app.clock(), reach)
            await self._remember(owner_id, wanted=True)
            job.task = asyncio.create_task(self._work(job))
            self.changes.tell()
        return job.look()

    async def cancel(self, owner_id: str) -> None:
        """End the search of a person, and return when it has ended; without one nothing happens."""
        job = self._jobs.get(owner_id)
        if job is None or job.task is None:
            return
        job.cancelled = True
        job.task.cancel()
        await asyncio.wait([job.task])
        # One that was cancelled before it had begun could not say so itself.
        await self._settle(job, DuplicateScanState.CANCELLED)

    def progress(self, owner_id: str) -> DuplicateScanLive | None:
        """Return how the search of a person stands, None where none is under way or waits here."""
        job = self._jobs.get(owner_id)
        return job.look() if job else None

    def last(self, owner_id: str) -> DuplicateScanLive | None:
        """Return the last search of a person that has ended here, None before the first one."""
        return self._last.get(owner_id)

    async def ended(self, owner_id: str) -> DuplicateScanLive | None:
        """Return the last search of a person once none is under way."""
        while owner_id in self._jobs and not self.changes.closed:
            await self.changes.after(self.changes.number, _TICK)
        return self.last(owner_id)

    async def run(self) -> None:
        """Look for duplicates whenever files are new, beginning with what was broken off."""
        for owner_id in await self._wanted():
            await self.start(owner_id)
        while True:
            try:
                await self.look()
            except PentaprismError as error:
                log.warning("New files could not be looked for: %s", error)
            await asyncio.sleep(_LOOK)

    async def look(self) -> None:
        """Begin the searches that are due now, and group what has changed."""
        if self._app.settings.duplicates == "off":
            return
        owners = {root.owner_id for root in await self._app.store.roots.list()}
        owners |= {one.owner_id for one in await self._app.store.connections.list()}
        for owner_id in sorted(owners - self._jobs.keys()):
            if await self._is_due(owner_id):
                await self.start(owner_id)
        if await self._app.duplicates.regroup():
            self.changes.tell()

    async def close(self) -> None:
        """End what is at work within seconds; it is taken up next time."""
        self._closing = True
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.changes.close()

    async def _is_due(self, owner_id: str) -> bool:
        """Tell whether there are new files, and none have come for a while."""
        left = await self._app.duplicates.left(owner_id)
        now = self._app.clock()
        last = self._last.get(owner_id)
        old = False
        if last is not None and last.ended_at is not None:
            # Who waits for an Immich that is away shall not wait for a day.
            old = last.ended_at + (SOON if last.progress.waiting else AGAIN) <= now
        if not any(left) or (left == self._left.get(owner_id) and not old):
            self._seen.pop(owner_id, None)
            return False
        before, since = self._seen.setdefault(owner_id, (left, now))
        if before != left:
            self._seen[owner_id] = (left, now)
            return False
        return since + DELAY <= now

    async def _work(self, job: _Job) -> None:
        """Search to the end; whatever goes wrong is told and in the log."""
        error: PentaprismError | None = None
        state = DuplicateScanState.ENDED
        telling = asyncio.create_task(self._tell(job))
        try:
            async with self._turn:
                job.started_at, job.state = self._app.clock(), DuplicateScanState.RUNNING
                log.info("Duplicates are being looked for")
                await self._app.duplicates.scan(
                    job.owner_id, job.progress, reach=job.reach, pause=self._pause
                )
            log.info("Duplicates: %s", _told(job.progress))
            for reason in job.progress.waiting:
                log.info("Duplicates: left for later: %s", reason)
        except asyncio.CancelledError:
            state = DuplicateScanState.CANCELLED
        except PentaprismError as found:
            state, error = DuplicateScanState.FAILED, found
            log.warning("The search for duplicates failed: %s", found)
        except Exception:
            state, error = DuplicateScanState.FAILED, _unforeseen()
            log.exception("The search for duplicates failed for a reason that was not foreseen")
        finally:
            telling.cancel()
        await self._settle(job, state, error)

    async def _tell(self, job: _Job) -> None:
        while True:
            await asyncio.sleep(_TICK)
            job.progress.sample(self._ticks())
            self.changes.tell()

    async def _pause(self) -> None:
        if self._busy():
            await asyncio.sleep(_GIVE_WAY)

    async def _settle(
        self, job: _Job, state: DuplicateScanState, error: PentaprismError | None = None
    ) -> None:
        """Note that a search has ended; one that the program's end has cancelled stays wanted."""
        if self._jobs.get(job.owner_id) is not job:
            return
        job.state, job.ended_at, job.error = state, self._app.clock(), error
        if not self._closing or job.cancelled:
            try:
                await self._remember(job.owner_id, wanted=False)
                self._left[job.owner_id] = await self._app.duplicates.left(job.owner_id)
            except PentaprismError as failed:
                log.warning("The end of a search for duplicates could not be noted: %s", failed)
        self._last[job.owner_id] = job.look()
        self._seen.pop(job.owner_id, None)
        self._jobs.pop(job.owner_id, None)
        self.changes.tell()

    async def _wanted(self) -> list[str]:
        wanted = await self._app.store.program_settings.get(_WANTED)
        return [str(one) for one in wanted] if isinstance(wanted, list) else []

    async def _remember(self, owner_id: str, *, wanted: bool) -> None:
        async with self._wanting:
            known = await self._wanted()
            if wanted != (owner_id in known):
                left = [*known, owner_id] if wanted else [one for one in known if one != owner_id]
                await self._app.store.program_settings.set(_WANTED, left)


def _told(progress: DuplicateProgress) -> str:
    return (
        f"{progress.hashed} files hashed, {progress.fingerprinted} looked at, "
        f"{progress.pairs} new pairs, {progress.problems} with a problem"
    )


def _unforeseen() -> PentaprismError:
    return PentaprismError(
        "The search for duplicates failed for a reason that was not foreseen.",
        code="internal",
        hint="The log has the details.",
    )
