"""What a run is doing at this moment, for whoever watches; nothing of it is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pentaprism.assets import Asset
from pentaprism.destinations.base import Content, Shot
from pentaprism.store.records import Counters


@dataclass(frozen=True, slots=True)
class Transfer:
    """A file on its way: ``received`` of its ``size`` bytes, which is None where it is unknown."""

    asset: Asset
    received: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    ``expected`` is how many assets the album has, 0 until that is known. ``staged`` shots wait
    for their commit. ``bytes_read`` counts all that came from Immich, also for files that are not
    finished.
    """

    expected: int
    counters: Counters
    staged: int
    bytes_read: int
    transfers: tuple[Transfer, ...]


@dataclass(slots=True)
class Underway:
    """The shots that are being staged, and how many wait for their commit."""

    staged: int = 0
    _contents: dict[int, tuple[Asset, Content]] = field(default_factory=dict)
    _numbered: int = 0

    @contextmanager
    def staging(self, shot: Shot) -> Iterator[None]:
        """Show the files of ``shot`` while the context lasts."""
        numbers = []
        for part in shot.parts:
            if part.content is not None:
                self._numbered += 1
                numbers.append(self._numbered)
                self._contents[self._numbered] = (part.asset, part.content)
        try:
            yield
        finally:
            for number in numbers:
                del self._contents[number]

    def transfers(self) -> tuple[Transfer, ...]:
        """Return the files of which something has come, the one that began first in front."""
        return tuple(
            Transfer(asset, content.received, asset.exif.size if asset.exif else None)
            for asset, content in self._contents.values()
            if content.received
        )
