"""Watches roots for changes, and looks for those that are away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from pentaprism.app import App
from pentaprism.errors import NotFoundError, PentaprismError
from pentaprism.jobs.scanning import ScanState
from pentaprism.jobs.scans import Scans
from pentaprism.library.away import find_absence
from pentaprism.library.folders import WHOLE
from pentaprism.library.watch import watch
from pentaprism.store.library_records import Root, RootState, Watching

log = logging.getLogger(__name__)

_LOOK = 60.0
"""Seconds between two looks at which roots there are, and whether they are there."""

_PATIENCE = 5.0
"""Seconds in which a root has to say whether it is there."""

_SOONEST, _LATEST = 2.0, 300.0
"""Seconds after which watching begins again when it has failed, once and often."""

_NOT_WATCHED = "it could not be watched"
_NOT_INDEXED = "changes could not be indexed"

Tell = Callable[[str], None]
Watch = Callable[[Root, asyncio.Event, Tell], AsyncIterator[frozenset[str]]]
"""Yields the folders of a root that have changed, `WHOLE` at first, until the event is set.

It tells why the root is watched otherwise than was asked.
"""


def _watch(root: Root, stop: asyncio.Event, tell: Tell) -> AsyncIterator[frozenset[str]]:
    return watch(root, stop=stop, tell=tell)


@dataclass(slots=True, eq=False)
class _Watched:
    """A root that is watched: what has changed in it and was not looked at yet."""

    root: Root
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    changed: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    reason: str | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    troubles: dict[str, str] = field(default_factory=dict)
    pause: float = _SOONEST

    def same(self, root: Root) -> bool:
        """Tell whether ``root`` is watched as it wants to be."""
        return (self.root.path, self.root.watching) == (root.path, root.watching)

    def tell(self, reason: str) -> None:
        """Note why the root is watched otherwise than was asked."""
        self.reason = reason

    def log(self, what: str, error: Exception) -> None:
        """Say what went wrong, once for as long as it goes wrong in the same way."""
        trouble = f"{type(error).__name__}: {error}"
        if self.troubles.get(what) == trouble:
            return
        self.troubles[what] = trouble
        foreseen = isinstance(error, OSError | RuntimeError | PentaprismError)
        shown = None if foreseen else error
        log.warning("%s: %s: %s", self.root.name, what, error, exc_info=shown)

    async def end(self) -> None:
        """Watch no longer."""
        self.stop.set()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


class Watchers:
    """Keeps the index equal to the roots while the server runs; `run` works until cancelled."""

    def __init__(
        self, app: App, scans: Scans, *, watch: Watch = _watch, look_each: float = _LOOK
    ) -> None:
        self._app = app
        self._scans = scans
        self._watch = watch
        self._look_each = look_each
        self._watched: dict[str, _Watched] = {}
        self._asked: dict[str, asyncio.Task[bool]] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look again now: a root was added, changed or deleted."""
        self._woken.set()

    async def run(self) -> None:
        """Watch the roots there are, again and again finding out which."""
        try:
            while True:
                self._woken.clear()
                try:
                    await self.look()
                except PentaprismError as error:
                    log.warning("The folders to watch could not be looked for: %s", error)
                try:
                    async with asyncio.timeout(self._look_each):
                        await self._woken.wait()
                except TimeoutError:
                    pass
        finally:
            await asyncio.gather(*(one.end() for one in self._watched.values()))
            self._watched.clear()

    async def look(self) -> None:
        """Begin to watch what is there, and end it for what is not."""
        roots = {root.id: root for root in await self._app.store.roots.list()}
        there = await self._there(list(roots.values()))
        for id_, watched in list(self._watched.items()):
            root = roots.get(id_)
            if root is None or there.get(id_) is False or not watched.same(root):
                del self._watched[id_]
                await watched.end()
        for id_, is_there in there.items():
            with suppress(NotFoundError):  # deleted this moment
                await self._look_at(roots[id_], there=is_there)

    async def _there(self, roots: Sequence[Root]) -> dict[str, bool]:
        """Return which of ``roots`` are there; one that does not answer in time is left out.

        A network mount whose server is gone may keep whoever lists it for ever: it is not listed
        again before the last time has ended, and the other roots do not wait for it.
        """
        for root in roots:
            if root.id not in self._asked:
                self._asked[root.id] = asyncio.create_task(asyncio.to_thread(_is_there, root))
        asked = {root.id: self._asked[root.id] for root in roots}
        if asked:
            await asyncio.wait(asked.values(), timeout=_PATIENCE)
        found = {id_: task.result() for id_, task in asked.items() if task.done()}
        for id_ in found:
            del self._asked[id_]
        return found

    async def _look_at(self, root: Root, *, there: bool) -> None:
        """Watch ``root``, and scan it where it has come, or gone."""
        if there and root.watching is not Watching.OFF and root.id not in self._watched:
            if root.reason is not None and root.state is RootState.PRESENT:
                await self._app.store.roots.update(root.id, reason=None)
            self._begin(root)
        if there is (root.state is RootState.AWAY):
            await self._scans.start(root.id)

    def _begin(self, root: Root) -> None:
        watched = self._watched[root.id] = _Watched(root)
        watched.tasks = [
            asyncio.create_task(self._listen(watched)),
            asyncio.create_task(self._follow(watched)),
        ]

    async def _listen(self, watched: _Watched) -> None:
        """Collect what has changed; when watching fails, begin again after a while."""
        root, pause = watched.root, _SOONEST
        while not watched.stop.is_set():
            try:
                async for folders in self._watch(root, watched.stop, watched.tell):
                    if WHOLE not in folders:  # which comes first, before anything can fail
                        pause = _SOONEST
                        watched.troubles.pop(_NOT_WATCHED, None)
                    watched.changed |= folders
                    watched.news.set()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                watched.log(_NOT_WATCHED, error)
            await asyncio.sleep(pause)
            pause = min(_LATEST, pause * 2)

    async def _follow(self, watched: _Watched) -> None:
        """Look at what has changed; folders that change meanwhile are looked at afterwards."""
        while True:
            await watched.news.wait()
            watched.news.clear()
            folders, watched.changed = watched.changed, set()
            try:
                await self._look_into(watched, folders)
            except NotFoundError:
                return  # it was deleted
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                watched.log(_NOT_INDEXED, error)
                await self._again(watched, folders)
            else:
                watched.pause = _SOONEST
                watched.troubles.pop(_NOT_INDEXED, None)

    async def _look_into(self, watched: _Watched, folders: set[str]) -> None:
        root_id = watched.root.id
        if watched.reason is not None:
            await self._app.store.roots.update(root_id, reason=watched.reason)
            watched.reason = None
        live = self._scans.progress(root_id)
        if WHOLE in folders and (live is None or live.state is ScanState.QUEUED):
            # A scan that people see, and that finds what happened while nobody watched.
            await self._scans.start(root_id)
        else:
            await self._scans.refresh(watched.root, folders)

    async def _again(self, watched: _Watched, folders: set[str]) -> None:
        await asyncio.sleep(watched.pause)
        watched.pause = min(_LATEST, watched.pause * 2)
        watched.changed |= folders
        watched.news.set()


def _is_there(root: Root) -> bool:
    """Tell whether the root is there, as a scan would; what has come back empty is not yet."""
    return find_absence(root.path, known=root.state is RootState.AWAY) is None
