"""Kept replies in a Redis, where several gateways find them.

Times are those of the Redis, read with each look, so that the clocks of the gateways do not matter,
nor how long a command is on its way. A Redis that does not answer is a miss, and is left alone for
a while.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import MaxConnectionsError, RedisError

from pentaprism.gateway.cache.counts import CacheCounts
from pentaprism.gateway.cache.kept import Kept
from pentaprism.gateway.cache.sealing import Allowed, Seal, Written

TIMEOUT = 0.25
"""The longest that a request waits for the Redis, in seconds."""

REST = 3.0
"""How long a Redis that has failed is left alone, in seconds."""

_EXPIRY = 600
_MOST_OF_SUBJECT = 512
_CONNECTIONS = 64
_CLEARING = 3.0
_BATCH = 1000
_PREFIX = b"pentaprism:gateway:1:"
_TIME = b":t"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found: the time of the Redis, a reply if there is one, and the reply's id."""

    now: float
    kept: Kept | None = None
    id: bytes = b""


class Shared:
    """The replies that all gateways of one Redis keep together.

    Nothing here raises, and nothing but `clear` takes longer than ``timeout`` seconds: a Redis that
    fails or is slow is as one that knows nothing. ``clock`` tells seconds, for how long it is left
    alone.

    One hash for each asset, so that one command drops it for all callers: a field for each reply,
    and one more that says when Immich allowed it last. All are sealed with ``secret``.
    """

    def __init__(
        self,
        url: str,
        secret: bytes,
        counts: CacheCounts,
        *,
        timeout: float = TIMEOUT,
        rest: float = REST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seal = Seal(secret)
        self._counts = counts
        self._timeout = timeout
        self._rest = rest
        self._clock = clock
        self._failed = False
        self._again = 0.0
        self._redis = Redis.from_url(
            url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            max_connections=_CONNECTIONS,
        )

    async def look(self, subject: bytes, key: bytes, *, started: float) -> Look | None:
        """Return what is known of ``key``, and None if the Redis does not answer.

        ``started`` is the time of the cache's clock at which the look began, by which the age of
        the reply is told.
        """
        pipe = self._redis.pipeline(transaction=False)
        pipe.time()
        pipe.hmget(_name(subject), [key, key + _TIME])

        async def ask() -> tuple[float, object, object]:
            (seconds, micros), (written, allowed) = await pipe.execute()
            return seconds + micros / 1e6, written, allowed

        answer = await self._try(ask)
        if answer is None:
            return None
        now, written, allowed = answer
        found = self._read(key, written, allowed)
        if found is None:
            self._counts.shared_misses += 1
            return Look(now)
        self._counts.shared_hits += 1
        reply, last = found
        age = now - last.asked
        # One from the future was written before the clock was set back: it proves nothing.
        lifetime = last.lifetime if age >= 0 else 0.0
        kept = Kept(subject, reply.headers, reply.body, asked=started - age, lifetime=lifetime)
        return Look(now, kept, reply.id)

    async def keep(self, key: bytes, kept: Kept, *, asked: float) -> None:
        """Write a reply; ``asked`` is the time of the Redis just before Immich was asked."""
        made = secrets.token_bytes(8)
        name = _name(kept.subject)
        fields: dict[Any, Any] = {
            key: self._seal.close(key, Written(made, kept.headers, kept.content)),
            key + _TIME: self._seal.close(key + _TIME, Allowed(made, asked, kept.lifetime)),
        }
        pipe = self._redis.pipeline(transaction=False)
        pipe.hset(name, mapping=fields)
        pipe.expire(name, _EXPIRY)
        pipe.hlen(name)
        answer = await self._try(pipe.execute)
        if answer is not None and answer[-1] > _MOST_OF_SUBJECT:
            await self.drop([kept.subject])

    async def renew(self, key: bytes, kept: Kept, made: bytes, *, asked: float) -> None:
        """Write down that Immich has allowed the reply with the id ``made`` again."""
        name = _name(kept.subject)
        pipe = self._redis.pipeline(transaction=False)
        allowed = self._seal.close(key + _TIME, Allowed(made, asked, kept.lifetime))
        pipe.hset(name, key + _TIME, allowed)
        pipe.expire(name, _EXPIRY)
        await self._try(pipe.execute)

    async def remove(self, subject: bytes, key: bytes) -> None:
        """Forget one reply."""
        await self._try(lambda: self._redis.hdel(_name(subject), key, key + _TIME))

    async def drop(self, subjects: Iterable[bytes]) -> None:
        """Forget all replies of ``subjects``, whoever they were for."""
        names = [_name(subject) for subject in subjects]
        if names:
            await self._try(lambda: self._redis.unlink(*names))

    async def clear(self) -> None:
        """Forget all."""
        await self._try_for(self._clear, _CLEARING)

    async def _clear(self) -> bool:
        names = [name async for name in self._redis.scan_iter(_PREFIX + b"*", _BATCH)]
        for first in range(0, len(names), _BATCH):
            await self._redis.unlink(*names[first : first + _BATCH])
        return True

    async def close(self) -> None:
        """End all connections."""
        await self._redis.aclose()

    def _read(self, key: bytes, written: object, allowed: object) -> tuple[Written, Allowed] | None:
        """Return a reply and when it was allowed, and None unless they belong together."""
        reply = self._seal.open(key, written, Written)
        last = self._seal.open(key + _TIME, allowed, Allowed)
        if reply is None or last is None or reply.id != last.id:
            return None
        return reply, last

    async def _try(self, command: Callable[[], Awaitable[Any]]) -> Any:
        return await self._try_for(command, self._timeout)

    async def _try_for(self, command: Callable[[], Awaitable[Any]], seconds: float) -> Any:
        """Return what ``command`` answers, and None if it fails or the Redis is left alone."""
        if self._failed:
            if self._clock() < self._again:
                return None
            self._again = self._clock() + self._rest  # one request tries, others go on without
        try:
            async with asyncio.timeout(seconds):
                answer = await command()
        except MaxConnectionsError:
            return None  # so many wait already that this one is better off without
        except (RedisError, OSError, TimeoutError, TypeError, ValueError) as error:
            self._fail(error)
            return None
        if self._failed:
            self._failed = False
            _log.info("Redis answers again; replies are kept together with other gateways.")
        return answer

    def _fail(self, error: Exception) -> None:
        self._counts.shared_failed += 1
        self._again = self._clock() + self._rest
        if not self._failed:
            self._failed = True
            # Not its message, which may hold the address with a password.
            _log.warning(
                "Redis does not answer (%s); until it does, each gateway keeps replies by itself.",
                type(error).__name__,
            )


def _name(subject: bytes) -> bytes:
    return _PREFIX + subject
