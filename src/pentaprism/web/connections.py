"""Connections: the Immich servers that a person's mirrors read from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.responses import Response

from pentaprism.app import NEEDED
from pentaprism.connections.candidates import change, keep, look
from pentaprism.connections.health import ConnectionHealth
from pentaprism.definitions import own_connection
from pentaprism.edge import Allow, RefusedError, Routes, Side
from pentaprism.errors import ConflictError, PentaprismError
from pentaprism.store.records import Connection, Mirror
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.connection_form import (
    UNFIT,
    ImmichForm,
    answered,
    keys_page,
    read,
    tested,
    with_trouble,
)
from pentaprism.web.entered import entered
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

_PLACE = "connections"
_NEW = "connections/new.html"
_STALE = timedelta(minutes=1)
_MOST_NAME = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection, how it stood when last looked at, and the mirrors that read from it.

    ``health`` is None where it was never looked at, ``stale`` tells that it is time to look again,
    ``lacking`` are the missing permissions without which nothing can be mirrored.
    """

    connection: Connection
    health: ConnectionHealth | None
    stale: bool
    mirrors: tuple[Mirror, ...]
    keys_page: str

    @property
    def lacking(self) -> frozenset[str]:
        """The permissions that the key needs and lacks."""
        return self.health.missing & NEEDED if self.health else frozenset()

    @property
    def wanted(self) -> frozenset[str]:
        """The permissions that the key lacks and that are for comfort."""
        return self.health.missing - NEEDED if self.health else frozenset()


@routes.get("/connections", allow=Allow.PERSON)
async def connections(page: CurrentPage) -> Response:
    """List the connections; how they stand now follows by itself."""
    store = page.program.app.store
    mine = await store.connections.list(page.person.id)
    mirrors = await store.mirrors.list(page.person.id)
    shown = [_shown(page, one, mirrors) for one in mine]
    return page.html("connections.html", _PLACE, connections=shown)


@routes.get("/connections/new", allow=Allow.PERSON)
async def new(page: CurrentPage) -> Response:
    """Ask for a server and a key."""
    return page.html(_NEW, _PLACE, form=ImmichForm(page.person.server_url))


@routes.post("/connections/new", allow=Allow.PERSON)
async def add(page: CurrentPage) -> Response:
    """Test what was entered, or save it."""
    given = await entered(page)
    form = read(given, may_name_ca=page.person.is_admin)
    form = await tested(page, form, given.text("api_key"))
    if given.text("do") == "test" or form.errors or form.candidate is None:
        return answered(page, _NEW, form, _PLACE)
    name = form.name[:_MOST_NAME] or None
    try:
        saved = await keep(page.program.app, form.candidate, owner=page.person, name=name)
    except PentaprismError as error:
        return answered(page, _NEW, with_trouble(form, error), _PLACE)
    await _changed(page, saved)
    return page.go("/connections", _("%(name)s is connected.") % {"name": saved.name})


@routes.get("/connections/{connection_id}/health", allow=Allow.PERSON)
async def health(page: CurrentPage, connection_id: str) -> Response:
    """Answer htmx with how a connection stands, looked at now where it is time."""
    connection = await own_connection(page.program.app, page.person, connection_id)
    shown = _shown(page, connection, [])
    if shown.stale:
        await page.program.health.check(connection)
        shown = _shown(page, connection, [])
    return page.part("connections/health.html", "health", one=shown)


@routes.post("/connections/{connection_id}/check", allow=Allow.PERSON)
async def check(page: CurrentPage, connection_id: str) -> Response:
    """Look at a connection now, whenever it was looked at last."""
    connection = await own_connection(page.program.app, page.person, connection_id)
    found = await page.program.health.check(connection)
    told = _("%(name)s is well.") if found.ok else _("%(name)s is not well.")
    return page.go("/connections", told % {"name": connection.name})


@routes.get("/connections/{connection_id}", allow=Allow.PERSON)
async def connection(page: CurrentPage, connection_id: str) -> Response:
    """Show one connection, and what can be changed of it."""
    own = await own_connection(page.program.app, page.person, connection_id)
    return await _page(page, own)


@routes.post("/connections/{connection_id}/rename", allow=Allow.PERSON)
async def rename(page: CurrentPage, connection_id: str) -> Response:
    """Give a connection another name."""
    own = await own_connection(page.program.app, page.person, connection_id)
    name = " ".join((await entered(page)).text("name").split())
    if not name or len(name) > _MOST_NAME:
        told = _("A name has between 1 and 100 characters.")
        return await _page(page, own, {"name": told}, typed_name=name)
    await page.program.app.store.connections.rename(own.id, name)
    return page.go(f"/connections/{own.id}", _("The name is changed."))


@routes.post("/connections/{connection_id}/key", allow=Allow.PERSON)
async def new_key(page: CurrentPage, connection_id: str) -> Response:
    """Use another key of the same user, or test it."""
    own = await own_connection(page.program.app, page.person, connection_id)
    key = (await entered(page)).text("api_key")
    if not key:
        return await _page(page, own, {"api_key": _("Enter an API key.")})
    return await _change(page, own, "api_key", url=own.url, api_key=key)


@routes.post("/connections/{connection_id}/address", allow=Allow.PERSON)
async def new_address(page: CurrentPage, connection_id: str) -> Response:
    """Use another address of the same server; at a home server only an admin may."""
    own = await own_connection(page.program.app, page.person, connection_id)
    if own.home and not page.person.is_admin:
        raise RefusedError(
            "People sign in at this server; only an admin of Immich may change its address.",
            code="not_admin",
            hint="Ask an admin.",
        )
    url = (await entered(page)).text("url")
    if not url:
        return await _page(page, own, {"url": _("Enter the address of the Immich server.")})
    return await _change(page, own, "url", url=url, api_key=own.api_key)


@routes.post("/connections/{connection_id}/delete", allow=Allow.PERSON)
async def delete(page: CurrentPage, connection_id: str) -> Response:
    """Forget a connection that no mirror reads from; nothing changes at Immich."""
    program = page.program
    own = await own_connection(program.app, page.person, connection_id)
    if await _is_last_home(page, own) and not page.person.is_admin:
        raise RefusedError(
            "People sign in by this connection; only an admin of Immich may delete it.",
            code="not_admin",
            hint="Ask an admin.",
        )
    try:
        await program.app.store.connections.delete(own.id)
    except ConflictError as error:
        return page.go(f"/connections/{own.id}", f"{error.message} {error.hint}")
    await _changed(page, own)
    return page.go("/connections", _("%(name)s is deleted here.") % {"name": own.name})


async def _change(page: Page, own: Connection, field: str, *, url: str, api_key: str) -> Response:
    app = page.program.app
    ca_file = Path(own.ca_file) if own.ca_file else None
    try:
        with page.program.attempts.attempt(("connection", page.person.id)):
            candidate = await look(app, url, api_key, ca_file)
        saved = await change(app, own, candidate, owner=page.person)
    except PentaprismError as error:
        told = f"{error.message} {error.hint}".strip()
        return await _page(page, own, {field: told}, typed_url=url)
    await _changed(page, saved)
    await page.program.health.check(saved)
    return page.go(f"/connections/{own.id}", _("It works, and is used from now on."))


async def _changed(page: Page, connection: Connection) -> None:
    """Forget what was known of a connection that is another now, or gone."""
    program = page.program
    program.albums.forget(connection.id)
    program.health.forget(connection.id)
    program.thumbnails.forget(connection.id)
    await program.pool.drop(connection.id)


async def _is_last_home(page: Page, own: Connection) -> bool:
    homes = await page.program.app.store.connections.homes()
    return own.home and not any(one.url == own.url and one.id != own.id for one in homes)


def _shown(page: Page, connection: Connection, mirrors: list[Mirror]) -> Shown:
    found = page.program.health.of(connection)
    now = page.program.app.clock()
    return Shown(
        connection,
        found,
        stale=found is None or found.at + _STALE <= now,
        mirrors=tuple(one for one in mirrors if one.connection_id == connection.id),
        keys_page=keys_page(page, connection.url),
    )


async def _page(
    page: Page, own: Connection, errors: dict[str, str] | None = None, **typed: Any
) -> Response:
    mirrors = await page.program.app.store.mirrors.list(page.person.id)
    last_home = await _is_last_home(page, own)
    return page.html(
        "connections/connection.html",
        _PLACE,
        status=UNFIT if errors else 200,
        one=_shown(page, own, mirrors),
        errors=errors or {},
        typed_name=typed.get("typed_name", own.name),
        typed_url=typed.get("typed_url", own.url),
        last_home=last_home,
        may_move=page.person.is_admin or not own.home,
        may_delete=page.person.is_admin or not last_home,
    )
