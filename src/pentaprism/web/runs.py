"""The runs of a person's mirrors, and the page of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from pentaprism.app import RunOptions
from pentaprism.definitions import own_mirror
from pentaprism.edge import Allow, Routes, Side
from pentaprism.errors import InvalidError, NotFoundError, PentaprismError
from pentaprism.jobs.runner import RunInTheWayError
from pentaprism.store.records import Mirror, Run, RunStatus, StartedBy
from pentaprism.web import run_log, run_parts
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.live import live
from pentaprism.web.page import CurrentPage, Page
from pentaprism.web.run_parts import Shown
from pentaprism.web.run_view import run_view

routes = Routes(Side.PAGES)

_PAGE = 30
_LOOK_ELSEWHERE = 5.0
"""Seconds between two looks at a run that another process is at."""

_STATUSES: dict[str, tuple[RunStatus, ...] | None] = {
    "all": None,
    "under-way": (RunStatus.RUNNING, RunStatus.WAITING),
    "done": (RunStatus.OK,),
    "failed": (RunStatus.FAILED,),
    "cancelled": (RunStatus.CANCELLED,),
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What of all runs is shown: a key of the statuses, and a mirror's id or nothing."""

    show: str
    mirror: str

    def href(self, *, show: str = "", before: str = "") -> str:
        """Return the path of another part of the list."""
        asked = {"show": show or self.show, "mirror": self.mirror, "before": before}
        return f"/runs?{urlencode({name: value for name, value in asked.items() if value})}"


@routes.get("/runs", allow=Allow.PERSON)
async def runs(
    page: CurrentPage, show: str = "all", mirror: str = "", before: str = ""
) -> Response:
    """List the runs, the newest first."""
    program, person = page.program, page.person
    narrowed = Narrowed(show if show in _STATUSES else "all", mirror)
    live_runs = program.runner.all_live()
    mirrors = await program.summaries.of(person.id, live_runs)
    found = await program.app.store.runs.page(
        owner_id=person.id,
        mirror_id=mirror or None,
        statuses=_STATUSES[narrowed.show],
        before=_cursor(before),
        limit=_PAGE + 1,
    )
    by_id = {one.mirror.id: one for one in mirrors}
    now = program.app.clock()
    rows = [
        (
            by_id[run.mirror_id],
            run_view(by_id[run.mirror_id].mirror, run, live_runs.get(run.mirror_id), now),
        )
        for run in found[:_PAGE]
        if run.mirror_id in by_id
    ]
    last = found[_PAGE - 1] if len(found) > _PAGE else None
    return page.html(
        "runs.html",
        "mirrors",
        rows=rows,
        mirrors=mirrors,
        narrowed=narrowed,
        older=narrowed.href(before=f"{last.started_at.isoformat()}_{last.id}") if last else None,
        first=not before,
    )


@routes.get("/runs/{run_id}", allow=Allow.PERSON)
async def run_page(
    page: CurrentPage, run_id: str, show: str = "all", q: str = "", before: int | None = None
) -> Response:
    """Show how far a run is or how it ended, and what happened in it."""
    mirror, run = await own_run(page, run_id)
    return await _answer(page, mirror, run, Shown.of(show, q, before))


@routes.get("/runs/{run_id}/live", allow=Allow.PERSON)
async def watch(page: CurrentPage, run_id: str, after: int = 0) -> Response:
    """Tell how the run goes on; events are those with a row above ``after``."""
    mirror, run = await own_run(page, run_id)
    watching = run_parts.Watching(page, mirror, run, after)

    async def render() -> str | None:
        if watching.over:
            return None
        try:
            changed = await watching.look()
        except NotFoundError:
            return None  # its mirror was deleted
        return page.fragment("run/live.html", changed, **watching.parts)

    at_work = run.mirror_id in page.program.runner.all_live()
    pause = 15.0 if at_work or run.status is not RunStatus.RUNNING else _LOOK_ELSEWHERE
    return live(page.program.runner.changes, render, refresh=pause)


@routes.get("/runs/{run_id}/log", allow=Allow.PERSON)
async def log(page: CurrentPage, run_id: str, form: Literal["text", "jsonl"] = "text") -> Response:
    """Answer with the events of a run, the oldest first, one a line."""
    _mirror, run = await own_run(page, run_id)
    ending, media_type = run_log.TYPES[form]
    name = f"pentaprism-run-{run.id[:8]}.{ending}"
    return StreamingResponse(
        run_log.lines(page.program.app.store, run.id, as_json=form == "jsonl"),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@routes.post("/runs/{run_id}/cancel", allow=Allow.PERSON)
async def cancel(page: CurrentPage, run_id: str) -> Response:
    """End a run for good; the next one goes on from there."""
    mirror, run = await own_run(page, run_id)
    try:
        await page.program.runner.cancel(run)
    except PentaprismError as error:
        return await _refused(page, mirror, run, error)
    return page.go(f"/runs/{run.id}", _("The run is being cancelled. What was put stays."))


@routes.post("/runs/{run_id}/pause", allow=Allow.PERSON)
async def pause(page: CurrentPage, run_id: str) -> Response:
    """Let the mirror of a run rest."""
    mirror, run = await own_run(page, run_id)
    await page.program.runner.pause(mirror)
    return page.go(f"/runs/{run.id}", _("Paused. It goes on from here when it is resumed."))


@routes.post("/runs/{run_id}/resume", allow=Allow.PERSON)
async def resume(page: CurrentPage, run_id: str) -> Response:
    """Let a paused mirror go on."""
    mirror, run = await own_run(page, run_id)
    try:
        await page.program.runner.resume(mirror, RunOptions(started_by=StartedBy.PERSON))
    except PentaprismError as error:
        return await _refused(page, mirror, run, error)
    return page.go(f"/runs/{run.id}", _("The mirror goes on."))


@routes.post("/runs/{run_id}/retry", allow=Allow.PERSON)
async def retry(page: CurrentPage, run_id: str) -> Response:
    """Run the mirror again, which tries what has failed."""
    mirror, run = await own_run(page, run_id)
    try:
        again = await page.program.runner.start(mirror, RunOptions(started_by=StartedBy.PERSON))
    except RunInTheWayError as error:
        if error.run is None:
            return await _refused(page, mirror, run, error)
        return page.go(f"/runs/{error.run.id}", _("This mirror is running already."))
    except PentaprismError as error:
        return await _refused(page, mirror, run, error)
    return page.go(f"/runs/{again.id}", _("Started. What failed is tried again."))


async def own_run(page: Page, run_id: str) -> tuple[Mirror, Run]:
    """Return a run of the person who asks, with its mirror; raises `NotFoundError`."""
    store = page.program.app.store
    run = await store.runs.get(run_id)
    try:
        return await own_mirror(page.program.app, page.person, run.mirror_id), run
    except NotFoundError as error:
        raise NotFoundError(
            f"There is no run {run_id}.", code="run_not_found", hint="Look at the list."
        ) from error


async def _answer(
    page: Page, mirror: Mirror, run: Run, shown: Shown, trouble: PentaprismError | None = None
) -> Response:
    parts = await run_parts.gather(page, mirror, run, shown, run_parts.Failures(page, run))
    return page.html(
        "run.html", "mirrors", status=422 if trouble else 200, trouble=trouble, **parts
    )


async def _refused(page: Page, mirror: Mirror, run: Run, error: PentaprismError) -> Response:
    current = await page.program.app.store.runs.get(run.id)
    return await _answer(page, mirror, current, Shown(), error)


def _cursor(text: str) -> tuple[datetime, str] | None:
    """Return where a page of runs begins; raises `InvalidError` for what is no such place."""
    if not text:
        return None
    when, _bar, id_ = text.partition("_")
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not id_:
        raise InvalidError(
            "This page of the list does not exist.", code="cursor", hint="Begin at the first page."
        )
    return moment, id_
