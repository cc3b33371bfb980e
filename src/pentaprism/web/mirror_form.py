"""Making a mirror: which album, where to, with which options, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.responses import Response

from pentaprism.app import RunOptions
from pentaprism.assets import Album
from pentaprism.connections.albums import AlbumList
from pentaprism.definitions import OptionsError, define, own_connection
from pentaprism.destinations.base import DestinationType
from pentaprism.destinations.registry import DESTINATIONS, by_kind
from pentaprism.edge import Allow, Routes, Side
from pentaprism.errors import ConflictError, InvalidError, PentaprismError
from pentaprism.jobs.schedule import Schedule
from pentaprism.store.records import AccountState, Connection, Mirror, StartedBy
from pentaprism.web import forms, schedule_form
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.mirrors import address, begin
from pentaprism.web.page import CurrentPage, Page
from pentaprism.web.schedule_form import ScheduleForm

routes = Routes(Side.PAGES)


@dataclass(frozen=True, slots=True)
class Draft:
    """A mirror that is being made: its album and kind are chosen, the rest is being entered."""

    connection: Connection
    album: Album
    kind: DestinationType


@routes.get("/mirrors/new", allow=Allow.PERSON)
async def new(
    page: CurrentPage,
    *,
    connection: str = "",
    album: str = "",
    kind: str = "local_folder",
    q: str = "",
    wait: bool = False,
) -> Response:
    """Ask for what is not chosen yet: the connection, the album, and then all the rest."""
    program = page.program
    connections = await program.app.store.connections.list(page.person.id)
    if not connection and len(connections) != 1:
        return page.html("mirror-form/connections.html", "mirrors", connections=connections)
    chosen = (
        await own_connection(program.app, page.person, connection) if connection else connections[0]
    )
    if album:
        found = await program.albums.find(chosen, album)
        return await _form(page, Draft(chosen, found, by_kind(kind)))
    known = await program.albums.of(chosen) if wait else program.albums.known(chosen.id)
    return page.html(
        "mirror-form/albums.html",
        "mirrors",
        connection=chosen,
        several=len(connections) > 1,
        known=known,
        albums=_albums(known, q),
        q=q,
        waits=address("/mirrors/new", connection=chosen.id, q=q, wait=1),
    )


@routes.get("/mirrors/schedule", allow=Allow.PERSON)
async def next_runs(page: CurrentPage) -> Response:
    """Tell what a schedule that is being typed means: the next times, or what is wrong."""
    form, schedule = read_schedule(schedule_form.typed(dict(page.request.query_params)))
    return page.part(
        "mirror-form/schedule.html", "times", form=form, times=times_of(page, schedule)
    )


@routes.post("/mirrors/new", allow=Allow.PERSON)
async def create(page: CurrentPage) -> Response:
    """Make the mirror, and preview or run it."""
    typed = {name: str(value) for name, value in (await page.request.form()).items()}
    program, app = page.program, page.program.app
    connection = await own_connection(app, page.person, typed.get("connection", ""))
    album = await program.albums.find(connection, typed.get("album", ""))
    draft = Draft(connection, album, by_kind(typed.get("kind", "")))
    form, schedule = read_schedule(schedule_form.typed(typed))
    values = forms.values(draft.kind, typed)
    if form.error:
        return await _form(page, draft, values=values, form=form)
    try:
        mirror = await _made(page, draft, values)
    except OptionsError as error:
        return await _form(page, draft, values=values, form=form, errors=error.fields)
    except PentaprismError as error:
        return await _form(page, draft, values=values, form=form, problem=error)
    mirror = await app.store.mirrors.update(
        mirror.id, schedule=schedule.record() if schedule else None
    )
    if typed.get("then") == "run":
        run = await begin(page, mirror, RunOptions(started_by=StartedBy.PERSON))
        return page.go(f"/runs/{run.id}", _("The mirror is made, and its first run begins."))
    program.plans.begin(mirror, page.person.id)
    return page.go(
        f"/mirrors/{mirror.id}/preview", _("The mirror is saved. Nothing has been put yet.")
    )


def read_schedule(form: ScheduleForm) -> tuple[ScheduleForm, Schedule | None]:
    """Return the schedule of a form, and the form with what is wrong with it."""
    try:
        return form, form.read()
    except InvalidError as error:
        return replace(form, error=f"{error.message} {error.hint}".strip()), None


def times_of(page: Page, schedule: Schedule | None) -> Sequence[object]:
    """Return the next times of ``schedule`` for a form."""
    if schedule is None:
        return ()
    return schedule_form.next_times(schedule, page.program.app.clock(), page.program.zone)


async def accounts_of(page: Page) -> list[tuple[str, str]]:
    """Return the accounts that the person can fill, with their names."""
    return [
        (one.id, f"{one.name} ({one.email})" if one.email and one.email != one.name else one.name)
        for one in await page.program.app.store.accounts.list(page.person.id)
        if one.state is not AccountState.DISCONNECTED
    ]


async def _made(page: Page, draft: Draft, values: Mapping[str, object]) -> Mirror:
    """Save the mirror; raises `ConflictError` for one that exists."""
    app = page.program.app
    definition = await define(
        app,
        page.person,
        connection=draft.connection,
        album=draft.album,
        kind=draft.kind.kind,
        values=values,
    )
    found = await definition.find()
    if found is not None and found.place == (await definition.draft(app.clock())).place:
        raise ConflictError(
            _("There is a mirror of this album at this place already."),
            code="mirror_exists",
            hint=_("Change that one, or choose another place."),
        )
    return await definition.save()


async def _form(
    page: Page,
    draft: Draft,
    *,
    values: Mapping[str, object] | None = None,
    form: ScheduleForm | None = None,
    errors: Mapping[str, str] | None = None,
    problem: PentaprismError | None = None,
) -> Response:
    shown = form or ScheduleForm(when="daily")
    _read, schedule = read_schedule(shown)
    wrong = bool(errors or problem or shown.error)
    return page.html(
        "mirror-form.html",
        "mirrors",
        status=422 if wrong else 200,
        draft=draft,
        kinds=_kinds(draft),
        fields=forms.fields(draft.kind, values, errors=errors, accounts=await accounts_of(page)),
        folders=() if page.person.is_admin else page.program.app.settings.mirror_folders,
        form=shown,
        times=times_of(page, schedule),
        wrong=wrong,
        problem=problem,
    )


def _kinds(draft: Draft) -> list[tuple[str, str, bool]]:
    """Return each kind of destination: its label, the way to its form, whether it is chosen."""
    return [
        (
            kind.label,
            address(
                "/mirrors/new", connection=draft.connection.id, album=draft.album.id, kind=name
            ),
            name == draft.kind.kind,
        )
        for name, kind in DESTINATIONS.items()
    ]


def _albums(known: AlbumList | None, q: str) -> list[Album]:
    if known is None:
        return []
    wanted = q.strip().casefold()
    found = [album for album in known.albums if wanted in album.name.casefold()]
    return sorted(found, key=lambda album: album.name.casefold())
