"""Many decisions about duplicates at once: how far they are, and where they are carried out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from pentaprism.errors import PentaprismError
from pentaprism.resolution.execution import Resolver
from pentaprism.store import Connection
from pentaprism.store.journal_records import Resolution, ResolutionState

_MOST = 100


class Doing(StrEnum):
    """What is done in the background."""

    BULK = "bulk"
    UNDO = "undo"


@dataclass(slots=True, eq=False)
class Resolving:
    """Many decisions that are carried out, or undone, in the background.

    ``looked`` of ``total`` were looked at. ``done`` ended as planned, ``partly`` otherwise, and
    ``failed`` were rolled back. ``refused`` are ids of groups, or of decisions, that were left as
    they are, with the reason, the first hundred of ``left``. ``error`` is what ended it early.
    """

    owner_id: str
    doing: Doing
    review_id: str
    started_at: datetime
    total: int = 0
    looked: int = 0
    done: int = 0
    partly: int = 0
    failed: int = 0
    left: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    ended_at: datetime | None = None
    error: PentaprismError | None = None

    def count(self, resolution: Resolution) -> None:
        """Count a decision that has ended."""
        if resolution.state in {ResolutionState.DONE, ResolutionState.UNDONE}:
            self.done += 1
        elif resolution.state is ResolutionState.FAILED:
            self.failed += 1
        else:
            self.partly += 1

    def leave(self, id_: str, reason: str) -> None:
        """Count one that was left as it is."""
        self.left += 1
        if len(self.refused) < _MOST:
            self.refused.append((id_, reason))


class Resolvers:
    """What resolves at several connections, each opened when it is needed first."""

    def __init__(
        self, open_one: Callable[[Connection], AbstractAsyncContextManager[Resolver]]
    ) -> None:
        self._open = open_one
        self._opened: dict[str, Resolver] = {}
        self._stack = AsyncExitStack()
        self.connections: list[Connection] = []

    async def __aenter__(self) -> Self:
        """Return itself."""
        await self._stack.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close what was opened."""
        await self._stack.aclose()

    async def of(self, connection: Connection) -> Resolver:
        """Return what resolves at ``connection``."""
        resolver = self._opened.get(connection.id)
        if resolver is None:
            resolver = await self._stack.enter_async_context(self._open(connection))
            self._opened[connection.id] = resolver
            self.connections.append(connection)
        return resolver
