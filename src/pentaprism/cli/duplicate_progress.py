"""Progress of a search for duplicates: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pentaprism.cli.output import notes, say
from pentaprism.cli.progress import cancelled_by_signals, repeated
from pentaprism.duplicates.plain_files import Phase, Progress
from pentaprism.errors import RunCancelledError

if TYPE_CHECKING:
    from pentaprism.duplicates.progress import DuplicateProgress

_REFRESH_SECONDS = 0.2
_LINE_SECONDS = 5.0
_FROM_SECONDS = 2.0
"""How long a phase lasts before its rate is told: the first moments are no measure."""

_WORDS: Mapping[Phase, str] = {
    Phase.LOOKING: "looking for files",
    Phase.HASHING: "comparing bytes",
    Phase.FINGERPRINTING: "looking at pictures",
    Phase.SEARCHING: "searching",
    Phase.READING: "reading metadata",
    Phase.COMPARING: "comparing pictures",
    Phase.FINISHING: "finishing",
}
_INDEX_WORDS: Mapping[str, str] = {
    "waiting": "waiting for another search",
    "hashing": "comparing bytes",
    "fingerprinting": "looking at pictures",
    "comparing": "comparing pictures",
    "grouping": "grouping",
    "done": "finishing",
}


class SearchStoppedError(RunCancelledError):
    """A person ended the search."""

    def __init__(self, hint: str) -> None:
        super().__init__()
        self.message = "The search was stopped."
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Shown:
    """How far it is, in words and, where the end is known, as ``done`` of ``total``."""

    text: str
    done: int = 0
    total: int = 0


def look_at(progress: Progress) -> Shown:
    """Return how far the search in folders is, with rate and time left once they are known."""
    seconds = time.monotonic() - progress.since
    rate = progress.done / seconds if seconds >= _FROM_SECONDS and progress.total else 0.0
    left = (progress.total - progress.done) / rate if rate else None
    text = in_words(_WORDS[progress.phase], progress.done, progress.total, rate, left)
    return Shown(text, progress.done, progress.total)


def look_at_index(progress: DuplicateProgress) -> Shown:
    """Return how far the search in the index is, in the same way."""
    progress.sample(time.monotonic())
    text = in_words(
        _INDEX_WORDS[progress.phase.value],
        progress.done,
        progress.total,
        progress.rate,
        progress.seconds_left,
    )
    return Shown(text, progress.done, progress.total)


def in_words(
    doing: str, done: int, total: int, rate: float | None, seconds_left: float | None
) -> str:
    """Return how far something is; 0 is an unknown total, None what is not known."""
    text = doing
    if total:
        text += f", {done:,} of {total:,}"
    elif done:
        text += f", {done:,}"
    if rate:
        text += f", {rate:,.0f}/s" if rate >= 1 else f", {rate * 60:,.0f} a minute"
    return text if seconds_left is None else f"{text}, {_duration(seconds_left)} left"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


async def follow[T](
    work: Coroutine[Any, Any, T], look: Callable[[], Shown], *, left: str, quiet: bool
) -> T:
    """Do ``work`` and show how far it is, which ``look`` tells, unless ``quiet``.

    The first SIGINT or SIGTERM ends it with `SearchStoppedError`, whose hint says what is ``left``
    then; a second one ends the program.
    """
    task = asyncio.ensure_future(work)

    def cancel() -> None:
        task.cancel()

    with cancelled_by_signals(cancel, quiet=True):
        try:
            if quiet:
                await asyncio.wait([task])
            else:
                async with (_bar if notes.is_terminal else _lines)(look):
                    await asyncio.wait([task])
        finally:
            cancel()
    if task.cancelled():
        raise SearchStoppedError(left)
    return task.result()


@asynccontextmanager
async def _bar(look: Callable[[], Shown]) -> AsyncIterator[None]:
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        BarColumn(bar_width=None),
        TextColumn("{task.fields[told]}"),
        console=notes,
        transient=True,
        expand=True,
    )
    task = bar.add_task("", total=None, told="")

    def update() -> None:
        shown = look()
        bar.update(task, total=shown.total or None, completed=shown.done, told=shown.text)

    with bar:
        async with repeated(update, _REFRESH_SECONDS):
            yield


@asynccontextmanager
async def _lines(look: Callable[[], Shown]) -> AsyncIterator[None]:
    def update() -> None:
        text = look().text
        say(f"{text[:1].upper()}{text[1:]}.", to=notes)

    async with repeated(update, _LINE_SECONDS, last=False):
        yield
