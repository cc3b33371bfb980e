"""``/api/accounts``: Google accounts; connecting one needs a browser, at /auth/google/start."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from pentaprism.api.account_bodies import AccountBody, bodies_of, body_of
from pentaprism.api.belongings import account_of
from pentaprism.api.bodies import AccountId, Request, example
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram

routes = Routes(Side.API, prefix="/api/accounts", tags=["accounts"])


class AccountChange(Request):
    """What shall be changed in an account."""

    model_config = Request.model_config | example(name="Ann's photos")

    name: str = Field(min_length=1, max_length=100, description="Another name.")


@routes.get("", allow=Allow.PERSON, responses=refusals())
async def list_accounts(program: CurrentProgram, person: CurrentPerson) -> list[AccountBody]:
    """List your Google accounts, the oldest first."""
    return await bodies_of(program, person)


@routes.get("/{account_id}", allow=Allow.PERSON, responses=refusals(404))
async def get_account(
    program: CurrentProgram, person: CurrentPerson, account_id: AccountId
) -> AccountBody:
    """Return an account."""
    account = await account_of(program.app, person, account_id)
    return await body_of(program, person, account)


@routes.patch("/{account_id}", allow=Allow.PERSON, responses=refusals(404))
async def rename_account(
    program: CurrentProgram, person: CurrentPerson, account_id: AccountId, body: AccountChange
) -> AccountBody:
    """Give an account another name."""
    account = await account_of(program.app, person, account_id)
    renamed = await program.app.accounts.rename(account, body.name)
    return await body_of(program, person, renamed)


@routes.delete("/{account_id}", allow=Allow.PERSON, responses=refusals(404))
async def disconnect_account(
    program: CurrentProgram,
    person: CurrentPerson,
    account_id: AccountId,
    force: Annotated[
        bool, Query(description="Forget it here also when Google cannot be reached.")
    ] = False,
) -> AccountBody:
    """Disconnect an account: the right is withdrawn at Google, and what was mirrored stays there.

    The account stays in the list as disconnected, with its mirrors, and can be connected again.
    """
    account = await account_of(program.app, person, account_id)
    gone = await program.app.accounts.disconnect(account, force=force)
    return await body_of(program, person, gone)
