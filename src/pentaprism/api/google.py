"""``/auth/google/status`` and ``/disconnect``; the pages beside them connect an account."""

from __future__ import annotations

from pydantic import Field

from pentaprism.api.account_bodies import ACCOUNT, AccountBody, bodies_of
from pentaprism.api.belongings import account_of
from pentaprism.api.bodies import ACCOUNT_ID, Answer, Request, example
from pentaprism.api.problems import refusals
from pentaprism.app import App
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.store import Account, AccountState, Person

routes = Routes(Side.API, prefix="/auth/google", tags=["accounts"])


class GoogleStatus(Answer):
    """Whether albums can be mirrored to Google Photos."""

    model_config = Answer.model_config | example(
        connected=True, client_configured=True, accounts=[ACCOUNT]
    )

    connected: bool = Field(description="Whether an account is connected.")
    client_configured: bool = Field(description="Whether the settings name an OAuth client.")
    accounts: list[AccountBody] = Field(description="Your accounts.")


class Disconnect(Request):
    """The account that shall be disconnected."""

    model_config = Request.model_config | example(account_id=ACCOUNT_ID, force=False)

    account_id: str | None = Field(
        None, max_length=100, description="The account; without it, the only connected one."
    )
    force: bool = Field(False, description="Forget it here also when Google cannot be reached.")


class Disconnected(Answer):
    """An account was disconnected."""

    model_config = Answer.model_config | example(
        success=True, account_id=ACCOUNT_ID, message="Ann's photos is disconnected."
    )

    success: bool = Field(description="Always true.")
    account_id: str = Field(description="The account.")
    message: str = Field(description="The same in a sentence.")


@routes.get("/status", allow=Allow.PERSON, responses=refusals())
async def google_status(program: CurrentProgram, person: CurrentPerson) -> GoogleStatus:
    """Tell which Google accounts are connected."""
    settings = program.app.settings
    accounts = await bodies_of(program, person)
    return GoogleStatus(
        connected=any(one.state is AccountState.CONNECTED for one in accounts),
        client_configured=bool(settings.google_client_id and settings.google_client_secret),
        accounts=accounts,
    )


@routes.post("/disconnect", allow=Allow.PERSON, responses=refusals(404))
async def disconnect(
    program: CurrentProgram, person: CurrentPerson, body: Disconnect | None = None
) -> Disconnected:
    """Withdraw the right at Google, then forget it here; what was mirrored stays there."""
    wanted = body or Disconnect()
    account = await _meant(program.app, person, wanted.account_id)
    await program.app.accounts.disconnect(account, force=wanted.force)
    return Disconnected(
        success=True, account_id=account.id, message=f"{account.name} is disconnected."
    )


async def _meant(app: App, person: Person, account_id: str | None) -> Account:
    if account_id is not None:
        return await account_of(app, person, account_id)
    return only(await app.accounts.list(person.id))


def only(accounts: list[Account]) -> Account:
    """Return the one of ``accounts`` that is not disconnected.

    Raises `NotFoundError` where there is none, `InvalidError` where there are several.
    """
    found = [one for one in accounts if one.state is not AccountState.DISCONNECTED]
    if not found:
        raise NotFoundError(
            "No Google account is connected.",
            code="no_account",
            hint="Connect one on the accounts page.",
        )
    if len(found) > 1:
        names = "; ".join(f"{one.name} ({one.id})" for one in found)
        raise InvalidError(
            "It is not clear which account is meant.",
            code="ambiguous",
            hint=f"Give account_id. There are: {names}.",
        )
    return found[0]
