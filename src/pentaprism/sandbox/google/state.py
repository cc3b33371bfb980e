"""Everything that the local Google knows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pentaprism.sandbox.google.clock import Clock
from pentaprism.sandbox.google.faults import Faults
from pentaprism.sandbox.google.people import Account, Grants
from pentaprism.sandbox.google.settings import GoogleSettings

CLIENT_ID = "123456789012-sandbox.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-sandbox-secret"  # noqa: S105 - of nothing but the sandbox


def _people() -> list[Account]:
    return [
        Account("100000000000000000001", "alice@example.com"),
        Account("100000000000000000002", "bob@example.com"),
    ]


@dataclass(slots=True)
class State:
    """Clock, settings, people and counters of one local Google."""

    clock: Clock
    settings: GoogleSettings
    keep_bytes: bool
    latency: float
    accounts: list[Account] = field(default_factory=_people)
    faults: Faults = field(default_factory=Faults)
    requests: Counter[str] = field(default_factory=Counter)
    days: Counter[date] = field(default_factory=Counter)
    url: str = ""
    grants: Grants = field(init=False)

    def __post_init__(self) -> None:
        self.grants = Grants(self.clock)

    def account(self, email: str | None) -> Account:
        """Return the account with an e-mail address, made if need be; without one, the first."""
        if email is None:
            return self.accounts[0]
        found = next((a for a in self.accounts if a.email == email), None)
        if found is None:
            found = Account(f"1{len(self.accounts):020d}", email)
            self.accounts.append(found)
        return found

    def listed_albums(self) -> list[dict[str, Any]]:
        """Return all albums with their items in order."""
        return [
            {
                "id": album.id,
                "title": album.title,
                "items": [
                    {
                        "id": id_,
                        "filename": account.photos.items[id_].filename,
                        "sha1": account.photos.items[id_].sha1,
                    }
                    for id_ in album.items
                ],
            }
            for account in self.accounts
            for album in account.photos.albums.values()
        ]

    def listed_uploads(self) -> list[dict[str, Any]]:
        """Return, for each content, how often it was uploaded and made into an item."""
        return [
            {"sha1": sha1, "uploads": uploads, "creates": account.photos.created[sha1]}
            for account in self.accounts
            for sha1, uploads in account.photos.uploaded.items()
        ]
