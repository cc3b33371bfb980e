"""What a person has made of an asset in Immich: what a resolution merges, and undo brings back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from pentaprism.assets import Checksum, Visibility
from pentaprism.errors import NotFoundError
from pentaprism.immich.calls import Calls
from pentaprism.immich.conversion import to_asset
from pentaprism.immich.ids import check_id
from pentaprism.immich.models import AssetReply
from pentaprism.immich.refusals import absent_asset, absent_stack
from pentaprism.immich.stacks import Stack


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of the key's user; ``value`` is its whole path, such as ``Trip/Beach``."""

    id: str
    value: str


@dataclass(frozen=True, slots=True)
class AssetState:
    """One asset as it is now.

    ``description`` is empty and ``rating`` (-1, 1 to 5) None where there is none. ``latitude`` and
    ``longitude`` are both None without a place: Immich knows no place at 0, 0. ``stack`` is seen
    as `Stack` says: its members in the trash are not told. ``updated_at`` moves once more when
    Immich has written a change of description, rating, place or tags beside the file.
    """

    id: str
    owner_id: str
    filename: str
    checksum: Checksum
    library_id: str | None
    live_video_id: str | None
    visibility: Visibility
    is_favorite: bool
    is_trashed: bool
    is_offline: bool
    description: str
    rating: int | None
    latitude: float | None
    longitude: float | None
    tags: tuple[Tag, ...]
    stack: Stack | None
    updated_at: datetime


class _MemberReply(msgspec.Struct, rename="camel"):
    id: str
    owner_id: str = ""


class _StackReply(msgspec.Struct, rename="camel"):
    id: str
    primary_asset_id: str
    assets: list[_MemberReply] = []


class _StateReply(AssetReply, rename="camel"):
    is_favorite: bool = False
    stack: _StackReply | None = None


async def ask_state(calls: Calls, asset_id: str) -> AssetState:
    """Return the state of an asset; raise `NotFoundError` with code ``asset_not_found``."""
    absent = absent_asset(asset_id)
    check_id(asset_id, absent)
    reply = await calls.get(f"/assets/{asset_id}", _StateReply, absent=absent)
    return _to_state(reply, await _ask_stack(calls, reply.stack))


async def _ask_stack(calls: Calls, seen: _StackReply | None) -> Stack | None:
    """Return the whole of a stack, of which an asset tells only the primary."""
    if seen is None:
        return None
    try:
        reply = await calls.get(f"/stacks/{seen.id}", _StackReply, absent=absent_stack(seen.id))
    except NotFoundError:
        return None  # it ended between the two questions
    first = reply.primary_asset_id
    ids = sorted((member.id for member in reply.assets), key=lambda id_: id_ != first)
    owners = frozenset(member.owner_id for member in reply.assets)
    return Stack(reply.id, first, tuple(ids), owners)


def _to_state(reply: _StateReply, stack: Stack | None) -> AssetState:
    asset = to_asset(reply)
    exif = asset.exif
    latitude, longitude = (None, None) if exif is None else (exif.latitude, exif.longitude)
    if latitude is None or longitude is None or (latitude, longitude) == (0, 0):
        latitude = longitude = None
    return AssetState(
        asset.id,
        asset.owner_id,
        asset.filename,
        asset.checksum,
        asset.library_id,
        asset.live_video_id,
        asset.visibility,
        reply.is_favorite,
        asset.is_trashed,
        asset.is_offline,
        "" if exif is None else exif.description,
        # Before 3.0 an asset without stars may have 0 of them.
        (exif.rating or None) if exif is not None else None,
        latitude,
        longitude,
        tuple(Tag(tag.id, tag.value or tag.name or "") for tag in reply.tags or ()),
        stack,
        asset.updated_at,
    )
