"""The form of an indexed folder: a new one, and what can be changed of one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.responses import Response

from pentaprism.definitions import check_media_folder, own_root
from pentaprism.edge import Allow, RefusedError, Routes, Side
from pentaprism.errors import PentaprismError
from pentaprism.store.library_records import Root, Watching
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.connection_form import UNFIT
from pentaprism.web.entered import Entered, entered
from pentaprism.web.library import may_add
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

_PLACE = "library"
_MOST_NAME = 100
_MOST_PATH = 4000
_PLACED = ("connection_id", "immich_path")


@dataclass(frozen=True, slots=True)
class RootForm:
    """What was entered, and what is wrong by the name of the field."""

    path: str = ""
    name: str = ""
    connection_id: str = ""
    immich_path: str = ""
    watching: str = Watching.AUTO
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Root) -> RootForm:
        """Return the form for ``root`` as it is."""
        return cls(
            root.path,
            root.name,
            root.connection_id or "",
            root.immich_path or "",
            root.watching,
        )

    @property
    def values(self) -> dict[str, Any]:
        """What the store gets of it, but for the path."""
        return {
            "name": self.name,
            "connection_id": self.connection_id or None,
            "immich_path": self.immich_path or None,
            "watching": Watching(self.watching),
        }


@routes.get("/library/new", allow=Allow.PERSON)
async def new(page: CurrentPage) -> Response:
    """Ask for a folder."""
    _check_may_add(page)
    return await _page(page, RootForm())


@routes.post("/library/new", allow=Allow.PERSON)
async def add(page: CurrentPage) -> Response:
    """Have a folder indexed, at once and whenever it changes."""
    _check_may_add(page)
    form = await _read(page, await entered(page))
    errors = dict(form.errors)
    path = ""
    try:
        path = await check_media_folder(page.program.app, page.person, form.path)
    except PentaprismError as error:
        errors["path"] = _sentences(error) if form.path else _("Enter the path of a folder.")
    name = form.name or os.path.basename(path) or path
    form = replace(form, errors=errors, name=name if path else form.name)
    if errors:
        return await _page(page, form)
    try:
        root = await page.program.app.store.roots.add(page.person.id, path, **form.values)
    except PentaprismError as error:
        return await _page(page, replace(form, errors={"path": _sentences(error)}))
    await page.program.scans.start(root.id)
    _wake(page, root)
    toast = _("“%(name)s” is being scanned. Its files are only ever read.")
    return page.go("/library", toast % {"name": root.name})


@routes.get("/library/{root_id}/edit", allow=Allow.PERSON)
async def edit(page: CurrentPage, root_id: str) -> Response:
    """Show what can be changed of a folder."""
    root = await own_root(page.program.app, page.person, root_id)
    return await _page(page, RootForm.of(root), root)


@routes.post("/library/{root_id}/edit", allow=Allow.PERSON)
async def save(page: CurrentPage, root_id: str) -> Response:
    """Change a folder; its place stays."""
    root = await own_root(page.program.app, page.person, root_id)
    form = await _read(page, await entered(page))
    form = replace(form, path=root.path, name=form.name or root.name)
    if form.errors:
        return await _page(page, form, root)
    changed = await page.program.app.store.roots.update(root.id, **form.values)
    if any(getattr(changed, name) != getattr(root, name) for name in _PLACED):
        await page.program.scans.start(root.id)
    _wake(page, changed)
    return page.go("/library", _("“%(name)s” is changed.") % {"name": changed.name})


async def _read(page: Page, given: Entered) -> RootForm:
    """Return the form as it was filled in, with what is wrong beside its path."""
    own = {one.id for one in await page.program.app.store.connections.list(page.person.id)}
    form = RootForm(
        path=given.text("path")[:_MOST_PATH],
        name=" ".join(given.text("name").split()),
        connection_id=given.text("connection_id"),
        immich_path=given.text("immich_path"),
        watching=given.text("watching") or Watching.AUTO,
    )
    errors: dict[str, str] = {}
    if len(form.name) > _MOST_NAME:
        errors["name"] = _("A name has 100 characters at most.")
    if form.connection_id and form.connection_id not in own:
        errors["connection_id"] = _("Choose one of your connections.")
    if form.immich_path and not form.connection_id:
        errors["connection_id"] = _("Choose the connection whose Immich sees that path.")
    if form.immich_path and (not form.immich_path.startswith("/") or "\0" in form.immich_path):
        errors["immich_path"] = _("Enter it whole, beginning with a slash, such as /mnt/photos.")
    if len(form.immich_path) > _MOST_PATH:
        errors["immich_path"] = _("This is longer than any path.")
    if form.watching not in set(Watching):
        errors["watching"] = _("Choose one of these.")
    return replace(form, errors=errors)


def _check_may_add(page: Page) -> None:
    if not may_add(page):
        raise RefusedError(
            _("Only an admin may have folders of this server indexed."),
            code="not_admin",
            hint=_("Ask an admin, who can also open folders to everybody by MEDIA_FOLDERS."),
        )


def _sentences(error: PentaprismError) -> str:
    return f"{error.message} {error.hint}".strip()


def _wake(page: Page, root: Root) -> None:
    page.program.watchers.wake()
    if root.connection_id is not None:
        page.program.catalogues.wake(root.connection_id)


async def _page(page: Page, form: RootForm, root: Root | None = None) -> Response:
    connections = await page.program.app.store.connections.list(page.person.id)
    return page.html(
        "library/form.html",
        _PLACE,
        status=UNFIT if form.errors else 200,
        form=form,
        root=root,
        connections=[(one.id, one.name) for one in connections],
        allowed=() if page.person.is_admin else page.program.app.settings.media_folders,
    )
