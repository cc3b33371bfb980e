"""A run: one execution of a mirror, from the album's listing to the last record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pentaprism.assets import Album
from pentaprism.destinations.base import Destination, RemoteAlbum
from pentaprism.errors import (
    ActionRequiredError,
    ConflictError,
    NotFoundError,
    PentaprismError,
    RunCancelledError,
)
from pentaprism.immich import ImmichClient, Listing, Proof
from pentaprism.mirrors import outcomes
from pentaprism.mirrors.claims import Paths
from pentaprism.mirrors.events import Code, event
from pentaprism.mirrors.execution import Execution, Job
from pentaprism.mirrors.found import Found
from pentaprism.mirrors.outcomes import Outcome
from pentaprism.mirrors.placing import Placing
from pentaprism.mirrors.plan import Hold, Keep, Policy, Put, Remove, Skip
from pentaprism.mirrors.recorder import Recorder
from pentaprism.mirrors.removal import Leaving, find_leaving, plan_removals, remove
from pentaprism.mirrors.sweep import Sweep
from pentaprism.mirrors.takeover import take_over
from pentaprism.mirrors.tally import Tally
from pentaprism.mirrors.templates import Template
from pentaprism.mirrors.twins import with_twins
from pentaprism.store import Store
from pentaprism.store.records import Mirror, Run, RunStatus


@dataclass(frozen=True, slots=True)
class Planned:
    """A page of the plan: what would be done, with the paths that puts would claim.

    ``held`` says why nothing may be removed, when something would be.
    """

    actions: Sequence[Put | Keep | Skip | Remove]
    paths: Mapping[str, Paths]
    held: str | None = None


@dataclass(frozen=True, slots=True)
class MirrorSetup:
    """All that a run needs to know of its mirror beside the record."""

    mirror: Mirror
    template: Template
    policy: Policy


class MirrorRun:
    """Runs one mirror once. `tally` grows while `execute` works; `cancel` ends it early."""

    def __init__(
        self,
        setup: MirrorSetup,
        *,
        store: Store,
        client: ImmichClient,
        destination: Destination,
        clock: Callable[[], datetime],
        thorough: bool = False,
    ) -> None:
        self._mirror = setup.mirror
        self._template = setup.template
        self._policy = setup.policy
        self._store = store
        self._client = client
        self._destination = destination
        self._clock = clock
        self._thorough = thorough
        self._execution: Execution | None = None
        self._cancelled = False
        self.tally = Tally()
        self.stopped: PentaprismError | None = None

    def cancel(self) -> None:
        """End the run soon: running downloads are given up, what is staged is committed."""
        self._cancelled = True
        if self._execution is not None:
            self._execution.stop(RunCancelledError())
        self._client.cancel()

    async def execute(self) -> Run:
        """Make the destination equal to the album, and return the finished run.

        An error that ended it early is in `stopped`. Raises what keeps it from beginning.
        """
        try:
            await self._destination.check()
        except ConflictError:
            raise  # another run is at work here, and it is that one which is recorded
        except PentaprismError as error:
            refused = await self._store.runs.start(self._mirror.id)
            await self._store.runs.finish(
                refused.id, RunStatus.FAILED, self.tally.counters(), error.message
            )
            raise
        interrupted = await self._store.runs.interrupted(self._mirror.id)
        for old in interrupted:
            await self._store.runs.finish(old.id, RunStatus.FAILED, old.counters, "interrupted")
        run = await self._store.runs.start(self._mirror.id)
        try:
            async with Recorder(self._store, run.id, self.tally) as recorder:
                if interrupted:
                    await recorder.add(Outcome(events=[event(Code.RUN_INTERRUPTED)]))
                await self._work_and_report(recorder)
        except BaseException as error:
            # Whatever it is, nobody may find a run that seems to be at work for ever.
            await self._store.runs.finish(
                run.id, RunStatus.FAILED, self.tally.counters(), f"internal error: {error!r}"
            )
            raise
        return await self._finish(run)

    async def _work_and_report(self, recorder: Recorder) -> None:
        try:
            await self._work(recorder)
        except PentaprismError as error:
            self.stopped = RunCancelledError() if self._cancelled else error
            await recorder.add(
                Outcome(
                    events=[
                        event(
                            Code.RUN_STOPPED,
                            error=self.stopped.message,
                            code=self.stopped.code,
                            hint=self.stopped.hint,
                        )
                    ]
                )
            )

    async def _finish(self, run: Run) -> Run:
        status = RunStatus.OK
        if isinstance(self.stopped, RunCancelledError):
            status = RunStatus.CANCELLED
        elif self.stopped is not None or self.tally.failed:
            status = RunStatus.FAILED
        reason = self.stopped.message if self.stopped else None
        return await self._store.runs.finish(run.id, status, self.tally.counters(), reason)

    async def plan(self) -> AsyncIterator[Planned]:
        """Yield what `execute` would do, a page at a time; nothing is changed anywhere."""
        if await self._store.items.highest_row(self._mirror.id):
            await self._destination.check()
        album = await self._album()
        title = self._mirror.remote_album_title or album.name
        remote = RemoteAlbum(self._mirror.remote_album_id or "", title)
        sweep = self._sweep(remote)
        placing = self._placing(title, Found())
        listing = self._listing(album)
        async for page in listing.pages():
            actions = await sweep.decide(page)
            puts = [action for action in actions if isinstance(action, Put)]
            paths = await placing.preview(puts)
            yield Planned(
                actions,
                {put.asset.id: taken for put, taken in zip(puts, paths, strict=True)},
            )
        leaving = await self._find_leaving(sweep, listing)
        if leaving.hold is not None:
            yield Planned((), {}, await self._held_because(leaving.hold, leaving))
        async for removes in plan_removals(sweep, leaving, self._client):
            yield Planned(removes, {})

    async def _work(self, recorder: Recorder) -> None:
        album = await self._album()
        self.tally.expected = album.asset_count
        remote = await self._remote_album(album, recorder)
        found = await take_over(self._store, self._mirror.id, self._destination, remote, recorder)
        sweep = self._sweep(remote)
        placing = self._placing(remote.title, found)
        listing = self._listing(album, with_sizes=bool(found))
        self._execution = Execution(
            self._destination,
            remote,
            self._client,
            placing,
            recorder,
            edited=self._policy.edited,
        )
        if self._cancelled:
            raise RunCancelledError
        await self._execution.run(self._jobs(listing, sweep, placing, recorder))
        if self._execution.stopped is not None:
            raise self._execution.stopped
        await self._remove(sweep, listing, remote, recorder)

    async def _album(self) -> Album:
        try:
            return await self._client.album(self._mirror.album_id)
        except NotFoundError as error:
            raise ActionRequiredError(
                f"The album “{self._mirror.album_name}” is no longer in Immich, or no longer "
                "shared with this user. Nothing was removed here.",
                code="album_gone",
                hint="Share it again, or end the mirror with `pentaprism mirrors delete`; its "
                "files stay.",
            ) from error

    async def _remote_album(self, album: Album, recorder: Recorder) -> RemoteAlbum:
        """Return the destination's side of the album; a rename in Immich is noted, no more."""
        mirror = self._mirror
        if album.name != mirror.album_name:
            happened = event(Code.ALBUM_RENAMED, name=album.name, before=mirror.album_name)
            await recorder.add(Outcome(events=[happened]))
        known = (
            RemoteAlbum(mirror.remote_album_id, mirror.remote_album_title or album.name)
            if mirror.remote_album_id is not None
            else None
        )
        remote = await self._destination.ensure_album(known, album)
        await self._store.mirrors.update(
            mirror.id,
            album_name=album.name,
            remote_album_id=remote.id,
            remote_album_title=remote.title,
        )
        return remote

    def _sweep(self, remote: RemoteAlbum) -> Sweep:
        return Sweep(
            self._store,
            self._mirror.id,
            self._destination,
            remote,
            self._policy,
            now=self._clock(),
            thorough=self._thorough,
        )

    def _placing(self, title: str, found: Found) -> Placing:
        return Placing(
            self._store,
            self._mirror.id,
            self._client,
            template=self._template,
            album=title,
            found=found,
        )

    def _listing(self, album: Album, *, with_sizes: bool = False) -> Listing:
        """Return the listing, with as much metadata as is needed.

        ``with_sizes`` lets external assets, which have no checksum of their content, be known
        again in a folder that was filled before.
        """
        return self._client.list_album(album, with_exif=with_sizes or self._template.needs_exif)

    async def _jobs(
        self, listing: Listing, sweep: Sweep, placing: Placing, recorder: Recorder
    ) -> AsyncIterator[list[Job]]:
        async for page in listing.pages():
            actions = await sweep.decide(page)
            await recorder.add(outcomes.settled(actions))
            puts = [action for action in actions if isinstance(action, Put)]
            if not puts:
                continue
            placed = await placing.place(puts)
            sweep.mark(part.item for one in placed for part in one.parts.values())
            for one in placed:
                if one.video_missing:
                    await recorder.add(outcomes.video_missing(one))
            yield await with_twins(self._store, self._mirror, [one for one in placed if one.parts])

    async def _find_leaving(self, sweep: Sweep, listing: Listing) -> Leaving:
        if listing.proof is None:
            raise RuntimeError("the listing was not read to its end")
        counts = await self._store.items.count(self._mirror.id)
        return await find_leaving(
            sweep,
            listing.proof,
            self._list_again,
            mirrored=sum(counts.values()),
            policy=self._policy,
        )

    async def _held_because(self, hold: Hold, leaving: Leaving) -> str:
        # The records are counted: the tally still grows while the recorder writes.
        counts = await self._store.items.count(self._mirror.id)
        return outcomes.HOLDS[hold].format(
            count=len(leaving.shot_ids), mirrored=sum(counts.values())
        )

    async def _list_again(self) -> Proof:
        listing = self._client.list_album(self._mirror.album_id)
        async for _ in listing.pages():
            pass
        if listing.proof is None:
            raise RuntimeError("the listing was not read to its end")
        return listing.proof

    async def _remove(
        self, sweep: Sweep, listing: Listing, remote: RemoteAlbum, recorder: Recorder
    ) -> None:
        leaving = await self._find_leaving(sweep, listing)
        hold = leaving.hold
        if leaving.shot_ids and self._execution is not None and self._execution.no_permission:
            hold = Hold.NO_PERMISSION
        if hold is not None:
            reason, count = await self._held_because(hold, leaving), len(leaving.shot_ids)
            happened = event(Code.REMOVALS_HELD, reason=reason, why=hold.value, count=count)
            await recorder.add(Outcome(events=[happened]))
            return
        async for removes in plan_removals(sweep, leaving, self._client):
            for outcome in await remove(self._destination, remote, removes, self._policy):
                await recorder.add(outcome)
