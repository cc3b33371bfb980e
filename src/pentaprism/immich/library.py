"""Everything that a user has in Immich, a page at a time, with what grouping needs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from pentaprism.assets import Asset, MediaType, Visibility
from pentaprism.groups.files import Precision
from pentaprism.immich.calls import Calls
from pentaprism.immich.conversion import parse_time, to_asset
from pentaprism.immich.listing import PAGE, following_page
from pentaprism.immich.models import AssetReply, ExifReply, Number

_SHOWN = frozenset({Visibility.TIMELINE, Visibility.ARCHIVE})
_CLOCK = re.compile(r"([0-9]{1,4}):([0-9]{1,2}):([0-9]{1,2}(?:\.[0-9]{1,9})?)")


@dataclass(frozen=True, slots=True)
class LibraryAsset:
    """An asset of the key's user, and what tells which shot it belongs to.

    ``path`` is where Immich has the file. ``taken_at`` is wall-clock time where it was taken
    (naive), or UTC where ``in_utc`` says that no zone is known; None where Immich has not read one.
    ``camera`` is make and model. ``width`` and ``height`` are in pixels as the file has them,
    before it is turned as ``orientation`` (EXIF's 1 to 8) says. ``favourite`` tells that the user
    gave it a heart. ``thumbhash`` is Immich's, None until it has made one. ``duration`` is in
    milliseconds, None for what does not move.
    """

    asset: Asset
    path: str
    taken_at: datetime | None
    precision: Precision
    in_utc: bool
    camera: str | None
    orientation: int | None
    width: int | None
    height: int | None
    favourite: bool
    thumbhash: str | None = None
    duration: int | None = None

    @property
    def shown(self) -> bool:
        """Whether Immich shows it by itself: neither in the trash, nor hidden, nor locked."""
        return not self.asset.is_trashed and self.asset.visibility in _SHOWN


class LibraryExifReply(ExifReply, rename="camel"):
    """``exifInfo`` with what grouping needs besides."""

    exif_image_height: Number | None = None
    orientation: str | int | None = None
    date_time_original: str | None = None
    time_zone: str | None = None


class LibraryAssetReply(AssetReply, rename="camel"):
    """An asset of a listing with ``withExif``."""

    original_path: str = ""
    is_favorite: bool = False
    duration: Number | str | None = None
    exif_info: LibraryExifReply | None = None


class LibraryPage(msgspec.Struct, rename="camel"):
    """A page of the listing; ``next_page`` as in `pentaprism.immich.models.AssetPage`."""

    items: list[LibraryAssetReply]
    next_page: str | int | None = None


class LibraryReply(msgspec.Struct, rename="camel"):
    """The answer of ``POST /search/metadata``."""

    assets: LibraryPage


class LibraryQuery(msgspec.Struct, rename="camel", omit_defaults=True):
    """The body of ``POST /search/metadata``: without albums it searches all that the user has."""

    size: int
    page: int
    order: str
    with_exif: bool
    updated_after: str | None = None
    with_deleted: bool = False


async def list_library(
    calls: Calls, owner_id: str, updated_after: datetime | None
) -> AsyncGenerator[list[LibraryAsset]]:
    """Yield pages of the assets of ``owner_id``, oldest first; see `ImmichClient.list_library`."""
    since = None
    if updated_after is not None:
        since = updated_after.astimezone(UTC).isoformat(timespec="milliseconds")

    async def fetch(page: int) -> LibraryPage:
        query = LibraryQuery(PAGE, page, "asc", True, since, since is not None)
        return (await calls.post("/search/metadata", query, LibraryReply)).assets

    async with aclosing(_pages(fetch)) as pages:
        async for page in pages:
            # Partners' assets are in the timeline too, and so in the answer.
            mine = [_to_library_asset(reply) for reply in page if reply.owner_id == owner_id]
            if mine:
                yield mine


async def _pages(
    fetch: Callable[[int], Awaitable[LibraryPage]],
) -> AsyncGenerator[list[LibraryAssetReply]]:
    """Yield what is new on each page; the next page is fetched while the caller works."""
    before: set[str] = set()
    number = 1
    ahead = asyncio.ensure_future(fetch(number))
    try:
        while True:
            page = await ahead
            following = following_page(page.next_page, number)
            if following is not None:
                number = following
                ahead = asyncio.ensure_future(fetch(number))
                await asyncio.sleep(0)  # lets the request out before this page takes the CPU
            yield [item for item in page.items if item.id not in before]
            before = {item.id for item in page.items}
            if following is None:
                break
    finally:
        if not ahead.done():
            ahead.cancel()
        await asyncio.gather(ahead, return_exceptions=True)


def _to_library_asset(reply: LibraryAssetReply) -> LibraryAsset:
    asset = to_asset(reply)
    exif = reply.exif_info
    taken_at, precision = None, Precision.NONE
    if exif is not None and reply.local_date_time and not _is_the_files_time(asset, exif):
        taken_at = asset.local_taken_at
        precision = Precision.SUBSECOND if taken_at.microsecond else Precision.SECOND
    return LibraryAsset(
        asset,
        reply.original_path,
        taken_at,
        precision,
        # A video's clock is UTC's, unless it tells a zone besides.
        exif is not None and exif.time_zone == "UTC" and asset.media_type is MediaType.VIDEO,
        None if exif is None else _camera(exif.make, exif.model),
        None if exif is None else _orientation(exif.orientation),
        None if exif is None else _whole(exif.exif_image_width),
        None if exif is None else _whole(exif.exif_image_height),
        reply.is_favorite,
        reply.thumbhash,
        _duration(reply.duration),
    )


def _is_the_files_time(asset: Asset, exif: LibraryExifReply) -> bool:
    """Say whether nobody told the time of capture.

    Immich then takes the file's own time of change for it, without a zone (seen in 3.1.0).
    """
    if exif.date_time_original is None:
        return True
    told = exif.make or exif.model or exif.time_zone
    return not told and parse_time(exif.date_time_original) == asset.modified_at


def _camera(make: str | None, model: str | None) -> str | None:
    """Return make and model, the make once only: many cameras repeat it in the model."""
    make, model = (make or "").strip(), (model or "").strip()
    if model.casefold().startswith(make.casefold()):
        return model or None
    return f"{make} {model}".strip()


def _orientation(value: str | int | None) -> int | None:
    """Return EXIF's number; Immich passes on what it read, which may be words."""
    text = str(value)
    return int(text) if text in {"1", "2", "3", "4", "5", "6", "7", "8"} else None


def _duration(value: Number | str | None) -> int | None:
    """Return milliseconds; 2.x writes them as text, ``0:00:04.00000``, and zero for pictures."""
    if not isinstance(value, str):
        return _whole(value) or None
    found = _CLOCK.fullmatch(value)
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000) or None


def _whole(number: Number | None) -> int | None:
    return None if number is None else int(number)
