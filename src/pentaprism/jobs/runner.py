"""Runs mirrors in this process: one run of each mirror at a time, a few mirrors at once.

What is asked for beyond that waits its turn, recorded as a run that waits, so that a crash forgets
nothing. The record is the truth: what is kept here is only what is at work.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from pentaprism.app import App, RunOptions
from pentaprism.errors import (
    ActionRequiredError,
    ConflictError,
    InvalidError,
    PentaprismError,
    WaitingError,
)
from pentaprism.jobs.changes import Changes
from pentaprism.jobs.live import Live, Work
from pentaprism.store.records import Mirror, Run, RunStatus

log = logging.getLogger(__name__)

QUEUED = "queued"
PAUSED = "paused"
STOPPING = "stopping"
"""The codes of runs that wait for reasons of this program."""

_TICK = 1.0
_TO_PARK = 8.0
"""Seconds that runs have to be parked when the program ends."""

Ended = Callable[[Mirror, Run], Awaitable[None]]


class RunInTheWayError(ConflictError):
    """Another run of the same mirror is at work, or waits its turn; it is ``run``."""

    def __init__(self, mirror: Mirror, run: Run | None) -> None:
        super().__init__(
            f"A run of “{mirror.album_name}” is under way already.",
            code="locked",
            hint="Wait until it is done, or cancel it.",
        )
        self.run = run


class Runner:
    """Runs mirrors; `close` parks what is at work.

    ``at_once`` limits how many. ``ended`` is told of each run that came to an end or waits.
    """

    def __init__(self, app: App, *, at_once: int, ended: Ended | None = None) -> None:
        self._app = app
        self._store = app.store
        self._at_once = at_once
        self._ended = ended
        self._at_work: dict[str, Work] = {}
        self._queue: dict[str, RunOptions] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None
        self._closing = False
        self.changes = Changes()

    async def start(self, mirror: Mirror, options: RunOptions) -> Run:
        """Start a run of ``mirror``, or go on with the one that waits, and return it.

        Raises `RunInTheWayError`, `ActionRequiredError` with code ``paused``, and what keeps the
        run from beginning.
        """
        if mirror.paused:
            raise ActionRequiredError(
                f"The mirror of “{mirror.album_name}” is paused.",
                code=PAUSED,
                hint="Resume it; it goes on from where it stopped.",
            )
        if self._closing or mirror.id in self._at_work or mirror.id in self._queue:
            raise RunInTheWayError(mirror, await self._unfinished(mirror))
        if len(self._at_work) >= self._at_once:
            return await self._enqueue(mirror, options)
        return await self._begin(mirror, options)

    def live(self, mirror_id: str) -> Live | None:
        """Return how far the run of a mirror is, None where none is at work here."""
        work = self._at_work.get(mirror_id)
        return work.look() if work else None

    def all_live(self) -> dict[str, Live]:
        """Return how far each run is that is at work here, by its mirror."""
        looks = {mirror_id: work.look() for mirror_id, work in self._at_work.items()}
        return {mirror_id: live for mirror_id, live in looks.items() if live is not None}

    async def cancel(self, run: Run) -> Run:
        """End ``run`` for good: soon where it is at work, at once where it waits.

        Raises `ConflictError` with code ``elsewhere`` for one that another process runs, and
        `InvalidError` with code ``over`` for one that has ended.
        """
        work = self._at_work.get(run.mirror_id)
        if work is not None and work.is_at(run.id):
            work.end_by(None)
            self.changes.tell()
            return run
        current = await self._store.runs.get(run.id)
        if current.status is RunStatus.WAITING:
            self._queue.pop(run.mirror_id, None)
            return await self._settle(current, RunStatus.CANCELLED, "The run was cancelled.")
        if current.status is RunStatus.RUNNING:
            raise ConflictError(
                "This run is at work in another process.",
                code="elsewhere",
                hint="End it there: with Ctrl-C, or by stopping that process.",
            )
        raise InvalidError(
            "This run has ended already.", code="over", hint="There is nothing to cancel."
        )

    async def pause(self, mirror: Mirror) -> Mirror:
        """Let ``mirror`` rest until it is resumed; a run that is at work waits from now on."""
        paused = await self._store.mirrors.update(mirror.id, paused=True)
        self._queue.pop(mirror.id, None)
        work = self._at_work.get(mirror.id)
        if work is not None:
            work.end_by(_paused())
        else:
            await self._repark(mirror.id)
        self.changes.tell()
        return paused

    async def resume(self, mirror: Mirror, options: RunOptions) -> Mirror:
        """Let ``mirror`` go on, at once with a run that waited because of the pause."""
        resumed = await self._store.mirrors.update(mirror.id, paused=False)
        waiting = await self._store.runs.waiting(mirror.id)
        if waiting is not None and waiting.code == PAUSED and mirror.id not in self._at_work:
            await self.start(resumed, options)
        self.changes.tell()
        return resumed

    async def take_up(self, options: RunOptions) -> None:
        """Go on with the runs that a crash has left; one that lives in another process is left."""
        for run in await self._store.runs.unfinished():
            if run.status is RunStatus.WAITING and run.code != QUEUED:
                continue  # the clock goes on with it when its time has come
            mirror = await self._store.mirrors.get(run.mirror_id)
            if mirror.paused:
                await self._settle(run, RunStatus.WAITING, _paused().message, code=PAUSED)
                continue
            with suppress(RunInTheWayError):
                await self._quietly(self.start, mirror, options)

    async def close(self) -> None:
        """Park what is at work, within 10 seconds; what does not make it is taken up next time."""
        self._closing = True
        self._queue.clear()
        for work in self._at_work.values():
            work.end_by(self._stopping())
        if self._tasks:
            tasks = list(self._tasks)
            _, late = await asyncio.wait(tasks, timeout=_TO_PARK)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._ticking is not None:
            self._ticking.cancel()
        self.changes.close()

    async def _begin(self, mirror: Mirror, options: RunOptions) -> Run:
        work = self._at_work[mirror.id] = Work(mirror)
        begun: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._work(work, options, begun))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._ticking is None:
            self._ticking = asyncio.create_task(self._tick())
        try:
            return await begun
        except ConflictError as error:
            if error.code == "locked":
                raise RunInTheWayError(mirror, await self._unfinished(mirror)) from error
            raise

    async def _work(self, work: Work, options: RunOptions, begun: asyncio.Future[Run]) -> None:
        """Run a mirror to its end; ``begun`` gets its record, or what kept it from beginning."""
        mirror = work.mirror
        try:
            await self._execute(work, options, begun)
        except PentaprismError as error:
            log.warning("%s: the run could not begin: %s", mirror.album_name, error)
            if not begun.done():
                begun.set_exception(error)
        except Exception as error:
            log.exception("%s: the run failed for a reason that was not foreseen", mirror.id)
            if not begun.done():
                begun.set_exception(error)
        finally:
            del self._at_work[mirror.id]
            if not begun.done():
                begun.set_exception(self._stopping())
            self.changes.tell()
            if not self._closing:
                await self._next_in_line()
                await self._report(mirror)

    async def _execute(self, work: Work, options: RunOptions, begun: asyncio.Future[Run]) -> None:
        connection = await self._app.mirror_connection(work.mirror)
        async with self._app.run(work.mirror, connection, options) as run:
            work.begin(run)
            beginning = asyncio.create_task(run.begun.wait())
            executing = asyncio.create_task(run.execute())
            try:
                await asyncio.wait({beginning, executing}, return_when=asyncio.FIRST_COMPLETED)
                if run.record is not None and not begun.done():
                    begun.set_result(run.record)
                    self.changes.tell()
                await executing
            finally:
                beginning.cancel()
                if not executing.done():
                    executing.cancel()
                    await asyncio.gather(executing, return_exceptions=True)

    async def _enqueue(self, mirror: Mirror, options: RunOptions) -> Run:
        self._queue[mirror.id] = options
        run = await self._store.runs.waiting(mirror.id)
        if run is None:
            run = await self._store.runs.start(mirror.id, options.started_by)
        self.changes.tell()
        message = f"{self._at_once} mirrors are run at once; this one waits its turn."
        return await self._settle(run, RunStatus.WAITING, message, code=QUEUED)

    async def _next_in_line(self) -> None:
        while self._queue and len(self._at_work) < self._at_once and not self._closing:
            mirror_id = next(iter(self._queue))
            options = self._queue.pop(mirror_id)
            try:
                mirror = await self._store.mirrors.get(mirror_id)
            except PentaprismError:
                continue  # it was deleted meanwhile
            await self._quietly(self._begin, mirror, options)

    async def _quietly(
        self, begin: Callable[[Mirror, RunOptions], Awaitable[Run]], *what: Mirror | RunOptions
    ) -> None:
        """Begin something for nobody who waits for it: what went wrong is in the record."""
        try:
            await begin(*what)  # type: ignore[arg-type]
        except PentaprismError as error:
            log.info("%s", error)

    async def _repark(self, mirror_id: str) -> None:
        waiting = await self._store.runs.waiting(mirror_id)
        if waiting is not None:
            await self._settle(waiting, RunStatus.WAITING, _paused().message, code=PAUSED)

    async def _settle(
        self, run: Run, status: RunStatus, reason: str, *, code: str | None = None
    ) -> Run:
        """Record how a run stands that is not at work."""
        until = self._app.clock() if code == QUEUED else None
        settled = await self._store.runs.finish(
            run.id, status, run.counters, reason, waits_until=until, code=code
        )
        self.changes.tell()
        return settled

    async def _unfinished(self, mirror: Mirror) -> Run | None:
        last = await self._store.runs.last(mirror.id)
        return last if last and last.status in {RunStatus.RUNNING, RunStatus.WAITING} else None

    async def _report(self, mirror: Mirror) -> None:
        if self._ended is None:
            return
        try:
            last = await self._store.runs.last(mirror.id)
            if last is not None:
                await self._ended(mirror, last)
        except Exception:
            log.exception("%s: the end of the run could not be told", mirror.album_name)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            second = time.monotonic()
            for work in self._at_work.values():
                work.sample(second)
            if self._at_work:
                self.changes.tell()

    def _stopping(self) -> WaitingError:
        return WaitingError(
            "The server was stopped; the run goes on when it is there again.",
            code=STOPPING,
            until=self._app.clock(),
        )


def _paused() -> WaitingError:
    return WaitingError(
        "The mirror was paused; it goes on from here when it is resumed.",
        code=PAUSED,
        hint="Resume the mirror.",
    )
