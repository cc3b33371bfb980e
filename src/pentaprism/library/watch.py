"""Notices changes in a root while they happen.

Where the kernel tells of changes, it is listened to; network mounts are walked through again and
again instead, which costs one look at each file and reads none. Either way only the names of
folders come out of it: what has changed in them, a scan finds out.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing, suppress

from pentaprism.library.events import Events, FellBehindError
from pentaprism.library.folders import MARKERS, WHOLE, lies_in_skipped
from pentaprism.library.mounts import needs_polling
from pentaprism.library.polling import Polling
from pentaprism.store.library_records import Root, Watching

log = logging.getLogger(__name__)

EACH = 60.0
"""Seconds between two walks through a root that is polled."""

_LONGEST = 30.0
"""Seconds after which a folder is told although it does not come to rest."""

_MANY = 200
"""Changes since the last look at the whole root from which on it is looked at when they have come
to rest: some may have got lost."""

SWEEP = 600.0
"""Seconds after a change in which the whole root is looked at, for one that got lost beside it."""


async def watch(
    root: Root,
    *,
    stop: asyncio.Event,
    settle: float = 2.0,
    polling: bool | None = None,
    each: float = EACH,
    sweep: float = SWEEP,
    tell: Callable[[str], None] | None = None,
) -> AsyncGenerator[frozenset[str]]:
    """Yield folders of ``root`` in which something has changed, until ``stop`` is set.

    A folder is told when nothing has happened in it for ``settle`` seconds, after half a minute in
    any case. The first that is told, as soon as changes are noticed, is `WHOLE`: what happened
    before nobody has seen. It is told again whenever changes may have been missed.

    ``polling`` overrules what the root and its file system want; then it is walked through every
    ``each`` seconds. ``tell`` is given the sentence that says why it is polled where that was not
    asked for. ``sweep`` seconds after a change the whole root is told once more, for what the
    system may have lost. Raises `OSError` where the root is not there.
    """
    polls = _polls(root) if polling is None else polling
    pending = Pending(settle, sweep)
    if polling is None and not polls and await asyncio.to_thread(needs_polling, root.path):
        polls = root.watching is Watching.AUTO
    if not polls:
        try:
            async with aclosing(_listen(root, stop, pending)) as changes:
                async for folders in changes:
                    yield folders
        except (OSError, RuntimeError, ValueError) as error:  # ValueError: its path is not UTF-8
            await asyncio.to_thread(_check_there, root.path)
            reason = f"Changes are not told by the system ({error}): the folder is polled instead."
            log.warning("%s: %s", root.name, reason)
            if tell is not None:
                tell(reason)
        else:
            return
    async with aclosing(_poll(root, stop, each)) as changes:
        async for folders in changes:
            yield folders


def _check_there(path: str) -> None:
    """Raise the `OSError` of listing a folder that is not there; watchfiles has other ones."""
    os.scandir(path).close()


def _polls(root: Root) -> bool:
    return root.watching is Watching.POLLING


async def _listen(
    root: Root, stop: asyncio.Event, pending: Pending
) -> AsyncGenerator[frozenset[str]]:
    while not stop.is_set():
        with suppress(FellBehindError):
            async with Events(root.path) as events:
                yield frozenset({WHOLE})
                async with aclosing(_settled(events, stop, pending)) as changes:
                    async for folders in changes:
                        yield folders
        if not stop.is_set():
            await asyncio.sleep(pending.settle)


async def _settled(
    events: Events, stop: asyncio.Event, pending: Pending
) -> AsyncGenerator[frozenset[str]]:
    clock = asyncio.get_running_loop().time
    stopped = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            changed = asyncio.create_task(events.next())
            try:
                await asyncio.wait(
                    {changed, stopped},
                    timeout=pending.rest(clock()),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if changed.done():
                    pending.add(changed.result(), clock())
            finally:
                changed.cancel()
            if folders := pending.settled(clock()):
                yield folders
    finally:
        stopped.cancel()


async def _poll(root: Root, stop: asyncio.Event, each: float) -> AsyncGenerator[frozenset[str]]:
    await asyncio.to_thread(_check_there, root.path)
    polling = Polling(root.path)
    await asyncio.to_thread(polling.look)
    yield frozenset({WHOLE})
    while not stop.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(each):
                await stop.wait()
                return
        if folders := await asyncio.to_thread(polling.look):
            yield folders


class Pending:
    """Folders in which something has changed, until they come to rest."""

    def __init__(self, settle: float, sweep: float = SWEEP) -> None:
        self.settle = settle
        self._sweep_after = sweep
        self._last: dict[str, float] = {}
        self._first: dict[str, float] = {}
        self._sweep: float | None = None
        self._changes = 0

    def add(self, paths: Collection[str], now: float) -> None:
        """Note that the files at ``paths``, in the root, have changed ``now``."""
        folders = {folder for path in paths if (folder := folder_of(path)) is not None}
        self._changes += len(paths) if folders else 0
        if self._changes >= _MANY:
            folders = {WHOLE}
        for folder in folders:
            self._last[folder] = now
            self._first.setdefault(folder, now)
        if folders and self._sweep is None:
            self._sweep = now + self._sweep_after

    def rest(self, now: float) -> float | None:
        """Return after how many seconds the next folder may be told, None for never."""
        due = [self._due(folder) for folder in self._last]
        if self._sweep is not None:
            due.append(self._sweep)
        return max(0.0, min(due) - now) if due else None

    def settled(self, now: float) -> frozenset[str]:
        """Return the folders to tell ``now``, and forget them."""
        due = {folder for folder in self._last if self._due(folder) <= now}
        for folder in due:
            del self._last[folder], self._first[folder]
        if self._sweep is not None and self._sweep <= now:
            due.add(WHOLE)
        if WHOLE in due:
            self._sweep, self._changes = None, 0
        return frozenset(due)

    def _due(self, folder: str) -> float:
        return min(self._last[folder] + self.settle, self._first[folder] + _LONGEST)


def folder_of(path: str) -> str | None:
    """Return the folder to look at when something has changed at ``path``, None for none.

    What happens below hidden folders, or to hidden files, is nothing to a root, apart from those
    that keep a folder out of the index.
    """
    folder, _, name = path.rpartition("/")
    if lies_in_skipped(folder) or (lies_in_skipped(name) and name not in MARKERS):
        return None
    return folder
