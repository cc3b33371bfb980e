"""Execution: stages and commits placed shots through a bounded pipeline.

A few shots are staged at once; what is staged is committed in batches; what is committed is handed
to the recorder. Every queue is bounded, so memory grows neither with the album nor with a file.

Where the destination's album has an order, shots are committed in the order in which they came,
however long each takes to be staged.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pentaprism.assets import Asset, Role
from pentaprism.destinations.base import (
    END,
    AlbumGoneError,
    Content,
    Destination,
    Part,
    Position,
    RemoteAlbum,
    RemoteItem,
    Result,
    Shot,
    Staged,
)
from pentaprism.destinations.local_folder.xmp import xmp_sidecar
from pentaprism.errors import (
    ActionRequiredError,
    ConflictError,
    PentaprismError,
    RetryableError,
    WaitingError,
)
from pentaprism.mirrors.order import Tail
from pentaprism.mirrors.outcomes import failed, put, staged_outcome
from pentaprism.mirrors.placing import PlacedPart, PlacedPut
from pentaprism.mirrors.progress import Underway
from pentaprism.mirrors.recorder import Recorder
from pentaprism.mirrors.sweep import remote_item
from pentaprism.store.records import Twin

_AHEAD = 10
"""Batches for which shots are staged ahead of one that takes long, where commits are in order."""

_LAST_COMMIT = 5.0
"""Seconds that a commit has to come to its end when the run is aborted."""

_MOVE = frozenset({"target_taken", "edited"})
_STOPPING = (ActionRequiredError, AlbumGoneError, WaitingError)
"""The errors after which nothing else can be committed in this run."""


class Library(Protocol):
    """What execution needs from Immich."""

    async def asset(self, asset_id: str) -> Asset:
        """Return the asset with its tags, or raise `NotFoundError`."""
        ...

    def content(self, asset: Asset) -> Content:
        """Return the way to the bytes of ``asset``."""
        ...


class Moving(Protocol):
    """Where shots go that cannot stay where they were placed."""

    async def move(self, placed: PlacedPut) -> PlacedPut:
        """Return ``placed`` at another place, or raise `ConflictError`."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """A placed shot: where it belongs in the album, and what is known of its content.

    ``twins`` are files elsewhere that hold the same, by role; ``here`` is an item of this mirror
    that does.
    """

    placed: PlacedPut
    twins: dict[Role, Twin]
    position: Position = END
    here: RemoteItem | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A shot that waits for its commit."""

    placed: PlacedPut
    staged: Staged
    position: Position


type _Staging = asyncio.Future[_Ready | None]


class Execution:
    """Executes jobs at one destination; `run` does all of it."""

    def __init__(
        self,
        destination: Destination,
        album: RemoteAlbum,
        library: Library,
        placing: Moving,
        recorder: Recorder,
        *,
        edited: bool,
        clock: Callable[[], datetime],
        underway: Underway,
    ) -> None:
        self._destination = destination
        self._album = album
        self._library = library
        self._placing = placing
        self._recorder = recorder
        self._edited = edited
        self._clock = clock
        self._underway = underway
        features = self._features = destination.features
        self._jobs: asyncio.Queue[tuple[Job, _Staging] | None] = asyncio.Queue(
            2 * features.transfers
        )
        ahead = _AHEAD if features.ordered else 2
        self._line: asyncio.Queue[_Staging | None] = asyncio.Queue(ahead * features.commit_batch)
        self._next: _Staging | None = None
        self._tail = Tail()
        self._stopped: PentaprismError | None = None
        self._refused = False
        self._aborted = False
        self._abortable: set[asyncio.Future[tuple[PlacedPut, Staged]]] = set()
        self._committing: asyncio.Future[Sequence[Result]] | None = None
        self._retryable_in_a_row = 0
        self.no_permission = False

    @property
    def stopped(self) -> PentaprismError | None:
        """The error that ended the run early, if one did: nothing more could have succeeded."""
        return self._stopped

    def stop(self, error: PentaprismError) -> None:
        """End the run early: nothing more is begun, what is staged is committed."""
        if self._stopped is None:
            self._stopped = error

    def abort(self, error: PentaprismError) -> None:
        """End the run now: what is being staged is given up, and soon also what is committed."""
        self.stop(error)
        self._aborted = True
        for work in self._abortable:
            work.cancel()
        asyncio.get_running_loop().call_later(_LAST_COMMIT, self._give_up_committing)

    def _give_up_committing(self) -> None:
        if self._committing is not None:
            self._committing.cancel()

    async def run(self, jobs: AsyncIterator[Sequence[Job]]) -> None:
        """Execute all ``jobs``; returns when each is committed and handed to the recorder.

        When ``jobs`` raises, what has begun is finished before the error is passed on.
        """
        error: PentaprismError | None = None
        async with asyncio.TaskGroup() as group:
            group.create_task(self._commit_all())
            workers = [
                group.create_task(self._stage_all()) for _ in range(self._features.transfers)
            ]
            try:
                await self._feed(jobs)
            except PentaprismError as caught:
                error = caught
            for _ in workers:
                await self._jobs.put(None)
            await asyncio.wait(workers)
            await self._line.put(None)
        if error is not None:
            raise error

    async def _feed(self, jobs: AsyncIterator[Sequence[Job]]) -> None:
        loop = asyncio.get_running_loop()
        async for page in jobs:
            for job in page:
                if self._stopped is not None:
                    return
                staging: _Staging = loop.create_future()
                if self._features.ordered:
                    await self._line.put(staging)
                await self._jobs.put((job, staging))

    async def _stage_all(self) -> None:
        while (next_job := await self._jobs.get()) is not None:
            job, staging = next_job
            ready = await self._stage_one(job) if self._stopped is None else None
            staging.set_result(ready)
            if ready is not None and not self._features.ordered:
                await self._line.put(staging)

    async def _stage_one(self, job: Job) -> _Ready | None:
        work = asyncio.ensure_future(self._stage(job))
        self._abortable.add(work)
        try:
            placed, staged = await work
        except PentaprismError as error:
            await self._give_up(job.placed, error)
            return None
        except asyncio.CancelledError:
            if not self._aborted:
                raise
            return None
        finally:
            self._abortable.discard(work)
        self._retryable_in_a_row = 0
        if staged.durable:
            await self._recorder.add(staged_outcome(placed, self._clock()))
        self._underway.staged += 1
        return _Ready(placed, staged, job.position)

    async def _stage(self, job: Job) -> tuple[PlacedPut, Staged]:
        placed = job.placed
        while True:
            try:
                shot = await self._shot(placed, job)
                with self._underway.staging(shot):
                    return placed, await self._destination.stage(self._album, shot)
            except ConflictError as error:
                if error.code not in _MOVE:
                    raise
                placed = await self._placing.move(placed)

    async def _shot(self, placed: PlacedPut, job: Job) -> Shot:
        parts = [
            await self._part(role, part, job.twins.get(role), job.here)
            for role, part in placed.parts.items()
        ]
        return Shot(tuple(parts))

    async def _part(
        self, role: Role, part: PlacedPart, twin: Twin | None, here: RemoteItem | None
    ) -> Part:
        # A listing carries no tags, so a sidecar wants the asset's details.
        sidecar = role is Role.SIDECAR
        asset = await self._library.asset(part.asset.id) if sidecar else part.asset
        return Part(
            role=role,
            asset=asset,
            path=part.path,
            content=None if sidecar else self._library.content(asset),
            data=xmp_sidecar(asset) if sidecar else None,
            replaces=remote_item(part.item),
            twin=f"{twin.place}/{twin.path}" if twin else None,
            here=here if role is Role.PRIMARY else None,
        )

    async def _give_up(self, placed: PlacedPut, error: PentaprismError) -> None:
        """Record that ``placed`` failed; stop the run when nothing else can succeed either."""
        if error.code == "cancelled":
            return  # it is as if it had not begun: the next run takes it up
        self.no_permission |= error.code == "no_permission"
        if isinstance(error, AlbumGoneError | WaitingError):
            self.stop(error)
            return  # nothing is wrong with it
        if isinstance(error, ActionRequiredError):
            self.stop(error)
        elif isinstance(error, RetryableError):
            # One failure may be this file's; as many as there are transfers is the server's.
            self._retryable_in_a_row += 1
            if self._retryable_in_a_row >= self._features.transfers:
                self.stop(error)
        await self._recorder.add(failed(placed, error))

    async def _commit_all(self) -> None:
        ended = False
        while not ended:
            batch, ended = await self._next_batch()
            if batch and not self._refused:
                await self._commit(batch)

    async def _next_batch(self) -> tuple[list[_Ready], bool]:
        """Return the next shots to be committed together, and whether they are the last ones.

        They are of one position; what comes after them stays in the line.
        """
        batch: list[_Ready] = []
        deadline: float | None = None
        while len(batch) < self._features.commit_batch:
            try:
                async with asyncio.timeout_at(deadline):
                    self._next = self._next or await self._line.get()
                    if self._next is None:
                        return batch, True
                    ready = await asyncio.shield(self._next)
            except TimeoutError:
                break
            if ready is not None:
                if batch and ready.position != batch[0].position:
                    break
                batch.append(ready)
                now = asyncio.get_running_loop().time()
                deadline = deadline or now + self._features.commit_seconds
            self._next = None
        return batch, False

    async def _commit(self, batch: Sequence[_Ready]) -> None:
        position = batch[0].position
        work = asyncio.ensure_future(
            self._destination.commit(
                self._album, [ready.staged for ready in batch], self._tail.place(position)
            )
        )
        self._committing = work
        try:
            results = await work
        except _STOPPING as error:
            self.stop(error)
            self._refused = True  # what is durable is committed by the run that comes after this
            return
        except PentaprismError as error:
            results = [Result(error=error)] * len(batch)
        except asyncio.CancelledError:
            if not self._aborted:
                raise
            self._refused = True
            return
        finally:
            self._committing = None
        for ready, result in zip(batch, results, strict=True):
            self._underway.staged -= 1
            await self._record(ready, result)

    async def _record(self, ready: _Ready, result: Result) -> None:
        if result.error is not None:
            self._refused |= isinstance(result.error, _STOPPING)
            await self._destination.discard(ready.staged)
            await self._give_up(ready.placed, result.error)
            return
        self._tail.put(ready.position, result.items[0].id)
        await self._recorder.add(
            put(
                ready.placed,
                ready.staged,
                result,
                edited=self._edited,
                removed=self._features.removed,
            )
        )
