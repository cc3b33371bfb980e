"""The tokens of one account: refreshed in time, by one request however many wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from pentaprism.destinations.google_photos.oauth import Grant, GrantLostError
from pentaprism.errors import WaitingError

_EARLY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Credential:
    """What the account was last granted; ``refresh_token`` is None where it is not connected."""

    refresh_token: str | None = field(repr=False)
    scopes: frozenset[str]


class CredentialKeeper(Protocol):
    """Where the account's credential is kept, for all processes."""

    async def load(self) -> Credential:
        """Return the credential as it is now."""
        ...

    async def save(self, refresh_token: str) -> None:
        """Keep another refresh token, which Google gave in the place of the old one."""
        ...

    async def lost(self, refresh_token: str, reason: str) -> None:
        """Note that ``refresh_token`` is dead, unless another one was saved meanwhile."""
        ...


class AccountTokens:
    """Hands out access tokens; fits `pentaprism.destinations.account.Tokens`."""

    def __init__(
        self,
        credential: Credential,
        keeper: CredentialKeeper,
        refresh: Callable[[str], Awaitable[Grant]],
        clock: Callable[[], datetime],
    ) -> None:
        self._credential = credential
        self._keeper = keeper
        self._refresh = refresh
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: str | None = None
        self._good_until: datetime | None = None

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that were granted, as short names."""
        return self._credential.scopes

    async def access_token(self) -> str:
        """Return a token that is valid for a minute at least."""
        async with self._lock:
            if self._token is None or self._good_until is None or self._is_late(self._good_until):
                return await self._renew()
            return self._token

    async def renew(self, refused: str) -> str:
        """Return another token than ``refused``; who comes second gets what the first one got."""
        async with self._lock:
            if self._token is not None and self._token != refused:
                return self._token
            return await self._renew()

    def _is_late(self, good_until: datetime) -> bool:
        return self._clock() >= good_until - _EARLY

    async def _renew(self) -> str:
        refresh_token = self._credential.refresh_token
        if refresh_token is None:
            return await self._renew_elsewhere(None)
        try:
            grant = await self._refresh(refresh_token)
        except GrantLostError as error:
            return await self._renew_elsewhere(error)
        return await self._take(grant)

    async def _renew_elsewhere(self, error: GrantLostError | None) -> str:
        """Use what another process was granted meanwhile, or say that the person must act."""
        dead = self._credential.refresh_token
        self._credential = await self._keeper.load()
        fresh = self._credential.refresh_token
        if fresh is not None and fresh != dead:
            try:
                return await self._take(await self._refresh(fresh))
            except GrantLostError as again:
                dead, error = fresh, again
        if dead is not None and error is not None:
            await self._keeper.lost(dead, error.message)
        raise reconnect(error.message if error else "The account is not connected.")

    async def _take(self, grant: Grant) -> str:
        self._token = grant.access_token
        self._good_until = self._clock() + timedelta(seconds=grant.expires_in)
        if grant.refresh_token and grant.refresh_token != self._credential.refresh_token:
            scopes = self._credential.scopes
            self._credential = Credential(grant.refresh_token, scopes)
            await self._keeper.save(grant.refresh_token)
        return grant.access_token


def reconnect(reason: str) -> WaitingError:
    """Return the error of an account whose person has to consent again."""
    return WaitingError(
        reason,
        code="reconnect",
        hint="Connect the account again with `pentaprism account connect`; its mirrors then go on.",
    )
