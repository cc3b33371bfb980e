"""Google accounts, and what they have granted to the one client there is."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from pentaprism.sandbox.google.clock import Clock
from pentaprism.sandbox.google.errors import OAuthError, unauthenticated
from pentaprism.sandbox.google.library import Photos

CODE_SECONDS = 600
ACCESS_SECONDS = 3600
TESTING_SECONDS = 604_799


@dataclass(slots=True)
class Account:
    """One person at Google, with their photos."""

    subject: str
    email: str
    photos: Photos = field(default_factory=Photos)


@dataclass(slots=True)
class Grant:
    """What one consent granted; all tokens of it die together."""

    account: Account
    scopes: frozenset[str]
    offline: bool
    redirect_uri: str
    challenge: str | None
    dead: bool = False
    code: str = field(default_factory=lambda: f"4/{secrets.token_urlsafe(40)}")
    code_until: float = 0.0
    code_used: bool = False
    refresh_token: str | None = None
    refresh_until: float | None = None
    access_tokens: dict[str, float] = field(default_factory=dict)


class Grants:
    """All grants, by code and by token."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all: list[Grant] = []

    def add(self, grant: Grant) -> Grant:
        """Begin a grant whose code can be exchanged for ten minutes."""
        grant.code_until = self._clock.now() + CODE_SECONDS
        self._all.append(grant)
        return grant

    def by_code(self, code: str) -> Grant:
        """Return the grant of ``code``; a code that comes a second time kills it."""
        grant = next((g for g in self._all if g.code == code), None)
        if grant is None or grant.dead or self._clock.now() > grant.code_until:
            raise _bad_grant()
        if grant.code_used:
            grant.dead = True
            raise _bad_grant()
        return grant

    def by_refresh_token(self, token: str) -> Grant:
        """Return the grant of a refresh token that lives."""
        grant = next((g for g in self._all if g.refresh_token == token), None)
        late = grant and grant.refresh_until and self._clock.now() > grant.refresh_until
        if grant is None or grant.dead or late:
            raise _bad_grant()
        return grant

    def by_access_token(self, token: str) -> Grant:
        """Return the grant of an access token that lives, or raise 401."""
        grant = next((g for g in self._all if token in g.access_tokens), None)
        if grant is None or grant.dead or self._clock.now() > grant.access_tokens[token]:
            raise unauthenticated()
        return grant

    def new_access_token(self, grant: Grant) -> str:
        """Return another access token, which lives for an hour."""
        token = f"ya29.{secrets.token_urlsafe(60)}"
        grant.access_tokens[token] = self._clock.now() + ACCESS_SECONDS
        return token

    def kill_access_token(self, token: str) -> None:
        """Let one access token die; the grant lives."""
        for grant in self._all:
            grant.access_tokens.pop(token, None)

    def revoke(self, token: str) -> bool:
        """Kill the grant that ``token`` belongs to, and say whether there is one."""
        for grant in self._all:
            if token == grant.refresh_token or token in grant.access_tokens:
                known = not grant.dead
                grant.dead = True
                return known
        return False

    def revoke_all(self) -> None:
        """Kill all grants, as people do on their account's page."""
        for grant in self._all:
            grant.dead = True


def _bad_grant() -> OAuthError:
    return OAuthError(400, "invalid_grant", "Token has been expired or revoked.")
