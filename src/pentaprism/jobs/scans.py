"""Scans of roots in this process: one at a time, one of each root; others wait their turn.

What was asked for is remembered, so that a scan which a stop or a crash has ended goes on when the
server is there again.
"""

from __future__ import annotations

import asyncio
import logging
import time
import zlib
from collections.abc import Callable, Collection
from datetime import timedelta

from pentaprism.adoption import adopt_roots
from pentaprism.app import App
from pentaprism.errors import NotFoundError, PentaprismError, RetryableError
from pentaprism.jobs.changes import Changes
from pentaprism.jobs.scanning import Job, ScanLive, ScanState
from pentaprism.library.progress import ScanProgress
from pentaprism.store.library_records import Root, RootState

log = logging.getLogger(__name__)

EACH = timedelta(hours=24)
"""How often a root is scanned, for what watching has missed."""

_JITTER = 3600
"""Seconds over which the scans of several roots are spread."""

_AGAIN = timedelta(hours=1)
"""After how long a scan that failed is tried again."""

_WANTED = "scans_wanted"
_LOOK = 60.0
_TICK = 1.0
_TO_STOP = 8.0
"""Seconds that a scan has to stop in when the program ends."""


class Scans:
    """Scans roots; `run` works until it is cancelled, `close` ends what is at work."""

    def __init__(self, app: App, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._ticks = ticks
        self._jobs: dict[str, Job] = {}
        self._last: dict[str, ScanLive] = {}
        self._working: asyncio.Task[None] | None = None
        self._regrouping: set[asyncio.Task[None]] = set()
        self._wanting = asyncio.Lock()
        self._closing = False
        self.changes = Changes()

    async def start(self, root_id: str) -> ScanLive:
        """Begin a scan of a root, and return how it stands; one that is under way goes on.

        Raises `NotFoundError`, and `RetryableError` with code ``stopping`` after `close`.
        """
        await self._app.store.roots.get(root_id)
        if self._closing:
            raise RetryableError(
                "Pentaprism is stopping.", code="stopping", hint="Try again when it is back."
            )
        job = self._jobs.get(root_id)
        if job is None:
            job = self._jobs[root_id] = Job(root_id, self._app.clock())
            if self._working is None:
                self._working = asyncio.create_task(self._work())
            await self._remember(root_id, wanted=True)
            self.changes.tell()
        return job.look()

    async def cancel(self, root_id: str) -> None:
        """End the scan of a root, and return when it has ended; without one nothing happens."""
        job = self._jobs.get(root_id)
        if job is None:
            return
        job.cancelled = True
        if job.task is None:
            await self._settle(job, ScanState.CANCELLED)
        else:
            job.task.cancel()
            await asyncio.wait([job.task])

    def progress(self, root_id: str) -> ScanLive | None:
        """Return how far the scan of a root is, None where none is under way or waits here."""
        job = self._jobs.get(root_id)
        return job.look() if job else None

    def last(self, root_id: str) -> ScanLive | None:
        """Return the last scan of a root that has ended here, None before the first one."""
        return self._last.get(root_id)

    async def ended(self, root_id: str) -> ScanLive | None:
        """Return the last scan of a root once none is under way."""
        while root_id in self._jobs and not self.changes.closed:
            await self.changes.after(self.changes.number, _TICK)
        return self.last(root_id)

    async def refresh(self, root: Root, folders: Collection[str]) -> ScanProgress:
        """Look at ``folders`` of ``root`` alone, now or when its scan has ended."""
        progress = ScanProgress()
        await self._app.indexing.scan(root, progress, folders=folders)
        self.changes.tell()
        return progress

    async def run(self) -> None:
        """Scan each root day by day, beginning with what was broken off, or has other rules now."""
        self._begin_to_regroup()
        for root_id in await self._wanted():
            try:
                await self.start(root_id)
            except NotFoundError:
                await self._remember(root_id, wanted=False)
        while True:
            try:
                await self.look()
            except PentaprismError as error:
                log.warning("The folders that are due could not be looked for: %s", error)
            await asyncio.sleep(_LOOK)

    async def look(self) -> None:
        """Begin the scans that are due now."""
        if await adopt_roots(self._app.store):
            self._begin_to_regroup()
        for root in await self._app.store.roots.list():
            if root.id not in self._jobs and self._due(root):
                await self.start(root.id)

    def forget(self, root_id: str) -> None:
        """Forget the scans of a root that was deleted, and group what it has left."""
        self._last.pop(root_id, None)
        self._begin_to_regroup()
        self.changes.tell()

    async def regroup(self, *, patience: float = 10.0) -> None:
        """Group what has changed, and return when that is done, or after ``patience`` seconds.

        It goes on then: the first scan of a large library may be at it.
        """
        await asyncio.wait([self._begin_to_regroup()], timeout=patience)

    async def close(self) -> None:
        """End what is at work within seconds; it is taken up next time."""
        self._closing = True
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        if (working := self._working) is not None:
            await asyncio.wait([working], timeout=_TO_STOP)
            working.cancel()
        for regrouping in self._regrouping:
            regrouping.cancel()
        await asyncio.gather(*self._regrouping, return_exceptions=True)
        self.changes.close()

    def _due(self, root: Root) -> bool:
        """Tell whether ``root`` shall be scanned; for one that is away, the watchers look."""
        now = self._app.clock()
        last = self._last.get(root.id)
        if last is not None and last.ended_at is not None and last.state is not ScanState.ENDED:
            return last.ended_at + (_AGAIN if last.state is ScanState.FAILED else EACH) <= now
        if root.state is RootState.AWAY:
            return False
        if root.scanned_at is None:
            return True
        return root.scanned_at + EACH + timedelta(seconds=_spread(root.id)) <= now

    async def _work(self) -> None:
        try:
            while self._jobs and not self._closing:
                job = next(iter(self._jobs.values()))
                job.task = asyncio.create_task(self._scan(job))
                while not job.task.done():
                    await asyncio.wait([job.task], timeout=_TICK)
                    job.sample(self._ticks())
                    self.changes.tell()
                # One that was cancelled before it had begun could not say so itself.
                await self._settle(job, ScanState.CANCELLED)
        finally:
            self._working = None

    async def _scan(self, job: Job) -> None:
        """Scan a root to the end; whatever goes wrong is told and in the log."""
        error: PentaprismError | None = None
        state = ScanState.ENDED
        try:
            await self._index(job)
        except asyncio.CancelledError:
            state = ScanState.CANCELLED
        except NotFoundError:
            state = ScanState.CANCELLED  # it was deleted meanwhile
        except PentaprismError as found:
            state, error = ScanState.FAILED, found
            log.warning("%s: the scan failed: %s", job.name, found)
        except Exception:
            state, error = ScanState.FAILED, _unforeseen()
            log.exception("%s: the scan failed for a reason that was not foreseen", job.name)
        await self._settle(job, state, error)

    async def _index(self, job: Job) -> None:
        store = self._app.store
        before = await store.roots.get(job.root_id)
        job.begin(before.name, self._app.clock())
        log.info("%s: the scan has begun", before.name)
        await self._app.indexing.scan(before, job.progress, tell=job.step)
        after = await store.roots.get(job.root_id)
        if after.state is RootState.AWAY:
            if before.state is not RootState.AWAY:
                log.warning("%s is away: %s Nothing is forgotten.", after.name, after.reason)
            return
        if before.state is RootState.AWAY:
            log.info("%s is back", after.name)
        log.info("%s: the scan has ended: %s", after.name, _told(job.progress))

    async def _settle(
        self, job: Job, state: ScanState, error: PentaprismError | None = None
    ) -> None:
        """Note that a scan has ended; one that the program's own end has cancelled stays wanted."""
        if self._jobs.get(job.root_id) is not job:
            return
        job.end(state, self._app.clock(), error)
        if not self._closing or job.cancelled:
            try:
                await self._remember(job.root_id, wanted=False)
            except PentaprismError as failed:
                log.warning("%s: the end of the scan could not be noted: %s", job.name, failed)
        self._last[job.root_id] = job.look()
        self._jobs.pop(job.root_id, None)
        self.changes.tell()

    def _begin_to_regroup(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self._regroup())
        self._regrouping.add(task)
        task.add_done_callback(self._regrouping.discard)
        return task

    async def _regroup(self) -> None:
        try:
            await self._app.indexing.regroup()
        except PentaprismError as error:
            log.warning("What has changed could not be grouped: %s", error)
        self.changes.tell()

    async def _wanted(self) -> list[str]:
        wanted = await self._app.store.program_settings.get(_WANTED)
        return [str(one) for one in wanted] if isinstance(wanted, list) else []

    async def _remember(self, root_id: str, *, wanted: bool) -> None:
        async with self._wanting:
            known = await self._wanted()
            if wanted != (root_id in known):
                left = [*known, root_id] if wanted else [one for one in known if one != root_id]
                await self._app.store.program_settings.set(_WANTED, left)


def _spread(root_id: str) -> int:
    return zlib.crc32(root_id.encode()) % _JITTER


def _told(progress: ScanProgress) -> str:
    return (
        f"{progress.files} files in {progress.folders} folders, {progress.added} new, "
        f"{progress.changed} changed, {progress.moved} moved, {progress.missing} missing, "
        f"{progress.read} read, {progress.problems} with a problem"
    )


def _unforeseen() -> PentaprismError:
    return PentaprismError(
        "The scan failed for a reason that was not foreseen.",
        code="internal",
        hint="The log has the details.",
    )
