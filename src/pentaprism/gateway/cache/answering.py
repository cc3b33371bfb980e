"""Answers from what was kept, and keeps what Immich answers.

What is kept under a key was given by Immich to the bearer of these very credentials for this very
address. It is given out again for seconds, and then only when Immich has said that it still holds:
who was shut out has seen the last of it after that time, whatever else goes wrong.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from pentaprism.gateway.cache.asking import ASKED, Asked, read_asked
from pentaprism.gateway.cache.counts import CacheCounts
from pentaprism.gateway.cache.flights import Flight, Flights
from pentaprism.gateway.cache.gathering import Gathering
from pentaprism.gateway.cache.kept import Kept
from pentaprism.gateway.cache.memory import Memory
from pentaprism.gateway.cache.policy import Wish, not_modified
from pentaprism.gateway.cache.renewal import asking_whether, renewed_by
from pentaprism.gateway.cache.shared import Shared

_NOTHING = {"type": "http.response.body", "body": b""}
_FAILED = 500
_NOT_MODIFIED = 304


class Cache:
    """Answers GET and HEAD of pictures, and passes all other requests on.

    ``passing`` asks Immich. ``size`` is how many bytes of memory may be taken, ``seconds`` for how
    long a reply may be used without asking Immich again. ``key`` is secret and makes the keys of
    replies, 16 to 64 bytes; gateways that share a Redis at ``redis_url`` have the same.
    """

    def __init__(
        self,
        passing: ASGIApp,
        *,
        size: int,
        seconds: float,
        key: bytes,
        redis_url: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts = CacheCounts()
        self._passing = passing
        self._seconds = seconds
        self._key = key
        self._clock = clock
        self._memory = Memory(size)
        self._shared = (
            None if redis_url is None else Shared(redis_url, key, self.counts, clock=clock)
        )
        self._flights = Flights()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def entries(self) -> int:
        """How many replies are held in memory."""
        return self._memory.entries

    @property
    def size(self) -> int:
        """How many bytes of memory they take."""
        return self._memory.size

    def drop(self, asset_ids: Iterable[str]) -> None:
        """Forget all replies about these assets (or people), whoever they were given to.

        What is being fetched of them is not kept either. Called on the event loop.
        """
        subjects = [asset.lower().encode("ascii", "replace") for asset in asset_ids]
        self.counts.dropped += self._memory.drop(subjects)
        self._flights.spoil(subjects)
        if self._shared is not None:
            self._begin(self._shared.drop(subjects))

    def clear(self) -> None:
        """Forget all, as when another Immich takes the place of the one before."""
        self.counts.dropped += self._memory.clear()
        self._flights.spoil()
        if self._shared is not None:
            self._begin(self._shared.clear())

    async def close(self) -> None:
        """End what is under way in the background, and the connections to Redis."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._shared is not None:
            await self._shared.close()

    def at_hand(self, scope: Scope) -> tuple[bytes, bytes] | None:
        """Return the head and the body of a reply that needs no waiting, as HTTP/1.1 writes them.

        For a web server that can write them without beginning a task. None of a request that is to
        be answered by calling the cache; those that are answered here are counted. ``scope`` needs
        no more than ``method``, ``raw_path``, ``query_string`` and ``headers``.
        """
        if scope["method"] != "GET":
            return None
        asked = read_asked(scope, self._key)
        if asked is None:
            return None
        scope[ASKED] = asked
        if asked.wish.bypass or asked.wish.conditional:
            return None
        kept = self._memory.get(asked.key)
        if kept is None or kept.head is None or self._clock() - kept.asked >= kept.lifetime:
            return None
        self.counts.hits += 1
        self.counts.answered[2] += 1
        return kept.head, kept.content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method: str = scope["method"]
        asked = self._read(scope) if method == "GET" or method == "HEAD" else None  # noqa: PLR1714 - quicker
        if asked is None:
            await self._passing(scope, receive, send)
            return
        if asked.wish.bypass:
            await self._bypass(scope, receive, send, asked)
            return
        kept = self._memory.get(asked.key)
        if kept is not None and self._clock() - kept.asked < kept.lifetime:
            await self._hit(kept, asked.wish, method, send)
            return
        flight = Flight(scope, receive, send, asked)
        with self._flights.under_way(flight):
            await self._find(flight, kept)

    def _read(self, scope: Scope) -> Asked | None:
        """Return what is asked for, from the look that was taken at hand if there was one."""
        asked: Asked | None = scope.get(ASKED)
        return read_asked(scope, self._key) if asked is None else asked

    async def _hit(self, kept: Kept, wish: Wish, method: str, send: Send) -> None:
        self.counts.hits += 1
        if wish.conditional and not_modified(wish, kept.etag, kept.modified):
            self.counts.answered[3] += 1
            await send(kept.unchanged())
            await send(_NOTHING)
            return
        self.counts.answered[2] += 1
        await send(kept.start)
        await send(kept.body if method == "GET" else _NOTHING)

    async def _pass(self, scope: Scope, receive: Receive, gathering: Gathering) -> None:
        """Let Immich answer, and count what it answered unless the client does not see it."""
        try:
            await self._passing(scope, receive, gathering)
        finally:
            if not gathering.held:
                self.counts.passed[gathering.status // 100] += 1

    async def _bypass(self, scope: Scope, receive: Receive, send: Send, asked: Asked) -> None:
        self.counts.bypassed += 1
        if asked.wish.reload:
            await self._forget(asked.subject, asked.key)
        await self._pass(scope, receive, Gathering(send, 0.0))

    async def _find(self, flight: Flight, kept: Kept | None) -> None:
        """Answer from what other gateways have kept, or ask Immich; ``kept`` is stale."""
        if self._shared is not None:
            started = self._clock()
            flight.look = await self._shared.look(flight.subject, flight.key, started=started)
            if flight.look is not None and flight.look.kept is not None:
                kept = flight.look.kept
                if self._clock() - kept.asked < kept.lifetime and not flight.spoiled:
                    self._hold(flight.key, kept)
                    await self._hit(kept, flight.wish, flight.scope["method"], flight.send)
                    return
        if flight.scope["method"] == "HEAD":
            self.counts.misses += 1
            await self._pass(flight.scope, flight.receive, Gathering(flight.send, 0.0))
        elif kept is not None and kept.validator is not None and _agrees(flight.wish, kept):
            await self._ask_whether(flight, kept, kept.validator)
        else:
            await self._ask(flight, stale=kept is not None)

    async def _ask(self, flight: Flight, *, stale: bool) -> None:
        """Pass Immich's reply on, and keep it; a stale one goes in any case."""
        self.counts.misses += 1
        asked = self._clock()
        gathering = Gathering(flight.send, self._seconds)
        await self._pass(flight.scope, flight.receive, gathering)
        if not await self._keep(flight, gathering.reply(flight.subject, asked)) and stale:
            await self._forget(flight.subject, flight.key)

    async def _ask_whether(
        self, flight: Flight, kept: Kept, validator: tuple[bytes, bytes]
    ) -> None:
        """Ask Immich whether what is kept still holds, and answer with it or with what is new."""
        self.counts.stale += 1
        asked = self._clock()
        scope = asking_whether(flight.scope, validator)
        gathering = Gathering(flight.send, self._seconds, holding=not flight.wish.conditional)
        await self._pass(scope, flight.receive, gathering)
        if gathering.status == _NOT_MODIFIED:
            renewed = renewed_by(kept, gathering.headers, asked, self._seconds)
            if renewed is not None:
                await self._renew(flight, renewed, held=gathering.held)
                return
            await self._forget(flight.subject, flight.key)
            if gathering.held:
                await self._ask(flight, stale=False)
        elif (
            not await self._keep(flight, gathering.reply(flight.subject, asked))
            and gathering.status < _FAILED
        ):
            await self._forget(flight.subject, flight.key)

    async def _renew(self, flight: Flight, kept: Kept, *, held: bool) -> None:
        """Answer with what Immich has said to hold, and keep it for another while."""
        if held:
            self.counts.answered[2] += 1
            await flight.send(kept.start)
            await flight.send(kept.body)
        if flight.spoiled:
            return
        self.counts.renewed += 1
        self._hold(flight.key, kept)
        look = flight.look
        if self._shared is None or look is None:
            return
        if look.kept is None:
            await self._shared.keep(flight.key, kept, asked=look.now)
        else:
            await self._shared.renew(flight.key, kept, look.id, asked=look.now)
        await self._drop_if_spoiled(flight)

    async def _keep(self, flight: Flight, kept: Kept | None) -> bool:
        """Keep a reply, if it is one to be kept; return whether it was."""
        if kept is None or flight.spoiled:
            return False
        self.counts.stored += self._hold(flight.key, kept)
        if self._shared is not None and flight.look is not None:
            await self._shared.keep(flight.key, kept, asked=flight.look.now)
            await self._drop_if_spoiled(flight)
        return True

    def _hold(self, key: bytes, kept: Kept) -> bool:
        """Put a reply into memory, unless one is there that was asked for later."""
        held = self._memory.get(key)
        if held is not None and held.asked > kept.asked:
            return False
        return self._memory.put(key, kept)

    async def _drop_if_spoiled(self, flight: Flight) -> None:
        """Drop once more what was written while its asset changed: the order is not known."""
        if flight.spoiled and self._shared is not None:
            await self._shared.drop([flight.subject])

    async def _forget(self, subject: bytes, key: bytes) -> None:
        self.counts.dropped += self._memory.remove(key)
        if self._shared is not None:
            await self._shared.remove(subject, key)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _agrees(wish: Wish, kept: Kept) -> bool:
    """Return whether a 304 about ``kept`` would answer the client as well."""
    return not wish.conditional or not_modified(wish, kept.etag, kept.modified)
