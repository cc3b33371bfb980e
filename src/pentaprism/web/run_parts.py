"""What the page of a run is filled with, gathered from the store and the runner."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pentaprism.destinations.registry import DESTINATIONS
from pentaprism.errors import NotFoundError
from pentaprism.overview.quota import QuotaUse, quota_of
from pentaprism.store.records import Mirror, Run, RunEvent, RunStatus
from pentaprism.web.page import Page
from pentaprism.web.run_view import (
    ARRIVED,
    SHOWN_AT_ONCE,
    Failure,
    RunView,
    arrived,
    failures_of,
    retriable,
    run_view,
    spark,
    tone_of,
)

_EVENTS = 50
_NEW_EVENTS = 200
"""The most that come in while somebody looks on; beyond that the page is to be loaded again."""
_FAILURES = 500
_ALL_EACH = 2.0
"""Seconds between two looks at what stands in the database, while a run is at work."""

_PICTURES = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """Which events are shown: a key of `SHOWN_AT_ONCE`, a search, and the rows they lie between."""

    show: str = "all"
    q: str = ""
    before: int | None = None
    after: int | None = None

    @classmethod
    def of(cls, show: str, q: str, before: int | None) -> Shown:
        """Return what an address asks for."""
        return cls(show if show in SHOWN_AT_ONCE else "all", q.strip(), before)

    @classmethod
    def newest(cls, after: int) -> Shown:
        """Return what has happened since the row ``after``."""
        return cls(after=after)

    @property
    def follows(self) -> bool:
        """Whether new events belong above these."""
        return self.show == "all" and not self.q and self.before is None


class Failures:
    """What failed in a run, asked for again only when more has failed: it may take long."""

    def __init__(self, page: Page, run: Run) -> None:
        self._store = page.program.app.store
        self._run = run
        self._count = -1
        self._found: list[Failure] = []

    async def at(self, count: int) -> list[Failure]:
        """Return the failures when ``count`` assets have failed."""
        if count != self._count:
            newest = await self._store.runs.event_page(
                self._run.id, codes={"failed"}, limit=_FAILURES
            )
            self._found, self._count = failures_of(newest[::-1]), count
        return self._found


class Watching:
    """A run that somebody looks at: how far it is each second, and the rest now and then.

    ``parts`` is what the templates take, ``over`` whether nothing more will change.
    """

    def __init__(self, page: Page, mirror: Mirror, run: Run, after: int) -> None:
        self._page = page
        self._mirror = mirror
        self._run = run
        self._shown = Shown.newest(after)
        self._failures = Failures(page, run)
        self._gathered = -_ALL_EACH
        self.parts: dict[str, Any] = {}
        self.over = False

    async def look(self) -> str:
        """Look again, and return the block that shows what may have changed."""
        runner = self._page.program.runner
        live = runner.live(self._mirror.id)
        second = time.monotonic()
        at_work = live is not None and live.run_id == self._run.id
        if at_work and second - self._gathered < _ALL_EACH:
            seen = run_view(self._mirror, self._run, live, self._page.program.app.clock())
            self.parts |= {"seen": seen, "spark": spark(seen.curve)}
            return "counting"
        self._gathered = second
        self._run = await self._page.program.app.store.runs.get(self._run.id)
        self.parts = await gather(self._page, self._mirror, self._run, self._shown, self._failures)
        self.over = not self.parts["seen"].unsettled
        return "moving"


async def gather(
    page: Page, mirror: Mirror, run: Run, shown: Shown, failures_known: Failures
) -> dict[str, Any]:
    """Return what the templates of a run take."""
    program = page.program
    store = program.app.store
    seen = run_view(mirror, run, program.runner.live(mirror.id), program.app.clock())
    failures = await failures_known.at(seen.counters.failed)
    put = (
        await store.runs.event_page(run.id, codes=ARRIVED, limit=4 * _PICTURES)
        if seen.counters.uploaded
        else []
    )
    events, older = await _events(page, run, shown)
    return {
        "mirror": mirror,
        "run": run,
        "seen": seen,
        "place": await _place(page, mirror),
        "in_account": _in_account(mirror),
        "spark": spark(seen.curve),
        "quota": await _quota(page, mirror, seen),
        "failures": failures,
        "retriable": retriable(failures),
        "arrived": arrived(put, _PICTURES),
        "events": [(event, tone_of(event)) for event in events],
        "older": older,
        "older_href": _older_href(run, shown, older) if older else None,
        "stopped_hint": await _stopped_hint(page, run),
        "newest_row": events[0].row if events else 0,
        "shown": shown,
    }


async def _events(page: Page, run: Run, shown: Shown) -> tuple[list[RunEvent], int | None]:
    """Return the events that are shown, and the row below which there are more."""
    store = page.program.app.store
    most = _EVENTS if shown.after is None else _NEW_EVENTS
    found = await store.runs.event_page(
        run.id,
        levels=SHOWN_AT_ONCE[shown.show],
        search=shown.q or None,
        before=shown.before,
        limit=most + 1,
    )
    if shown.after is not None:  # those that came last; what is below is on the page already
        found = [event for event in found if event.row > shown.after]
    more = len(found) > most
    return found[:most], found[most - 1].row if more else None


def _older_href(run: Run, shown: Shown, row: int) -> str:
    asked = {"show": shown.show, "q": shown.q, "before": row}
    return f"/runs/{run.id}?{urlencode(asked)}"


async def _stopped_hint(page: Page, run: Run) -> str:
    """Return what to do about what stopped the run."""
    if run.status is not RunStatus.FAILED or run.reason is None:
        return ""
    last = await page.program.app.store.runs.event_page(run.id, codes={"run_stopped"}, limit=1)
    return str(last[0].details.get("hint") or "") if last else ""


async def _place(page: Page, mirror: Mirror) -> str:
    try:
        return await page.program.app.place_of(mirror)
    except NotFoundError:
        return mirror.kind


def _in_account(mirror: Mirror) -> bool:
    kind = DESTINATIONS.get(mirror.kind)
    return kind is not None and kind.in_account


async def _quota(page: Page, mirror: Mirror, seen: RunView) -> QuotaUse | None:
    if not seen.unsettled or not _in_account(mirror):
        return None
    uses = await quota_of(page.program.app, page.person.id)
    return next((use for use in uses if mirror.place in use.account_ids), None)
