"""Parts of pages that change while somebody looks at them, sent as server-sent events.

A message holds HTML that htmx swaps in; parts for several places are ``hx-partial`` elements. Only
what differs from the last message is sent, and nothing is rendered while nothing has changed.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.responses import StreamingResponse

from pentaprism.edge.streams import unbroken
from pentaprism.jobs.changes import Changes

_PAUSE = 15.0
"""Seconds after which a silent stream says that it is alive, so that no proxy closes it."""

_LASTS = 600.0
"""Seconds after which a stream ends; the browser asks again, and shows that it still may."""

_OVER = "over"
"""The event after which the browser closes the stream: ``hx-sse:close="over"``."""

type Render = Callable[[], Awaitable[str | None]]
"""Makes the HTML of this moment; None when nothing more will come."""


def live(changes: Changes, render: Render, *, refresh: float = _PAUSE) -> StreamingResponse:
    """Answer with a stream that sends what ``render`` makes, whenever ``changes`` tells of some.

    It is rendered again after ``refresh`` seconds without a change as well.
    """
    return StreamingResponse(
        _messages(changes, render, refresh),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _messages(changes: Changes, render: Render, refresh: float) -> AsyncIterator[str]:
    sent = ""
    until = time.monotonic() + _LASTS
    while not changes.closed and time.monotonic() < until:
        number = changes.number
        html = await unbroken(render())
        if html is None:
            yield message("", event=_OVER)
            return
        if html != sent:
            sent = html
            yield message(html)
        else:
            yield ": alive\n\n"
        await changes.after(number, refresh)


def message(data: str, *, event: str = "") -> str:
    """Return one event of a stream."""
    head = f"event: {event}\n" if event else ""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"{head}{lines}\n"
