"""The first visit: the code from the log, then the first connection."""

from __future__ import annotations

from starlette.responses import Response

from pentaprism.access import TooManyError
from pentaprism.access.set_up import LASTS
from pentaprism.connections.candidates import Candidate, keep
from pentaprism.edge import SESSION_COOKIE, SET_UP_COOKIE, Allow, Routes, Side
from pentaprism.errors import PentaprismError
from pentaprism.immich import SignedIn
from pentaprism.web.connection_form import ImmichForm, answered, read, tested, with_trouble
from pentaprism.web.entered import entered
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

_UNFIT, _TOO_MANY = 422, 429
_TEMPLATE = "set-up/immich.html"


@routes.get("/setup", allow=Allow.ANYONE)
async def code(page: CurrentPage) -> Response:
    """Ask for the code, while there is no connection yet."""
    program = page.program
    if not await program.set_up.needed():
        return page.go("/")
    if program.set_up.holds(page.request.cookies.get(SET_UP_COOKIE, "")):
        return page.go("/setup/immich")
    return page.html("set-up/code.html", error=None, hint="")


@routes.post("/setup", allow=Allow.ANYONE)
async def open_set_up(page: CurrentPage) -> Response:
    """Let in whoever knows the code."""
    set_up = page.program.set_up
    if not await set_up.needed():
        return page.go("/")
    given = await entered(page)
    try:
        token = set_up.open(given.text("code"))
    except PentaprismError as error:
        status = _TOO_MANY if isinstance(error, TooManyError) else _UNFIT
        return page.html("set-up/code.html", status=status, error=error.message, hint=error.hint)
    response = page.go("/setup/immich")
    site = page.request.app.state.entrance.site
    site.set_cookie(response, page.request, SET_UP_COOKIE, token, max_age=LASTS)
    return response


@routes.get("/setup/immich", allow=Allow.SET_UP)
async def immich(page: CurrentPage) -> Response:
    """Ask for the server and a key."""
    settings = page.program.app.settings
    ca_file = str(settings.immich_ca_file) if settings.immich_ca_file else ""
    return page.html(_TEMPLATE, form=ImmichForm(settings.immich_url or "", ca_file))


@routes.post("/setup/immich", allow=Allow.SET_UP)
async def connect(page: CurrentPage) -> Response:
    """Test what was entered, or save it and go on as the key's user."""
    given = await entered(page)
    form = await tested(page, read(given, may_name_ca=True), given.text("api_key"))
    if given.text("do") == "test" or form.errors or form.candidate is None:
        return answered(page, _TEMPLATE, form)
    try:
        return await _finish(page, form.candidate)
    except PentaprismError as error:
        return answered(page, _TEMPLATE, with_trouble(form, error))


async def _finish(page: Page, candidate: Candidate) -> Response:
    """Save the first connection, end the set-up, and begin a session for the key's user."""
    program, request = page.program, page.request
    user = candidate.require()
    await keep(program.app, candidate)
    program.set_up.close()
    agent = request.headers.get("user-agent", "")
    signed_in = SignedIn(user, "api_key", candidate.api_key)
    token = await program.sessions.begin(signed_in, candidate.url, agent)
    response = page.go("/first-steps/albums")
    site = request.app.state.entrance.site
    site.delete_cookie(response, request, SET_UP_COOKIE)
    site.set_cookie(response, request, SESSION_COOKIE, token, max_age=program.sessions.lasts)
    return response
