"""/server, /api-keys, /users and /auth: the server itself and who is calling."""

from __future__ import annotations

from typing import Any

from pentaprism.sandbox.immich.call import OPEN, Call, Route
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


def features(_: Call) -> Reply:
    """Return which features are on."""
    on = ("sidecar", "search", "trash", "passwordLogin", "duplicateDetection")
    off = (
        "configFile",
        "email",
        "facialRecognition",
        "importFaces",
        "map",
        "oauth",
        "oauthAutoLaunch",
        "ocr",
        "realtimeTranscoding",
        "reverseGeocoding",
        "smartSearch",
    )
    return json(dict.fromkeys(on, True) | dict.fromkeys(off, False))


def config(_: Call) -> Reply:
    """Return the part of the settings that is public."""
    return json(
        {
            "loginPageMessage": "",
            "trashDays": 30,
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


def my_key(call: Call) -> Reply:
    """Return the API key that the caller uses."""
    if call.key is None:
        raise ApiError(403, "Not authenticated with an API Key")
    return json(call.replies.key(call.key))


def list_keys(call: Call) -> Reply:
    """Return the caller's API keys."""
    mine = [key for key in call.library.keys.values() if key.user_id == call.user.id]
    return json([call.replies.key(key) for key in mine])


def create_key(call: Call) -> Reply:
    """Make an API key for the caller."""
    permissions = call.body.value("permissions", "array", ["all"])
    name = call.body.value("name", "string", "API Key")
    key = call.library.add_key(permissions, user_id=call.user.id, name=name)
    return json({"secret": key.secret, "apiKey": call.replies.key(key)}, 201)


def me(call: Call) -> Reply:
    """Return the caller's account."""
    return json(call.replies.me(call.user))


def log_in(call: Call) -> Reply:
    """Make a session from e-mail and password."""
    email = call.body.required("email", "string")
    password = call.body.required("password", "string")
    for user in call.library.users.values():
        if user.email == email and user.password == password:
            token = call.library.add_session(user.id)
            cookie = f"immich_access_token={token}; Path=/; HttpOnly; SameSite=Lax"
            reply = {
                "accessToken": token,
                "userId": user.id,
                "userEmail": user.email,
                "name": user.name,
                "isAdmin": user.is_admin,
                "profileImagePath": "",
                "shouldChangePassword": False,
                "isOnboarded": True,
            }
            return json(reply, 201, {"Set-Cookie": cookie})
    raise ApiError(401, "Incorrect email or password")


def log_out(call: Call) -> Reply:
    """End the caller's session."""
    _, _, token = call.headers.get("authorization", "").partition(" ")
    call.library.sessions.pop(token, None)
    return json({"successful": True, "redirectUri": "/auth/login?autoLaunch=0"})


def validate(_: Call) -> Reply:
    """Say that the credential is good."""
    return json({"authStatus": True})


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
    Route("GET", "/api-keys/me", "my_key", my_key, OPEN),
    Route("GET", "/api-keys", "keys", list_keys, "apiKey.read"),
    Route("POST", "/api-keys", "create_key", create_key, "apiKey.create"),
    Route("GET", "/users/me", "me", me, "user.read"),
    Route("POST", "/auth/login", "login", log_in, None),
    Route("POST", "/auth/logout", "logout", log_out, OPEN),
    Route("POST", "/auth/validateToken", "validate", validate, OPEN),
    Route("POST", "/sync/stream", "sync", refuse_sync, "sync.stream"),
)
