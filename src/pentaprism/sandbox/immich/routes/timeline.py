"""/timeline: months of assets, in columns."""

from __future__ import annotations

from collections import Counter

from pentaprism.sandbox.immich.call import Call, Route
from pentaprism.sandbox.immich.entities import Asset
from pentaprism.sandbox.immich.errors import wrong_type
from pentaprism.sandbox.immich.replies import Json, moment
from pentaprism.sandbox.immich.reply import Reply, json


def list_buckets(call: Call) -> Reply:
    """Return the months that have assets, newest first, with their counts."""
    counts = Counter(_month(asset) for asset in _assets(call))
    months = sorted(counts, reverse=True)
    return json([{"timeBucket": month, "count": counts[month]} for month in months])


def get_bucket(call: Call) -> Reply:
    """Return the assets of a month, one array for each property."""
    month = call.query.get("timeBucket")
    if month is None:
        raise wrong_type("string", ..., "timeBucket")
    found = [asset for asset in _assets(call) if _month(asset) == month[:10]]
    found.sort(key=lambda asset: (asset.taken, asset.id), reverse=True)
    rows = [_row(asset) for asset in found]
    columns = _row(found[0]) if found else {}
    return json({name: [row[name] for row in rows] for name in columns})


def _assets(call: Call) -> list[Asset]:
    album_id = call.query.get("albumId")
    library = call.library
    if album_id:
        ids = list(call.album(album_id, "album.read").assets)
    else:
        ids = [a.id for a in library.assets.values() if a.owner_id == call.user.id]
    wanted = (call.query["visibility"],) if "visibility" in call.query else ("timeline", "archive")
    trashed = call.query.get("isTrashed") == "true"
    assets = (library.assets[id_] for id_ in ids)
    return [a for a in assets if a.visibility in wanted and (a.deleted is not None) == trashed]


def _month(asset: Asset) -> str:
    return moment(asset.taken + asset.offset * 60_000)[:7] + "-01"


def _row(asset: Asset) -> Json:
    place = asset.place
    return {
        "duration": asset.duration,
        "id": asset.id,
        "visibility": asset.visibility,
        "isFavorite": asset.is_favorite,
        "isImage": not asset.is_video,
        "isTrashed": asset.deleted is not None,
        "livePhotoVideoId": asset.live_video_id,
        "fileCreatedAt": moment(asset.taken).rstrip("Z"),
        "localOffsetHours": asset.offset / 60,
        "createdAt": moment(asset.created).rstrip("Z"),
        "ownerId": asset.owner_id,
        "projectionType": None,
        "ratio": (asset.width or 1) / (asset.height or 1),
        "status": "active" if asset.deleted is None else "trashed",
        "thumbhash": asset.thumbhash,
        "city": place and place.city,
        "country": place and place.country,
    }


ROUTES = (
    Route("GET", "/timeline/buckets", "buckets", list_buckets, "asset.read"),
    Route("GET", "/timeline/bucket", "bucket", get_bucket, "asset.read"),
)
