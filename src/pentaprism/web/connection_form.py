"""The form for an Immich server and a key of it, and what was found there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.responses import Response

from pentaprism.connections.candidates import Candidate, look
from pentaprism.edge import client_address, is_htmx
from pentaprism.errors import PentaprismError
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.entered import Entered
from pentaprism.web.page import Page

UNFIT = 422
"""The status of a form that is shown again with its errors."""

_AT_KEY = frozenset({"bad_key", "permissions", "other_user"})
_KEYS_PAGE = "/user-settings?isOpen=api-keys"


@dataclass(frozen=True, slots=True)
class ImmichForm:
    """What was entered, what is wrong by the name of the field, and what was found.

    The key is not in it, as it is never shown again. ``keys_page`` is where Immich lets people
    change their keys. ``fixed``: the address cannot be changed.
    """

    url: str = ""
    ca_file: str = ""
    name: str = ""
    errors: Mapping[str, str] | None = None
    trouble: PentaprismError | None = None
    candidate: Candidate | None = None
    keys_page: str = ""
    fixed: bool = False

    def error(self, field: str) -> str | None:
        """Return what is wrong with ``field``."""
        return (self.errors or {}).get(field)


def read(given: Entered, *, may_name_ca: bool) -> ImmichForm:
    """Return the form as it was filled in; a file of the server is named by admins alone."""
    errors = {}
    if not given.text("url"):
        errors["url"] = _("Enter the address of the Immich server.")
    if not given.text("api_key"):
        errors["api_key"] = _("Enter an API key.")
    ca_file = given.text("ca_file") if may_name_ca else ""
    return ImmichForm(given.text("url"), ca_file, given.text("name"), errors)


async def tested(page: Page, form: ImmichForm, api_key: str) -> ImmichForm:
    """Return ``form`` with what was found at its server, or what is wrong."""
    if form.errors:
        return form
    visitor = page.request.state.visitor.person
    who = visitor.id if visitor else client_address(page.request)
    try:
        with page.program.attempts.attempt(("connection", who)):
            ca_file = Path(form.ca_file) if form.ca_file else await _home_ca(page, form.url)
            candidate = await look(page.program.app, form.url, api_key, ca_file)
    except PentaprismError as error:
        return with_trouble(form, error)
    made = replace(form, candidate=candidate, keys_page=keys_page(page, candidate.url))
    if candidate.lacking:
        told = _("This key works, but it lacks: %(names)s.") % {
            "names": ", ".join(sorted(candidate.lacking))
        }
        return replace(made, errors={"api_key": told})
    return made


async def _home_ca(page: Page, url: str) -> Path | None:
    """Return the certificate authority that is known for a home server."""
    plain = url.rstrip("/").removesuffix("/api")
    servers = await page.program.door.servers()
    return next((server.ca_file for server in servers if server.url == plain), None)


def with_trouble(form: ImmichForm, error: PentaprismError) -> ImmichForm:
    """Return ``form`` with ``error``, told at the field that it is about."""
    field = "api_key" if error.code in _AT_KEY else "url"
    return replace(form, trouble=error, errors={field: error.message})


def keys_page(page: Page, url: str) -> str:
    """Return where a browser finds the API keys of the Immich at ``url``."""
    settings = page.program.app.settings
    public = settings.immich_public_url
    home = (settings.immich_url or "").rstrip("/").removesuffix("/api")
    return f"{public if public and url == home else url}{_KEYS_PAGE}"


def answered(page: Page, template: str, form: ImmichForm, place: str = "", **more: Any) -> Response:
    """Answer with what was found: a part for htmx, and else the page ``template`` with it."""
    status = UNFIT if form.errors else 200
    if is_htmx(page.request):
        return page.part("connections/form.html", "result", status=status, form=form)
    return page.html(template, place, status=status, form=form, **more)
