"""Who a request comes from: Immich says so, and its word counts for a few seconds."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import orjson
from cachetools import LRUCache
from starlette.types import Scope

from pentaprism.gateway.answers import Reply
from pentaprism.gateway.caller_records import Caller, Refusal
from pentaprism.gateway.carriers import (
    Headers,
    carrier_headers,
    carrier_query,
    digest,
    is_share_link,
    may_be_api_key,
)
from pentaprism.gateway.problems import UpstreamError, broke_off

__all__ = ["Caller", "Callers", "Refusal"]

_ME = b"/api/users/me"
_MY_KEY = b"/api/api-keys/me"
_OK = 200
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_EVERYTHING = "all"
_MOST = 10_000
_SHARE_LINK = Refusal(_UNAUTHORIZED, "A share link is nobody in particular.")


class Fetching(Protocol):
    """Asks Immich something small; `pentaprism.gateway.passing.Passing` does."""

    async def fetch(
        self, path: bytes, headers: Sequence[tuple[bytes, bytes]], query: bytes = b""
    ) -> Reply:
        """Return the reply to a GET; raises `UpstreamError` when there is none."""
        ...


class Callers:
    """Asks Immich who a request comes from, with all the credentials that the request carries.

    An answer counts for ``seconds`` from when it was asked for, by a keyed digest of all carriers.
    The credentials themselves are not kept. Those who ask the same at once share one question.
    """

    def __init__(
        self,
        passing: Fetching,
        *,
        seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._passing = passing
        self._seconds = seconds
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._known: LRUCache[bytes, tuple[float, Caller | Refusal]] = LRUCache(_MOST)
        self._asking: dict[bytes, asyncio.Task[Caller | Refusal]] = {}

    async def of(self, scope: Scope) -> Caller | None:
        """Return who a request comes from, None for whom Immich does not know or not tell.

        Raises `UpstreamError` when Immich cannot be asked.
        """
        answer = await self.identify(scope)
        return answer if isinstance(answer, Caller) else None

    async def identify(self, scope: Scope) -> Caller | Refusal:
        """Return who a request comes from, or in which words Immich refuses to say.

        Raises `UpstreamError` when Immich cannot be asked.
        """
        if is_share_link(scope):
            return _SHARE_LINK
        key = digest(scope, self._key)
        known = self._look_up(key)
        if known is not None:
            return known
        # One who goes away takes the answer from nobody else.
        return await asyncio.shield(self._begin(key, scope))

    def ask_ahead(self, scope: Scope) -> None:
        """Begin to ask who it is, if that is not known, for `identify` to be asked soon."""
        if not is_share_link(scope):
            key = digest(scope, self._key)
            if self._look_up(key) is None:
                self._begin(key, scope)

    def _look_up(self, key: bytes) -> Caller | Refusal | None:
        known = self._known.get(key)
        return known[1] if known is not None and self._clock() < known[0] else None

    def _begin(self, key: bytes, scope: Scope) -> asyncio.Task[Caller | Refusal]:
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask(key, scope))
            asking.add_done_callback(lambda done: self._end(key, done))
        return asking

    def _end(self, key: bytes, done: asyncio.Task[Caller | Refusal]) -> None:
        del self._asking[key]
        if not done.cancelled():
            done.exception()  # Seen, even if all who waited have gone.

    async def _ask(self, key: bytes, scope: Scope) -> Caller | Refusal:
        until = self._clock() + self._seconds
        headers = carrier_headers(scope) + _device(scope)
        query = carrier_query(scope)
        answer = _read_user(await self._passing.fetch(_ME, headers, query))
        if isinstance(answer, Caller) and may_be_api_key(scope):
            answer = _limit(answer, await self._passing.fetch(_MY_KEY, headers, query))
        self._known[key] = (until, answer)
        return answer


def _device(scope: Scope) -> Headers:
    """Return the name of the client: Immich writes it down for the session at each request."""
    return [(name, value) for name, value in scope["headers"] if name == b"user-agent"]


def _read_user(reply: Reply) -> Caller | Refusal:
    if reply.status in {_UNAUTHORIZED, _FORBIDDEN}:
        return _refusal(reply)
    match _member(reply):
        case {"id": str(user_id), "name": str(name), **more}:
            return Caller(user_id, name, is_admin=more.get("isAdmin") is True)
    raise _strange(reply)


def _limit(caller: Caller, reply: Reply) -> Caller | Refusal:
    """Return the caller with the permissions of the API key, if it is the key that Immich heeds."""
    if reply.status == _FORBIDDEN:
        return caller
    if reply.status == _UNAUTHORIZED:
        return _refusal(reply)
    match _member(reply):
        case {"permissions": [*permissions]} if _EVERYTHING in permissions:
            return caller
        case {"permissions": [*permissions]}:
            return Caller(
                caller.user_id,
                caller.name,
                is_admin=caller.is_admin,
                permissions=frozenset(map(str, permissions)),
            )
    raise _strange(reply)


def _refusal(reply: Reply) -> Refusal:
    match _parsed(reply):
        case {"message": str(message)}:
            return Refusal(reply.status, message)
    return Refusal(reply.status, "Authentication required")


def _member(reply: Reply) -> Any:
    return _parsed(reply) if reply.status == _OK else None


def _parsed(reply: Reply) -> Any:
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return None


def _strange(reply: Reply) -> UpstreamError:
    return broke_off(f"Immich answered {reply.status}, and did not say who is asking.")
