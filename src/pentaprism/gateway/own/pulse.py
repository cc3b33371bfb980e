"""Whether Immich answers, asked no more often than every few seconds however many ask us."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from pentaprism.gateway.answers import Reply
from pentaprism.gateway.problems import UpstreamError

type Beat = Literal["ok", "away", "unknown"]

_PING = b"/api/server/ping"
_OK = 200


class Fetching(Protocol):
    """Asks Immich something small; `pentaprism.gateway.passing.Passing` does."""

    async def fetch(
        self, path: bytes, headers: Sequence[tuple[bytes, bytes]], query: bytes = b""
    ) -> Reply:
        """Return the reply to a GET; raises `UpstreamError` when there is none."""
        ...


class Pulse:
    """Asks Immich whether it is there; an answer counts for ``seconds``.

    Without anything to ask by, and before Immich is set up, it is unknown. ``patience`` is how many
    seconds Immich has to answer.
    """

    def __init__(
        self,
        passing: Fetching | None,
        *,
        seconds: float = 2.0,
        patience: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._passing = passing
        self._seconds = seconds
        self._patience = patience
        self._clock = clock
        self._lock = asyncio.Lock()
        self._until = float("-inf")
        self._last: Beat = "unknown"

    async def feel(self) -> Beat:
        """Return whether Immich answers."""
        async with self._lock:
            if self._passing is not None and self._clock() >= self._until:
                self._last = await self._ask(self._passing)
                self._until = self._clock() + self._seconds
        return self._last

    async def _ask(self, passing: Fetching) -> Beat:
        try:
            async with asyncio.timeout(self._patience):
                reply = await passing.fetch(_PING, ())
        except UpstreamError as error:
            return "unknown" if error.code == "immich_unset" else "away"
        except TimeoutError:
            return "away"
        return "ok" if reply.status == _OK else "away"
