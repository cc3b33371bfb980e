"""Decisions about duplicates: one by one while somebody waits, many in the background.

What was interrupted comes to its end by itself, when the server is there again and Immich too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from pentaprism.app import App
from pentaprism.errors import ConflictError, NotFoundError, PentaprismError
from pentaprism.jobs.decisions import Decisions
from pentaprism.jobs.resolving import Doing, Resolvers, Resolving
from pentaprism.resolution.bulk import BulkChoice, BulkPreview, chosen, preview_bulk
from pentaprism.resolution.grouped import decide
from pentaprism.store import Connection
from pentaprism.store.journal_records import (
    DecisionKind,
    Resolution,
    ResolutionState,
    Review,
)

type Work = Callable[[Resolving, Resolvers], Awaitable[None]]
"""What is done in the background, one decision after the other."""

log = logging.getLogger(__name__)

_LOOK = 60.0
"""Seconds between two looks for decisions that were interrupted."""

_REGROUP = 20
"""Decisions of a bulk or an undo after which the list of groups follows."""

_CONNECTION_GONE = "Its connection was removed before it was finished."


class Resolutions(Decisions):
    """The decisions about duplicates that this process carries out.

    One bulk or undo of each person is at work at a time.
    """

    def __init__(self, app: App, *, regroup_every: int = _REGROUP) -> None:
        super().__init__(app)
        self._regroup_every = regroup_every
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._last: dict[str, Resolving] = {}
        self._started_at = app.clock()

    async def preview_bulk(self, owner_id: str, choice: BulkChoice) -> BulkPreview:
        """Return what `begin_bulk` would do, by what the index knows."""
        return await preview_bulk(self._store, owner_id, choice)

    async def begin_bulk(self, owner_id: str, choice: BulkChoice) -> Resolving:
        """Begin to resolve all groups in which nothing can be lost, as one review.

        Raises `ConflictError` with code ``locked`` while a bulk or an undo of the person is at
        work.
        """
        self._require_idle(owner_id)
        review = await self._store.journal.begin_review(owner_id, Doing.BULK)
        return self._begin(
            owner_id,
            Doing.BULK,
            review,
            lambda job, resolvers: self._bulk(job, resolvers, choice, review),
        )

    async def begin_undo(self, review_id: str) -> Resolving:
        """Begin to undo all decisions of a review, the newest first; raises as `begin_bulk`."""
        review = await self._store.journal.review(review_id)
        self._require_idle(review.owner_id)
        return self._begin(review.owner_id, Doing.UNDO, review, self._undo_review)

    def last(self, owner_id: str) -> Resolving | None:
        """Return what is at work for a person, or has ended here last; None without."""
        return self._last.get(owner_id)

    async def finished(self, owner_id: str) -> Resolving | None:
        """Return the same once it has ended."""
        task = self._tasks.get(owner_id)
        if task is not None:
            await asyncio.wait([task])
        return self.last(owner_id)

    # What was interrupted

    async def run(self) -> None:
        """Bring what was interrupted to its end, now and whenever that was not possible."""
        while True:
            try:
                await self.recover()
            except PentaprismError as error:
                log.warning("Decisions about duplicates could not be looked for: %s", error)
            await asyncio.sleep(_LOOK)

    async def recover(self) -> None:
        """Bring what was interrupted to its end, as far as Immich can be asked."""
        await self._store.journal.end_reviews(before=self._started_at)
        await self._local.recover(before=self._started_at)
        waiting = await self._store.journal.under_way()
        for id_ in dict.fromkeys(one.connection_id for one in waiting):
            if id_ is not None:
                await self._recover_at(id_)
        for one in waiting:
            if one.kind is DecisionKind.KEEP and one.connection_id is None:
                await self._store.journal.set_state(one, ResolutionState.PARTLY, _CONNECTION_GONE)

    async def _recover_at(self, connection_id: str) -> None:
        try:
            connection = await self._store.connections.get(connection_id)
            async with self._resolver(connection):
                pass  # which begins with what was interrupted
        except PentaprismError as error:
            log.info("A decision about duplicates waits: %s", error)
            return
        await self._finish([connection])

    async def close(self) -> None:
        """End what is at work; the next start brings it to its end."""
        tasks = [*self._tasks.values(), *self._following.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.changes.close()

    # Many, underneath

    def _require_idle(self, owner_id: str) -> None:
        if owner_id in self._tasks:
            raise ConflictError(
                "Duplicates are being resolved or undone already.",
                code="locked",
                hint="Wait until that is done, and try again.",
            )

    def _begin(
        self,
        owner_id: str,
        doing: Doing,
        review: Review,
        work: Work,
    ) -> Resolving:
        self._require_idle(owner_id)
        job = self._last[owner_id] = Resolving(owner_id, doing, review.id, self._app.clock())
        task = self._tasks[owner_id] = asyncio.create_task(self._work(job, work))
        task.add_done_callback(lambda _: self._ended(owner_id))
        return job

    def _ended(self, owner_id: str) -> None:
        self._tasks.pop(owner_id, None)
        self.changes.tell()

    async def _work(self, job: Resolving, work: Work) -> None:
        try:
            await self._go_through(job, work)
        except PentaprismError as error:
            job.error = error
            log.warning("Duplicates could not be resolved or undone: %s", error)
        except Exception:
            job.error = PentaprismError(
                "The duplicates could not be resolved for a reason that was not foreseen.",
                code="internal",
                hint="The log has the details.",
            )
            log.exception("Duplicates could not be resolved or undone")
        finally:
            job.ended_at = self._app.clock()

    async def _go_through(self, job: Resolving, work: Work) -> None:
        resolvers = Resolvers(self._resolver)
        log.info("Duplicates: %s begins, in the review %s", job.doing, job.review_id)
        try:
            async with resolvers:
                await work(job, resolvers)
        except Exception:
            # What was done before it broke off is not to wait for the next try.
            await self._finish(resolvers.connections)
            raise
        log.info("Duplicates: %s has ended, %d of %d looked at", job.doing, job.looked, job.total)
        await self._finish(resolvers.connections)

    async def _bulk(
        self, job: Resolving, resolvers: Resolvers, choice: BulkChoice, review: Review
    ) -> None:
        try:
            ids = await chosen(self._store, job.owner_id, choice)
            job.total = len(ids)
            for group_id in ids:
                await self._resolve_in_bulk(job, resolvers, group_id, review)
                await self._looked(job)
        finally:
            await self._store.journal.end_review(review.id)

    async def _resolve_in_bulk(
        self, job: Resolving, resolvers: Resolvers, group_id: str, review: Review
    ) -> None:
        try:
            group = await self._store.duplicates.get(group_id)
            if not group.bulk:
                job.leave(group_id, "It has changed since.")
                return
            decision = await decide(self._store, group_id)
            connection = await self._connection(decision, None)
            if connection is None:
                job.count(await self._local.mark(decision, review))
            else:
                resolver = await resolvers.of(connection)
                job.count(await self._resolve(resolver, decision, review))
        except NotFoundError as error:
            job.leave(group_id, error.message)
        except ConflictError as error:
            if error.code == "locked":
                raise
            job.leave(group_id, error.message)

    async def _undo_review(self, job: Resolving, resolvers: Resolvers) -> None:
        journal = self._store.journal
        every = await journal.of_review(job.review_id)
        job.total = len(every)
        for resolution in every:
            await self._undo_in_review(job, resolvers, resolution)
            await self._looked(job)
        await journal.review_undone(job.review_id)

    async def _undo_in_review(
        self, job: Resolving, resolvers: Resolvers, resolution: Resolution
    ) -> None:
        try:
            if resolution.kind is not DecisionKind.KEEP:
                job.count(await self._undo_local(resolution))
                return
            resolver = await resolvers.of(await self._connection_of(resolution))
            job.count(await self._undo(resolver, resolution.id))
        except (ConflictError, NotFoundError) as error:
            if error.code == "locked":
                raise
            job.leave(resolution.id, error.message)

    async def _looked(self, job: Resolving) -> None:
        job.looked += 1
        if job.looked % self._regroup_every == 0:
            await self._app.duplicates.regroup()
        self.changes.tell()

    async def _finish(self, connections: Sequence[Connection]) -> None:
        await self._app.duplicates.regroup()
        for connection in connections:
            self._follow(connection)
