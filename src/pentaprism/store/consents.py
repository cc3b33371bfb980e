"""Consents that were asked for and not answered yet: they outlive the process that asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from pentaprism.store.database import Database, whole
from pentaprism.store.records import Consent
from pentaprism.store.secrets import Secrets
from pentaprism.store.tables import consents


class Consents:
    """The open consents; what is secret of them is encrypted in the database."""

    def __init__(self, database: Database, secrets: Secrets) -> None:
        self._database = database
        self._secrets = secrets

    @whole
    async def add(self, consent: Consent) -> None:
        """Record that ``consent`` was asked for."""
        values = {
            "state": consent.state,
            "verifier_token": self._secrets.encrypt(consent.verifier),
            "redirect_uri": consent.redirect_uri,
            "scopes": " ".join(sorted(consent.scopes)),
            "account_id": consent.account_id,
            "name": consent.name,
            "base_url": consent.base_url,
            "client_id": consent.client_id,
            "client_secret_token": self._secrets.encrypt(consent.client_secret),
            "created_at": consent.created_at,
            "owner_id": consent.owner_id,
        }
        async with self._database.write() as connection:
            await connection.execute(insert(consents).values(**values))

    @whole
    async def take(self, state: str, *, not_before: datetime) -> Consent | None:
        """Return the consent with ``state`` and forget it, so that it is answered once.

        None if there is none, or only one that was asked for before ``not_before``; such ones are
        forgotten all.
        """
        async with self._database.write() as connection:
            await connection.execute(delete(consents).where(consents.c.created_at < not_before))
            query = select(consents).where(consents.c.state == state)
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                return None
            await connection.execute(delete(consents).where(consents.c.state == state))
        values = row._asdict()
        return Consent(
            verifier=self._secrets.decrypt(values.pop("verifier_token")),
            client_secret=self._secrets.decrypt(values.pop("client_secret_token")),
            scopes=frozenset(values.pop("scopes").split()),
            **values,
        )
