"""API tokens: how a program comes in for a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pentaprism.access.secrecy import digest_of, new_token
from pentaprism.errors import InvalidError
from pentaprism.store import ApiToken, Person, Store

PREFIX = "pentaprism_"
"""What every API token begins with, so that people and scanners of leaks know it."""

_MOST_NAME = 100
_MOST_SECRET = 100
_USE_NOTED = timedelta(minutes=1)


class Tokens:
    """Makes API tokens and finds whose they are; the secrets themselves are not kept."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def make(
        self, person: Person, name: str, expires_at: datetime | None = None
    ) -> tuple[ApiToken, str]:
        """Make a token that acts for ``person``, and return it with its secret.

        The secret can be shown this once only. Raises `InvalidError` for a name that is empty or
        long, and for an end in the past.
        """
        name = " ".join(name.split())
        if not name or len(name) > _MOST_NAME:
            raise InvalidError(
                f"A token needs a name of at most {_MOST_NAME} characters.",
                code="token_name",
                hint="Name it after the program that will use it.",
            )
        if expires_at is not None and expires_at <= self._clock():
            raise InvalidError(
                "The day on which the token ends is over.",
                code="token_end",
                hint="Choose a later day, or none.",
            )
        secret = PREFIX + new_token()
        token = await self._store.api_tokens.add(
            person.id, name, digest_of(secret), expires_at=expires_at
        )
        return token, secret

    async def find(self, secret: str) -> tuple[ApiToken, Person] | None:
        """Return the token with ``secret`` and its person, None where there is none or it ended.

        That it was used is noted at most once a minute.
        """
        if not secret.startswith(PREFIX) or len(secret) > _MOST_SECRET:
            return None
        found = await self._store.api_tokens.find(digest_of(secret))
        if found is None:
            return None
        token, person = found
        now = self._clock()
        if token.expires_at is not None and token.expires_at <= now:
            return None
        if token.last_used_at is None or token.last_used_at + _USE_NOTED <= now:
            await self._store.api_tokens.used(token.id)
        return token, person
