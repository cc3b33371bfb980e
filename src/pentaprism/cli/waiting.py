"""Waiting at the command line, until a run that had to rest can go on."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from pentaprism.cli.output import local_time, notes, safe, say
from pentaprism.errors import WaitingError

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.store.records import Mirror

_LOOK = 5.0
"""Seconds between two looks at the clock, which may have been set, and at the account."""


async def wait_for(app: App, target: Mirror, error: WaitingError, *, quiet: bool) -> None:
    """Return when what ``error`` says has passed; Ctrl-C ends the program, and the run waits on."""
    if not quiet:
        until = f"until {local_time(error.until)}" if error.until else "for you"
        say(f"{safe(error.message)} Waiting {until}; Ctrl-C leaves it waiting.", to=notes)
        if error.until is None and error.hint:
            say(safe(error.hint), indent=2, to=notes)
    while not await _passed(app, target, error.until):  # noqa: ASYNC110 - nobody sets an event
        await asyncio.sleep(_LOOK)


async def _passed(app: App, target: Mirror, until: datetime | None) -> bool:
    if until is not None:
        return app.clock() >= until
    return await app.may_go_on(target)
