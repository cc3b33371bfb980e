"""Signing in, at Immich, and out."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace

from starlette.responses import Response

from pentaprism.access import TooManyError
from pentaprism.edge import SESSION_COOKIE, Allow, Routes, Side, client_address, local_path
from pentaprism.errors import InvalidError, PentaprismError
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.entered import entered
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

_PASSWORD, _KEY = "password", "key"
_UNFIT, _TOO_MANY, _AWAY = 422, 429, 503
_FIELDS: Mapping[str, str] = {
    "bad_credentials": "password",
    "bad_key": "api_key",
    "permissions": "api_key",
    "unknown_server": "server",
}
"""The field at which an error is told, by its code; others are told above the form."""


@dataclass(frozen=True, slots=True)
class SignInForm:
    """What was entered to sign in, and what is wrong with it by the name of the field.

    Secrets are never shown again, and are not in it. ``trouble`` is an error of no field.
    """

    way: str = _PASSWORD
    next: str = ""
    server: str = ""
    email: str = ""
    errors: Mapping[str, str] | None = None
    trouble: PentaprismError | None = None

    def error(self, field: str) -> str | None:
        """Return what is wrong with ``field``."""
        return (self.errors or {}).get(field)


@routes.get("/login", allow=Allow.ANYONE)
async def login(page: CurrentPage, way: str = _PASSWORD, next: str = "") -> Response:  # noqa: A002 - the name in the address
    """Show the form, or lead on who has signed in already."""
    if await page.program.set_up.needed():
        return page.go("/setup")
    if page.request.state.visitor.person is not None:
        return page.go(local_path(next))
    return await _form(page, SignInForm(way=_known(way), next=next))


@routes.post("/login", allow=Allow.ANYONE)
async def sign_in(page: CurrentPage) -> Response:
    """Let in whom Immich knows."""
    given = await entered(page)
    form = SignInForm(
        _known(given.text("way")), given.text("next"), given.text("server"), given.text("email")
    )
    password, api_key = given.secret("password"), given.text("api_key")
    errors = _missing(form, password, api_key)
    if errors:
        return await _form(page, replace(form, errors=errors), status=_UNFIT)
    try:
        token = await _ask(page, form, password, api_key)
    except PentaprismError as error:
        return await _refused(page, form, error)
    return await welcomed(page, token, local_path(form.next))


@routes.post("/sign-out", allow=Allow.ANYONE)
async def sign_out(page: CurrentPage) -> Response:
    """End the session of this browser, here and at Immich."""
    await page.program.sessions.end(page.request.cookies.get(SESSION_COOKIE, ""))
    response = page.go("/login", _("You are signed out."))
    page.request.app.state.entrance.site.delete_cookie(response, page.request, SESSION_COOKIE)
    return response


async def welcomed(page: Page, token: str, path: str) -> Response:
    """Lead on to ``path`` with the new session ``token``; newcomers take their first steps."""
    if path == "/" and await _is_new(page, token):
        path = "/first-steps"
    response = page.go(path)
    site = page.request.app.state.entrance.site
    lasts = page.program.sessions.lasts
    site.set_cookie(response, page.request, SESSION_COOKIE, token, max_age=lasts)
    return response


async def _is_new(page: Page, token: str) -> bool:
    session = await page.program.sessions.find(token)
    if session is None:
        return False
    return await page.program.app.store.connections.default(session.person.id) is None


def _ask(page: Page, form: SignInForm, password: str, api_key: str) -> Awaitable[str]:
    door, server = page.program.door, form.server or None
    address = client_address(page.request)
    agent = page.request.headers.get("user-agent", "")
    if form.way == _KEY:
        return door.with_api_key(api_key, server_url=server, address=address, user_agent=agent)
    return door.with_password(
        form.email, password, server_url=server, address=address, user_agent=agent
    )


def _missing(form: SignInForm, password: str, api_key: str) -> dict[str, str]:
    if form.way == _KEY:
        return {} if api_key.strip() else {"api_key": _("Enter an API key of yours.")}
    errors = {}
    if not form.email.strip():
        errors["email"] = _("Enter your e-mail address.")
    if not password:
        errors["password"] = _("Enter your password.")
    return errors


async def _refused(page: Page, form: SignInForm, error: PentaprismError) -> Response:
    field = _FIELDS.get(error.code)
    if field is not None:
        told = f"{error.message} {error.hint}".strip()
        return await _form(page, replace(form, errors={field: told}), status=_UNFIT)
    stuck = replace(form, trouble=error)
    status = _TOO_MANY if isinstance(error, TooManyError) else _AWAY
    response = await _form(
        page, stuck, status=_UNFIT if isinstance(error, InvalidError) else status
    )
    if isinstance(error, TooManyError) and error.after is not None:
        response.headers["Retry-After"] = str(max(1, round(error.after)))
    return response


async def _form(page: Page, form: SignInForm, *, status: int = 200) -> Response:
    servers = [server.url for server in await page.program.door.servers()]
    return page.html("sign-in.html", status=status, form=form, servers=servers)


def _known(way: str) -> str:
    return _KEY if way == _KEY else _PASSWORD
