"""A store with groups, duplicates and mirrors of two people, for tests of the gateway.

Their assets are put straight into the index, by ids that a test may give: those of a sandbox's
assets, for one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from library_samples import NOON, Library, open_library
from sqlalchemy import insert

from pentaprism.assets import Role
from pentaprism.duplicates.grouping import DuplicateGrouping
from pentaprism.duplicates.options import Reach
from pentaprism.fingerprints.fingerprint import Fingerprint
from pentaprism.fingerprints.labels import Label
from pentaprism.store import Connection, ItemState, NewItem, Restated, Store
from pentaprism.store.duplicate_records import DuplicatePair
from pentaprism.store.fingerprint_records import MadeFingerprint
from pentaprism.store.library_tables import library_files

ADA = str(uuid5(NAMESPACE_URL, "ada"))
BEN = str(uuid5(NAMESPACE_URL, "ben"))

NAMES = (
    "IMG_1.CR2",
    "IMG_1.JPG",
    "BURST_1.JPG",
    "BURST_2.JPG",
    "BURST_3.JPG",
    "BURST_3.CR2",
    "lake.jpg",
    "sea.jpg",
    "alone.jpg",
    "clip.mp4",
)
"""A RAW with its picture, a burst of three shots, two pictures that are alike, two of their own."""

_TIMES = {
    **{name: timedelta(milliseconds=300 * int(name[6])) for name in NAMES if name < "C"},
    "lake.jpg": timedelta(days=1),
    "sea.jpg": timedelta(days=2),
    "IMG_1.CR2": timedelta(days=3),
    "IMG_1.JPG": timedelta(days=3),
    "clip.mp4": timedelta(days=4),
}
SCORE = 0.95
"""How much the lake and the sea are alike."""


@dataclass(slots=True)
class Owned:
    """What somebody has; ``ids`` are asset ids by the names of the files."""

    user_id: str
    connection: Connection
    ids: dict[str, str]
    rows: dict[str, int] = field(default_factory=dict)
    mirror_id: str = ""


class GatewayLibrary:
    """The store, and what has been put into it."""

    def __init__(self, library: Library) -> None:
        self.library = library

    @property
    def store(self) -> Store:
        return self.library.store

    async def own(
        self,
        user_id: str,
        ids: Mapping[str, str] | None = None,
        *,
        names: Collection[str] = NAMES,
        prefix: str = "",
    ) -> Owned:
        """Give somebody assets of `NAMES`: grouped, two alike, and in a mirror but for "alone".

        ``ids`` are the ids of the names, made up where they are not given. In the mirror all are as
        they should be, but for the sea, which has failed. ``prefix`` keeps the ids of two fillings
        apart.
        """
        given = ids or {}
        connection = await self.library.connection(user_id)
        made = {
            name: given.get(name) or str(uuid5(NAMESPACE_URL, f"{prefix}{user_id}/{name}"))
            for name in names
        }
        owned = Owned(user_id, connection, made)
        await self._add(owned)
        await self.library.regroup()
        if {"lake.jpg", "sea.jpg"} <= made.keys():
            await self.alike(owned, "lake.jpg", "sea.jpg")
        owned.mirror_id = await self.mirror(owned)
        return owned

    async def _add(self, owned: Owned) -> None:
        connection_id = owned.connection.id
        if not owned.ids:
            return
        values = []
        for name, id_ in owned.ids.items():
            taken_at = NOON + _TIMES[name] if name in _TIMES else None
            values.append(
                {
                    "connection_id": connection_id,
                    "asset_id": id_,
                    **self.library._row(connection_id, name, taken_at),
                    "mime_type": "video/mp4" if name == "clip.mp4" else "image/jpeg",
                    "width": 400,
                    "height": 300,
                    "orientation": 6 if name == "lake.jpg" else 1,
                    "thumbhash": f"hash of {name}",
                    "duration": 4000 if name == "clip.mp4" else None,
                    "favourite": name in {"sea.jpg", "IMG_1.JPG"},
                }
            )
        await self.library.write(insert(library_files), values)
        for name in owned.ids:
            owned.rows[name] = await self.library.row_of(connection_id, name)

    async def alike(
        self, owned: Owned, one: str, other: str, label: Label = Label.RECOMPRESSED
    ) -> None:
        """Note that two assets show the same picture."""
        rows = sorted((owned.rows[one], owned.rows[other]))
        waiting = await self.store.fingerprints.next_unfingerprinted(
            [owned.connection.id], limit=10_000
        )
        await self.store.fingerprints.record(
            [
                MadeFingerprint(
                    file.row,
                    file.size,
                    file.mtime_ns,
                    Fingerprint((file.row * 0x9E3779B97F4A7C15) % 2**64, content=9.0),
                )
                for file in waiting
                if file.row in rows
            ]
        )
        await self.store.duplicates.record(rows, [DuplicatePair(rows[0], rows[1], 2, SCORE, label)])
        await self.group_duplicates()

    async def group_duplicates(self) -> None:
        """Make groups of what is alike."""
        grouping = DuplicateGrouping(self.store, self.library.clock, reach=Reach(10))
        await grouping.regroup()

    async def mirror(
        self, owned: Owned, *, album: str = "album", without: str = "alone.jpg"
    ) -> str:
        """Mirror all assets of somebody but one, and return the id of the mirror."""
        mirror = await self.store.mirrors.create(
            connection_id=owned.connection.id,
            album_id=album,
            album_name=album.title(),
            kind="local_folder",
            place=f"/mirrors/{owned.user_id}/{album}",
            options={"path": f"/mirrors/{owned.user_id}/{album}"},
        )
        items = [_item(name, id_) for name, id_ in owned.ids.items() if name != without]
        await self.store.items.apply(
            [
                Restated(
                    item.row,
                    ItemState.FAILED if item.filename == "sea.jpg" else ItemState.OK,
                )
                for item in await self.store.items.claim(mirror.id, items)
            ]
        )
        return mirror.id


def _item(name: str, asset_id: str) -> NewItem:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    return NewItem(asset_id, asset_id, Role.PRIMARY, name, name.casefold(), name, now, now)


@asynccontextmanager
async def gateway_library(folder: Path) -> AsyncIterator[GatewayLibrary]:
    """Lend an empty store to fill."""
    async with open_library(folder) as library:
        yield GatewayLibrary(library)
