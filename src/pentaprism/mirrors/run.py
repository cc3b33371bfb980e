"""A run: one execution of a mirror, from its first record to its last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from pentaprism.destinations.base import AlbumGoneError
from pentaprism.errors import ConflictError, PentaprismError, RunCancelledError, WaitingError
from pentaprism.mirrors.events import Code, event
from pentaprism.mirrors.outcomes import Outcome
from pentaprism.mirrors.plan import Policy
from pentaprism.mirrors.recorder import Recorder
from pentaprism.mirrors.tally import Tally
from pentaprism.mirrors.templates import Template
from pentaprism.mirrors.work import Planned, Tools, Work
from pentaprism.store.records import Mirror, Run, RunEvent, RunStatus


@dataclass(frozen=True, slots=True)
class MirrorSetup:
    """All that a run needs to know of its mirror beside the record.

    ``warnings`` are what a person should be told with each run.
    """

    mirror: Mirror
    template: Template
    policy: Policy
    warnings: tuple[RunEvent, ...] = ()


class MirrorRun:
    """Runs one mirror once. `tally` grows while `execute` works; `cancel` ends it early."""

    def __init__(self, setup: MirrorSetup, tools: Tools) -> None:
        self._setup = setup
        self._mirror = setup.mirror
        self._tools = tools
        self._store = tools.store
        self._destination = tools.destination
        self._work = self._new_work()
        self._cancelled = False
        self._resumed = False
        self.tally = Tally()
        self.stopped: PentaprismError | None = None

    def cancel(self) -> None:
        """End the run soon: running downloads are given up, what is staged is committed."""
        self._cancelled = True
        self._work.cancel()
        self._tools.client.cancel()

    async def execute(self) -> Run:
        """Make the destination equal to the album, and return the finished run.

        An error that ended it early is in `stopped`; where that is a `WaitingError`, the run waits
        and the next one of this mirror takes it up. Raises what keeps it from beginning.
        """
        with self._store.locks.take(f"mirror:{self._mirror.id}", self._busy()):
            run = await self._begin()
            try:
                async with Recorder(self._store, run.id, self.tally) as recorder:
                    await self._work_and_report(recorder, run)
            except BaseException as error:
                # Whatever it is, nobody may find a run that seems to be at work for ever.
                await self._store.runs.finish(
                    run.id, RunStatus.FAILED, self.tally.counters(), f"internal error: {error!r}"
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
            refused = await self._store.runs.start(self._mirror.id)
            await self._store.runs.finish(
                refused.id, RunStatus.FAILED, self.tally.counters(), error.message
            )
            raise
        waited = await self._store.runs.waiting(self._mirror.id)
        if waited is None:
            return await self._store.runs.start(self._mirror.id)
        self._resumed = True
        self.tally.take_up(waited.counters)
        return await self._store.runs.take_up(waited.id)

    async def _work_and_report(self, recorder: Recorder, run: Run) -> None:
        await self._report_what_was_before(recorder, run)
        if self.stopped is None:
            try:
                await self._work_to_the_end(recorder)
            except PentaprismError as error:
                self.stopped = RunCancelledError() if self._cancelled else error
        if self.stopped is not None:
            await recorder.add(Outcome(events=[_ending(self.stopped)]))

    async def _report_what_was_before(self, recorder: Recorder, run: Run) -> None:
        interrupted = [
            old for old in await self._store.runs.interrupted(self._mirror.id) if old.id != run.id
        ]
        for old in interrupted:
            await self._store.runs.finish(old.id, RunStatus.FAILED, old.counters, "interrupted")
        events = list(self._setup.warnings)
        if interrupted:
            events.append(event(Code.RUN_INTERRUPTED))
        if self._resumed:
            events.append(event(Code.RUN_RESUMED))
        await recorder.add(Outcome(events=events))

    async def _work_to_the_end(self, recorder: Recorder) -> None:
        try:
            await self._work.execute(recorder, self.tally)
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
            if self._cancelled:
                raise RunCancelledError from None
            await self._work.execute(recorder, self.tally)

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
