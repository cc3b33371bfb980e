"""An online account as an opened destination sees it: its tokens, its memory, its limits.

Destinations never see the store. What they must remember across runs and processes they hand to
these ports, which the composition root binds to one account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from pentaprism.destinations.pace import Pace
from pentaprism.holdings import DayCount, Entry

__all__ = ["AccountAccess", "DayCount", "Entry", "Ledger", "RequestCount", "Tokens"]


class Tokens(Protocol):
    """The right to act for the account.

    Both methods raise `WaitingError` with code ``reconnect`` when the right was withdrawn, and
    `RetryableError` when the sign-in server cannot be reached.
    """

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that were granted, as short names such as ``appendonly``."""
        ...

    async def access_token(self) -> str:
        """Return a token that is valid for a minute at least; one request refreshes it for all."""
        ...

    async def renew(self, refused: str) -> str:
        """Return another token than ``refused``, which the server would not take."""
        ...


class Ledger(Protocol):
    """What the account holds, by content: keys of 20 bytes, such as the SHA-1 of the bytes.

    It is shared by all mirrors to the account and outlives them. Every method that writes has
    written durably when it returns.
    """

    async def find(self, keys: Sequence[bytes]) -> Mapping[bytes, Entry]:
        """Return the entries of those of ``keys`` that have one."""
        ...

    async def uploaded(self, keys: Sequence[bytes], token: str, at: datetime) -> None:
        """Record that ``token`` stands for the content of each of ``keys``."""
        ...

    async def sending(self, keys: Sequence[bytes], batch: str) -> None:
        """Record that the tokens of ``keys`` are sent together now, as ``batch``."""
        ...

    async def created(self, media_items: Mapping[bytes, str]) -> None:
        """Record the media item of each key."""
        ...

    async def forget(self, keys: Sequence[bytes]) -> None:
        """Forget tokens and media items of ``keys``, which the account no longer takes."""
        ...


class RequestCount(Protocol):
    """A persistent count of requests by day, shared by all processes."""

    async def of(self, day: date) -> DayCount:
        """Return the count of ``day``."""
        ...

    async def add(self, day: date, requests: int) -> DayCount:
        """Add ``requests``, which may be negative, and return the count after."""
        ...

    async def exhaust(self, day: date) -> None:
        """Note that the server refuses all further requests on ``day``."""
        ...


@dataclass(frozen=True, slots=True)
class AccountAccess:
    """Everything that a destination may do with one account.

    ``name`` is what people call it. ``base_url`` replaces the server's own addresses, for a local
    one. ``writing`` returns a context that one writer for the account holds at a time, across all
    mirrors and processes. ``daily_requests`` is the person's budget for a day.
    """

    id: str
    name: str
    base_url: str | None
    tokens: Tokens
    ledger: Ledger
    requests: RequestCount
    daily_requests: int
    writing: Callable[[], AbstractAsyncContextManager[None]]
    clock: Callable[[], datetime]
    pace: Pace
