"""What an asset has in Immich at one moment, as far as duplicates are resolved by it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeenTag:
    """A tag; ``value`` is its whole path."""

    id: str
    value: str


@dataclass(frozen=True, slots=True)
class SeenAlbum:
    """An album that the asset is in.

    ``editable`` tells whether the user may change it, ``cover_id`` is the asset that it shows.
    """

    id: str
    name: str
    editable: bool
    cover_id: str | None = None


@dataclass(frozen=True, slots=True)
class SeenStack:
    """A stack; ``asset_ids`` are those that Immich shows, the primary first."""

    id: str
    asset_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeenAsset:
    """An asset and all that is merged.

    ``sha1`` is Immich's checksum. ``place`` is latitude and longitude. ``rating`` is None where
    there is none. ``external`` assets are files of an external library.
    """

    id: str
    owner_id: str
    sha1: bytes
    trashed: bool = False
    offline: bool = False
    hidden: bool = False
    locked: bool = False
    archived: bool = False
    external: bool = False
    live_video_id: str | None = None
    favourite: bool = False
    description: str = ""
    rating: int | None = None
    place: tuple[float, float] | None = None
    tags: tuple[SeenTag, ...] = ()
    albums: tuple[SeenAlbum, ...] = ()
    stack: SeenStack | None = None
