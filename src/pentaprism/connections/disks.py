"""The disks that mirrors write to: how much is free there, and whether they answer at all."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from pentaprism.destinations.local_folder.options import FolderOptions
from pentaprism.store import Store
from pentaprism.store.records import Mirror

_FRESH = timedelta(seconds=30)
_AT_ONCE = 32
_LOW = 0.05
"""The share of a disk below which what is free is little."""


@dataclass(frozen=True, slots=True)
class DiskHealth:
    """A disk at ``at``, in bytes; None where it is not known.

    ``path`` is the folder that holds all ``places`` of mirrors on it. ``min_free`` is the most that
    one of the mirrors leaves free. ``problem`` says that the disk could not be looked at.
    """

    path: str
    places: tuple[str, ...]
    mirror_ids: tuple[str, ...]
    free: int | None
    total: int | None
    min_free: int
    problem: str | None
    at: datetime

    @property
    def used_share(self) -> float | None:
        """The share that is used, from 0 to 1."""
        if self.free is None or not self.total:
            return None
        return 1 - self.free / self.total

    @property
    def nearly_full(self) -> bool:
        """Whether less is free than mirrors leave, or than a twentieth of the disk."""
        if self.free is None or not self.total:
            return False
        return self.free < self.min_free or self.free < self.total * _LOW


@dataclass(frozen=True, slots=True)
class Measured:
    """What was seen at a place: the disk's number and bytes, or the ``problem``."""

    at: datetime
    device: int | None = None
    free: int | None = None
    total: int | None = None
    problem: str | None = None


class Disks:
    """The last known state of each place.

    A look may hang for ever at a network disk that is gone; so each is a thread of its own, only
    one for a place, and no page waits longer than ``patience`` seconds.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        *,
        patience: float = 5.0,
        measure: Callable[[str], os.statvfs_result] = os.statvfs,
        number: Callable[[str], int] = lambda path: os.stat(path).st_dev,
    ) -> None:
        self._store = store
        self._clock = clock
        self._patience = patience
        self._measure = measure
        self._number = number
        self._known: dict[str, Measured] = {}
        self._looking: dict[str, asyncio.Future[Measured]] = {}
        self._hanging: set[str] = set()

    async def of(self, owner_id: str) -> tuple[DiskHealth, ...]:
        """Return the disks of the folder mirrors of ``owner_id``, by their path."""
        return await self.under(await self._store.mirrors.list(owner_id))

    async def under(self, mirrors: Iterable[Mirror]) -> tuple[DiskHealth, ...]:
        """Return the disks of those of ``mirrors`` that write to folders, by their path."""
        by_place: dict[str, list[Mirror]] = defaultdict(list)
        for mirror in mirrors:
            if mirror.kind == "local_folder":
                by_place[mirror.place].append(mirror)
        turns = asyncio.Semaphore(_AT_ONCE)

        async def look(place: str) -> Measured:
            async with turns:
                return await self._look(place)

        found = await asyncio.gather(*(look(place) for place in by_place))
        disks: dict[object, list[tuple[str, Measured]]] = defaultdict(list)
        for place, measured in zip(by_place, found, strict=True):
            # What cannot be looked at is not known to be on the same disk as anything else.
            key = place if measured.device is None or measured.problem else measured.device
            disks[key].append((place, measured))
        made = [_disk(on_disk, by_place) for on_disk in disks.values()]
        return tuple(sorted(made, key=lambda disk: disk.path))

    async def close(self) -> None:
        """Wait for nothing: what hangs ends with the process."""
        for future in self._looking.values():
            future.cancel()

    async def _look(self, place: str) -> Measured:
        known = self._known.get(place)
        if known is not None and self._clock() - known.at < _FRESH:
            return known
        future = self._looking.get(place)
        if future is None:
            future = self._begin(place)
        # A look that hung before is not waited for a second time.
        patience = 0.0 if place in self._hanging else self._patience
        done, _ = await asyncio.wait([future], timeout=patience)
        if done:
            return future.result()
        self._hanging.add(place)
        return Measured(
            self._clock(),
            known.device if known else None,
            known.free if known else None,
            known.total if known else None,
            "The disk does not answer.",
        )

    def _begin(self, place: str) -> asyncio.Future[Measured]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Measured] = loop.create_future()
        self._looking[place] = future

        def landed(measured: Measured) -> None:
            self._looking.pop(place, None)
            self._hanging.discard(place)
            self._known[place] = measured
            if not future.done():
                future.set_result(measured)

        def look() -> None:
            measured = self._measured(place)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(landed, measured)

        threading.Thread(target=look, name="disk", daemon=True).start()
        return future

    def _measured(self, place: str) -> Measured:
        """Look at the disk of ``place``, or of the nearest folder above that is there."""
        path = place
        while True:
            try:
                device = self._number(path)
                disk = self._measure(path)
            except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
                above = os.path.dirname(path)
                if above == path:
                    return Measured(self._clock(), problem=_explain(error))
                path = above
            except OSError as error:
                return Measured(self._clock(), problem=_explain(error))
            else:
                free, total = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
                return Measured(self._clock(), device, free, total)


def _disk(on_disk: Sequence[tuple[str, Measured]], by_place: dict[str, list[Mirror]]) -> DiskHealth:
    places = sorted(place for place, _ in on_disk)
    newest = max((measured for _, measured in on_disk), key=lambda one: one.at)
    mirrors = [mirror for place in places for mirror in by_place[place]]
    return DiskHealth(
        path=os.path.commonpath(places),
        places=tuple(places),
        mirror_ids=tuple(mirror.id for mirror in mirrors),
        free=newest.free,
        total=newest.total,
        min_free=max(_min_free(mirror) for mirror in mirrors),
        problem=newest.problem,
        at=newest.at,
    )


def _min_free(mirror: Mirror) -> int:
    try:
        return FolderOptions.model_validate(mirror.options).min_free
    except ValidationError:
        return 0


def _explain(error: OSError) -> str:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return f"The disk could not be looked at: {reason}."
