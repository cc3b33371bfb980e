"""The first page: whether all is well, what needs a person, and how the mirrors stand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from starlette.responses import Response

from pentaprism.app import App
from pentaprism.connections.disks import DiskHealth
from pentaprism.connections.health import ConnectionHealth
from pentaprism.edge import Allow, Routes, Side
from pentaprism.overview.activity import Activity
from pentaprism.overview.attention import Attention
from pentaprism.overview.phrases import Bytes, Phrase
from pentaprism.overview.quota import QuotaUse, quota_of
from pentaprism.store.records import Connection
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.live import live
from pentaprism.web.mirrors import MirrorRow, RowWatch, narrowed, rows_of
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

ROWS = 12
"""How many mirrors the page shows; the list has the others."""

NEXT = 5
"""How many of the next runs it tells."""

_REFRESH = 10.0
"""Seconds after which health is looked at again while nothing else changes."""

_SLOW = 5.0
"""Seconds for which what needs several queries is kept while runs are at work."""

_FRESH = timedelta(seconds=60)
"""How long what is known of a connection is shown before the page asks for it anew."""

_URGENT = frozenset({"reconnect", "sign_in_ends", "disk_gone", "gateway"})
"""What a banner tells of, as nothing at all goes on without it."""

_STANDING_KEPT = timedelta(seconds=2)
_DAYS_KEPT = timedelta(seconds=30)
"""How long what takes many queries is shown again to somebody who comes back."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything on the page that can change while somebody looks at it, beside the rows."""

    counts: tuple[tuple[str, int], ...]
    connections: tuple[tuple[Connection, ConnectionHealth | None], ...]
    quotas: tuple[QuotaUse, ...]
    disks: tuple[DiskHealth, ...]
    attentions: tuple[Attention, ...]
    next_runs: tuple[tuple[str, str, datetime], ...]
    stale: bool

    @property
    def urgent(self) -> Attention | None:
        """Return what the banner tells of."""
        return next((one for one in self.attentions if one.code in _URGENT), None)

    @property
    def health_state(self) -> str:
        """Return how Immich is: the worst of its connections."""
        if any(health is not None and not health.ok for _one, health in self.connections):
            return "failed"
        return "ok" if all(health for _one, health in self.connections) else "idle"

    @property
    def disk_state(self) -> str:
        """Return how the disks are: the worst of them."""
        if any(disk.problem or _full(disk) for disk in self.disks):
            return "failed"
        return "waiting" if any(disk.nearly_full for disk in self.disks) else "ok"


class _Kept:
    """What was found out for the pages of one program, by person."""

    def __init__(self) -> None:
        self.days: dict[str, tuple[datetime, object, Activity]] = {}
        self.standing: dict[str, tuple[datetime, object, Standing]] = {}


_kept: WeakKeyDictionary[App, _Kept] = WeakKeyDictionary()


@routes.get("/", allow=Allow.PERSON)
async def dashboard(page: CurrentPage, q: str = "") -> Response:
    """Show how everything stands."""
    every = await rows_of(page)
    standing = await _standing(page, every)
    found = narrowed(every, q, "all")
    activity = await _activity_of(page, every) if every else None
    return page.html(
        "dashboard.html",
        "dashboard",
        every=every,
        rows=found[:ROWS],
        found=len(found),
        q=q,
        standing=standing,
        activity=activity,
        said=saying(page),
        target=target_of,
    )


@routes.get("/dashboard/live", allow=Allow.PERSON)
async def dashboard_live(page: CurrentPage, q: str = "") -> Response:
    """Send the parts of the dashboard that change."""
    clock = page.program.app.clock
    watch = RowWatch(page, "/")
    known: Standing | None = None
    looked = clock()
    sent = ""

    async def render() -> str | None:
        nonlocal known, looked, sent
        every = await rows_of(page)
        html = watch.changed(narrowed(every, q, "all")[:ROWS])
        ended = known is None or known.counts != _counts(every)
        if ended or (clock() - looked).total_seconds() >= _SLOW:
            looked = clock()
            standing = await _standing(page, every)
            if standing != known:
                known = standing
                html += page.fragment(
                    "dashboard/parts.html", "updates", standing=standing, **_words(page)
                )
        sent = html or sent
        return sent

    return live(page.program.runner.changes, render, refresh=_REFRESH)


@routes.get("/dashboard/health", allow=Allow.PERSON)
async def dashboard_health(page: CurrentPage) -> Response:
    """Look at the connections that were not looked at lately, and show how all is."""
    program = page.program
    connections = await program.app.store.connections.list(page.person.id)
    stale = [one for one in connections if _stale(page, program.health.of(one))]
    await asyncio.gather(*(program.health.check(one) for one in stale))
    standing = await _standing(page, await rows_of(page), fresh=True)
    return page.part("dashboard/parts.html", "health", standing=standing)


def saying(page: Page) -> Callable[[Phrase], str]:
    """Return what turns phrases into sentences as the person reads them."""
    formats = page.view.formats

    def show(value: Any) -> str:
        if isinstance(value, Bytes):
            return formats.amount(value)
        if isinstance(value, datetime):
            return formats.stamp(value)
        return formats.number(value) if isinstance(value, int) else str(value)

    return lambda phrase: phrase.said(_, show)


def target_of(attention: Attention) -> str:
    """Return the page on which a person can do what is needed; empty where there is none."""
    target = attention.target
    if target is None or not target.id:
        return ""
    if attention.code == "removals_held":
        return f"/mirrors/{target.id}/preview"
    return {
        "run": f"/runs/{target.id}",
        "mirror": f"/mirrors/{target.id}",
        "account": "/accounts",
        "connection": "/connections",
        "system": f"/system#{target.id}",
    }[target.kind]


def _words(page: Page) -> dict[str, Any]:
    return {"said": saying(page), "target": target_of}


def _counts(rows: Sequence[MirrorRow]) -> tuple[tuple[str, int], ...]:
    found: Counter[str] = Counter(row.one.state.name for row in rows)
    order = ("ok", "running", "waiting", "failed", "idle")
    return tuple((name, found[name]) for name in order if found[name])


def _kept_for(app: App) -> _Kept:
    kept = _kept.get(app)
    if kept is None:
        kept = _kept[app] = _Kept()
    return kept


async def _standing(page: Page, rows: Sequence[MirrorRow], *, fresh: bool = False) -> Standing:
    """Return how all is; for a moment what was found before, while no mirror has changed."""
    app, owner_id = page.program.app, page.person.id
    known, now = _kept_for(app).standing, app.clock()
    states = [row.one.state for row in rows]
    at, seen, standing = known.get(owner_id, (None, None, None))
    if fresh or at is None or standing is None or now - at > _STANDING_KEPT or seen != states:
        standing = await _looked(page, rows)
        known[owner_id] = (now, states, standing)
    return standing


async def _looked(page: Page, rows: Sequence[MirrorRow]) -> Standing:
    program, owner_id = page.program, page.person.id
    connections = await program.app.store.connections.list(owner_id)
    due = sorted(
        (row.one.state.next_run_at, row.one.mirror.album_name, row.one.mirror.id)
        for row in rows
        if row.one.state.next_run_at is not None
    )
    return Standing(
        counts=_counts(rows),
        connections=tuple((one, program.health.of(one)) for one in connections),
        quotas=tuple(await quota_of(program.app, owner_id)),
        disks=await program.disks.under(row.one.mirror for row in rows),
        attentions=tuple(await program.attentions.of(owner_id, [row.one for row in rows])),
        next_runs=tuple((id_, name, at) for at, name, id_ in due[:NEXT]),
        stale=any(_stale(page, program.health.of(one)) for one in connections),
    )


async def _activity_of(page: Page, rows: Sequence[MirrorRow]) -> Activity:
    """Return the last days; for a while what was found before, while no mirror has changed."""
    app, owner_id = page.program.app, page.person.id
    kept, now = _kept_for(app), app.clock()
    states = [row.one.state for row in rows]
    at, seen, activity = kept.days.get(owner_id, (None, None, None))
    if at is None or activity is None or now - at > _DAYS_KEPT or seen != states:
        activity = await page.program.activities.of(owner_id, page.program.zone)
        kept.days[owner_id] = (now, states, activity)
    return activity


def _stale(page: Page, health: ConnectionHealth | None) -> bool:
    return health is None or page.program.app.clock() - health.at > _FRESH


def _full(disk: DiskHealth) -> bool:
    return disk.free is not None and disk.free < disk.min_free
