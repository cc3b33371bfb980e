"""A run as it goes on, as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from pentaprism.api.run_bodies import EventBody, ProgressBody, RunBody, live_of
from pentaprism.edge.streams import unbroken
from pentaprism.errors import PentaprismError
from pentaprism.program import Program
from pentaprism.store import Run, RunStatus

HEARTBEAT = 15.0
"""Seconds without news after which a comment shows that the connection lives."""

LASTS = 3600.0
"""Seconds after which a stream ends, so that who watches shows again that they may."""

_APART = 1.0
"""Seconds between two looks at least."""

_PAGE = 500
_RETRY = b"retry: 3000\n\n"
_UNFINISHED = frozenset({RunStatus.RUNNING, RunStatus.WAITING})


async def watch(
    program: Program,
    run: Run,
    *,
    after: int | None,
    ticks: Callable[[], float] = time.monotonic,
) -> AsyncIterator[bytes]:
    """Yield ``progress`` when it changes, an ``event`` for each new one, and ``end`` at the end.

    ``after`` is the row of the last event that is known; None for those only that are still to
    come. Without an ``end`` the run was not over: the server stops, or the stream has lasted long.
    """
    watcher = _Watcher(program, run, await _newest(program, run) if after is None else after)
    changes = program.runner.changes
    began = told = ticks()
    yield _RETRY
    while not changes.closed and ticks() - began < LASTS:
        number, looked = changes.number, ticks()
        for chunk in await unbroken(watcher.look()):
            told = ticks()
            yield chunk
        if watcher.over:
            return
        if ticks() - told >= HEARTBEAT:
            told = ticks()
            yield b": still here\n\n"
        await changes.after(number, HEARTBEAT)
        await asyncio.sleep(0 if changes.closed else max(0.0, looked + _APART - ticks()))


class _Watcher:
    """Looks at one run, and tells what is new since it looked last."""

    def __init__(self, program: Program, run: Run, row: int) -> None:
        self._program = program
        self._run = run
        self._row = row
        self._progress: ProgressBody | None = None
        self.over = False

    async def look(self) -> list[bytes]:
        """Return what is new."""
        new: list[bytes] = []
        runs = self._program.app.store.runs
        try:
            live = live_of(self._program, self._run)
            if live is None:
                self._run = await runs.get(self._run.id)
            # What is recorded of the end comes after the last event, so that none is missed.
            while events := await runs.events(self._run.id, after=self._row, limit=_PAGE):
                for event in events:
                    self._row = event.row
                    told = EventBody.of(event).model_dump_json()
                    new.append(_message("event", told, event.row))
        except PentaprismError:
            self.over = True  # its mirror was deleted
            return new
        progress = ProgressBody.of(self._run, live)
        if progress != self._progress:
            self._progress = progress
            new.append(_message("progress", progress.model_dump_json()))
        if live is None and self._run.status not in _UNFINISHED:
            self.over = True
            new.append(_message("end", RunBody.of(self._run).model_dump_json()))
        return new


async def _newest(program: Program, run: Run) -> int:
    events = await program.app.store.runs.event_page(run.id, limit=1)
    return events[0].row if events else 0


def _message(name: str, data: str, id_: int | None = None) -> bytes:
    number = "" if id_ is None else f"id: {id_}\n"
    return f"event: {name}\n{number}data: {data}\n\n".encode()
