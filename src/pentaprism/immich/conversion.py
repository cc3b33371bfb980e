"""Turns Immich's replies into Pentaprism's values. Pure; on the hot path of every run."""

from __future__ import annotations

from binascii import a2b_base64
from datetime import UTC, datetime

from msgspec import UNSET

from pentaprism.assets import Album, Asset, Checksum, Exif, MediaType, Visibility
from pentaprism.immich.models import AlbumReply, AssetReply, ExifReply, Number

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
_SHA1_SIZE = 20
_TYPES = {str(value): value for value in MediaType}
_VISIBILITIES = {str(value): value for value in Visibility}


def parse_time(text: str | None) -> datetime:
    """Return the instant that ``text`` means, in UTC.

    Immich writes ``…250Z``, ``….25+00:00`` and, meaning UTC, no zone at all. Years that Python
    has no dates for become the nearest it has; what cannot be read becomes 1970.
    """
    if not text:
        return _EPOCH
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is UTC:
            return time
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return _nearest(text)


def _nearest(text: str) -> datetime:
    if text.startswith(("-", "0000", "0001")):
        return _EARLIEST
    if text.startswith(("+", "9999")):
        return _LATEST
    return _EPOCH


def to_asset(reply: AssetReply) -> Asset:
    """Return the asset that ``reply`` describes."""
    taken_at = parse_time(reply.file_created_at)
    local = reply.local_date_time
    exif = reply.exif_info
    width = reply.width
    sha1 = _sha1(reply.checksum)
    return Asset(
        reply.id,
        reply.owner_id,
        reply.original_file_name,
        _TYPES.get(reply.type, MediaType.OTHER),
        reply.original_mime_type or "application/octet-stream",
        Checksum(sha1, reply.library_id is None and len(sha1) == _SHA1_SIZE),
        taken_at,
        # It ends in Z and is wall-clock time all the same.
        (taken_at if local is None else parse_time(local)).replace(tzinfo=None),
        parse_time(reply.created_at),
        parse_time(reply.updated_at),
        _visibility(reply),
        reply.library_id,
        reply.live_photo_video_id,
        bool(reply.is_offline),
        bool(reply.is_trashed),
        bool(reply.is_edited),
        reply.thumbhash is not None or _measured(reply),
        None if width is UNSET else _whole(width),
        _whole(reply.height),
        None if reply.file_modified_at is None else parse_time(reply.file_modified_at),
        None if exif is None else to_exif(exif),
        None if reply.tags is None else tuple(t.value or t.name or "" for t in reply.tags),
    )


def to_exif(reply: ExifReply) -> Exif:
    """Return the metadata that ``reply`` describes."""
    return Exif(
        _whole(reply.file_size_in_byte),
        reply.description or "",
        _whole(reply.rating),
        reply.latitude,
        reply.longitude,
        reply.make,
        reply.model,
        reply.city,
        reply.state,
        reply.country,
    )


def to_album(reply: AlbumReply) -> Album:
    """Return the album that ``reply`` describes."""
    users = reply.album_users or []
    owner = reply.owner or next((u.user for u in users if u.role == "owner"), None)
    others = [u for u in users if u.role != "owner"]
    return Album(
        id=reply.id,
        name=reply.album_name,
        description=reply.description or "",
        asset_count=reply.asset_count,
        owner_id=owner.id if owner else reply.owner_id or "",
        owner_name=owner.name if owner else "",
        shared=bool(others) if reply.shared is None else reply.shared,
        updated_at=parse_time(reply.updated_at),
        thumbnail_asset_id=reply.album_thumbnail_asset_id,
    )


def _visibility(reply: AssetReply) -> Visibility:
    known = _VISIBILITIES.get(reply.visibility or "")
    if known is not None:
        return known
    return Visibility.ARCHIVE if reply.is_archived else Visibility.TIMELINE


def _measured(reply: AssetReply) -> bool:
    """Tell whether Immich has read the dimensions, which it does with the rest of the metadata.

    A picture whose thumbnail can never be made has them all the same.
    """
    if reply.width is UNSET:
        return reply.exif_info is not None and reply.exif_info.exif_image_width is not None
    return reply.width is not None


def _sha1(text: str) -> bytes:
    try:
        return a2b_base64(text)
    except ValueError:  # binascii.Error is one; so is text that is not ASCII
        return b""


def _whole(number: Number | None) -> int | None:
    return number if number is None else int(number)
