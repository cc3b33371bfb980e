"""Indexed folders and connections as the page of the library shows them, now and as they change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from weakref import WeakKeyDictionary

from pentaprism.app import App
from pentaprism.errors import PentaprismError
from pentaprism.jobs.catalogues import Looked
from pentaprism.jobs.scanning import ScanLive, ScanState
from pentaprism.library.mounts import needs_polling
from pentaprism.library.progress import Phase
from pentaprism.overview.phrases import mark
from pentaprism.overview.states import Tone
from pentaprism.store.library_records import Root, RootState, Watching
from pentaprism.store.records import Connection
from pentaprism.web.page import Page

_KEPT = timedelta(seconds=2)
_KEPT_SCANNING = timedelta(seconds=10)
"""How long figures are shown again; while a scan is at work they change all the time."""


class Situation(StrEnum):
    """What an indexed folder is at."""

    QUEUED = "queued"
    SCANNING = "scanning"
    AWAY = "away"
    FAILED = "failed"
    NEW = "new"
    WATCHING = "watching"
    POLLING = "polling"
    UNWATCHED = "unwatched"


_SHOWN: dict[Situation, tuple[Tone, str]] = {
    Situation.QUEUED: ("waiting", mark("Waiting its turn")),
    Situation.SCANNING: ("running", mark("Scanning")),
    Situation.AWAY: ("waiting", mark("Away")),
    Situation.FAILED: ("failed", mark("Failed")),
    Situation.NEW: ("idle", mark("Not scanned yet")),
    Situation.WATCHING: ("ok", mark("Watching")),
    Situation.POLLING: ("ok", mark("Polling")),
    Situation.UNWATCHED: ("idle", mark("Not watched")),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What the index has of a folder.

    ``mounted`` tells that its file system does not tell of changes, so that it is polled.
    """

    files: int
    groups: int
    problems: int
    mounted: bool = False


@dataclass(frozen=True, slots=True)
class RootRow:
    """An indexed folder as the list shows it; ``last`` is its last scan since the server began."""

    root: Root
    live: ScanLive | None
    last: ScanLive | None
    figures: Figures
    immich: str | None

    @property
    def situation(self) -> Situation:
        """What it is at."""
        if self.live is not None:
            queued = self.live.state is ScanState.QUEUED
            return Situation.QUEUED if queued else Situation.SCANNING
        if self.root.state is RootState.AWAY:
            return Situation.AWAY
        if self.last is not None and self.last.state is ScanState.FAILED:
            return Situation.FAILED
        if self.root.scanned_at is None:
            return Situation.NEW
        if self.root.watching is Watching.OFF:
            return Situation.UNWATCHED
        polled = self.root.watching is Watching.POLLING or self.falls_back
        return Situation.POLLING if polled else Situation.WATCHING

    @property
    def falls_back(self) -> bool:
        """Whether it is polled although nobody asked for that."""
        if self.root.watching is Watching.AUTO and self.figures.mounted:
            return True
        # A reason without being away tells that it is watched otherwise than was asked.
        return self.root.state is RootState.PRESENT and self.root.reason is not None

    @property
    def tone(self) -> Tone:
        """The colour of its state."""
        return _SHOWN[self.situation][0]

    @property
    def word(self) -> str:
        """Its state in English, marked for translation."""
        return _SHOWN[self.situation][1]

    @property
    def seconds_left(self) -> float | None:
        """About how long reading takes, None where that is not known."""
        live = self.live
        if live is None or live.progress.phase is not Phase.READING or not live.rate:
            return None
        return max(0, live.progress.to_read - live.progress.read) / live.rate

    @property
    def key(self) -> tuple[Any, ...]:
        """Return what changes when the row has to be shown anew."""
        live = (self.live.state, self.live.progress) if self.live else None
        ended = self.last.ended_at if self.last else None
        return (self.root, live, ended, self.figures, self.immich)


@dataclass(frozen=True, slots=True)
class ImmichRow:
    """A connection: whether its assets are indexed, when they were, and how many there are.

    ``assets`` is None while they have not been counted. ``trouble`` is why they could not be looked
    at the last time.
    """

    connection: Connection
    indexed: bool
    looked: Looked | None
    assets: int | None
    trouble: PentaprismError | None


class _Kept:
    """What was counted for the pages of one program."""

    def __init__(self) -> None:
        self.figures: dict[str, tuple[datetime, object, Figures]] = {}
        self.assets: dict[str, tuple[datetime, int]] = {}


_kept: WeakKeyDictionary[App, _Kept] = WeakKeyDictionary()


async def rows_of(page: Page) -> list[RootRow]:
    """Return the indexed folders of the person, by name."""
    store = page.program.app.store
    names = {one.id: one.name for one in await store.connections.list(page.person.id)}
    return [await row_of(page, root, names) for root in await store.roots.list(page.person.id)]


async def row_of(page: Page, root: Root, names: dict[str, str]) -> RootRow:
    """Return ``root`` as lists show it; ``names`` are those of the person's connections."""
    scans = page.program.scans
    live, last = scans.progress(root.id), scans.last(root.id)
    figures = await _figures_of(page.program.app, root, live, last)
    return RootRow(root, live, last, figures, names.get(root.connection_id or ""))


async def immich_of(page: Page, *, count: bool = False) -> list[ImmichRow]:
    """Return the person's connections; with ``count`` the assets that have to be counted anew."""
    app = page.program.app
    shared = {root.connection_id for root in await app.store.roots.list()}
    rows = []
    for one in await app.store.connections.list(page.person.id):
        looked = await page.program.catalogues.last(one.id)
        which = app.settings.index_immich
        indexed = which == "all" or (which == "home" and (one.home or one.id in shared))
        assets = await _assets_of(app, one, looked, count)
        trouble = page.program.catalogues.trouble(one.id)
        rows.append(ImmichRow(one, indexed, looked, assets, trouble))
    return rows


class RowWatch:
    """Tells which rows have changed since it was asked before; all of them at first."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._keys: dict[str, tuple[Any, ...]] = {}

    def changed(self, rows: Sequence[RootRow]) -> str:
        """Return the HTML that brings a page with ``rows`` up to date; empty when it is."""
        new = [row for row in rows if self._keys.get(row.root.id) != row.key]
        self._keys.update({row.root.id: row.key for row in new})
        return self._page.fragment("library/rows.html", "updates", rows=new) if new else ""


def _kept_for(app: App) -> _Kept:
    kept = _kept.get(app)
    if kept is None:
        kept = _kept[app] = _Kept()
    return kept


async def _figures_of(
    app: App, root: Root, live: ScanLive | None, last: ScanLive | None
) -> Figures:
    """Return the figures of ``root``; for a moment those from before, while nothing has ended."""
    kept, now = _kept_for(app).figures, app.clock()
    seen = (root.scanned_at, root.state, live is None, last.ended_at if last else None)
    at, before, figures = kept.get(root.id, (None, None, None))
    lasts = _KEPT if live is None else _KEPT_SCANNING
    if at is None or figures is None or before != seen or now - at > lasts:
        figures = await _counted(app, root)
        kept[root.id] = (now, seen, figures)
    return figures


async def _counted(app: App, root: Root) -> Figures:
    found = await app.store.file_details.figures_of(root.id)
    mounted = await asyncio.to_thread(needs_polling, root.path)
    return Figures(found.files, found.groups, found.problems, mounted)


async def _assets_of(
    app: App, connection: Connection, looked: Looked | None, count: bool
) -> int | None:
    """Return how many assets of ``connection`` are indexed; they change when they are looked at."""
    if looked is None:
        return None
    kept = _kept_for(app).assets
    at, known = kept.get(connection.id, (None, None))
    if at == looked.at or not count:
        return known
    number = await app.store.file_details.assets_in(connection.id)
    kept[connection.id] = (looked.at, number)
    return number
