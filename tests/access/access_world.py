"""An Immich, a database, and a clock that tests move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pentaprism.access import Attempts, Door, Sessions, SetUp, Tokens
from pentaprism.immich import SignIn
from pentaprism.sandbox.immich import Sandbox
from pentaprism.store import Connection, Person, Store


class AccessWorld:
    """What access stands on, and access itself; ``announced`` are the codes of the log."""

    def __init__(self, home: Path, sandbox: Sandbox, store: Store, clock: Clock) -> None:
        self.home = home
        self.sandbox = sandbox
        self.library = sandbox.library
        self.store = store
        self.clock = clock
        self.announced: list[str] = []
        self.asked: list[str] = []
        self.attempts = Attempts(clock.monotonic)
        self.sessions = Sessions(store, clock, 30, self._sign_in)
        self.tokens = Tokens(store, clock)
        self.set_up = SetUp(store, clock, self.announced.append, self.attempts)
        self.door = Door(store, self.sessions, self.attempts, self._sign_in)

    def _sign_in(self, url: str, ca_file: Path | None) -> SignIn:
        self.asked.append(url)
        return SignIn(url, ca_file=ca_file, timeout=5)

    async def connect(self, *, home: bool = True, url: str | None = None) -> Connection:
        """Save a connection of the sandbox's owner."""
        owner = self.library.owner
        return await self.store.connections.save(
            url=url or self.sandbox.url,
            api_key=self.sandbox.api_key,
            user_id=owner.id,
            user_name=owner.name,
            user_email=owner.email,
            server_version="3.1.0",
            name="Home",
            ca_file=None,
            home=home,
        )

    async def sign_in(self) -> str:
        """Sign the sandbox's owner in with their password."""
        owner = self.library.owner
        return await self.door.with_password(owner.email, owner.password, address="192.0.2.1")

    async def person(self) -> Person:
        """Return the sandbox's owner as a person."""
        owner = self.library.owner
        return await self.store.people.save(
            owner.id,
            server_url=self.sandbox.url,
            name=owner.name,
            email=owner.email,
            is_admin=owner.is_admin,
        )


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.now.timestamp()

    def pass_time(self, **much: float) -> None:
        self.now += timedelta(**much)
