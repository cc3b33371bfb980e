"""/server: the server itself."""

from __future__ import annotations

from typing import Any

from pentaprism.sandbox.immich.call import Call, Route
from pentaprism.sandbox.immich.entities import User
from pentaprism.sandbox.immich.errors import ApiError
from pentaprism.sandbox.immich.replies import Json
from pentaprism.sandbox.immich.reply import Reply, json, nothing

_IMAGES = (
    ".avif .bmp .gif .jpeg .jpg .png .webp .3fr .ari .arw .cap .cin .cr2 .cr3 .crw .dcr .dng .erf"
    " .fff .iiq .k25 .kdc .mrw .nef .nrw .orf .ori .pef .psd .raf .raw .rw2 .rwl .sr2 .srf .srw"
    " .x3f .heic .heif .hif .insp .jp2 .jpe .jxl .mpo .svg .tif .tiff"
)
_VIDEOS = (
    ".3gp .3gpp .avi .flv .insv .m2t .m2ts .m4v .mkv .mov .mp4 .mpe .mpeg .mpg .mts .mxf .ts .vob"
    " .webm .wmv"
)


def ping(_: Call) -> Reply:
    """Answer pong."""
    return json({"res": "pong"})


def version(call: Call) -> Reply:
    """Return the version's numbers."""
    played = call.replies.version
    numbers: dict[str, Any] = {
        "major": played.major,
        "minor": played.minor,
        "patch": played.patch,
    }
    return json(numbers if played.is_old else numbers | {"prerelease": None})


def about(call: Call) -> Reply:
    """Return what the server is made of."""
    tag = f"v{call.replies.version}"
    return json(
        {
            "version": tag,
            "versionUrl": f"https://github.com/immich-app/immich/releases/tag/{tag}",
            "licensed": False,
            "nodejs": "sandbox",
            "exiftool": "sandbox",
            "ffmpeg": "sandbox",
            "libvips": "sandbox",
            "imagemagick": "",
        }
    )


def features(call: Call) -> Reply:
    """Return which features are on."""
    on = ("sidecar", "search", "duplicateDetection")
    off = (
        "configFile",
        "email",
        "facialRecognition",
        "importFaces",
        "map",
        "oauthAutoLaunch",
        "ocr",
        "realtimeTranscoding",
        "reverseGeocoding",
        "smartSearch",
    )
    chosen = {
        "passwordLogin": call.library.password_login,
        "oauth": call.library.oauth,
        "trash": call.library.trash_enabled,
    }
    return json(dict.fromkeys(on, True) | dict.fromkeys(off, False) | chosen)


def config(call: Call) -> Reply:
    """Return the part of the settings that is public."""
    return json(
        {
            "loginPageMessage": "",
            "trashDays": call.library.trash_days,
            "userDeleteDelay": 7,
            "oauthButtonText": "Login with OAuth",
            "isInitialized": True,
            "isOnboarded": True,
            "externalDomain": "",
            "publicUsers": True,
            "mapDarkStyleUrl": "",
            "mapLightStyleUrl": "",
            "maintenanceMode": False,
            "minFaces": 3,
        }
    )


def media_types(_: Call) -> Reply:
    """Return the endings of the files that can be uploaded."""
    return json({"video": _VIDEOS.split(), "image": _IMAGES.split(), "sidecar": [".xmp"]})


def statistics(call: Call) -> Reply:
    """Return how much every user has, to an admin."""
    if not call.user.is_admin:
        raise ApiError(403, "Forbidden")
    users = [_usage(call, user) for user in call.library.users.values()]
    added = ("photos", "videos", "usage", "usagePhotos", "usageVideos")
    totals = {name: sum(user[name] for user in users) for name in added}
    return json(totals | {"usageByUser": users})


def _usage(call: Call, user: User) -> Json:
    """Return what a user has outside the trash; files of external libraries take no room."""
    assets = call.library.assets.values()
    mine = [asset for asset in assets if asset.owner_id == user.id and asset.deleted is None]
    told: Json = {"userId": user.id, "userName": user.name, "quotaSizeInBytes": None}
    for name, size, moving in (("photos", "usagePhotos", False), ("videos", "usageVideos", True)):
        kind = [asset for asset in mine if asset.is_video == moving]
        told[name] = sum(asset.visibility != "hidden" for asset in kind)
        told[size] = sum(asset.content.size for asset in kind if asset.library_id is None)
    return told | {"usage": told["usagePhotos"] + told["usageVideos"]}


def storage(_: Call) -> Reply:
    """Return how full the disk is; the same always, as nothing here is on a disk."""
    size, used = 1 << 40, 1 << 38
    return json(
        {
            "diskAvailable": "768.0 GiB",
            "diskSize": "1.0 TiB",
            "diskUse": "256.0 GiB",
            "diskAvailableRaw": size - used,
            "diskSizeRaw": size,
            "diskUseRaw": used,
            "diskUsagePercentage": 25,
        }
    )


def refuse_sync(call: Call) -> Reply:
    """Refuse the sync stream, which the sandbox does not play, as Immich refuses API keys."""
    if call.key is not None:
        raise ApiError(403, "Sync endpoints cannot be used with API keys")
    return nothing(200)


ROUTES = (
    Route("GET", "/server/ping", "ping", ping, None),
    Route("GET", "/server/version", "version", version, None),
    Route("GET", "/server/features", "features", features, None),
    Route("GET", "/server/config", "config", config, None),
    Route("GET", "/server/media-types", "media_types", media_types, None),
    Route("GET", "/server/about", "about", about, "server.about"),
    Route("GET", "/server/statistics", "usage", statistics, "server.statistics"),
    Route("GET", "/server/storage", "storage", storage, "server.storage"),
    Route("POST", "/sync/stream", "sync", refuse_sync, "sync.stream"),
)
