"""Google accounts as their page shows them: plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pentaprism.destinations.google_photos.scopes import APPEND, EDIT, READ
from pentaprism.overview.mirrors import MirrorSummary
from pentaprism.overview.quota import QuotaUse
from pentaprism.overview.states import Situation, Tone
from pentaprism.store.records import Account, AccountState

SOON = timedelta(days=3)
"""How long before its end a sign-in is shown as one that ends."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account with its mirrors and the requests that its project has used.

    ``ends_at`` is when the sign-in ends by itself, None where it does not; ``soon``: within 3 days.
    """

    account: Account
    mirrors: tuple[MirrorSummary, ...]
    quota: QuotaUse | None
    soon: bool

    @property
    def tone(self) -> Tone:
        """The colour of its state."""
        if self.account.state is AccountState.RECONNECT:
            return "failed"
        if self.account.state is AccountState.DISCONNECTED:
            return "idle"
        return "waiting" if self.soon else "ok"

    @property
    def ends_at(self) -> datetime | None:
        """When the sign-in ends by itself."""
        return self.account.token_expires_at

    @property
    def connected(self) -> bool:
        """Whether it can be used."""
        return self.account.state is AccountState.CONNECTED

    @property
    def may(self) -> tuple[bool, bool, bool]:
        """Whether it may add, see what was added, and take out of albums."""
        scopes = self.account.scopes
        return APPEND in scopes, READ in scopes, EDIT in scopes

    @property
    def waiting(self) -> int:
        """How many of its mirrors wait until it is connected again."""
        return sum(one.state.situation is Situation.RECONNECT for one in self.mirrors)

    @property
    def letters(self) -> str:
        """Two letters for the round mark beside its name."""
        words = [word for word in _split(self.account.name) if word]
        return "".join(word[0] for word in words[:2]).upper()


def account_views(
    accounts: Iterable[Account],
    mirrors: Sequence[MirrorSummary],
    uses: Sequence[QuotaUse],
    now: datetime,
) -> list[AccountView]:
    """Return ``accounts`` for the page, those that can be used first."""
    views = [
        AccountView(
            account,
            tuple(one for one in mirrors if one.mirror.place == account.id),
            next((use for use in uses if account.id in use.account_ids), None),
            _soon(account, now),
        )
        for account in accounts
    ]
    return sorted(views, key=lambda view: view.account.state is AccountState.DISCONNECTED)


def _soon(account: Account, now: datetime) -> bool:
    ends = account.token_expires_at
    return ends is not None and account.state is AccountState.CONNECTED and ends - now < SOON


def _split(name: str) -> list[str]:
    local = name.partition("@")[0]
    return "".join(letter if letter.isalnum() else " " for letter in local).split()
