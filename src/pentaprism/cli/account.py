"""``account``: Google accounts, connected by a consent in the browser."""

from __future__ import annotations

import asyncio
import sys
import webbrowser
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pentaprism.cli.exits import Exit
from pentaprism.cli.options import (
    GoogleUrlOption,
    JsonOption,
    YesOption,
    confirm,
    opened,
    show_help,
    work,
)
from pentaprism.cli.output import (
    local_time,
    notes,
    print_error,
    print_json,
    print_table,
    safe,
    say,
    short,
    table,
)
from pentaprism.errors import InvalidError, PentaprismError, RetryableError

if TYPE_CHECKING:
    from pentaprism.accounts import Started
    from pentaprism.app import App
    from pentaprism.store.records import Account

app = typer.Typer(help="Connect Google accounts, and see how they stand.")

AccountArgument = Annotated[
    str,
    typer.Argument(metavar="[ACCOUNT]", help="Its name, e-mail address or id; else the only one."),
]


@app.callback(invoke_without_command=True)
def _account(context: typer.Context) -> None:
    """Connect Google accounts, and see how they stand."""
    show_help(context)


@app.command()
def connect(
    removals: Annotated[
        bool,
        typer.Option("--removals", help="Also ask to see and to change what Pentaprism has made."),
    ] = False,
    account: Annotated[
        str | None, typer.Option(help="Connect this account again, and no other.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call it; else its address.")] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where this machine is led back to; 0: any.")
    ] = 0,
    paste: Annotated[
        bool, typer.Option("--paste", help="The browser is on another machine: ask for its address")
    ] = False,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the consent.")] = 600,
    google_url: GoogleUrlOption = None,
    as_json: JsonOption = False,
) -> int:
    """Connect a Google account by a consent in the browser; then go on with what waits for it."""
    consent = _Consent(removals=removals, account=account, name=name, as_json=as_json)
    return work(_connect(consent, port, timeout, google_url, paste=paste))


class _Consent:
    """What the command line asked for."""

    def __init__(
        self, *, removals: bool, account: str | None, name: str | None, as_json: bool
    ) -> None:
        self.removals = removals
        self.account = account
        self.name = name
        self.as_json = as_json

    async def start(self, app_: App, redirect_uri: str) -> Started:
        """Begin the consent and tell the person where it is given."""
        known = await app_.accounts.find(self.account) if self.account else None
        started = await app_.accounts.start(
            redirect_uri, removals=self.removals, account=known, name=self.name
        )
        if self.as_json:
            print_json({"authorize_url": started.authorize_url})
        else:
            say("Consent at Google, in a browser, at this address:", to=notes)
            say(f"\n{safe(started.authorize_url)}\n", to=notes)
        return started


async def _connect(
    consent: _Consent, port: int, seconds: float, google_url: str | None, *, paste: bool
) -> int:
    async with opened(google_url=google_url) as app_:
        if paste:
            account = await _by_pasting(app_, consent, port)
        else:
            account = await _by_listening(app_, consent, port, seconds)
        _tell(account, as_json=consent.as_json)
        return await _go_on(app_, account, as_json=consent.as_json)


async def _by_listening(app_: App, consent: _Consent, port: int, seconds: float) -> Account:
    from pentaprism.cli.loopback import Loopback

    loopback: Loopback[Account] = Loopback(port)
    async with loopback:
        started = await consent.start(app_, loopback.redirect_uri)
        if not consent.as_json:
            say(
                f"Waiting for it. If Google says redirect_uri_mismatch, add {started.redirect_uri} "
                "to your client there. If the browser is on another machine: --paste.",
                to=notes,
            )
            await asyncio.to_thread(webbrowser.open, started.authorize_url)
        try:
            return await loopback.wait(started.state, app_.accounts.finish, seconds)
        except TimeoutError as error:
            raise RetryableError(
                f"No consent came within {seconds:.0f} s.",
                code="no_consent",
                hint="Begin again; --timeout gives more time. If the browser ended at a page that "
                "it could not open, give that address to `pentaprism account finish`.",
            ) from error


async def _by_pasting(app_: App, consent: _Consent, port: int) -> Account:
    from pentaprism.cli.loopback import PATH

    await consent.start(app_, f"http://localhost:{port or 8080}{PATH}")
    if not consent.as_json:
        say(
            "After the consent the browser ends at an address that begins with http://localhost, "
            "and may say that it cannot open it. Copy all of that address and paste it here.",
            to=notes,
        )
    return await app_.accounts.finish(await asyncio.to_thread(_read_address))


def _read_address() -> str:
    """Return an address from the terminal, or the first line of what is piped in."""
    if sys.stdin.isatty():
        return str(typer.prompt("Address", err=True))
    line = sys.stdin.readline().strip()
    if not line:
        raise InvalidError(
            "No address came.",
            code="answer",
            hint="Paste the address at which the browser ended after the consent.",
        )
    return line


@app.command()
def finish(
    address: Annotated[
        str,
        typer.Argument(help="Where the browser ended after the consent; - reads it from a pipe."),
    ],
    google_url: GoogleUrlOption = None,
    as_json: JsonOption = False,
) -> int:
    """Finish a consent that was begun here, by the address at which the browser ended."""
    return work(_finish(address, google_url, as_json=as_json))


async def _finish(address: str, google_url: str | None, *, as_json: bool) -> int:
    async with opened(google_url=google_url) as app_:
        account = await app_.accounts.finish(_read_address() if address == "-" else address)
        _tell(account, as_json=as_json)
        return await _go_on(app_, account, as_json=as_json)


async def _go_on(app_: App, account: Account, *, as_json: bool) -> int:
    """Run the mirrors that wait for ``account`` to be connected again."""
    from pentaprism.app import RunOptions
    from pentaprism.cli.report import run_and_report

    code = 0
    for mirror in await app_.waiting_for(account):
        if mirror.paused:
            continue
        connection = await app_.mirror_connection(mirror)
        try:
            ended = await run_and_report(app_, mirror, connection, RunOptions(), as_json=as_json)
        except PentaprismError as error:
            print_error(error, as_json=as_json)
            ended = Exit.SOME_FAILED
        code = max(code, ended)
    return code


@app.command("list")
def list_accounts(google_url: GoogleUrlOption = None, as_json: JsonOption = False) -> None:
    """List the connected accounts: what they granted, and what of the day's quota is left."""
    work(_list(google_url, as_json=as_json))


async def _list(google_url: str | None, *, as_json: bool) -> None:
    async with opened(google_url=google_url) as app_:
        found = await app_.accounts.list()
        rows = [(one, await app_.requests_today(one)) for one in found]
        budget = app_.settings.google_daily_requests
    if as_json:
        print_json([_as_json(one) | {"requests_today": spent} for one, spent in rows])
        return
    if not rows:
        say("No Google account is connected. Begin with: pentaprism account connect")
        return
    shown = table("Id", "Account", "State", "May", "Sign-in ends", "Today", whole=["Id", "State"])
    for one, spent in rows:
        shown.add_row(
            short(one.id),
            safe(one.name),
            one.state.value,
            _granted(one),
            local_time(one.token_expires_at) if one.token_expires_at else "",
            f"{spent:,} of {budget:,}",
        )
    print_table(shown)
    for one, _ in rows:
        _remark(app_, one)


def _remark(app_: App, account: Account) -> None:
    from pentaprism.accounts import expiry_warning

    if account.reason:
        say(f"[yellow]![/] {safe(account.name)}: {safe(account.reason)}")
        say("Connect it again: pentaprism account connect", indent=2)
    warning = expiry_warning(account, app_.clock())
    if warning:
        say(f"[yellow]![/] {safe(warning)}")


def _granted(account: Account) -> str:
    from pentaprism.destinations.google_photos.scopes import MEANINGS

    return "; ".join(text for scope, text in MEANINGS.items() if scope in account.scopes)


@app.command()
def rename(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its name, address or id.")],
    name: Annotated[str, typer.Argument(help="What to call it.")],
    as_json: JsonOption = False,
) -> None:
    """Call an account by another name."""
    work(_rename(account, name, as_json=as_json))


async def _rename(text: str, name: str, *, as_json: bool) -> None:
    async with opened() as app_:
        account = await app_.accounts.rename(await app_.accounts.find(text), name)
    if as_json:
        print_json(_as_json(account))
    else:
        say(f"The account is called {safe(account.name)} now.")


@app.command()
def disconnect(
    account: AccountArgument = "",
    force: Annotated[
        bool, typer.Option("--force", help="Forget it here also if Google cannot be reached.")
    ] = False,
    google_url: GoogleUrlOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Withdraw the right at Google and forget it here; the photos stay where they are."""
    work(_disconnect(account, google_url, force=force, yes=yes, as_json=as_json))


async def _disconnect(
    text: str, google_url: str | None, *, force: bool, yes: bool, as_json: bool
) -> None:
    async with opened(google_url=google_url) as app_:
        found = await app_.accounts.find(text)
        confirm(f"Disconnect {found.name}? Its mirrors stop until it is connected again.", yes=yes)
        account = await app_.accounts.disconnect(found, force=force)
    if as_json:
        print_json(_as_json(account))
    else:
        say(f"{safe(account.name)} is disconnected. What was mirrored to it stays there.")


def _tell(account: Account, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(account))
        return
    say(f"{safe(account.name)} is connected; Pentaprism may {_granted(account)}.")
    say("Next: pentaprism mirror ALBUM --to google-photos", indent=2)


def _as_json(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "email": account.email,
        "state": account.state.value,
        "reason": account.reason,
        "scopes": sorted(account.scopes),
        "connected": account.connected_at,
        "sign_in_ends": account.token_expires_at,
    }
