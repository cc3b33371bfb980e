"""Progress of a scan: a line on a terminal, one now and then elsewhere; Ctrl-C ends it well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pentaprism.cli.output import notes, safe, say
from pentaprism.cli.progress import cancelled_by_signals, repeated
from pentaprism.errors import RunCancelledError
from pentaprism.indexing import Step
from pentaprism.library.progress import Phase, ScanProgress

_REFRESH_SECONDS = 0.2
_LINE_SECONDS = 5.0
_LONGEST = 24


class ScanStoppedError(RunCancelledError):
    """A person ended the scan; what it has found is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.message = "The scan was stopped."
        self.hint = "What it has found is kept; the same command goes on from there."


@dataclass(slots=True)
class Followed:
    """A scan that is shown; ``step`` is None while it waits for its turn."""

    title: str
    progress: ScanProgress = field(default_factory=ScanProgress)
    step: Step | None = None

    def tell(self, step: Step) -> None:
        """Note what is done now."""
        self.step = step

    @property
    def told(self) -> str:
        """How far it is, in words."""
        progress = self.progress
        if self.step is None:
            return "waiting for its turn"
        if self.step is Step.MATCHING:
            return "comparing with Immich"
        if self.step is Step.GROUPING:
            return f"{progress.grouped:,} files grouped"
        if progress.phase is Phase.READING:
            return f"{progress.read:,} of {progress.to_read:,} files read"
        return f"{progress.files:,} files in {progress.folders:,} folders"

    @property
    def reads(self) -> bool:
        """Whether it reads files, the one step of which the end is known."""
        return self.step is Step.SCANNING and self.progress.phase is Phase.READING


async def follow[T](work: Coroutine[Any, Any, T], scan: Followed, *, quiet: bool) -> T:
    """Do ``work``, the scan that ``scan`` is told of, and show how far it is unless ``quiet``.

    The first SIGINT or SIGTERM ends it with `ScanStoppedError`, a second one ends the program.
    """
    task = asyncio.ensure_future(work)

    def cancel() -> None:
        task.cancel()

    with cancelled_by_signals(cancel, quiet=quiet):
        try:
            if quiet:
                await asyncio.wait([task])
            else:
                async with (_bar if notes.is_terminal else _lines)(scan):
                    await asyncio.wait([task])
        finally:
            cancel()
    if task.cancelled():
        raise ScanStoppedError
    return task.result()


@asynccontextmanager
async def _bar(scan: Followed) -> AsyncIterator[None]:
    from rich.progress import BarColumn, Progress, TextColumn

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[told]}"),
        console=notes,
        transient=True,
        expand=True,
    )
    title = scan.title if len(scan.title) <= _LONGEST else f"{scan.title[: _LONGEST - 1]}…"
    task = progress.add_task(safe(title), total=None, told="")

    def update() -> None:
        total = scan.progress.to_read if scan.reads else None
        progress.update(task, total=total, completed=scan.progress.read, told=scan.told)

    with progress:
        async with repeated(update, _REFRESH_SECONDS):
            yield


@asynccontextmanager
async def _lines(scan: Followed) -> AsyncIterator[None]:
    def update() -> None:
        say(f"{safe(scan.title)}: {scan.told}", to=notes)

    async with repeated(update, _LINE_SECONDS, last=False):
        yield
