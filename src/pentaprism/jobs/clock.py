"""The clock: starts what is due, and goes on with runs whose wait is over.

When a mirror is due stands in its row and is claimed in one statement, so that several processes
never fire it twice. Runs that were missed, while the machine slept or the server was down, are made
up for by one.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta, tzinfo

from pentaprism.app import App, RunOptions
from pentaprism.errors import PentaprismError
from pentaprism.jobs.runner import PAUSED, QUEUED, RunInTheWayError, Runner
from pentaprism.jobs.schedule import Schedule, parse
from pentaprism.store.records import Mirror, Run, RunStatus, StartedBy

log = logging.getLogger(__name__)

_LOOK = timedelta(seconds=60)
"""The longest that it sleeps: the time may be set, and an account connected elsewhere."""

_SHORTEST_NAP = 0.2


class Clock:
    """Runs mirrors when they are due; `run` works until it is cancelled.

    ``zone`` is where cron expressions are read.
    """

    def __init__(self, app: App, runner: Runner, zone: tzinfo) -> None:
        self._app = app
        self._store = app.store
        self._runner = runner
        self._zone = zone
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look again now: a schedule has changed."""
        self._woken.set()

    async def run(self) -> None:
        """Start what is due, again and again."""
        while True:
            self._woken.clear()
            try:
                await self.look()
                nap = await self._nap()
            except PentaprismError as error:
                log.warning("The clock could not look: %s", error)
                nap = _LOOK.total_seconds()
            try:
                async with asyncio.timeout(nap):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def look(self) -> None:
        """Start all that is due now."""
        now = self._app.clock()
        for mirror in await self._store.mirrors.due(now):
            await self._fire(mirror, now)
        for run in await self._store.runs.unfinished():
            if run.status is RunStatus.WAITING and await self._may_go_on(run, now):
                await self._start(await self._store.mirrors.get(run.mirror_id))

    async def plan(self, mirror: Mirror, schedule: Schedule | None) -> Mirror:
        """Give ``mirror`` another schedule, None for runs by hand alone, and return it."""
        due = schedule.next_after(self._app.clock(), zone=self._zone) if schedule else None
        planned = await self._store.mirrors.update(
            mirror.id, schedule=schedule.record() if schedule else None, next_run_at=due
        )
        self.wake()
        return planned

    async def _fire(self, mirror: Mirror, now: datetime) -> None:
        seen = mirror.next_run_at
        if seen is None:
            return
        try:
            schedule = parse(mirror.schedule or {})
            due = schedule.next_after(now, zone=self._zone, last=seen)
        except PentaprismError as error:
            log.warning("%s: its schedule cannot be read: %s", mirror.album_name, error)
            due = None
        if await self._store.mirrors.claim(mirror.id, seen, due):
            await self._start(mirror)

    async def _start(self, mirror: Mirror) -> None:
        try:
            await self._runner.start(mirror, RunOptions(started_by=StartedBy.SCHEDULE))
        except RunInTheWayError:
            log.info("%s: was due, and its last run is still at work", mirror.album_name)
        except PentaprismError:
            pass  # it is in the record and in the log already

    async def _may_go_on(self, run: Run, now: datetime) -> bool:
        """Tell whether a run that waits could go on."""
        if run.waits_until is not None:
            return run.waits_until <= now and run.code != QUEUED
        mirror = await self._store.mirrors.get(run.mirror_id)
        if mirror.paused or run.code == PAUSED:
            return not mirror.paused
        return await self._app.may_go_on(mirror)

    async def _nap(self) -> float:
        """Return how many seconds nothing is due."""
        now = self._app.clock()
        soonest = now + _LOOK
        if (due := await self._store.mirrors.next_due()) is not None:
            soonest = min(soonest, due)
        for run in await self._store.runs.unfinished():
            waits_until = run.waits_until
            if run.status is RunStatus.WAITING and waits_until is not None and waits_until > now:
                soonest = min(soonest, waits_until)
        return max(_SHORTEST_NAP, (soonest - now).total_seconds())
