"""What works on duplicates in the background, as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from pentaprism.api.bodies import Answer
from pentaprism.api.stream import HEARTBEAT, LASTS
from pentaprism.jobs.changes import Changes

_APART = 0.5
"""Seconds between two looks at least."""

_RETRY = b"retry: 3000\n\n"

type Look = Callable[[], tuple[Answer | None, bool]]
"""Returns how the work stands, None where there was none, and whether it is under way."""


async def watch(
    changes: Changes, look: Look, *, ticks: Callable[[], float] = time.monotonic
) -> AsyncIterator[bytes]:
    """Yield ``progress`` when it changes, and ``end`` with the last work when none is under way.

    Without an ``end`` the work was not over: the server stops, or the stream has lasted long.
    """
    began = told = ticks()
    before: Answer | None = None
    yield _RETRY
    while not changes.closed and ticks() - began < LASTS:
        number, looked = changes.number, ticks()
        body, at_work = look()
        if not at_work:
            yield _message("end", body)
            return
        if body != before:
            before, told = body, looked
            yield _message("progress", body)
        elif looked - told >= HEARTBEAT:
            told = looked
            yield b": still here\n\n"
        await changes.after(number, HEARTBEAT)
        await asyncio.sleep(0 if changes.closed else max(0.0, looked + _APART - ticks()))


def _message(name: str, body: Answer | None) -> bytes:
    data = "null" if body is None else body.model_dump_json()
    return f"event: {name}\ndata: {data}\n\n".encode()
