"""An Immich server and a key that somebody wants to connect: looked at first, then kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pentaprism.app import NEEDED, App
from pentaprism.errors import ActionRequiredError, InvalidError, RetryableError
from pentaprism.immich import Preflight, User
from pentaprism.store import Person
from pentaprism.store.records import Connection

_PATIENCE = 20.0
"""Seconds that people wait while a server is looked at."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What was found at ``url`` with a key, in ``milliseconds`` over all questions."""

    url: str
    api_key: str = field(repr=False)
    ca_file: Path | None
    found: Preflight
    milliseconds: int

    @property
    def lacking(self) -> frozenset[str]:
        """The permissions that the key lacks and without which nothing can be mirrored."""
        return self.found.missing & NEEDED

    @property
    def wanted(self) -> frozenset[str]:
        """The permissions that the key lacks and that are for comfort alone."""
        return self.found.missing - NEEDED

    def require(self) -> User:
        """Return the key's user; raises `ActionRequiredError` (``permissions``) if it lacks any."""
        replace(self.found, missing=self.lacking).require()
        if self.found.user is None:
            raise RuntimeError("a key with user.read has a user")
        return self.found.user


async def look(
    app: App,
    url: str,
    api_key: str,
    ca_file: Path | None = None,
    *,
    ticks: Callable[[], float] = time.perf_counter,
) -> Candidate:
    """Look at a server and a key; nothing is saved.

    Permissions that are missing are in what is found; of anything else that is wrong an error
    tells, as `App.preflight` does, and `RetryableError` when it takes too long.
    """
    begun = ticks()
    try:
        async with asyncio.timeout(_PATIENCE):
            true_url, found = await app.preflight(url, api_key, ca_file=ca_file)
    except TimeoutError as error:
        raise RetryableError(
            f"Immich does not answer within {_PATIENCE:.0f} seconds.",
            code="immich_unavailable",
            hint="Check the address, and that Immich is running and well.",
        ) from error
    took = max(1, round((ticks() - begun) * 1000))
    return Candidate(true_url, api_key, ca_file, found, took)


async def keep(
    app: App, candidate: Candidate, *, owner: Person | None = None, name: str | None = None
) -> Connection:
    """Save ``candidate`` as a connection of ``owner``; without one, its user's and home.

    What is saved is what was looked at: a server that is asked once more might call itself
    somebody else. Raises `ActionRequiredError` with code ``permissions``, and with ``home_moved``
    when somebody who is no admin would lead everybody's sign-in elsewhere.
    """
    user = candidate.require()
    same = None
    home: bool | None = True
    if owner is not None:
        mine = await app.store.connections.list(owner.id)
        same = next((one for one in mine if one.user_id == user.id), None)
        home = None if same else await _is_home(app, candidate.url)
    if same is not None:
        _refuse_to_move(same, candidate, owner)
    return await app.store.connections.save(
        owner_id=owner.id if owner else None,
        home=home,
        url=candidate.url,
        api_key=candidate.api_key,
        user_id=user.id,
        user_name=user.name,
        user_email=user.email,
        server_version=candidate.found.server.version,
        name=name or (same.name if same else user.name),
        ca_file=str(candidate.ca_file) if candidate.ca_file else None,
    )


async def change(
    app: App, connection: Connection, candidate: Candidate, *, owner: Person
) -> Connection:
    """Give ``connection`` the address and key of ``candidate``.

    Raises as `keep` does, and `InvalidError` with code ``other_user`` when the key is of another
    user: the mirrors would read somebody else's albums.
    """
    user = candidate.require()
    if user.id != connection.user_id:
        raise InvalidError(
            f"This key is of {user.name}, and the connection is of {connection.user_name}.",
            code="other_user",
            hint="Give a key of the same user, or add another connection for this one.",
        )
    return await keep(app, candidate, owner=owner, name=connection.name)


def _refuse_to_move(same: Connection, candidate: Candidate, owner: Person | None) -> None:
    if not same.home or same.url == candidate.url or (owner is not None and owner.is_admin):
        return
    raise ActionRequiredError(
        f"People sign in at {same.url}; only an admin of Immich may change this address.",
        code="home_moved",
        hint="Ask an admin, or use the address that is known here.",
    )


async def _is_home(app: App, url: str) -> bool:
    return any(one.url == url for one in await app.store.connections.homes())
