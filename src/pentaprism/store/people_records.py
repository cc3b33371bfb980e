"""The values of people and what is theirs; no SQL here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pentaprism.store.records import JsonObject


class SignInMethod(StrEnum):
    """What a person showed at Immich to sign in."""

    PASSWORD = "password"  # noqa: S105 - the name of the way, not a password
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class Person:
    """A person who has signed in: a user of a home server, whose Immich user id is ``id``.

    ``is_admin`` is what Immich said when last asked. ``notification_urls`` are in plain text here
    and encrypted in the database, as they hold passwords.
    """

    id: str
    server_url: str
    name: str
    email: str
    is_admin: bool
    preferences: JsonObject
    created_at: datetime
    seen_at: datetime
    notification_urls: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which ``person`` is signed in; ``digest`` is the SHA-256 of its token.

    ``credential`` is what Immich is asked with; in plain text here and encrypted in the database.
    ``seen_at`` is when the session was last used, ``checked_at`` when Immich last said that the
    credential is good.
    """

    digest: bytes = field(repr=False)
    person: Person
    server_url: str
    method: SignInMethod
    credential: str = field(repr=False)
    user_agent: str
    created_at: datetime
    seen_at: datetime
    checked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token with which a program acts for a person; None in ``expires_at`` lasts for ever."""

    id: str
    person_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person was told; ``error`` says why it could not be sent, None if it was.

    ``row`` is its number in the database, ascending with time.
    """

    row: int
    person_id: str
    at: datetime
    kind: str
    mirror_id: str | None
    title: str
    body: str
    error: str | None
