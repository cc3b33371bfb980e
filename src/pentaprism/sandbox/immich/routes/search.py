"""/search/metadata: the listing, paged by offset, with the defect that comes with it."""

from __future__ import annotations

import base64
import binascii

import orjson

from pentaprism.sandbox.immich.body import read_time
from pentaprism.sandbox.immich.call import Call, Route
from pentaprism.sandbox.immich.entities import Asset
from pentaprism.sandbox.immich.errors import ApiError
from pentaprism.sandbox.immich.listing import Query
from pentaprism.sandbox.immich.reply import Reply, raw_json

_NO_ALBUMS = b'{"albums":{"total":0,"count":0,"items":[],"facets":[]},"assets":'

_TIMES = {"created": "created", "updated": "updated", "taken": "taken", "trashed": "deleted"}
"""What the limits of a search are called, and the field of an asset that they limit."""


def search(call: Call) -> Reply:
    """Return a page of the assets that match.

    A page is cut from the assets that match now: one that was removed after the page before makes
    this page skip one.
    """
    query = _query(call)
    size = call.body.integer("size", 1, 1000, 250)
    page = call.body.integer("page", 1, None, 1)
    found = call.listing.find(query)
    first = (page - 1) * size
    items, more = found[first : first + size], len(found) > first + size
    if "remove_between_pages" in call.faults and items:
        for album_id in query.album_ids:
            call.library.remove_from_album(album_id, [items[0].id])
    if "empty_listing" in call.faults:
        items, more = [], False
    if "missing_page" in call.faults:
        items = []
    with_exif = call.body.value("withExif", "boolean", default=False)
    return raw_json(_page(call, items, page + 1 if more else None, with_exif=with_exif))


def _page(call: Call, items: list[Asset], next_page: int | None, *, with_exif: bool) -> bytes:
    fragments = [call.replies.fragment(asset, with_exif=with_exif) for asset in items]
    count = len(items)
    following = orjson.dumps(None if next_page is None else str(next_page))
    head = b'{"total":%d,"count":%d,"items":[' % (count, count)
    tail = b'],"facets":[],"nextPage":' + following + b"}}"
    return _NO_ALBUMS + head + b",".join(fragments) + tail


def _query(call: Call) -> Query:
    album_ids = call.body.uuids("albumIds", required=False)
    for id_ in album_ids:
        call.album(id_, "album.read")
    visibility = call.body.option("visibility", ("archive", "timeline", "hidden", "locked"), None)
    if visibility == "locked":
        raise ApiError(401, "Elevated permission is required")
    since, until = _times(call, "After"), _times(call, "Before")
    by_trash = any(name == "deleted" for name, _ in since + until)
    return Query(
        user_id=call.user.id,
        album_ids=tuple(album_ids),
        tag_ids=tuple(call.body.uuids("tagIds", required=False)),
        visibility=visibility,
        asset_type=call.body.option("type", ("IMAGE", "VIDEO", "AUDIO", "OTHER"), None),
        asset_id=call.body.uuid("id"),
        checksum=read_checksum(call.body.value("checksum", "string")),
        filename=call.body.value("originalFileName", "string"),
        is_favorite=call.body.value("isFavorite", "boolean"),
        is_offline=call.body.value("isOffline", "boolean"),
        is_not_in_album=call.body.value("isNotInAlbum", "boolean"),
        with_deleted=call.body.value("withDeleted", "boolean", default=False) or by_trash,
        with_stacked=call.body.value("withStacked", "boolean", default=True),
        descending=call.body.option("order", ("asc", "desc"), "desc") == "desc",
        since=since,
        until=until,
    )


def _times(call: Call, word: str) -> tuple[tuple[str, int], ...]:
    """Return the limits whose names end in ``word``: field of an asset and milliseconds."""
    found: list[tuple[str, int]] = []
    for name, field in _TIMES.items():
        text = call.body.value(f"{name}{word}", "string")
        if text is not None:
            found.append((field, read_time(text, f"{name}{word}")))
    return tuple(found)


def read_checksum(text: str | None) -> bytes | None:
    """Read a SHA-1 in hex (40 characters) or base64 (28); nonsense is a checksum of nothing."""
    if text is None:
        return None
    try:
        return bytes.fromhex(text) if len(text) == 40 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


ROUTES = (Route("POST", "/search/metadata", "search", search, "asset.read"),)
