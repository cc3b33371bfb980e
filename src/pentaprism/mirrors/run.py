"""A run: one execution of a mirror, from its first record to its last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from pentaprism.destinations.base import AlbumGoneError
from pentaprism.errors import ConflictError, PentaprismError, RunCancelledError, WaitingError
from pentaprism.mirrors.events import Code, event
from pentaprism.mirrors.outcomes import Outcome
from pentaprism.mirrors.plan import Policy
from pentaprism.mirrors.progress import Progress
from pentaprism.mirrors.recorder import Recorder
from pentaprism.mirrors.tally import Tally
from pentaprism.mirrors.templates import Template
from pentaprism.mirrors.work import Planned, Tools, Work
from pentaprism.store.records import Mirror, Run, RunEvent, RunStatus, StartedBy


@dataclass(frozen=True, slots=True)
class MirrorSetup:
    """All that a run needs to know of its mirror beside the record.

    ``warnings`` are what a person should be told with each run. ``started_by`` is recorded with a
    run that is new.
    """

    mirror: Mirror
    template: Template
    policy: Policy
    warnings: tuple[RunEvent, ...] = ()
    started_by: StartedBy = StartedBy.COMMAND


class MirrorRun:
    """Runs one mirror once. `execute` works, `progress` tells how far it is.

    `cancel` and `park` end it early; ``begun`` is set when it is recorded, as `record`.
    """

    def __init__(self, setup: MirrorSetup, tools: Tools) -> None:
        self._setup = setup
        self._mirror = setup.mirror
        self._tools = tools
        self._store = tools.store
        self._destination = tools.destination
        self._work = self._new_work()
        self._ended_by: RunCancelledError | WaitingError | None = None
        self._taken_up: RunStatus | None = None
        self.tally = Tally()
        self.stopped: PentaprismError | None = None
        self.record: Run | None = None
        self.begun = asyncio.Event()

    def cancel(self) -> None:
        """End the run soon: running downloads are given up, what is staged is committed."""
        self._end(RunCancelledError())

    def park(self, error: WaitingError) -> None:
        """End the run soon as one that waits, for the reason that ``error`` gives."""
        self._end(error)

    def _end(self, error: RunCancelledError | WaitingError) -> None:
        self._ended_by = self._ended_by or error
        self._work.end(self._ended_by)
        self._tools.client.cancel()

    def progress(self) -> Progress:
        """Return how far the run is now."""
        underway = self._work.underway
        return Progress(
            expected=self.tally.expected,
            counters=self.tally.counters(),
            staged=underway.staged,
            bytes_read=self._tools.client.traffic.bytes_read,
            transfers=underway.transfers(),
        )

    async def execute(self) -> Run:
        """Make the destination equal to the album, and return the finished run.

        An error that ended it early is in `stopped`; where that is a `WaitingError`, the run waits
        and the next one of this mirror takes it up, as it does one that a crash has left. Raises
        what keeps it from beginning.
        """
        with self._store.locks.take(f"mirror:{self._mirror.id}", self._busy()):
            run = self.record = await self._begin()
            self.begun.set()
            try:
                async with Recorder(self._store, run.id, self.tally) as recorder:
                    await self._work_and_report(recorder)
            except asyncio.CancelledError:
                raise  # the program ends: recorded as running, the run is taken up again
            except BaseException as error:
                # Whatever it is, nobody may find a run that seems to be at work for ever.
                await self._store.runs.finish(
                    run.id,
                    RunStatus.FAILED,
                    self.tally.counters(),
                    f"internal error: {error!r}",
                    code="internal",
                )
                raise
            return await self._finish(run)

    async def plan(self) -> AsyncIterator[Planned]:
        """Yield what `execute` would do, a page at a time; nothing is changed anywhere."""
        async for planned in self._work.plan():
            yield planned

    async def _begin(self) -> Run:
        """Return the run to work for: the one that has waited, or a new one."""
        try:
            await self._destination.check()
        except ConflictError:
            raise  # another run is at work here, and it is that one which is recorded
        except WaitingError as error:
            self.stopped = error
        except PentaprismError as error:
            await self._refuse(error)
            raise
        left = await self._left_over()
        if left is None:
            return await self._store.runs.start(self._mirror.id, self._setup.started_by)
        self._taken_up = left.status
        self.tally.take_up(left.counters)
        return await self._store.runs.take_up(left.id)

    async def _refuse(self, error: PentaprismError) -> None:
        """Record that the run could not begin."""
        run = await self._left_over()
        run = run or await self._store.runs.start(self._mirror.id, self._setup.started_by)
        await self._store.runs.finish(
            run.id, RunStatus.FAILED, run.counters, error.message, code=error.code
        )

    async def _left_over(self) -> Run | None:
        """Return the run to go on with: one that waits, or that a crash left; None for neither.

        Whoever made it is not at work any more, as the lock of this mirror is ours.
        """
        left = await self._store.runs.interrupted(self._mirror.id)
        waiting = await self._store.runs.waiting(self._mirror.id)
        if waiting is not None:
            left.append(waiting)
        if not left:
            return None
        newest = max(left, key=lambda run: run.started_at)
        for older in left:
            if older.id != newest.id:
                await self._store.runs.finish(
                    older.id, RunStatus.FAILED, older.counters, "interrupted", code="interrupted"
                )
        return newest

    async def _work_and_report(self, recorder: Recorder) -> None:
        await self._report_what_was_before(recorder)
        if self.stopped is None:
            try:
                await self._work_to_the_end(recorder)
            except PentaprismError as error:
                self.stopped = self._ended_by or error
        if self.stopped is not None:
            await recorder.add(Outcome(events=[_ending(self.stopped)]))

    async def _report_what_was_before(self, recorder: Recorder) -> None:
        events = list(self._setup.warnings)
        if self._taken_up is RunStatus.RUNNING:
            events.append(event(Code.RUN_INTERRUPTED))
        elif self._taken_up is not None:
            events.append(event(Code.RUN_RESUMED))
        await recorder.add(Outcome(events=events))

    async def _work_to_the_end(self, recorder: Recorder) -> None:
        try:
            await self._work.execute(recorder)
        except AlbumGoneError as error:
            # What the account still holds goes into a new album. If that is deleted too, while
            # it is filled, somebody does not want it.
            await recorder.add(Outcome(events=[event(Code.ALBUM_REMADE, title=error.title)]))
            await recorder.flush()
            await self._store.items.reset(self._mirror.id)
            self._mirror = await self._store.mirrors.update(
                self._mirror.id, remote_album_id=None, remote_album_title=None
            )
            self.tally.start_over()
            self._work = self._new_work()
            if self._ended_by is not None:
                raise self._ended_by from None
            await self._work.execute(recorder)

    async def _finish(self, run: Run) -> Run:
        stopped = self.stopped
        status = RunStatus.OK
        if isinstance(stopped, WaitingError):
            status = RunStatus.WAITING
        elif isinstance(stopped, RunCancelledError):
            status = RunStatus.CANCELLED
        elif stopped is not None or self.tally.failed:
            status = RunStatus.FAILED
        return await self._store.runs.finish(
            run.id,
            status,
            self.tally.counters(),
            stopped.message if stopped else None,
            code=stopped.code if stopped else None,
            waits_until=stopped.until if isinstance(stopped, WaitingError) else None,
        )

    def _new_work(self) -> Work:
        return Work(self._mirror, self._setup.template, self._setup.policy, self._tools)

    def _busy(self) -> ConflictError:
        return ConflictError(
            f"Another run of the mirror of “{self._mirror.album_name}” is at work.",
            code="locked",
            hint="Wait until it is done, or stop it; then try again.",
        )


def _ending(stopped: PentaprismError) -> RunEvent:
    if isinstance(stopped, WaitingError):
        until = stopped.until.isoformat() if stopped.until else None
        return event(
            Code.RUN_WAITS,
            reason=stopped.message,
            code=stopped.code,
            hint=stopped.hint,
            until=until,
        )
    return event(Code.RUN_STOPPED, error=stopped.message, code=stopped.code, hint=stopped.hint)
