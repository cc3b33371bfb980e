"""Decisions about duplicates, one by one while somebody waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pentaprism.app import App
from pentaprism.errors import ConflictError, InvalidError, PentaprismError
from pentaprism.jobs.changes import Changes
from pentaprism.resolution.decision import Decision
from pentaprism.resolution.execution import Resolver, alone
from pentaprism.resolution.grouped import decide, pictures_of, shots_of
from pentaprism.resolution.local import LocalDecisions
from pentaprism.resolution.planning import ResolutionPlan, plan
from pentaprism.store import Connection
from pentaprism.store.duplicate_records import VerdictKind
from pentaprism.store.journal_records import (
    DecisionKind,
    LineState,
    Resolution,
    ResolutionState,
    Review,
    StepKind,
)

log = logging.getLogger(__name__)

_STANDING = frozenset({ResolutionState.DONE, ResolutionState.PARTLY})


@dataclass(frozen=True, slots=True)
class PlannedDecision:
    """A decision, where it would be carried out, and what that changes there.

    Without a ``connection`` only files in folders would be marked.
    """

    decision: Decision
    connection: Connection | None
    plan: ResolutionPlan


class Decisions:
    """The decisions of this process, one of each connection at a time.

    Methods raise `ConflictError` with code ``locked`` where another one is at work there.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._store = app.store
        self._local = LocalDecisions(app.store, app.duplicates.part)
        self._following: dict[str, asyncio.Task[None]] = {}
        self.changes = Changes()

    async def plan(
        self,
        group_id: str,
        keeper: int | None = None,
        *,
        connection_id: str | None = None,
        allow_leaving_immich: bool = False,
    ) -> PlannedDecision:
        """Return what `resolve` would do; nothing is changed.

        ``keeper`` is a shot of the group, the proposed one by itself. ``connection_id`` chooses
        where, if the group is in several. Raises `NotFoundError`, and `InvalidError` with code
        ``no_shot`` or ``no_assets``.
        """
        decision = await decide(
            self._store, group_id, keeper, allow_leaving_immich=allow_leaving_immich
        )
        connection = await self._connection(decision, connection_id)
        if connection is None:
            return PlannedDecision(decision, None, plan(decision, None, "", {}))
        async with self._app.immich(connection) as client:
            planned = await Resolver(self._store, client, connection).preview(decision)
        return PlannedDecision(decision, connection, planned)

    async def resolve(
        self,
        group_id: str,
        keeper: int | None = None,
        *,
        connection_id: str | None = None,
        allow_leaving_immich: bool = False,
        review: Review | None = None,
    ) -> Resolution:
        """Keep one shot of a group: at Immich where the others are there, else by marks only.

        Without a ``review`` it is one by itself. Raises as `plan` does, `ConflictError` with code
        ``refused`` or ``nothing_to_do``, and `RetryableError` or `ActionRequiredError` where
        Immich cannot be asked; what was begun then comes to its end later.
        """
        decision = await decide(
            self._store, group_id, keeper, allow_leaving_immich=allow_leaving_immich
        )
        connection = await self._connection(decision, connection_id)
        async with self._review(decision.owner_id, review) as in_review:
            if connection is None:
                return await self._mark(decision, in_review)
            async with self._resolver(connection) as resolver:
                made = await self._resolve(resolver, decision, in_review)
        await self._app.duplicates.regroup()
        self._follow(connection)
        return made

    async def mark(self, group_id: str, keeper: int | None = None) -> Resolution:
        """Note the files in folders of all shots but one as not needed any more.

        Raises `ConflictError` with code ``nothing_to_do`` where there are none.
        """
        decision = await decide(self._store, group_id, keeper)
        if not any(shot.in_roots for shot in decision.losers):
            raise ConflictError(
                "None of the other pictures is in a folder of yours.",
                code="nothing_to_do",
                hint="Only files in folders are marked; keep one to resolve them in Immich.",
            )
        async with self._review(decision.owner_id, None) as review:
            return await self._mark(decision, review)

    async def give_verdict(self, group_id: str, kind: VerdictKind) -> Resolution:
        """Say that the shots of a group are no duplicates, or that all are kept; it lasts."""
        group, shots = await shots_of(self._store, group_id)
        pictures = await pictures_of(self._store, group_id)
        about = {"group_id": group.id, "label": str(group.label), "score": group.score}
        async with self._review(group.owner_id, None) as review:
            return await self._told(self._local.give_verdict(kind, shots, pictures, about, review))

    async def undo(self, resolution_id: str) -> Resolution:
        """Take a decision back, and return how that ended; repeating it changes nothing.

        Raises as `pentaprism.resolution.execution.Resolver.undo` does, and `ConflictError` with
        code ``no_connection`` where its connection was removed.
        """
        resolution = await self._store.journal.get(resolution_id)
        if resolution.kind is not DecisionKind.KEEP:
            undone = await self._told(self._undo_local(resolution))
        else:
            connection = await self._connection_of(resolution)
            async with self._resolver(connection) as resolver:
                undone = await self._told(self._undo(resolver, resolution_id))
            self._follow(connection)
        await self._app.duplicates.regroup()
        return undone

    async def settled(self) -> None:
        """Return when the index knows what was changed here, as far as Immich tells."""
        while self._following:
            await asyncio.wait(self._following.values())

    @asynccontextmanager
    async def _review(self, owner_id: str, review: Review | None) -> AsyncIterator[Review]:
        if review is not None:
            yield review
            return
        own = await self._store.journal.begin_review(owner_id)
        try:
            yield own
        finally:
            await self._store.journal.end_review(own.id)
            # What was refused, or could not be asked, is no review.
            await self._store.journal.discard_review(own.id)

    @asynccontextmanager
    async def _resolver(self, connection: Connection) -> AsyncIterator[Resolver]:
        """Lend what resolves at a connection, once what was interrupted there has ended."""
        with alone(self._store, connection):
            async with self._app.immich(connection) as client:
                resolver = Resolver(self._store, client, connection, self._note)
                await resolver.begin()
                yield resolver

    async def _mark(self, decision: Decision, review: Review) -> Resolution:
        made = await self._told(self._local.mark(decision, review))
        await self._app.duplicates.regroup()
        return made

    async def _resolve(self, resolver: Resolver, decision: Decision, review: Review) -> Resolution:
        marks = await self._local.marks_of(decision)
        return await resolver.resolve(decision, review, marks)

    async def _undo(self, resolver: Resolver, resolution_id: str) -> Resolution:
        return await resolver.undo(await self._store.journal.get(resolution_id))

    async def _undo_local(self, resolution: Resolution) -> Resolution:
        if resolution.state is ResolutionState.UNDONE:
            return resolution
        return await self._local.take_back(resolution)

    async def _note(self, resolution: Resolution, state: ResolutionState) -> None:
        """Write down what the end of a decision means for the index and the marks."""
        if state is ResolutionState.UNDONE:
            await self._local.take_back_marks(resolution)
        if state in _STANDING and resolution.connection_id is not None:
            await self._local.set_marks(resolution)
            steps = await self._store.journal.steps(resolution.id)
            trashed = [
                asset_id
                for step in steps
                if step.kind is StepKind.TRASH and step.state is LineState.DONE
                for asset_id in step.after
            ]
            assets = self._store.library_assets
            known = await assets.known(resolution.connection_id, trashed)
            await assets.miss([one.row for one in known.values()], self._app.clock())
        log.info("The decision %s about duplicates: %s", resolution.id, state)

    async def _told[T](self, work: Awaitable[T]) -> T:
        try:
            return await work
        finally:
            self.changes.tell()

    async def _connection(self, decision: Decision, wanted: str | None) -> Connection | None:
        ids = decision.connection_ids()
        if wanted is not None and wanted not in ids:
            raise InvalidError(
                "None of the other pictures is in the Immich of this connection.",
                code="no_assets",
                hint="Leave the connection out, or name one that the group is in.",
            )
        id_ = wanted or next(iter(ids), None)
        return None if id_ is None else await self._store.connections.get(id_)

    async def _connection_of(self, resolution: Resolution) -> Connection:
        if resolution.connection_id is None:
            raise ConflictError(
                "The connection of this decision was removed.",
                code="no_connection",
                hint="Immich's trash has the pictures, until it is emptied.",
            )
        return await self._store.connections.get(resolution.connection_id)

    def _follow(self, connection: Connection) -> None:
        """Let the index follow what was changed in Immich, soon."""
        if connection.id in self._following:
            return
        task = self._following[connection.id] = asyncio.create_task(self._catch_up(connection))
        task.add_done_callback(lambda _: self._following.pop(connection.id, None))

    async def _catch_up(self, connection: Connection) -> None:
        try:
            async with self._app.immich(connection) as client:
                await self._app.indexing.catalogue(connection, client, whole=False)
            await self._app.duplicates.regroup()
        except PentaprismError as error:
            log.info("%s: the index follows later: %s", connection.name, error)
        except Exception:
            log.exception("%s: the index could not follow", connection.name)
        self.changes.tell()
