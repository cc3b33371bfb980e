"""How much of the day's requests each of a person's Google projects has used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pentaprism.app import App
from pentaprism.destinations.account import RequestCount
from pentaprism.destinations.google_photos.quota import next_day, pacific_day
from pentaprism.errors import InvalidError
from pentaprism.store.records import Account, AccountState


@dataclass(frozen=True, slots=True)
class Project:
    """A Google project, whose requests all of its ``accounts`` share; ``key`` tells it apart."""

    key: str
    accounts: tuple[Account, ...]
    requests: RequestCount
    budget: int


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """The requests of one project on the day of its quota that ends at ``resets_at``.

    ``names`` are those of the accounts. ``exhausted``: Google itself refuses more; that can be
    before the ``budget`` is used.
    """

    account_ids: tuple[str, ...]
    names: tuple[str, ...]
    used: int
    budget: int
    exhausted: bool
    resets_at: datetime

    @property
    def left(self) -> int:
        """How many requests may still be sent."""
        return 0 if self.exhausted else max(0, self.budget - self.used)

    @property
    def used_up(self) -> bool:
        """Whether none may be sent before the reset."""
        return self.left == 0


async def quota_of(app: App, owner_id: str) -> list[QuotaUse]:
    """Return the quota of each project that an account of ``owner_id`` belongs to."""
    now = app.clock()
    today, resets_at = pacific_day(now), next_day(now)
    uses = []
    for project in await projects_of(app, owner_id):
        count = await project.requests.of(today)
        uses.append(
            QuotaUse(
                account_ids=tuple(account.id for account in project.accounts),
                names=tuple(account.name for account in project.accounts),
                used=count.requests,
                budget=project.budget,
                exhausted=count.exhausted,
                resets_at=resets_at,
            )
        )
    return uses


async def projects_of(app: App, owner_id: str) -> list[Project]:
    """Return the projects of the accounts of ``owner_id`` that are or were connected."""
    grouped: dict[str, list[Account]] = {}
    for account in await app.accounts.list(owner_id):
        if account.state is not AccountState.DISCONNECTED:
            grouped.setdefault(_key(app, account), []).append(account)
    projects = []
    for key, accounts in grouped.items():
        try:
            access = await app.accounts.access(accounts[0])
        except InvalidError:
            continue  # its client is not known here any more, so nothing can be sent either
        projects.append(Project(key, tuple(accounts), access.requests, access.daily_requests))
    return projects


def _key(app: App, account: Account) -> str:
    settings = app.settings
    base_url = settings.google_url or account.base_url or "google"
    return f"{base_url} {settings.google_client_id or account.client_id}"
