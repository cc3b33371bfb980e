"""Streams of events, which a browser may leave at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable


async def unbroken[T](work: Awaitable[T]) -> T:
    """Return what ``work`` returns, and let it come to its end when its caller is cancelled.

    A query of the database that is broken off takes its connection with it.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
