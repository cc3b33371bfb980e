"""Progress of a run: a bar on a terminal, a line now and then elsewhere; Ctrl-C ends it well."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from pentaprism.cli.exits import Exit
from pentaprism.cli.output import bytes_in_words, notes, safe, say

if TYPE_CHECKING:
    from pentaprism.mirrors.run import MirrorRun
    from pentaprism.mirrors.tally import Tally
    from pentaprism.store.records import Run

_REFRESH_SECONDS = 0.2
_LINE_SECONDS = 5.0
_ROOMY = 72
"""Columns that a terminal needs to show the rate and the time left as well."""


async def execute(run: MirrorRun, title: str, *, quiet: bool) -> Run:
    """Execute ``run`` and return it finished, showing its progress unless ``quiet``.

    The first SIGINT or SIGTERM cancels the run; a second one ends the program at once.
    """
    with cancelled_by_signals(run.cancel, quiet=quiet):
        if quiet:
            return await run.execute()
        show = _bar if notes.is_terminal else _lines
        async with show(run.tally, title):
            return await run.execute()


@contextmanager
def cancelled_by_signals(cancel: Callable[[], None], *, quiet: bool) -> Iterator[None]:
    """Have the first SIGINT or SIGTERM call ``cancel``, and a second one end the program."""
    loop = asyncio.get_running_loop()
    both = (signal.SIGINT, signal.SIGTERM)

    def stop() -> None:
        for number in both:
            loop.add_signal_handler(number, _end)
        if not quiet:
            say("Stopping; what is finished stays. Once more to stop at once.", to=notes)
        cancel()

    for number in both:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in both:
            loop.remove_signal_handler(number)


def _end() -> None:
    """End the program as a kill would, which no record and no file minds; wait for no thread."""
    notes.show_cursor()
    os._exit(Exit.CANCELLED)


@asynccontextmanager
async def _bar(tally: Tally, title: str) -> AsyncIterator[None]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    roomy = notes.width >= _ROOMY
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[amount]}"),
        *([TimeRemainingColumn(compact=True)] if roomy else []),
        console=notes,
        transient=True,
        expand=True,
    )
    longest = 24 if roomy else 12
    shown = title if len(title) <= longest else title[: longest - 1] + "…"
    task = progress.add_task(safe(shown), total=None, amount="")
    began = time.monotonic()

    def update() -> None:
        rate = tally.bytes / max(time.monotonic() - began, 0.1)
        amount = bytes_in_words(tally.bytes)
        if roomy:
            amount += f", {bytes_in_words(int(rate))}/s"
        total = max(tally.expected, tally.total) or None
        progress.update(task, total=total, completed=tally.total, amount=amount)

    with progress:
        async with repeated(update, _REFRESH_SECONDS):
            yield


@asynccontextmanager
async def _lines(tally: Tally, title: str) -> AsyncIterator[None]:
    def update() -> None:
        done, total = tally.total, max(tally.expected, tally.total)
        say(f"{safe(title)}: {done:,} of {total:,}, {bytes_in_words(tally.bytes)}", to=notes)

    async with repeated(update, _LINE_SECONDS, last=False):
        yield


@asynccontextmanager
async def repeated(
    update: Callable[[], None], seconds: float, *, last: bool = True
) -> AsyncIterator[None]:
    """Call ``update`` every so many ``seconds`` while the context lasts, and once at its end."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(seconds)
            update()

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        if last:
            update()
