"""The first steps of a person: from a key of Immich to the first run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from pentaprism.assets import Album
from pentaprism.connections.albums import AlbumList
from pentaprism.connections.candidates import Candidate, keep
from pentaprism.definitions import OptionsError
from pentaprism.edge import Allow, Routes, Side
from pentaprism.errors import PentaprismError
from pentaprism.store.records import Connection
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.catalogue import ngettext
from pentaprism.web.connection_form import (
    UNFIT,
    ImmichForm,
    answered,
    read,
    tested,
    with_trouble,
)
from pentaprism.web.entered import entered
from pentaprism.web.first_steps_key import candidate_of, session_of
from pentaprism.web.first_steps_mirrors import Made, Wish, defined, make, wishes
from pentaprism.web.first_steps_state import (
    FOLDER,
    GOOGLE,
    Choices,
    accounts_of,
    choices_of,
    connection_of,
    forget,
    remember,
)
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

_IMMICH = "first-steps/immich.html"


@routes.get("/first-steps", allow=Allow.PERSON)
async def begin(page: CurrentPage) -> Response:
    """Lead on to the step at which somebody stopped."""
    if await connection_of(page.program, page.person) is None:
        return page.go("/first-steps/immich")
    return page.go(f"/first-steps/{choices_of(page.person).next_step}")


@routes.get("/first-steps/immich", allow=Allow.PERSON)
async def immich(page: CurrentPage) -> Response:
    """Ask for a key, and offer what the sign-in makes possible."""
    session = await session_of(page)
    return page.html(_IMMICH, form=ImmichForm(session.server_url), method=session.method.value)


@routes.post("/first-steps/immich", allow=Allow.PERSON)
async def connect(page: CurrentPage) -> Response:
    """Save a connection: with the key of the sign-in, one that Immich makes, or one entered."""
    given = await entered(page)
    session = await session_of(page)
    method = session.method.value
    if given.text("do") == "session":
        form = ImmichForm(session.server_url)
        try:
            return await _keep(page, await candidate_of(page))
        except PentaprismError as error:
            return page.html(_IMMICH, status=UNFIT, form=with_trouble(form, error), method=method)
    form = read(given, may_name_ca=page.person.is_admin)
    form = await tested(page, form, given.text("api_key"))
    if given.text("do") == "test" or form.errors or form.candidate is None:
        return answered(page, _IMMICH, form, method=method)
    try:
        return await _keep(page, form.candidate)
    except PentaprismError as error:
        return answered(page, _IMMICH, with_trouble(form, error), method=method)


@routes.get("/first-steps/albums", allow=Allow.PERSON)
async def albums(page: CurrentPage, wait: bool = False) -> Response:
    """Let somebody pick albums; the list follows by itself where it is not known yet."""
    connection = await connection_of(page.program, page.person)
    if connection is None:
        return page.go("/first-steps/immich")
    listed = page.program.albums.known(connection.id)
    if wait or listed is not None:
        listed = await page.program.albums.of(connection, fresh=wait)
    return _albums(page, connection, listed)


@routes.get("/first-steps/albums/list", allow=Allow.PERSON)
async def album_list(page: CurrentPage) -> Response:
    """Answer htmx with the albums, once Immich has told them."""
    connection = await connection_of(page.program, page.person)
    if connection is None:
        return page.go("/first-steps/immich")
    listed = await page.program.albums.of(connection, fresh=True)
    return page.part(
        "first-steps/albums.html",
        "choices",
        connection=connection,
        listed=listed,
        chosen=choices_of(page.person).albums,
    )


@routes.post("/first-steps/albums", allow=Allow.PERSON)
async def pick(page: CurrentPage) -> Response:
    """Keep which albums were picked."""
    connection = await connection_of(page.program, page.person)
    if connection is None:
        return page.go("/first-steps/immich")
    picked = (await entered(page)).all("album")
    if not picked:
        listed = await page.program.albums.of(connection)
        return _albums(page, connection, listed, error=_("Pick at least one album."))
    await remember(page.program, page.person, albums=tuple(dict.fromkeys(picked)))
    return page.go("/first-steps/destination")


@routes.get("/first-steps/destination", allow=Allow.PERSON)
async def destination(page: CurrentPage) -> Response:
    """Ask where the albums shall be mirrored to."""
    if not choices_of(page.person).albums:
        return page.go("/first-steps")
    return await _destination(page, choices_of(page.person))


@routes.post("/first-steps/destination", allow=Allow.PERSON)
async def choose(page: CurrentPage) -> Response:
    """Keep where the albums shall be mirrored to, once it can be filled."""
    given = await entered(page)
    kind = GOOGLE if given.text("kind") == GOOGLE else FOLDER
    choices = choices_of(page.person)
    chosen = replace(choices, kind=kind, path=given.text("path") or choices.path)
    if kind == GOOGLE:
        chosen = replace(chosen, account=given.text("account"))
    elif not given.text("path"):
        return await _destination(page, chosen, {"path": _("Enter a folder.")})
    try:
        await _try_out(page, chosen)
    except OptionsError as error:
        errors = {n: f"{why[:1].upper()}{why[1:]}." for n, why in error.fields.items()}
        return await _destination(page, chosen, errors)
    except PentaprismError as error:
        field = "account" if kind == GOOGLE else "path"
        return await _destination(page, chosen, {field: f"{error.message} {error.hint}"})
    await remember(page.program, page.person, kind=kind, path=chosen.path, account=chosen.account)
    return page.go("/first-steps/schedule")


@routes.get("/first-steps/schedule", allow=Allow.PERSON)
async def schedule(page: CurrentPage) -> Response:
    """Ask when the mirrors shall run."""
    choices = choices_of(page.person)
    if not choices.kind:
        return page.go("/first-steps")
    return page.html("first-steps/schedule.html", choices=choices, error=None)


@routes.post("/first-steps/schedule", allow=Allow.PERSON)
async def plan(page: CurrentPage) -> Response:
    """Keep when the mirrors shall run."""
    given = await entered(page)
    before = choices_of(page.person)
    names = ("when", "number", "unit", "at", "expression")
    typed: dict[str, Any] = {n: given.text(n) or getattr(before, n) for n in names}
    chosen = replace(before, **typed)
    try:
        chosen.schedule.read()
    except PentaprismError as error:
        told = f"{error.message} {error.hint}"
        return page.html("first-steps/schedule.html", status=UNFIT, choices=chosen, error=told)
    await remember(page.program, page.person, **typed)
    return page.go("/first-steps/start")


@routes.get("/first-steps/start", allow=Allow.PERSON)
async def summary(page: CurrentPage) -> Response:
    """Show what will be made, before anything is."""
    choices = choices_of(page.person)
    connection = await connection_of(page.program, page.person)
    if connection is None or choices.next_step != "start":
        return page.go("/first-steps")
    return await _summary(page, connection, choices)


@routes.post("/first-steps/start", allow=Allow.PERSON)
async def start(page: CurrentPage) -> Response:
    """Make the mirrors, and start or preview them."""
    choices = choices_of(page.person)
    connection = await connection_of(page.program, page.person)
    if connection is None or choices.next_step != "start":
        return page.go("/first-steps")
    at_once = (await entered(page)).text("do") != "preview"
    wanted, _listed = await _wishes(page, connection, choices)
    program, person = page.program, page.person
    made = await make(program, person, connection, choices, wanted, start=at_once)
    if made.failed or not made.mirrors:
        failed = tuple(album.id for album, _error in made.failed)
        kept = await remember(program, person, albums=failed or choices.albums)
        return await _summary(page, connection, kept, made)
    await forget(program, person)
    return _on(page, made, at_once=at_once)


def _on(page: Page, made: Made, *, at_once: bool) -> Response:
    """Lead on to what was made."""
    count = len(made.mirrors)
    first = made.mirrors[0]
    if not at_once:
        page.program.plans.begin(first, page.person.id)
        told = ngettext(
            "%(num)s mirror is made; nothing runs yet.",
            "%(num)s mirrors are made; nothing runs yet. This is the first one.",
            count,
        )
        return page.go(f"/mirrors/{first.id}/preview", told % {"num": count})
    if len(made.runs) == 1 == count:
        return page.go(f"/runs/{made.runs[0].id}")
    told = ngettext("%(num)s mirror is running.", "%(num)s mirrors are running.", count)
    return page.go("/", told % {"num": count})


async def _keep(page: Page, candidate: Candidate) -> Response:
    connection = await keep(page.program.app, candidate, owner=page.person)
    await remember(page.program, page.person, connection=connection.id)
    return page.go("/first-steps/albums", _("Immich is connected."))


def _albums(
    page: Page, connection: Connection, listed: AlbumList | None, *, error: str | None = None
) -> Response:
    return page.html(
        "first-steps/albums.html",
        status=UNFIT if error else 200,
        connection=connection,
        listed=listed,
        chosen=choices_of(page.person).albums,
        error=error,
    )


async def _destination(
    page: Page, choices: Choices, errors: dict[str, str] | None = None
) -> Response:
    settings = page.program.app.settings
    accounts = await accounts_of(page.program, page.person)
    allowed = [str(folder) for folder in settings.mirror_folders]
    return page.html(
        "first-steps/destination.html",
        status=UNFIT if errors else 200,
        choices=replace(choices, path=choices.path or next(iter(allowed), "")),
        errors=errors or {},
        accounts=accounts,
        may_connect=bool(settings.google_client_id and settings.google_client_secret),
        may_fill=page.person.is_admin or bool(allowed),
        allowed=() if page.person.is_admin else allowed,
    )


async def _try_out(page: Page, choices: Choices) -> None:
    """Raise what keeps the mirrors from being made at this place."""
    connection = await connection_of(page.program, page.person)
    if connection is None:
        return
    wanted, listed = await _wishes(page, connection, choices)
    if not wanted and listed.error is not None:
        raise listed.error
    for wish in wanted:
        await (await defined(page.program, page.person, connection, wish)).find()


async def _wishes(
    page: Page, connection: Connection, choices: Choices
) -> tuple[list[Wish], AlbumList]:
    """Return what ``choices`` mean for the albums that Immich still shows."""
    listed = await page.program.albums.of(connection)
    picked: list[Album] = [one for one in listed.albums if one.id in choices.albums]
    named = next(
        (
            one.name
            for one in await accounts_of(page.program, page.person)
            if one.id == choices.account
        ),
        "",
    )
    return wishes(choices, picked, named), listed


async def _summary(
    page: Page, connection: Connection, choices: Choices, made: Made | None = None
) -> Response:
    wanted, listed = await _wishes(page, connection, choices)
    return page.html(
        "first-steps/start.html",
        status=UNFIT if made else 200,
        connection=connection,
        choices=choices,
        wishes=wanted,
        listed=listed,
        gone=len(choices.albums) - len(wanted),
        made=made,
    )
