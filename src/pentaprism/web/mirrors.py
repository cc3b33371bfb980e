"""The mirrors of a person: the list, its live rows, and what is done from any of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Form
from starlette.responses import Response

from pentaprism.app import RunOptions
from pentaprism.edge import Allow, Routes, Side, local_path
from pentaprism.errors import PentaprismError
from pentaprism.jobs.live import Live
from pentaprism.jobs.runner import RunInTheWayError
from pentaprism.jobs.schedule import parse
from pentaprism.overview.mirrors import MirrorSummary, worst_first
from pentaprism.overview.states import Situation
from pentaprism.store.records import Mirror, Run, StartedBy
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.catalogue import ngettext
from pentaprism.web.live import live
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

ROWS = 25
"""How many mirrors one page of the list shows."""

TONES = ("all", "failed", "waiting", "running", "idle", "ok")
"""What the list can be narrowed to: all, or the tone of a state."""


@dataclass(frozen=True, slots=True)
class MirrorRow:
    """A mirror in a list, with how far its run is that is at work here."""

    one: MirrorSummary
    live: Live | None

    @property
    def key(self) -> tuple[Any, ...]:
        """Return what changes when the row has to be shown anew."""
        live = self.live
        if live is None:
            return (self.one.state,)
        left = round(live.seconds_left, -1) if live.seconds_left else None
        counters = live.progress.counters
        return (self.one.state, counters.total, live.progress.expected, left, live.ending)


def address(path: str, **asked: Any) -> str:
    """Return ``path`` with what is asked; what is empty or the default is left out."""
    query = {name: value for name, value in asked.items() if value and value != "all"}
    return f"{path}?{urlencode(query)}" if query else path


async def rows_of(page: Page) -> list[MirrorRow]:
    """Return the mirrors of the person, those in front that need them; Immich is not asked."""
    program = page.program
    at_work = program.runner.all_live()
    found = await program.summaries.of(page.person.id, at_work)
    return [MirrorRow(one, at_work.get(one.mirror.id)) for one in worst_first(found)]


def narrowed(rows: Iterable[MirrorRow], q: str, show: str) -> list[MirrorRow]:
    """Return the rows whose album, place or connection holds ``q``, of the tone ``show``."""
    wanted = q.strip().casefold()
    return [
        row
        for row in rows
        if show in {"all", row.one.state.name}
        and (
            wanted in row.one.mirror.album_name.casefold()
            or wanted in row.one.place.casefold()
            or wanted in row.one.connection_name.casefold()
        )
    ]


class RowWatch:
    """Tells which rows have changed since it was asked before; all of them at first."""

    def __init__(self, page: Page, back: str) -> None:
        self._page = page
        self._back = back
        self._keys: dict[str, tuple[Any, ...]] = {}

    def changed(self, rows: Sequence[MirrorRow]) -> str:
        """Return the HTML that brings a page with ``rows`` up to date; empty when it is."""
        new = [row for row in rows if self._keys.get(row.one.mirror.id) != row.key]
        if not new:
            return ""
        self._keys.update({row.one.mirror.id: row.key for row in new})
        return self._page.fragment("mirrors/rows.html", "updates", rows=new, back=self._back)


async def begin(page: Page, mirror: Mirror, options: RunOptions) -> Run:
    """Start a run of ``mirror``, and its schedule with the first one; return the run.

    A run that is under way already is returned as well. Raises what keeps it from beginning.
    """
    program = page.program
    try:
        run = await program.runner.start(mirror, options)
    except RunInTheWayError as error:
        if error.run is None:
            raise
        run = error.run
    if mirror.schedule is not None and mirror.next_run_at is None:
        await program.clock.plan(mirror, parse(mirror.schedule))
    return run


@routes.get("/mirrors", allow=Allow.PERSON)
async def mirrors(page: CurrentPage, q: str = "", show: str = "all", after: int = 0) -> Response:
    """Show the mirrors."""
    every = await rows_of(page)
    found = narrowed(every, q, show)
    after = max(0, after)
    return page.html(
        "mirrors.html",
        "mirrors",
        every=every,
        rows=found[after : after + ROWS],
        found=len(found),
        end=min(len(found), after + ROWS),
        more=address("/mirrors", q=q, show=show, after=after + ROWS),
        tones=[
            (tone, address("/mirrors", q=q, show=tone), len(narrowed(every, q, tone)))
            for tone in TONES
        ],
        q=q,
        show=show,
    )


@routes.get("/mirrors/live", allow=Allow.PERSON)
async def mirrors_live(page: CurrentPage, q: str = "", show: str = "all") -> Response:
    """Send the rows that change."""
    watch = RowWatch(page, "/mirrors")
    sent = ""

    async def render() -> str | None:
        nonlocal sent
        sent = watch.changed(narrowed(await rows_of(page), q, show)) or sent
        return sent

    return live(page.program.runner.changes, render)


@routes.post("/mirrors/run", allow=Allow.PERSON)
async def run_all(page: CurrentPage, back: Annotated[str, Form()] = "/mirrors") -> Response:
    """Start a run of each mirror that has run before, rests for no reason and is not at work."""
    resting = {Situation.RUNNING, Situation.QUEUED, Situation.PAUSED, Situation.NOT_STARTED}
    begun, refused = 0, ""
    for row in await rows_of(page):
        if row.one.state.situation in resting:
            continue
        try:
            await begin(page, row.one.mirror, RunOptions(started_by=StartedBy.PERSON))
            begun += 1
        except PentaprismError as error:
            refused = f"{row.one.mirror.album_name}: {error.message}"
    told = ngettext("%(num)s run begins.", "%(num)s runs begin.", begun) % {"num": begun}
    if not begun and not refused:
        told = _("There is nothing to run now.")
    return page.go(local_path(back), f"{told} {refused}".strip())
