"""What a person chose: preferences, notices, API tokens, and where they are signed in."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.responses import Response

from pentaprism.edge import SESSION_COOKIE, Allow, Routes, Side
from pentaprism.errors import PentaprismError
from pentaprism.notifications import check_url
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.catalogue import ngettext
from pentaprism.web.connection_form import UNFIT
from pentaprism.web.entered import entered
from pentaprism.web.page import CurrentPage, Page
from pentaprism.web.settings_view import browser_of, shown_urls

routes = Routes(Side.PAGES)

_THEMES = frozenset({"light", "dark"})
_NOTICES = 10
_MOST_URLS = 20


@routes.get("/settings", allow=Allow.PERSON)
async def settings(page: CurrentPage) -> Response:
    """Show all of it."""
    return await _page(page)


@routes.post("/settings/theme", allow=Allow.PERSON)
async def theme(page: CurrentPage) -> Response:
    """Keep light or dark; anything else follows the system."""
    wanted = (await entered(page)).text("theme")
    await _prefer(page, theme=wanted if wanted in _THEMES else "system")
    return page.go("/settings#you")  # the page shows it already: a script sends this form


@routes.post("/settings/keys", allow=Allow.PERSON)
async def keys(page: CurrentPage) -> Response:
    """Switch the single-letter keys on or off."""
    await _prefer(page, keys=(await entered(page)).ticked("keys"))
    return page.go("/settings#you", _("Your preferences are kept."))


@routes.post("/settings/notifications", allow=Allow.PERSON)
async def add_url(page: CurrentPage) -> Response:
    """Add an address to which notices are sent."""
    url = (await entered(page)).text("url")
    urls = page.person.notification_urls
    if not url:
        return await _page(page, errors={"url": _("Enter an address.")})
    if url in urls:
        return await _page(page, errors={"url": _("This address is in the list already.")})
    if len(urls) >= _MOST_URLS:
        return await _page(page, errors={"url": _("The list is full; remove an address first.")})
    try:
        check_url(url)
    except PentaprismError as error:
        return await _page(page, errors={"url": f"{error.message} {error.hint}"})
    await page.program.app.store.people.set_notification_urls(page.person.id, [*urls, url])
    return page.go("/settings#notifications", _("Notices are sent there from now on. Try it."))


@routes.post("/settings/notifications/remove", allow=Allow.PERSON)
async def remove_url(page: CurrentPage) -> Response:
    """Remove an address; it is named by a digest, as it is never shown itself."""
    wanted = (await entered(page)).text("id")
    left = [one.url for one in shown_urls(page.person.notification_urls) if one.id != wanted]
    await page.program.app.store.people.set_notification_urls(page.person.id, left)
    return page.go("/settings#notifications", _("The address is removed."))


@routes.post("/settings/notifications/test", allow=Allow.PERSON)
async def send_test(page: CurrentPage) -> Response:
    """Send a message to all addresses, and tell what came of it."""
    count = len(page.person.notification_urls)
    if not count:
        return page.go("/settings#notifications", _("Add an address first."))
    error = await page.program.notices.try_out(page.person.id)
    told = ngettext("The test was sent.", "The test was sent to %(num)s addresses.", count)
    return page.go(
        "/settings#notifications",
        _("Not all of it got through: %(error)s") % {"error": error}
        if error
        else told % {"num": count},
    )


@routes.post("/settings/tokens", allow=Allow.PERSON)
async def make_token(page: CurrentPage) -> Response:
    """Make an API token, and show its secret this once."""
    given = await entered(page)
    name, until = given.text("name"), given.text("until")
    try:
        ends = _end_of(date.fromisoformat(until), page) if until else None
    except ValueError:
        errors = {"until": _("This is not a date; write it as 2030-12-31.")}
        return await _page(page, errors=errors, typed_name=name)
    try:
        token, secret = await page.program.tokens.make(page.person, name, ends)
    except PentaprismError as error:
        field = "until" if error.code == "token_end" else "name"
        errors = {field: f"{error.message} {error.hint}"}
        return await _page(page, errors=errors, typed_name=name)
    return await _page(page, made=(token, secret))


@routes.post("/settings/tokens/{token_id}/revoke", allow=Allow.PERSON)
async def revoke(page: CurrentPage, token_id: str) -> Response:
    """Delete an API token: what uses it is refused from now on."""
    await page.program.app.store.api_tokens.delete(token_id, page.person.id)
    return page.go("/settings#tokens", _("The token is revoked."))


@routes.post("/settings/sessions/end-others", allow=Allow.PERSON)
async def end_others(page: CurrentPage) -> Response:
    """Sign out everywhere but in this browser."""
    token = page.request.cookies.get(SESSION_COOKIE, "")
    ended = await page.program.sessions.end_others(page.person.id, token)
    told = ngettext("%(num)s other session is ended.", "%(num)s other sessions are ended.", ended)
    return page.go("/settings#sessions", told % {"num": ended})


async def _prefer(page: Page, **chosen: Any) -> None:
    kept = {**page.person.preferences, **chosen}
    await page.program.app.store.people.set_preferences(page.person.id, kept)


def _end_of(day: date, page: Page) -> datetime:
    """Return the end of ``day`` where the server is."""
    return datetime.combine(day, time(), tzinfo=page.program.zone) + timedelta(days=1)


async def _page(
    page: Page,
    *,
    errors: dict[str, str] | None = None,
    typed_name: str = "",
    made: Any = None,
) -> Response:
    store, person = page.program.app.store, page.person
    sessions = await store.sessions.list_of(person.id)
    own = page.request.state.visitor.digest
    return page.html(
        "settings.html",
        "settings",
        status=UNFIT if errors else 200,
        errors=errors or {},
        typed_name=typed_name,
        made=made,
        urls=shown_urls(person.notification_urls),
        notices=await store.notices.recent(person.id, _NOTICES),
        tokens=await store.api_tokens.list_of(person.id),
        sessions=[(one, browser_of(one.user_agent), one.digest == own) for one in sessions],
    )
