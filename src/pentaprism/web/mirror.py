"""One mirror: how it stands, what it holds, its last runs, and everything that is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Form
from starlette.responses import Response

from pentaprism.app import RunOptions
from pentaprism.definitions import FIXED, OptionsError, own_connection, own_mirror, reconfigure
from pentaprism.destinations.registry import by_kind
from pentaprism.edge import Allow, Routes, Side, local_path
from pentaprism.errors import ConflictError, InvalidError, NotFoundError, PentaprismError
from pentaprism.overview.mirrors import summary_of
from pentaprism.store.records import ItemState, Mirror, RunStatus, StartedBy
from pentaprism.web import forms, schedule_form
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.live import live
from pentaprism.web.mirror_form import accounts_of, read_schedule, times_of
from pentaprism.web.mirrors import MirrorRow, begin
from pentaprism.web.page import CurrentPage, Page
from pentaprism.web.schedule_form import ScheduleForm

routes = Routes(Side.PAGES)

RUNS = 8
"""How many of the last runs the page of a mirror lists."""

Back = Annotated[str, Form()]
"""The page to go back to after a change that was made from a list."""


async def row_of(page: Page, mirror: Mirror) -> MirrorRow:
    """Return ``mirror`` as lists show it."""
    program = page.program
    at_work = program.runner.live(mirror.id)
    one = await summary_of(program.app, mirror, live=at_work is not None, albums=program.albums)
    return MirrorRow(one, at_work)


@routes.get("/mirrors/{mirror_id}", allow=Allow.PERSON)
async def mirror(page: CurrentPage, mirror_id: str) -> Response:
    """Show one mirror."""
    return await _shown(page, await own_mirror(page.program.app, page.person, mirror_id))


@routes.get("/mirrors/{mirror_id}/live", allow=Allow.PERSON)
async def mirror_live(page: CurrentPage, mirror_id: str) -> Response:
    """Send how the mirror stands whenever that changes."""
    app = page.program.app
    await own_mirror(app, page.person, mirror_id)
    known: Any = None
    sent = ""

    async def render() -> str | None:
        nonlocal known, sent
        try:
            row = await row_of(page, await app.store.mirrors.get(mirror_id))
        except NotFoundError:
            return None
        if row.key != known:
            known = row.key
            sent = page.fragment("mirrors/parts.html", "updates", **await _changing(page, row))
        return sent

    return live(page.program.runner.changes, render)


@routes.get("/mirrors/{mirror_id}/menu", allow=Allow.PERSON)
async def menu(page: CurrentPage, mirror_id: str, back: str = "/mirrors") -> Response:
    """Show what can be done with a mirror, for the dialog of a list."""
    own = await own_mirror(page.program.app, page.person, mirror_id)
    return page.part(
        "mirrors/menu.html", "items", row=await row_of(page, own), back=local_path(back)
    )


@routes.post("/mirrors/{mirror_id}/run", allow=Allow.PERSON)
async def run(
    page: CurrentPage,
    mirror_id: str,
    max_removals: Annotated[int | None, Form(ge=0)] = None,
    thorough: Annotated[bool, Form()] = False,
) -> Response:
    """Start a run, or go to the one that is under way."""
    own = await own_mirror(page.program.app, page.person, mirror_id)
    options = RunOptions(thorough=thorough, max_removals=max_removals, started_by=StartedBy.PERSON)
    at_work = page.program.runner.live(own.id)
    try:
        begun = await begin(page, own, options)
    except PentaprismError as error:
        current = await page.program.app.store.mirrors.get(own.id)
        return await _shown(page, current, problem=error)
    if at_work is not None:
        return page.go(f"/runs/{begun.id}", _("This run is under way already."))
    return page.go(f"/runs/{begun.id}", _("The run begins."))


@routes.post("/mirrors/{mirror_id}/cancel", allow=Allow.PERSON)
async def cancel(page: CurrentPage, mirror_id: str, back: Back = "") -> Response:
    """End the run that is at work or waits."""
    program = page.program
    own = await own_mirror(program.app, page.person, mirror_id)
    last = await program.app.store.runs.last(own.id)
    if last is None:
        raise InvalidError(_("It has never run."), code="over", hint="")
    await program.runner.cancel(last)
    return page.go(_back(back, own), _("The run ends. What is there already stays."))


@routes.post("/mirrors/{mirror_id}/pause", allow=Allow.PERSON)
async def pause(page: CurrentPage, mirror_id: str, back: Back = "") -> Response:
    """Let the mirror rest."""
    own = await own_mirror(page.program.app, page.person, mirror_id)
    await page.program.runner.pause(own)
    told = _("“%(name)s” is paused.") % {"name": own.album_name}
    return page.go(_back(back, own), told, undo=f"/mirrors/{own.id}/resume")


@routes.post("/mirrors/{mirror_id}/resume", allow=Allow.PERSON)
async def resume(page: CurrentPage, mirror_id: str, back: Back = "") -> Response:
    """Let the mirror go on with its schedule."""
    own = await own_mirror(page.program.app, page.person, mirror_id)
    await page.program.runner.resume(own, RunOptions(started_by=StartedBy.PERSON))
    page.program.clock.wake()
    told = _("“%(name)s” goes on.") % {"name": own.album_name}
    return page.go(_back(back, own), told)


@routes.post("/mirrors/{mirror_id}/delete", allow=Allow.PERSON)
async def delete(page: CurrentPage, mirror_id: str) -> Response:
    """Delete our records of the mirror; every file stays."""
    program = page.program
    own = await own_mirror(program.app, page.person, mirror_id)
    last = await program.app.store.runs.last(own.id)
    if program.runner.live(own.id) or (last and last.status is RunStatus.RUNNING):
        error = ConflictError(
            _("A run of this mirror is at work."),
            code="running",
            hint=_("Cancel it, and delete the mirror when it has ended."),
        )
        return await _shown(page, own, problem=error)
    await program.app.store.mirrors.delete(own.id)
    return page.go(
        "/mirrors",
        _("The mirror of “%(name)s” is deleted. Its files stay.") % {"name": own.album_name},
    )


@routes.get("/mirrors/{mirror_id}/edit", allow=Allow.PERSON)
async def edit(page: CurrentPage, mirror_id: str) -> Response:
    """Show the options and the schedule of the mirror."""
    return await _edit(page, await own_mirror(page.program.app, page.person, mirror_id))


@routes.post("/mirrors/{mirror_id}/edit", allow=Allow.PERSON)
async def change(page: CurrentPage, mirror_id: str) -> Response:
    """Change options and schedule; both are checked before either is saved."""
    program = page.program
    own = await own_mirror(program.app, page.person, mirror_id)
    typed = {name: str(value) for name, value in (await page.request.form()).items()}
    values = forms.values(by_kind(own.kind), typed, fixed=FIXED)
    form, schedule = read_schedule(schedule_form.typed(typed))
    if form.error:
        return await _edit(page, own, values=values, form=form)
    try:
        changed = await reconfigure(program.app, own, values)
    except OptionsError as error:
        return await _edit(page, own, values=values, form=form, errors=error.fields)
    recorded = schedule.record() if schedule else None
    if recorded != own.schedule:
        if schedule is None or await program.app.store.runs.last(own.id):
            await program.clock.plan(changed, schedule)
        else:  # it begins with the first run
            await program.app.store.mirrors.update(own.id, schedule=recorded, next_run_at=None)
    return page.go(f"/mirrors/{own.id}", _("Saved. The next run uses it."))


def _back(back: str, mirror: Mirror) -> str:
    return local_path(back) if back else f"/mirrors/{mirror.id}"


async def _shown(page: Page, mirror: Mirror, *, problem: PentaprismError | None = None) -> Response:
    row = await row_of(page, mirror)
    return page.html(
        "mirror.html",
        "mirrors",
        status=422 if problem else 200,
        problem=problem,
        **await _details(page, row),
    )


async def _changing(page: Page, row: MirrorRow) -> dict[str, Any]:
    """Return what the page of a mirror shows that runs change."""
    mirror, store = row.one.mirror, page.program.app.store
    counts = await store.items.count(mirror.id)
    return {
        "row": row,
        "mirror": mirror,
        "counts": [(state.value, counts.get(state, 0)) for state in ItemState],
        "total": sum(counts.values()),
        "runs": await store.runs.recent(RUNS, mirror.id),
    }


async def _details(page: Page, row: MirrorRow) -> dict[str, Any]:
    """Return everything that the page of a mirror shows."""
    mirror, app = row.one.mirror, page.program.app
    connection = await own_connection(app, page.person, mirror.connection_id)
    public = app.settings.immich_public_url or connection.url.removesuffix("/api")
    kind = by_kind(mirror.kind)
    return await _changing(page, row) | {
        "connection": connection,
        "album_url": f"{public}/albums/{mirror.album_id}",
        "schedule": schedule_form.shown(mirror.schedule),
        "options": forms.fields(kind, mirror.options, fixed=FIXED),
    }


async def _edit(
    page: Page,
    mirror: Mirror,
    *,
    values: Mapping[str, object] | None = None,
    form: ScheduleForm | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    shown = form or schedule_form.shown(mirror.schedule)
    _read, schedule = read_schedule(shown)
    wrong = bool(errors or shown.error)
    return page.html(
        "mirror-form/edit.html",
        "mirrors",
        status=422 if wrong else 200,
        mirror=mirror,
        fields=forms.fields(
            by_kind(mirror.kind),
            mirror.options | dict(values or {}),
            errors=errors,
            accounts=await accounts_of(page),
            fixed=FIXED,
        ),
        form=shown,
        times=times_of(page, schedule),
        wrong=wrong,
    )
