"""Consents at Google: the way there and the way back."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta

from starlette.responses import RedirectResponse, Response

from pentaprism.accounts import Started
from pentaprism.edge import Allow, Routes, Side, local_path
from pentaprism.errors import PentaprismError
from pentaprism.store.records import Account
from pentaprism.web.accounts import accounts_page, own_account, redirect_address
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.entered import entered
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

COOKIE = "pentaprism_consent"
_OPEN_FOR = timedelta(hours=1)
_LONGEST = 1500
"""Characters of a path that a cookie has room for."""

_UNFIT = 422


@routes.get("/auth/google/start", allow=Allow.PERSON)
async def start(
    page: CurrentPage,
    *,
    next: str = "",  # noqa: A002 - the name in the address
    removals: bool = False,
    account: str = "",
) -> Response:
    """Lead on to Google's page; ``next`` is where to go on afterwards, ``account`` whose it is."""
    known = await own_account(page, account) if account else None
    redirect, is_here = redirect_address(page)
    after = local_path(next) if next else "/accounts"
    try:
        started = await page.program.app.accounts.start(
            redirect, removals=removals, account=known, owner_id=page.person.id
        )
    except PentaprismError as error:
        return await accounts_page(page, trouble=error, back=after, status=_UNFIT)
    response: Response
    if is_here:
        response = RedirectResponse(started.authorize_url, status_code=303)
    else:
        response = _paste(page, started.authorize_url, known.name if known else "")
    _remember(page, response, started, after)
    return response


@routes.get("/auth/google/callback", allow=Allow.PERSON)
async def callback(page: CurrentPage) -> Response:
    """Take Google's answer."""
    after = _remembered(page, page.request.query_params.get("state", ""))
    try:
        account = await _finish(page, page.request.url.query)
    except PentaprismError as error:
        return await accounts_page(page, trouble=error, back=after, status=_UNFIT)
    return _connected(page, account, after)


@routes.post("/accounts/paste", allow=Allow.PERSON)
async def paste(page: CurrentPage) -> Response:
    """Take the address at which a browser ended that could not come back by itself."""
    given = await entered(page)
    try:
        account = await _finish(page, given.text("address"))
    except PentaprismError as error:
        if error.code == "answer":  # the address is wrong; the consent is as good as before
            return _paste(page, given.text("authorize_url"), "", error, status=_UNFIT)
        return await accounts_page(page, trouble=error, back=_remembered(page), status=_UNFIT)
    return _connected(page, account, _remembered(page))


async def _finish(page: Page, answer: str) -> Account:
    return await page.program.app.accounts.finish(answer, owner_id=page.person.id)


def _connected(page: Page, account: Account, after: str) -> Response:
    page.program.clock.wake()  # runs that have waited for this account go on
    response = page.go(after, _("%(name)s is connected.") % {"name": account.name})
    page.request.app.state.entrance.site.delete_cookie(response, page.request, COOKIE)
    return response


def _paste(
    page: Page,
    authorize_url: str,
    name: str,
    error: PentaprismError | None = None,
    *,
    status: int = 200,
) -> Response:
    link = authorize_url if authorize_url.startswith(("https://", "http://")) else ""
    return page.html(
        "google-paste.html", "accounts", status=status, authorize_url=link, name=name, error=error
    )


def _remember(page: Page, response: Response, started: Started, after: str) -> None:
    """Keep where to go on, with the state of the consent that it belongs to."""
    path = base64.urlsafe_b64encode(after[:_LONGEST].encode()).decode()
    site = page.request.app.state.entrance.site
    value = f"{started.state}.{path}"
    site.set_cookie(response, page.request, COOKIE, value, max_age=_OPEN_FOR)


def _remembered(page: Page, state: str | None = None) -> str:
    """Return where to go on after the consent with ``state``, or after whichever was begun."""
    whose, _dot, path = page.request.cookies.get(COOKIE, "").rpartition(".")
    if not whose or (state is not None and whose != state):
        return "/accounts"
    try:
        return local_path(base64.urlsafe_b64decode(path).decode())
    except (binascii.Error, ValueError):
        return "/accounts"
