"""Verification: reads every mirrored file, where that can be, and says honestly how it stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum

from pentaprism.assets import Role
from pentaprism.destinations.base import Destination, Presence, RemoteAlbum
from pentaprism.mirrors.sweep import remote_item
from pentaprism.store import Store
from pentaprism.store.records import Item, Mirror

_PAGE = 200


class Standing(StrEnum):
    """How a mirrored file stands."""

    VERIFIED = "verified"
    SIZE_ONLY = "external, size only"
    SHOWN = "in the album, bytes not read"
    EDITED = "edited here, kept"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Finding:
    """One file of a mirror and how it stands."""

    item: Item
    standing: Standing

    @property
    def is_loss(self) -> bool:
        """Whether the file is not what was mirrored, and nobody meant it to be."""
        return self.standing in {Standing.MISSING, Standing.DAMAGED}


async def verify(
    store: Store, mirror: Mirror, destination: Destination
) -> AsyncIterator[list[Finding]]:
    """Yield findings for all recorded files, some hundred at a time; reads every byte.

    Of an online account it can only be told what its album shows.
    """
    await destination.check()
    album = RemoteAlbum(mirror.remote_album_id or "", mirror.remote_album_title or "")
    async for page in store.items.pages(mirror.id, size=_PAGE):
        there = [(item, remote) for item in page if (remote := remote_item(item)) is not None]
        presences = await destination.survey(album, [r for _, r in there], thorough=True)
        yield [
            Finding(item, _standing(item, presence, read=destination.features.survey))
            for (item, _), presence in zip(there, presences, strict=True)
        ]


def _standing(item: Item, presence: Presence, *, read: bool) -> Standing:
    match presence:
        case Presence.PRESENT if not read:
            return Standing.SHOWN
        case Presence.PRESENT:
            # Our own hash always agrees here; `verified` says whether Immich's did when it came.
            vouched = item.verified or item.role is Role.SIDECAR
            return Standing.VERIFIED if vouched else Standing.SIZE_ONLY
        case Presence.EDITED:
            return Standing.EDITED
        case Presence.MISSING:
            return Standing.MISSING
        case Presence.DAMAGED:
            return Standing.DAMAGED
