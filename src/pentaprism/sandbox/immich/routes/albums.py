"""/albums."""

from __future__ import annotations

from collections.abc import Callable

from pentaprism.sandbox.immich.body import read_flag, read_uuid
from pentaprism.sandbox.immich.call import Call, Route
from pentaprism.sandbox.immich.entities import Album
from pentaprism.sandbox.immich.errors import ApiError
from pentaprism.sandbox.immich.replies import Json
from pentaprism.sandbox.immich.reply import Reply, json, nothing


def list_albums(call: Call) -> Reply:
    """Return the caller's albums, own and shared, newest first."""
    tests = _filters(call)
    call.library.choose_thumbnails()
    albums = [
        album
        for album in call.library.albums.values()
        if (album.owner_id == call.user.id or call.user.id in album.users)
        and all(test(album) for test in tests)
    ]
    albums.sort(key=lambda album: album.created, reverse=True)
    return json([_lied(call, call.replies.album(album)) for album in albums])


def _filters(call: Call) -> list[Callable[[Album], bool]]:
    query, user, tests = call.query, call.user, list[Callable[[Album], bool]]()
    shared = read_flag(query, "shared" if call.replies.version.is_old else "isShared")
    if shared is not None:
        tests.append(lambda album: bool(album.users) == shared)
    if (owned := read_flag(query, "isOwned")) is not None:
        tests.append(lambda album: (album.owner_id == user.id) == owned)
    if (name := query.get("name")) is not None:
        tests.append(lambda album: album.name == name)
    if "assetId" in query:
        asset = read_uuid(query["assetId"], "assetId")
        tests.append(lambda album: asset in album.assets)
    return tests


def get_album(call: Call) -> Reply:
    """Return one album; before 3.0 with its assets unless ``withoutAssets``."""
    album = call.album(call.id(), "album.read")
    call.library.choose_thumbnails()
    reply = call.replies.album(album, alone=True)
    if call.replies.version.is_old and call.query.get("withoutAssets") != "true":
        counted = call.replies.counted(album)
        reply["assets"] = [call.replies.listed(asset, with_exif=True) for asset in counted]
    return json(_lied(call, reply))


def _lied(call: Call, reply: Json) -> Json:
    if lie := call.faults.get("count_lies"):
        reply["assetCount"] = max(0, reply["assetCount"] + lie.delta)
    return reply


def create_album(call: Call) -> Reply:
    """Make an album of the caller."""
    name = call.body.required("albumName", "string")
    ids = call.body.uuids("assetIds", required=False)
    assets = call.own_assets(ids, "asset.share")
    album = call.library.add_album(name, [a.id for a in assets], owner_id=call.user.id)
    album.description = call.body.value("description", "string", "")
    return json(call.replies.album(album), 201)


def update_album(call: Call) -> Reply:
    """Change an album's name, description, order or thumbnail."""
    album = call.album(call.id(), "album.update")
    album.description = call.body.value("description", "string", album.description)
    album.order = call.body.option("order", ("asc", "desc"), album.order) or album.order
    album.activity = call.body.value("isActivityEnabled", "boolean", album.activity)
    album.thumbnail_id = _thumbnail(call, album)
    call.library.rename_album(album.id, call.body.value("albumName", "string", album.name))
    return json(call.replies.album(album))


def _thumbnail(call: Call, album: Album) -> str | None:
    wanted: str | None = call.body.value("albumThumbnailAssetId", "string")
    if wanted is None:
        return album.thumbnail_id
    if read_uuid(wanted, "albumThumbnailAssetId") not in album.assets:
        raise ApiError(400, "Invalid album thumbnail")
    return wanted


def delete_album(call: Call) -> Reply:
    """Delete an album."""
    call.library.delete_album(call.album(call.id(), "album.delete").id)
    return nothing()


def add_assets(call: Call) -> Reply:
    """Add assets to an album; each id has its own result."""
    if call.id() not in call.library.albums:
        raise ApiError(400, "Album not found")
    album = call.album(call.id(), "albumAsset.create")
    ids = call.body.uuids("ids")
    known = {id_ for id_ in ids if id_ in album.assets or call.may_share(id_)}
    fresh = set(call.library.add_to_album(album.id, [id_ for id_ in ids if id_ in known]))
    results = []
    for id_ in ids:
        reason = "duplicate" if id_ in known else "no_permission"
        results.append(_result(id_, None if id_ in fresh else reason))
        fresh.discard(id_)
    return json(results)


def remove_assets(call: Call) -> Reply:
    """Remove assets from an album; each id has its own result."""
    album = call.album(call.id(), "albumAsset.delete")
    ids = call.body.uuids("ids")
    gone = set(call.library.remove_from_album(album.id, ids))
    results = []
    for id_ in ids:
        results.append(_result(id_, None if id_ in gone else "not_found"))
        gone.discard(id_)
    return json(results)


def _result(id_: str, error: str | None) -> Json:
    return {"id": id_, "success": error is None} | ({"error": error} if error else {})


def add_users(call: Call) -> Reply:
    """Share an album with users."""
    album = call.album(call.id(), "album.share")
    for entry in call.body.required("albumUsers", "array"):
        user_id = entry.get("userId")
        if user_id not in call.library.users:
            raise ApiError(400, "User not found")
        call.library.share_album(album.id, user_id, entry.get("role", "editor"))
    return json(call.replies.album(album, alone=True))


def remove_user(call: Call) -> Reply:
    """Take an album from a user; ``me`` leaves it."""
    album_id, user_id = call.id(), call.params["userId"]
    mine = user_id in ("me", call.user.id)
    album = call.album(album_id, "album.read" if mine else "album.share")
    target = call.user.id if mine else user_id
    if target not in album.users:
        raise ApiError(400, "Album not shared with user")
    call.library.unshare_album(album.id, target)
    return nothing()


ROUTES = (
    Route("GET", "/albums", "albums", list_albums, "album.read"),
    Route("POST", "/albums", "create_album", create_album, "album.create"),
    Route("GET", "/albums/{id}", "album", get_album, "album.read"),
    Route("PATCH", "/albums/{id}", "update_album", update_album, "album.update"),
    Route("DELETE", "/albums/{id}", "delete_album", delete_album, "album.delete"),
    Route("PUT", "/albums/{id}/assets", "album_add", add_assets, "albumAsset.create"),
    Route("DELETE", "/albums/{id}/assets", "album_remove", remove_assets, "albumAsset.delete"),
    Route("PUT", "/albums/{id}/users", "album_share", add_users, "albumUser.create"),
    Route("DELETE", "/albums/{id}/user/{userId}", "album_unshare", remove_user, "albumUser.delete"),
)
