"""Albums that the client made.

Source: https://developers.google.com/photos/library/reference/rest/v1/albums.
"""

from __future__ import annotations

import secrets
from typing import Any

from aiohttp import web

from pentaprism.sandbox.google.body import read_json
from pentaprism.sandbox.google.call import Call
from pentaprism.sandbox.google.errors import ApiError
from pentaprism.sandbox.google.items import own_album
from pentaprism.sandbox.google.library import Album, new_id
from pentaprism.sandbox.google.state import State

_NO_ALBUM = "The provided ID does not match any albums."
_NOT_OURS = "No permission to add media items to this album."
_BAD_ITEM = "Request contains an invalid media item id."
_MOST = 50


async def create(call: Call) -> web.Response:
    """Make an album."""
    body = await read_json(call.request)
    title = (body.get("album") or {}).get("title")
    if not isinstance(title, str) or not 0 < len(title) <= 500:
        raise ApiError(400, "Request must contain an album with a title of up to 500 characters.")
    album = Album(new_id(), title)
    call.photos.albums[album.id] = album
    return web.json_response(_describe(call.state, album))


async def get(call: Call) -> web.Response:
    """Tell of one album."""
    return web.json_response(_describe(call.state, _found(call)))


async def list_albums(call: Call) -> web.Response:
    """Tell of all albums, a page at a time."""
    query = call.request.query
    size, start = int(query.get("pageSize", 20)), int(query.get("pageToken") or 0)
    if not 0 < size <= 50:
        raise ApiError(400, "Page size must be between 1 and 50.")
    albums = list(call.photos.albums.values())
    shown = [_describe(call.state, album) for album in albums[start : start + size]]
    more = {"nextPageToken": str(start + size)} if start + size < len(albums) else {}
    return web.json_response(({"albums": shown} if shown else {}) | more)


async def patch(call: Call) -> web.Response:
    """Change the title or the cover."""
    album = _found(call)
    body = await read_json(call.request)
    mask = set(call.request.query.get("updateMask", "").split(","))
    if not mask or not mask <= {"title", "coverPhotoMediaItemId"}:
        raise ApiError(400, "Invalid field mask.")
    if "title" in mask:
        title = body.get("title")
        if not isinstance(title, str) or not 0 < len(title) <= 500:
            raise ApiError(400, "The title must have between 1 and 500 characters.")
        album.title = title
    if "coverPhotoMediaItemId" in mask:
        if body.get("coverPhotoMediaItemId") not in album.items:
            raise ApiError(400, _BAD_ITEM)
        album.cover = body["coverPhotoMediaItemId"]
    return web.json_response(_describe(call.state, album))


async def add_enrichment(call: Call) -> web.Response:
    """Put a text into the album."""
    album = _found(call)
    body = await read_json(call.request)
    text = ((body.get("newEnrichmentItem") or {}).get("textEnrichment") or {}).get("text")
    if not isinstance(text, str) or not 0 < len(text) <= 1000 or not body.get("albumPosition"):
        raise ApiError(400, "Request must contain an enrichment and an album position.")
    album.texts.append(text)
    return web.json_response({"enrichmentItem": {"id": secrets.token_urlsafe(24)}})


async def batch_add(call: Call) -> web.Response:
    """Add items at the end; what was made just now, or is there already, is refused."""
    album = own_album(call.photos, call.request.match_info["id"], _NOT_OURS)
    ids = await _ids(call)
    now = call.state.clock.now()
    fresh = call.state.settings.fresh_seconds
    for id_ in ids:
        item = call.photos.items.get(id_)
        if item is None or id_ in album.items or now - item.created < fresh:
            raise ApiError(400, _BAD_ITEM)
    if len(album.items) + len(ids) > call.state.settings.album_cap:
        raise ApiError(400, "The album is full.")
    album.items += dict.fromkeys(ids)
    return web.json_response({})


async def batch_remove(call: Call) -> web.Response:
    """Take items out, all or none; in the account they stay."""
    album = own_album(call.photos, call.request.match_info["id"], _NO_ALBUM)
    ids = await _ids(call)
    if not set(ids) <= set(album.items):
        raise ApiError(400, _BAD_ITEM)
    album.items = [id_ for id_ in album.items if id_ not in set(ids)]
    return web.json_response({})


async def _ids(call: Call) -> list[str]:
    ids = (await read_json(call.request)).get("mediaItemIds") or []
    if not 0 < len(ids) <= _MOST:
        raise ApiError(400, f"Request must have less than {_MOST} items.")
    return list(ids)


def _found(call: Call) -> Album:
    album = call.photos.albums.get(call.request.match_info["id"])
    if album is None:
        raise ApiError(404, _NO_ALBUM)
    return album


def _describe(state: State, album: Album) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": album.id,
        "title": album.title,
        "productUrl": f"{state.url}/lr/album/{album.id}",
        "isWriteable": True,
    }
    if album.items:
        cover = album.cover or album.items[0]
        described |= {
            "mediaItemsCount": str(len(album.items)),
            "coverPhotoBaseUrl": f"{state.url}/content/{cover}",
            "coverPhotoMediaItemId": cover,
        }
    return described
