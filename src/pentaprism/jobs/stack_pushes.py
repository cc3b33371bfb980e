"""Pushes of groups to Immich as stacks, and what takes them back, in the background."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from datetime import datetime

from pentaprism.app import App
from pentaprism.errors import ConflictError, PentaprismError
from pentaprism.immich import STACKS
from pentaprism.jobs.changes import Changes
from pentaprism.stacks.planning import StackPlan
from pentaprism.stacks.pushing import preview_push, push, undo
from pentaprism.stacks.work import Outcome
from pentaprism.store import Connection

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class StackPush:
    """A push, or with ``undo`` what takes the last one back; ``ended_at`` is set at its end.

    ``nothing`` tells that there was no push to take back. ``error`` is why it failed.
    """

    connection: Connection
    undo: bool
    started_at: datetime
    outcome: Outcome = field(default_factory=Outcome)
    nothing: bool = False
    ended_at: datetime | None = None
    error: PentaprismError | None = None


class StackPushes:
    """The pushes of this process, one of each connection at a time."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._last: dict[str, StackPush] = {}
        self.changes = Changes()

    def begin(self, connection: Connection, *, undo: bool = False) -> StackPush:
        """Begin a push of the groups of ``connection``, or take its last push back.

        Raises `ConflictError` with code ``locked`` while another one is under way.
        """
        if connection.id in self._tasks:
            raise ConflictError(
                "The stacks of this connection are being pushed or undone already.",
                code="locked",
                hint="Wait until that is done, and try again.",
            )
        made = self._last[connection.id] = StackPush(connection, undo, self._app.clock())
        task = self._tasks[connection.id] = asyncio.create_task(self._work(made))
        task.add_done_callback(lambda _: self._ended(connection.id))
        return made

    def last(self, connection_id: str) -> StackPush | None:
        """Return the push of a connection that is under way, or has ended here; None without."""
        return self._last.get(connection_id)

    async def finished(self, connection_id: str) -> StackPush | None:
        """Return the last push of a connection once it has ended."""
        task = self._tasks.get(connection_id)
        if task is not None:
            await asyncio.wait([task])
        return self.last(connection_id)

    async def plan(self, connection: Connection) -> StackPlan:
        """Return what a push would do, by what is known of the assets; nothing is changed."""
        wanted = self._app.store.file_groups.wanted_stacks(connection.id)
        async with self._app.immich(connection) as client:
            return await preview_push(self._app.store, client, connection, wanted)

    async def close(self) -> None:
        """End what is at work; the next push or undo takes it up."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.changes.close()

    def _ended(self, connection_id: str) -> None:
        self._tasks.pop(connection_id, None)
        self.changes.tell()

    async def _work(self, made: StackPush) -> None:
        try:
            await self._take(made)
        except PentaprismError as error:
            made.error = error
            log.warning("%s: the stacks could not be changed: %s", made.connection.name, error)
        except Exception:
            made.error = PentaprismError(
                "The stacks could not be changed for a reason that was not foreseen.",
                code="internal",
                hint="The log has the details.",
            )
            log.exception("%s: the stacks could not be changed", made.connection.name)
        finally:
            made.ended_at = self._app.clock()

    async def _take(self, made: StackPush) -> None:
        app, connection = self._app, made.connection

        def tell(outcome: Outcome) -> None:
            made.outcome = replace(outcome)
            self.changes.tell()

        async with app.immich(connection) as client:
            outcome: Outcome | None
            if made.undo:
                outcome = await undo(app.store, client, connection, app.clock, tell=tell)
            else:
                # What is missing is told at once, not after the listing of a large library.
                (await client.preflight(STACKS)).require()
                await app.indexing.catalogue(connection, client)
                wanted = app.store.file_groups.wanted_stacks(connection.id)
                outcome = await push(app.store, client, connection, app.clock, wanted, tell=tell)
        if outcome is None:
            made.nothing = True
            return
        made.outcome, made.error = outcome, outcome.stopped
        log.info(
            "%s: %d stacks created, %d changed, %d deleted",
            connection.name,
            outcome.created,
            outcome.changed,
            outcome.deleted,
        )
