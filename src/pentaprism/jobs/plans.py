"""Plans that were asked for: made in the background, kept a while, never executed.

A plan of a large album takes as long as reading its listing, so a page asks for it, shows how far
it is, and looks at its rows when they are there.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pentaprism.app import App, RunOptions
from pentaprism.errors import NotFoundError, PentaprismError
from pentaprism.jobs.changes import Changes
from pentaprism.mirrors.preview import Row, Verb, rows
from pentaprism.store.ids import new_id
from pentaprism.store.records import Mirror

log = logging.getLogger(__name__)

KEPT_ROWS = 5_000
"""The most rows of each verb that are kept; what lies beyond is counted only."""

_KEPT_FOR = timedelta(minutes=30)
_KEPT = 20


@dataclass(slots=True)
class Plan:
    """What the next run of a mirror would do, as far as it is known.

    ``rows`` holds the first ones of each verb, ``counts`` all. ``bytes`` is what would be put, of
    the files whose size is known. ``held`` says why removals are held back, and ``too_many`` that
    it is for their number, which a person may allow. ``done`` is set at the end, ``error`` where
    that came early.
    """

    id: str
    mirror: Mirror
    owner_id: str
    at: datetime
    max_removals: int | None
    counts: Counter[Verb] = field(default_factory=Counter)
    rows: dict[Verb, list[Row]] = field(default_factory=lambda: {verb: [] for verb in Verb})
    bytes: int = 0
    held: str | None = None
    too_many: bool = False
    forecast: str = ""
    done: bool = False
    error: PentaprismError | None = None

    @property
    def listed(self) -> int:
        """How many shots were looked at so far."""
        return self.counts.total()

    def add(self, row: Row) -> None:
        """Take in one row."""
        self.counts[row.verb] += 1
        if row.verb is Verb.PUT:
            self.bytes += row.size or 0
        if len(self.rows[row.verb]) < KEPT_ROWS:
            self.rows[row.verb].append(row)


class Plans:
    """The plans of this process."""

    def __init__(self, app: App, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._clock = clock
        self._plans: dict[str, Plan] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.changes = Changes()

    def begin(self, mirror: Mirror, owner_id: str, *, max_removals: int | None = None) -> Plan:
        """Begin to plan the next run of ``mirror``, and return the plan that grows."""
        self._forget_old()
        for old in list(self._plans.values()):
            if old.mirror.id == mirror.id and old.owner_id == owner_id:
                self._forget(old.id)
        plan = Plan(new_id(), mirror, owner_id, self._clock(), max_removals)
        self._plans[plan.id] = plan
        self._tasks[plan.id] = asyncio.create_task(self._make(plan))
        return plan

    def get(self, id_: str, owner_id: str) -> Plan:
        """Return a plan of a person; raises `NotFoundError` for one that is forgotten."""
        plan = self._plans.get(id_)
        if plan is None or plan.owner_id != owner_id:
            raise NotFoundError(
                "This plan is no longer kept.",
                code="plan_not_found",
                hint="Plan again; it takes as long as reading the album.",
            )
        return plan

    def latest(self, mirror_id: str, owner_id: str) -> Plan | None:
        """Return the newest plan of a mirror, None if none is kept."""
        self._forget_old()
        found = [
            p for p in self._plans.values() if (p.mirror.id, p.owner_id) == (mirror_id, owner_id)
        ]
        return found[-1] if found else None

    async def finished(self, plan: Plan) -> Plan:
        """Return ``plan`` once it is done."""
        task = self._tasks.get(plan.id)
        if task is not None:
            await asyncio.shield(task)
        return plan

    async def close(self) -> None:
        """Give up what is being planned."""
        for id_ in list(self._plans):
            self._forget(id_)
        self.changes.close()

    async def _make(self, plan: Plan) -> None:
        try:
            await self._read(plan)
        except PentaprismError as error:
            plan.error = error
        except Exception:
            log.exception("The plan of %s failed", plan.mirror.album_name)
            plan.error = PentaprismError(
                "The plan could not be made for a reason that was not foreseen.",
                code="internal",
                hint="The log has the details.",
            )
        finally:
            plan.done = True
            self.changes.tell()

    async def _read(self, plan: Plan) -> None:
        mirror = plan.mirror
        stays = mirror.options.get("removals") == "keep"
        connection = await self._app.mirror_connection(mirror)
        options = RunOptions(max_removals=plan.max_removals)
        async with self._app.run(mirror, connection, options) as run:
            async for planned in run.plan():
                plan.held = planned.held or plan.held
                plan.too_many |= planned.too_many
                for row in rows(planned, stays=stays, held=plan.held is not None):
                    plan.add(row)
                self.changes.tell()
        plan.forecast = await self._app.forecast(mirror, plan.counts[Verb.PUT])

    def _forget_old(self) -> None:
        oldest = self._clock() - _KEPT_FOR
        for plan in list(self._plans.values()):
            if plan.at < oldest or len(self._plans) > _KEPT:
                self._forget(plan.id)

    def _forget(self, id_: str) -> None:
        self._plans.pop(id_, None)
        task = self._tasks.pop(id_, None)
        if task is not None:
            task.cancel()
