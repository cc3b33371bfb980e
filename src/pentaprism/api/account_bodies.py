"""Google accounts as answers tell them; no token is ever among it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from pentaprism.api.bodies import ACCOUNT_ID, WHEN, Answer, example
from pentaprism.overview.quota import QuotaUse, quota_of
from pentaprism.program import Program
from pentaprism.store import Account, AccountState, Person

_QUOTA = {
    "used": 431,
    "budget": 10_000,
    "left": 9_569,
    "exhausted": False,
    "resets_at": "2026-06-02T07:01:00Z",
}
ACCOUNT = {
    "id": ACCOUNT_ID,
    "name": "Ann's photos",
    "email": "ann@example.org",
    "state": "connected",
    "reason": None,
    "scopes": ["appendonly"],
    "token_expires_at": None,
    "connected_at": WHEN,
    "created_at": WHEN,
    "quota": _QUOTA,
}


class QuotaBody(Answer):
    """The day's requests of the Google project that an account belongs to."""

    model_config = Answer.model_config | example(**_QUOTA)

    used: int = Field(description="Requests that were sent today.")
    budget: int = Field(description="Requests that may be sent on one day.")
    left: int = Field(description="Requests that may still be sent.")
    exhausted: bool = Field(description="Whether Google itself refuses more.")
    resets_at: datetime = Field(description="When the next day of the quota begins.")

    @classmethod
    def of(cls, use: QuotaUse) -> Self:
        """Return what is told of ``use``."""
        return cls(**{name: getattr(use, name) for name in cls.model_fields})


class AccountBody(Answer):
    """A Google account."""

    model_config = Answer.model_config | example(**ACCOUNT)

    id: str = Field(description="Its id.")
    name: str = Field(description="Its name here.")
    email: str | None = Field(description="Its address at Google, where we may see it.")
    state: AccountState = Field(description="How it stands.")
    reason: str | None = Field(description="Why it has to be connected again.")
    scopes: list[str] = Field(description="What was granted, by short names.")
    token_expires_at: datetime | None = Field(
        description="When the sign-in ends by itself; null where it lasts."
    )
    connected_at: datetime = Field(description="When it was connected last.")
    created_at: datetime = Field(description="When it was connected first.")
    quota: QuotaBody | None = Field(description="The day's requests; null where nothing is sent.")

    @classmethod
    def of(cls, account: Account, use: QuotaUse | None) -> Self:
        """Return what is told of ``account``."""
        names = [name for name in cls.model_fields if name not in {"scopes", "quota"}]
        values = {name: getattr(account, name) for name in names}
        quota = QuotaBody.of(use) if use else None
        return cls(**values, scopes=sorted(account.scopes), quota=quota)


async def bodies_of(program: Program, person: Person) -> list[AccountBody]:
    """Return the accounts of ``person``, the oldest first."""
    uses = await quota_of(program.app, person.id)
    use_of = {account_id: use for use in uses for account_id in use.account_ids}
    accounts = await program.app.accounts.list(person.id)
    return [AccountBody.of(account, use_of.get(account.id)) for account in accounts]


async def body_of(program: Program, person: Person, account: Account) -> AccountBody:
    """Return one account of ``person``."""
    uses = await quota_of(program.app, person.id)
    return AccountBody.of(
        account, next((use for use in uses if account.id in use.account_ids), None)
    )
