"""What Immich's events carry about an asset."""

from __future__ import annotations

from pentaprism.sandbox.immich.entities import Asset
from pentaprism.sandbox.immich.replies import Json, Replies, moment

_SYNCED = (
    "id",
    "ownerId",
    "originalFileName",
    "thumbhash",
    "checksum",
    "fileCreatedAt",
    "fileModifiedAt",
    "createdAt",
    "localDateTime",
    "duration",
    "type",
    "isFavorite",
    "visibility",
    "livePhotoVideoId",
    "libraryId",
    "width",
    "height",
    "isEdited",
)


def shown(replies: Replies, asset: Asset) -> Json:
    """Return the asset as ``on_upload_success`` and ``on_asset_update`` show it."""
    tags = [replies.tag(replies.library.tags[id_], nested=True) for id_ in asset.tag_ids]
    return replies.listed(asset, with_exif=True) | {"tags": tags}


def ready(replies: Replies, asset: Asset) -> Json:
    """Return what ``AssetUploadReadyV2`` tells the mobile apps of a new asset."""
    listed = replies.listed(asset, with_exif=True)
    taken = moment(asset.taken)
    return {
        "asset": {name: listed[name] for name in _SYNCED}
        | {
            "deletedAt": None if asset.deleted is None else moment(asset.deleted),
            "stackId": asset.stack_id,
        },
        "exif": listed["exifInfo"]
        | {
            "assetId": asset.id,
            "dateTimeOriginal": taken,
            "modifyDate": taken,
            "profileDescription": None,
            "fps": None,
        },
    }
