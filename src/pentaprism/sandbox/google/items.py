"""Media items: made of uploads, listed and described.

Source: https://developers.google.com/photos/library/reference/rest/v1/mediaItems.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pentaprism.sandbox.google import media
from pentaprism.sandbox.google.body import read_json
from pentaprism.sandbox.google.call import Call
from pentaprism.sandbox.google.errors import ApiError
from pentaprism.sandbox.google.faults import Fault
from pentaprism.sandbox.google.library import Album, MediaItem, Photos, Upload, new_id
from pentaprism.sandbox.google.state import State

DAY = 86_400
_MOST = 50
_FAILED = "Failed: There was an error while trying to create this media item."
_EXISTS = "Failed: The item already exists in the account."
_FULL = (
    "The remaining storage in the user's account is not enough to perform this operation. Please "
    "free up space."
)


async def batch_create(call: Call) -> web.Response:
    """Make media items, in an album at a position."""
    body = await read_json(call.request)
    wanted = body.get("newMediaItems") or []
    if not wanted:
        raise ApiError(400, "Request must have at least one item.")
    if len(wanted) > _MOST:
        raise ApiError(400, f"Request must have less than {_MOST} items.")
    album = (
        own_album(call.photos, body["albumId"], "Invalid album ID.")
        if (body.get("albumId"))
        else None
    )
    place = _place(call, album, body.get("albumPosition"))
    _check_tokens(call, wanted)
    maker = _Maker(call, album, place)
    results = [maker.make(number, new) for number, new in enumerate(wanted)]
    return web.json_response({"newMediaItemResults": results})


def _check_tokens(call: Call, wanted: list[dict[str, Any]]) -> None:
    """Refuse the whole batch where a token is none, or too old, or used and not to be used again.

    A file that does not fit into the account refuses the batch as well.
    """
    state, now = call.state, call.state.clock.now()
    new_bytes = 0
    for new in wanted:
        upload = call.photos.uploads.get(_token(new))
        if upload is None or now - upload.at > DAY:
            raise ApiError(400, "Request must contain a valid upload token.")
        if upload.uses and state.settings.upload_reuse == "refuse_request":
            raise ApiError(400, "Request must contain a valid upload token.")
        new_bytes += 0 if upload.sha1 in call.photos.by_sha1 else upload.size
    storage = state.settings.storage
    if storage is not None and call.photos.used + new_bytes > storage:
        raise ApiError(400, _FULL)


class _Maker:
    """Makes the items of one batch; each goes behind the one before it."""

    def __init__(self, call: Call, album: Album | None, place: int) -> None:
        self._state = call.state
        self._photos = call.photos
        self._album = album
        self._place = place
        self._fault: Fault | None = call.faults.get("item_code")

    def make(self, number: int, new: dict[str, Any]) -> dict[str, Any]:
        """Return the result for one new item."""
        token = _token(new)
        upload = self._photos.uploads[token]
        filename = new["simpleMediaItem"].get("fileName") or f"{upload.sha1[:12]}.jpg"
        if self._fails(number, filename):
            assert self._fault is not None  # noqa: S101 - it fails by it
            return _failure(token, self._fault.code, self._fault.message)
        refusal = self._refusal(upload, filename, new.get("description", ""))
        if refusal is not None:
            return _failure(token, 3, refusal)
        upload.uses += 1
        known = self._photos.by_sha1.get(upload.sha1)
        if known is not None:
            return self._known(token, upload, known)
        item = self._new(upload, filename, new.get("description", ""))
        self._show(item.id)
        return _success(token, describe_item(self._state, item))

    def _refusal(self, upload: Upload, filename: str, description: str) -> str | None:
        settings = self._state.settings
        if self._album is not None and len(self._album.items) >= settings.album_cap:
            return "Failed: The album is full."
        too_long = len(filename) > 255 or len(description) >= 1000
        if too_long or (upload.uses and settings.upload_reuse == "refuse_item"):
            return _FAILED
        return media.refuse(filename, upload.size)

    def _known(self, token: str, upload: Upload, known: str) -> dict[str, Any]:
        self._photos.created[upload.sha1] += 1
        how = self._state.settings.same_bytes
        # The same upload again is no second one.
        if how == "code_6_without_item" and upload.uses == 1:
            return _failure(token, 6, _EXISTS)
        self._show(known)
        described = describe_item(self._state, self._photos.items[known])
        if how == "code_6" and upload.uses == 1:
            return _failure(token, 6, _EXISTS) | {"mediaItem": described}
        return _success(token, described)

    def _new(self, upload: Upload, filename: str, description: str) -> MediaItem:
        width, height, taken = media.look(upload.data)
        item = MediaItem(
            id=new_id(),
            sha1=upload.sha1,
            size=upload.size,
            filename=filename,
            mime_type=media.mime_type(filename),
            created=self._state.clock.now(),
            description=description,
            data=upload.data,
            width=width,
            height=height,
            taken=taken,
        )
        self._photos.items[item.id] = item
        self._photos.by_sha1[item.sha1] = item.id
        self._photos.used += item.size
        self._photos.created[item.sha1] += 1
        return item

    def _show(self, id_: str) -> None:
        """Put an item into the album, if it is not there."""
        if self._album is None:
            return
        if id_ not in self._album.items:
            self._album.items.insert(self._place, id_)
            self._place += 1

    def _fails(self, number: int, filename: str) -> bool:
        fault = self._fault
        return fault is not None and (
            (fault.item is None and fault.filename is None)
            or fault.item == number
            or fault.filename == filename
        )


def _place(call: Call, album: Album | None, position: dict[str, Any] | None) -> int:
    """Return the index in the album at which new items go."""
    if album is None:
        if position:
            raise ApiError(400, "An album position needs an album ID.")
        return 0
    kind = (position or {}).get("position", "LAST_IN_ALBUM")
    if kind == "FIRST_IN_ALBUM":
        return 0
    if kind in {"LAST_IN_ALBUM", "POSITION_TYPE_UNSPECIFIED"}:
        return len(album.items)
    after = (position or {}).get("relativeMediaItemId", "")
    if kind != "AFTER_MEDIA_ITEM":
        raise ApiError(400, "Invalid album position.")
    if after in album.items:
        return album.items.index(after) + 1
    if call.state.settings.position_needs_member:
        raise ApiError(400, "Request contains an invalid relative media item id in albumPosition.")
    return len(album.items)


async def get(call: Call) -> web.Response:
    """Tell of one item."""
    return web.json_response(describe_item(call.state, _own(call, call.request.match_info["id"])))


async def batch_get(call: Call) -> web.Response:
    """Tell of up to 50 items."""
    ids = call.request.query.getall("mediaItemIds", [])
    if not 0 < len(ids) <= _MOST:
        raise ApiError(400, "Request must have between 1 and 50 media item ids.")
    results = []
    for id_ in ids:
        item = call.photos.items.get(id_)
        if item is None:
            results.append({"status": {"code": 3, "message": "Invalid media item ID."}})
        else:
            results.append({"mediaItem": describe_item(call.state, item)})
    return web.json_response({"mediaItemResults": results})


async def list_items(call: Call) -> web.Response:
    """Tell of all items, a page at a time."""
    query = call.request.query
    page = int(query.get("pageSize", 25))
    return _page(call, list(call.photos.items), page, query.get("pageToken", ""))


async def search(call: Call) -> web.Response:
    """Tell of the items of an album, a page at a time."""
    body = await read_json(call.request)
    ids = list(call.photos.items)
    if body.get("albumId"):
        ids = own_album(call.photos, body["albumId"], "Invalid album ID.").items
    return _page(call, ids, int(body.get("pageSize") or 25), body.get("pageToken") or "")


def _page(call: Call, ids: list[str], size: int, token: str) -> web.Response:
    if not 0 < size <= 100:
        raise ApiError(400, "Page size must be between 1 and 100.")
    start = int(token or 0)
    shown = [describe_item(call.state, call.photos.items[i]) for i in ids[start : start + size]]
    more = {"nextPageToken": str(start + size)} if start + size < len(ids) else {}
    return web.json_response(({"mediaItems": shown} if shown else {}) | more)


async def patch(call: Call) -> web.Response:
    """Change the description."""
    item = _own(call, call.request.match_info["id"])
    body = await read_json(call.request)
    if call.request.query.get("updateMask") != "description":
        raise ApiError(400, "Invalid field mask.")
    item.description = str(body.get("description", ""))
    return web.json_response(describe_item(call.state, item))


def describe_item(state: State, item: MediaItem) -> dict[str, Any]:
    """Return a media item as Google does; int64 as text."""
    video = media.is_video(item.filename)
    metadata: dict[str, Any] = {
        "creationTime": item.taken or state.clock.iso(item.created),
        "width": str(item.width),
        "height": str(item.height),
        "video" if video else "photo": {"status": "READY"} if video else {},
    }
    described = {
        "id": item.id,
        "productUrl": f"{state.url}/lr/photo/{item.id}",
        "baseUrl": f"{state.url}/content/{item.id}",
        "mimeType": item.mime_type,
        "filename": item.filename,
        "mediaMetadata": metadata,
    }
    return described | ({"description": item.description} if item.description else {})


def own_album(photos: Photos, album_id: str, said: str) -> Album:
    """Return an album of the client's, or raise what Google says of any other id."""
    album = photos.albums.get(album_id)
    if album is None:
        raise ApiError(400, said)
    return album


def _own(call: Call, id_: str) -> MediaItem:
    item = call.photos.items.get(id_)
    if item is None:
        raise ApiError(404, "The provided ID does not match any media items.")
    return item


def _token(new: dict[str, Any]) -> str:
    return str((new.get("simpleMediaItem") or {}).get("uploadToken", ""))


def _success(token: str, item: dict[str, Any]) -> dict[str, Any]:
    return {"uploadToken": token, "status": {"message": "Success"}, "mediaItem": item}


def _failure(token: str, code: int, message: str) -> dict[str, Any]:
    return {"uploadToken": token, "status": {"code": code, "message": message}}
