"""Execution: stages and commits placed shots through a bounded pipeline.

A few shots are staged at once; what is staged is committed in batches; what is committed is handed
to the recorder. Every queue is bounded, so memory grows neither with the album nor with a file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pentaprism.assets import Asset, Role
from pentaprism.destinations.base import (
    Content,
    Destination,
    Part,
    RemoteAlbum,
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
)
from pentaprism.mirrors.outcomes import failed, put
from pentaprism.mirrors.placing import PlacedPart, PlacedPut, Placing
from pentaprism.mirrors.recorder import Recorder
from pentaprism.mirrors.sweep import remote_item
from pentaprism.store.records import Twin

COMMIT_SECONDS = 0.2
"""The longest that a staged shot waits for others before it is committed."""

_MOVE = frozenset({"target_taken", "edited"})


class Library(Protocol):
    """What execution needs from Immich."""

    async def asset(self, asset_id: str) -> Asset:
        """Return the asset with its tags, or raise `NotFoundError`."""
        ...

    def content(self, asset: Asset) -> Content:
        """Return the way to the bytes of ``asset``."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """A placed shot, with files elsewhere that hold the same content, by role."""

    placed: PlacedPut
    twins: dict[Role, Twin]


class Execution:
    """Executes jobs at one destination; `run` does all of it."""

    def __init__(
        self,
        destination: Destination,
        album: RemoteAlbum,
        library: Library,
        placing: Placing,
        recorder: Recorder,
        *,
        edited: bool,
    ) -> None:
        self._destination = destination
        self._album = album
        self._library = library
        self._placing = placing
        self._recorder = recorder
        self._edited = edited
        features = destination.features
        self._transfers = features.transfers
        self._batch = features.commit_batch
        self._jobs: asyncio.Queue[Job | None] = asyncio.Queue(2 * features.transfers)
        self._staged: asyncio.Queue[tuple[PlacedPut, Staged] | None] = asyncio.Queue(
            2 * features.commit_batch
        )
        self._stopped: PentaprismError | None = None
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

    async def run(self, jobs: AsyncIterator[Sequence[Job]]) -> None:
        """Execute all ``jobs``; returns when each is committed and handed to the recorder.

        When ``jobs`` raises, what has begun is finished before the error is passed on.
        """
        error: PentaprismError | None = None
        async with asyncio.TaskGroup() as group:
            group.create_task(self._commit_all())
            workers = [group.create_task(self._stage_all()) for _ in range(self._transfers)]
            try:
                await self._feed(jobs)
            except PentaprismError as caught:
                error = caught
            for _ in workers:
                await self._jobs.put(None)
            await asyncio.wait(workers)
            await self._staged.put(None)
        if error is not None:
            raise error

    async def _feed(self, jobs: AsyncIterator[Sequence[Job]]) -> None:
        async for page in jobs:
            for job in page:
                if self._stopped is not None:
                    return
                await self._jobs.put(job)

    async def _stage_all(self) -> None:
        while (job := await self._jobs.get()) is not None:
            if self._stopped is None:
                await self._stage_one(job)

    async def _stage_one(self, job: Job) -> None:
        try:
            placed, staged = await self._stage(job)
        except PentaprismError as error:
            await self._give_up(job.placed, error)
        else:
            self._retryable_in_a_row = 0
            await self._staged.put((placed, staged))

    async def _stage(self, job: Job) -> tuple[PlacedPut, Staged]:
        placed = job.placed
        while True:
            try:
                shot = await self._shot(placed, job)
                return placed, await self._destination.stage(self._album, shot)
            except ConflictError as error:
                if error.code not in _MOVE:
                    raise
                placed = await self._placing.move(placed)

    async def _shot(self, placed: PlacedPut, job: Job) -> Shot:
        parts = [
            await self._part(role, part, job.twins.get(role)) for role, part in placed.parts.items()
        ]
        return Shot(tuple(parts))

    async def _part(self, role: Role, part: PlacedPart, twin: Twin | None) -> Part:
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
        )

    async def _give_up(self, placed: PlacedPut, error: PentaprismError) -> None:
        """Record that ``placed`` failed; stop the run when nothing else can succeed either."""
        if error.code == "cancelled":
            return  # it is as if it had not begun: the next run takes it up
        self.no_permission |= error.code == "no_permission"
        if isinstance(error, ActionRequiredError):
            self.stop(error)
        elif isinstance(error, RetryableError):
            # One failure may be this file's; as many as there are transfers is the server's.
            self._retryable_in_a_row += 1
            if self._retryable_in_a_row >= self._transfers:
                self.stop(error)
        await self._recorder.add(failed(placed, error))

    async def _commit_all(self) -> None:
        ended = False
        while not ended:
            batch, ended = await self._next_batch()
            if batch:
                await self._commit(batch)

    async def _next_batch(self) -> tuple[list[tuple[PlacedPut, Staged]], bool]:
        """Return the next shots to be committed together, and whether they are the last ones."""
        batch: list[tuple[PlacedPut, Staged]] = []
        deadline: float | None = None
        while len(batch) < self._batch:
            try:
                async with asyncio.timeout_at(deadline):
                    staged = await self._staged.get()
            except TimeoutError:
                break
            if staged is None:
                return batch, True
            batch.append(staged)
            deadline = deadline or asyncio.get_running_loop().time() + COMMIT_SECONDS
        return batch, False

    async def _commit(self, batch: Sequence[tuple[PlacedPut, Staged]]) -> None:
        try:
            results = await self._destination.commit(self._album, [staged for _, staged in batch])
        except PentaprismError as error:
            results = [Result(error=error)] * len(batch)
        for (placed, staged), result in zip(batch, results, strict=True):
            if result.error is not None:
                await self._destination.discard(staged)
                await self._give_up(placed, result.error)
            else:
                await self._recorder.add(put(placed, staged, result.items, edited=self._edited))
