"""The Google accounts of a person."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import Response

from pentaprism.edge import Allow, Routes, Side
from pentaprism.errors import NotFoundError, PentaprismError
from pentaprism.overview.quota import quota_of
from pentaprism.store.records import Account
from pentaprism.web.account_views import account_views
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.entered import entered
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

CALLBACK = "/auth/google/callback"
"""Where Google leads a browser back to, below our address."""

LOOPBACK = f"http://localhost{CALLBACK}"
"""Where it leads to when our own address is none that Google takes."""

_LONGEST_NAME = 200


@routes.get("/accounts", allow=Allow.PERSON)
async def accounts(page: CurrentPage) -> Response:
    """Show the accounts, what each may do, and what of the day's quota is used."""
    return await accounts_page(page)


@routes.post("/accounts/{account_id}/rename", allow=Allow.PERSON)
async def rename(page: CurrentPage, account_id: str) -> Response:
    """Call an account by another name."""
    account = await own_account(page, account_id)
    name = (await entered(page)).text("name")
    if not name or len(name) > _LONGEST_NAME:
        wrong = _("Enter a name of up to 200 characters.")
        return await accounts_page(page, wrong_name=(account.id, name, wrong), status=422)
    await page.program.app.accounts.rename(account, name)
    return page.go("/accounts", _("The account is called %(name)s now.") % {"name": name})


@routes.post("/accounts/{account_id}/disconnect", allow=Allow.PERSON)
async def disconnect(page: CurrentPage, account_id: str) -> Response:
    """Withdraw the right at Google, and forget it here."""
    account = await own_account(page, account_id)
    force = (await entered(page)).ticked("force")
    try:
        await page.program.app.accounts.disconnect(account, force=force)
    except PentaprismError as error:
        return await accounts_page(page, stuck=(account, error), status=422)
    told = _("%(name)s is disconnected. What is at Google stays there.") % {"name": account.name}
    return page.go("/accounts", told)


async def own_account(page: Page, account_id: str) -> Account:
    """Return an account of the person who asks; raises `NotFoundError`."""
    account = await page.program.app.store.accounts.get(account_id)
    if account.owner_id != page.person.id:
        raise NotFoundError(
            f"There is no account {account_id}.", code="account_not_found", hint="Look at the list."
        )
    return account


async def accounts_page(
    page: Page,
    *,
    trouble: PentaprismError | None = None,
    back: str = "",
    stuck: tuple[Account, PentaprismError] | None = None,
    wrong_name: tuple[str, str, str] | None = None,
    status: int = 200,
) -> Response:
    """Answer with the page; ``trouble`` is why a consent came to nothing, ``back`` where it began.

    ``stuck`` is an account that could not be disconnected, ``wrong_name`` one that could not be
    renamed with what was typed and what is wrong.
    """
    program, person = page.program, page.person
    mirrors = await program.summaries.of(person.id, program.runner.all_live())
    found = await program.app.accounts.list(person.id)
    uses = await quota_of(program.app, person.id)
    settings = program.app.settings
    return page.html(
        "accounts.html",
        "accounts",
        status=status,
        views=account_views(found, mirrors, uses, program.app.clock()),
        has_client=bool(settings.google_client_id and settings.google_client_secret),
        redirect=redirect_address(page)[0],
        budget=settings.google_daily_requests,
        trouble=trouble,
        back=back,
        stuck=stuck,
        wrong_name=wrong_name,
    )


def redirect_address(page: Page) -> tuple[str, bool]:
    """Return where Google shall lead the browser back to, and whether that is here.

    Google takes addresses with https, and plain ones of the browser's own machine alone.
    """
    here: str = page.request.app.state.entrance.site.address(page.request, CALLBACK)
    url = urlsplit(here)
    own_machine = url.hostname in {"localhost", "127.0.0.1", "::1"}
    usable = url.scheme == "https" or (url.scheme == "http" and own_machine)
    return (here, True) if usable else (LOOPBACK, False)
