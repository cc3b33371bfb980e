"""/assets: details, metadata, upload, trash."""

from __future__ import annotations

import mimetypes
from datetime import UTC, datetime, timedelta
from typing import Any

from pentaprism.sandbox.immich.body import read_flag, read_option
from pentaprism.sandbox.immich.call import Call, Route, Upload
from pentaprism.sandbox.immich.content import Whole
from pentaprism.sandbox.immich.entities import Asset, Place
from pentaprism.sandbox.immich.errors import ApiError, invalid, out_of_range, wrong_type
from pentaprism.sandbox.immich.replies import Json
from pentaprism.sandbox.immich.reply import Reply, json, nothing
from pentaprism.sandbox.immich.routes.search import read_checksum

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BOUNDS = (("latitude", 90), ("longitude", 180))
_VISIBILITIES = ("archive", "timeline", "hidden", "locked")
_MIME = {
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".dng": "image/dng",
    ".mov": "video/quicktime",
    ".webp": "image/webp",
    ".avif": "image/avif",
}


def get_asset(call: Call) -> Reply:
    """Return one asset with everything known about it."""
    return json(call.replies.asset(call.asset("asset.read")))


def count_assets(call: Call) -> Reply:
    """Return how many photos and videos the caller has: shown, archived, not in the trash."""
    favorite = read_flag(call.query, "isFavorite")
    trashed = bool(read_flag(call.query, "isTrashed"))
    shown: tuple[str, ...] = ("timeline", "archive")
    if "visibility" in call.query:
        shown = (read_option(call.query["visibility"], _VISIBILITIES, "visibility"),)
    if shown == ("locked",):
        raise ApiError(401, "Elevated permission is required")
    videos = [
        asset.is_video
        for asset in call.library.assets.values()
        if asset.owner_id == call.user.id
        and asset.visibility in shown
        and (asset.deleted is not None) == trashed
        and favorite in {None, asset.is_favorite}
    ]
    total, moving = len(videos), sum(videos)
    return json({"images": total - moving, "videos": moving, "total": total})


def update_asset(call: Call) -> Reply:
    """Change the metadata of one asset; the reply is made before they are written."""
    asset = call.own_assets([call.id()], "asset.update")[0]
    written = _update(call, asset)
    reply = json(call.replies.listed(asset, with_exif=True))
    call.sidecars.write(asset, written)
    return reply


def update_assets(call: Call) -> Reply:
    """Change the metadata of several assets; locking takes them out of their albums."""
    for asset in call.own_assets(call.body.uuids("ids"), "asset.update"):
        call.sidecars.write(asset, _update(call, asset))
        if call.body.value("visibility", "string") == "locked":
            call.library.lock(asset.id)
    return nothing()


def _update(call: Call, asset: Asset) -> Json:
    """Change an asset as the body says, and return what is to be written beside its file."""
    written = _written(call)
    favorite = call.body.value("isFavorite", "boolean")
    visibility = call.body.option("visibility", _VISIBILITIES, None)
    dated = call.body.value("dateTimeOriginal", "string")
    call.sidecars.change(asset, written)
    if favorite is not None or dated is not None:
        taken, offset = _instant(dated), _zone(dated)
        call.library.describe(asset.id, favorite=favorite, taken=taken, offset=offset)
        if dated is not None and not written:
            call.library.tell("on_asset_update", asset.owner_id, asset.id)
    if visibility is not None:
        call.library.set_visibility(asset.id, visibility)
    return written


def _written(call: Call) -> Json:
    """Return the fields of the body that Immich writes into a sidecar, by the asset's names."""
    written: Json = {}
    if call.body.has("description"):
        written["description"] = call.body.required("description", "string")
    if call.body.has("rating"):
        written["rating"] = _rating(call)
    latitude, longitude = (_degrees(call, *bound) for bound in _BOUNDS)
    if (latitude is None) != (longitude is None):
        said = "Latitude and longitude must be provided together"
        raise invalid({"code": "custom", "path": [], "message": said})
    if latitude is not None and longitude is not None:
        written["place"] = Place(latitude, longitude)
    return written


def _degrees(call: Call, name: str, bound: int) -> float | None:
    value: float | None = call.body.value(name, "number")
    if value is not None and value < -bound:
        raise out_of_range("small", -bound, name)
    if value is not None and value > bound:
        raise out_of_range("big", bound, name)
    return value


def _rating(call: Call) -> int | None:
    if call.body.raw["rating"] == 0 and not call.replies.version.is_old:
        said = "Rating must be -1 (rejected), 1–5 (starred), or null (unrated); 0 is not valid"  # noqa: RUF001 (Immich's words)
        raise invalid({"code": "custom", "path": ["rating"], "message": said})
    return call.body.integer("rating", -1, 5, 0) if call.body.raw["rating"] is not None else None


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise ApiError(500, "Failed to update asset") from None


def _zone(text: str | None) -> int | None:
    """Return the zone of a date in minutes east of UTC; None for a date without one."""
    moment = _moment(text)
    zone = moment.utcoffset() if moment else None
    return None if zone is None else zone // timedelta(minutes=1)


def _instant(text: str | None) -> int | None:
    moment = _moment(text)
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def upload(call: Call) -> Reply:
    """Take an uploaded file; bytes that are there already are a duplicate.

    A client that tells their checksum is believed, whatever it sends.
    """
    told = read_checksum(call.headers.get("x-immich-checksum"))
    if known := _known(call, told):
        return json({"status": "duplicate", "id": known.id})
    if call.upload is None:
        raise wrong_type("object", ...)
    if not call.upload.data:
        raise ApiError(400, "File is empty")
    content = Whole(call.upload.data)
    if known := _known(call, content.sha1):
        return json({"status": "duplicate", "id": known.id})
    asset = _uploaded(call, call.upload, content)
    if asset.live_video_id:
        if asset.live_video_id not in call.library.assets:
            raise ApiError(400, "Live photo video not found")
        call.library.set_visibility(asset.live_video_id, "hidden")
        call.library.tell("on_asset_hidden", call.user.id, asset.live_video_id)
    call.library.add_asset(asset)
    return json({"id": asset.id, "status": "created"}, 201)


def _known(call: Call, checksum: bytes | None) -> Asset | None:
    """Return the caller's own asset with that checksum; those of external libraries are others."""
    for asset in call.library.assets.values():
        mine = asset.owner_id == call.user.id and asset.library_id is None
        if mine and asset.checksum == checksum:
            return asset
    return None


def _uploaded(call: Call, sent: Upload, content: Whole) -> Asset:
    """Return an asset that is not processed yet: Immich reads the metadata later."""
    fields, now = sent.fields, call.library.clock()
    name = fields.get("filename") or sent.filename.rpartition("/")[2]
    suffix = "." + name.rpartition(".")[2].lower()
    mime = _MIME.get(suffix) or mimetypes.types_map.get(suffix, "")
    if not mime.startswith(("image/", "video/")):
        raise ApiError(400, f"Unsupported file type {name}")
    id_ = call.library.new_id()
    created = _instant(fields.get("fileCreatedAt"))
    modified = _instant(fields.get("fileModifiedAt"))
    return Asset(
        id=id_,
        owner_id=call.user.id,
        filename=name,
        kind=suffix[1:],
        mime_type=mime,
        content=content,
        path=f"/data/upload/{call.user.id}/{id_[:2]}/{id_[2:4]}/{id_}{suffix}",
        taken=now if created is None else created,
        created=now,
        updated=now,
        modified=now if modified is None else modified,
        visibility=fields.get("visibility", "timeline"),
        live_video_id=fields.get("livePhotoVideoId"),
        is_favorite=fields.get("isFavorite") == "true",
        processed=False,
    )


def check_uploads(call: Call) -> Reply:
    """Say which checksums are there already."""
    mine = {
        a.checksum: a
        for a in call.library.assets.values()
        if a.owner_id == call.user.id and a.library_id is None
    }
    results: list[dict[str, Any]] = []
    for entry in call.body.required("assets", "array"):
        known = mine.get(read_checksum(entry["checksum"]) or b"")
        if known is None:
            results.append({"id": entry["id"], "action": "accept"})
            continue
        results.append(
            {
                "id": entry["id"],
                "action": "reject",
                "reason": "duplicate",
                "assetId": known.id,
                "isTrashed": known.deleted is not None,
            }
        )
    return json({"results": results})


def delete_assets(call: Call) -> Reply:
    """Move assets to the trash, or delete them with ``force``."""
    ids = [a.id for a in call.own_assets(call.body.uuids("ids"), "asset.delete")]
    if call.body.value("force", "boolean", default=False):
        call.library.delete(ids)
    else:
        call.library.trash(ids)
    return nothing()


def restore_assets(call: Call) -> Reply:
    """Take assets back from the trash."""
    assets = call.own_assets(call.body.uuids("ids"), "asset.delete")
    call.library.restore([a.id for a in assets])
    return json({"count": len(assets)})


ROUTES = (
    Route("POST", "/assets", "upload", upload, "asset.upload"),
    Route("PUT", "/assets", "update_assets", update_assets, "asset.update"),
    Route("DELETE", "/assets", "delete_assets", delete_assets, "asset.delete"),
    Route("POST", "/assets/bulk-upload-check", "check_uploads", check_uploads, "asset.upload"),
    Route("POST", "/trash/restore/assets", "restore_assets", restore_assets, "asset.delete"),
    Route("GET", "/assets/statistics", "statistics", count_assets, "asset.statistics"),
    Route("GET", "/assets/{id}", "asset", get_asset, "asset.read", "id"),
    Route("PUT", "/assets/{id}", "update_asset", update_asset, "asset.update", "id"),
    Route("PATCH", "/assets/{id}", "update_asset", update_asset, "asset.update", "id"),
)
