"""Who has an account on the sandbox, and with which keys and sessions they come."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence

from pentaprism.sandbox.immich.entities import Key, User
from pentaprism.sandbox.immich.telling import Telling


class Accounts(Telling):
    """Users, keys and sessions of one server; ``oauth`` only says so.

    Ids come from ``seed``, so that the same seed gives the same library. ``partners`` has for each
    user those who show them their assets in the timeline. A method that names an unknown id raises
    `KeyError`.
    """

    def __init__(self, seed: int, clock: Callable[[], int]) -> None:
        super().__init__()
        self.users: dict[str, User] = {}
        self.keys: dict[str, Key] = {}
        self.sessions: dict[str, str] = {}
        self.partners: dict[str, set[str]] = {}
        self.password_login = True
        self.oauth = False
        self.revision = 0
        self.clock = clock
        self._rng = random.Random(f"{seed}/library")

    def new_id(self) -> str:
        """Return the next id, a version 4 UUID from the seed."""
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def add_user(self, name: str, email: str, password: str, *, is_admin: bool = False) -> User:
        """Add a person and return them."""
        colour = ("orange", "red", "blue", "green")[len(self.users) % 4]
        user = User(self.new_id(), email, name, password, is_admin, colour, self.clock())
        self.users[user.id] = user
        return user

    @property
    def owner(self) -> User:
        """Return the first user, who owns the main library."""
        return next(iter(self.users.values()))

    def add_key(
        self,
        permissions: Sequence[str] = ("all",),
        *,
        user_id: str | None = None,
        name: str = "key",
    ) -> Key:
        """Make an API key with ``permissions``; the owner's unless ``user_id`` says otherwise."""
        user = self.users[user_id] if user_id else self.owner
        secret = f"{self._rng.getrandbits(256):064x}"[:43]
        now = self.clock()
        key = Key(self.new_id(), name, secret, user.id, list(permissions), now, now)
        self.keys[secret] = key
        return key

    def remove_key(self, secret: str) -> None:
        """Revoke an API key."""
        del self.keys[secret]

    def key(self, key_id: str) -> Key:
        """Return the API key with that id."""
        for key in self.keys.values():
            if key.id == key_id:
                return key
        raise KeyError(key_id)

    def permit(self, secret: str, permissions: Sequence[str]) -> None:
        """Give an API key other permissions."""
        key = self.keys[secret]
        key.permissions, key.updated = list(permissions), self.clock()

    def delete_user(self, user_id: str, *, deleted: bool = True) -> None:
        """Take a person's account away, or give it back; as with Immich all they have stays."""
        self.users[user_id].deleted = self.clock() if deleted else None

    def add_session(self, user_id: str) -> str:
        """Sign a user in and return the session token."""
        token = f"{self._rng.getrandbits(256):064x}"[:43]
        self.sessions[token] = self.users[user_id].id
        return token

    def end_sessions(self, user_id: str | None = None) -> int:
        """End all sessions, or those of one user, and return how many there were."""
        ended = [token for token, owner in self.sessions.items() if user_id in {None, owner}]
        for token in ended:
            del self.sessions[token]
        return len(ended)

    def share_timeline(self, user_id: str, with_user_id: str) -> None:
        """Show all of a user's assets to another, their partner, in the timeline too."""
        self.partners.setdefault(self.users[with_user_id].id, set()).add(self.users[user_id].id)
        self.revision += 1
