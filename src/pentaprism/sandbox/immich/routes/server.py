"""/server: the server itself."""

from __future__ import annotations

from typing import Any

from pentaprism.sandbox.immich.call import Call, Route
from pentaprism.sandbox.immich.errors import ApiError
from pentaprism.sandbox.immich.reply import Reply, json, nothing


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
    Route("GET", "/server/about", "about", about, "server.about"),
    Route("POST", "/sync/stream", "sync", refuse_sync, "sync.stream"),
)
