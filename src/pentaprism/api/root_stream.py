"""The scan of a root as it goes on, as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from pentaprism.api.root_bodies import ScanBody
from pentaprism.api.stream import HEARTBEAT, LASTS
from pentaprism.program import Program
from pentaprism.store.library_records import Root

_APART = 0.5
"""Seconds between two looks at least."""

_RETRY = b"retry: 3000\n\n"


async def watch(
    program: Program, root: Root, *, ticks: Callable[[], float] = time.monotonic
) -> AsyncIterator[bytes]:
    """Yield ``progress`` when it changes, and ``end`` with the last scan when none is under way.

    Without an ``end`` the scan was not over: the server stops, or the stream has lasted long.
    """
    scans = program.scans
    began = told = ticks()
    before: ScanBody | None = None
    yield _RETRY
    while not scans.changes.closed and ticks() - began < LASTS:
        number, looked = scans.changes.number, ticks()
        live = scans.progress(root.id)
        if live is None:
            last = scans.last(root.id)
            yield _message("end", ScanBody.of(last).model_dump_json() if last else "null")
            return
        body = ScanBody.of(live)
        if body != before:
            before, told = body, looked
            yield _message("progress", body.model_dump_json())
        elif looked - told >= HEARTBEAT:
            told = looked
            yield b": still here\n\n"
        await scans.changes.after(number, HEARTBEAT)
        await asyncio.sleep(0 if scans.changes.closed else max(0.0, looked + _APART - ticks()))


def _message(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()
