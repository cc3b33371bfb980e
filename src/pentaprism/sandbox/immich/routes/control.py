"""/sandbox: what a test changes and reads from outside. No part of Immich, and no credentials."""

from __future__ import annotations

from collections.abc import Callable

from pentaprism.sandbox.immich.call import Call, Route
from pentaprism.sandbox.immich.content import Whole, read
from pentaprism.sandbox.immich.entities import Asset, Place
from pentaprism.sandbox.immich.library import Library
from pentaprism.sandbox.immich.replies import Json
from pentaprism.sandbox.immich.reply import Reply, json


def list_faults(call: Call) -> Reply:
    """Return the rules in force and how often each struck."""
    return json(call.rules.listed())


def add_fault(call: Call) -> Reply:
    """Add a rule."""
    fault = call.rules.add(**call.body.raw)
    return json({"id": fault.id}, 201)


def clear_faults(call: Call) -> Reply:
    """Remove all rules."""
    call.rules.clear()
    return json({})


def list_traffic(call: Call) -> Reply:
    """Return requests and bytes by route."""
    return json(call.traffic.listed())


def reset_traffic(call: Call) -> Reply:
    """Set the counters to zero."""
    call.traffic.reset()
    return json({})


def list_albums(call: Call) -> Reply:
    """Return all albums of all users."""
    albums = call.library.albums.values()
    return json(
        [
            {
                "id": a.id,
                "name": a.name,
                "assets": len(call.replies.counted(a)),
                "owner": a.owner_id,
            }
            for a in albums
        ]
    )


def list_files(call: Call) -> Reply:
    """Return every asset of an album with the SHA-1 of its real bytes, in hex."""
    album = call.library.albums[call.id()]
    return json([describe_file(call.library, call.library.assets[id_]) for id_ in album.assets])


def describe_file(library: Library, asset: Asset) -> Json:
    """Return what a mirrored file is compared with; a live photo's video is inside."""
    video = library.assets.get(asset.live_video_id or "")
    return {
        "id": asset.id,
        "filename": asset.filename,
        "sha1": asset.content.sha1.hex(),
        "size": asset.content.size,
        "editedSha1": asset.edited and asset.edited.sha1.hex(),
        "visibility": asset.visibility,
        "isTrashed": asset.deleted is not None,
        "isOffline": asset.is_offline,
        "isProcessed": asset.processed,
        "isExternal": asset.library_id is not None,
        "taken": asset.taken,
        "modified": asset.modified,
        "livePhotoVideoId": asset.live_video_id,
        "livePhotoVideo": video and describe_file(library, video),
    }


def create_album(call: Call) -> Reply:
    """Make an album of the owner."""
    album = call.library.add_album(call.body.raw["name"], call.body.raw.get("assetIds", []))
    return json({"id": album.id}, 201)


def add_to_album(call: Call) -> Reply:
    """Add assets to an album."""
    return json({"changed": call.library.add_to_album(call.id(), call.body.uuids("assetIds"))})


def remove_from_album(call: Call) -> Reply:
    """Remove assets from an album."""
    return json({"changed": call.library.remove_from_album(call.id(), call.body.uuids("assetIds"))})


def rename_album(call: Call) -> Reply:
    """Rename an album."""
    call.library.rename_album(call.id(), call.body.raw["name"])
    return json({})


def share_album(call: Call) -> Reply:
    """Share an album with a user."""
    call.library.share_album(
        call.id(), call.body.raw["userId"], call.body.raw.get("role", "viewer")
    )
    return json({})


def unshare_album(call: Call) -> Reply:
    """Take an album from a user."""
    call.library.unshare_album(call.id(), call.body.raw["userId"])
    return json({})


def delete_album(call: Call) -> Reply:
    """Delete an album."""
    call.library.delete_album(call.id())
    return json({})


def change_asset(call: Call) -> Reply:
    """Do one of `CHANGES` to an asset."""
    change = CHANGES.get(call.params["change"])
    if change is None:
        raise ValueError(f"There is no such change; there are {', '.join(CHANGES)}.")
    change(call.library, call.id(), call.body.raw or {})
    asset = call.library.assets.get(call.id())
    return json(describe_file(call.library, asset) if asset else {})


def _replace(library: Library, asset_id: str, body: Json) -> None:
    """Give an asset ``text`` as its bytes, or its own bytes with a few more."""
    asset = library.assets[asset_id]
    text = body.get("text")
    library.replace(asset_id, text.encode() if text else read(asset.content) + b"replaced")


def _edit(library: Library, asset_id: str, body: Json) -> None:
    text = body.get("text")
    library.edit(asset_id, Whole(text.encode()) if text else None)


def _describe(library: Library, asset_id: str, body: Json) -> None:
    place = body.pop("place", None)
    library.tag(asset_id, *body.pop("tags", []))
    library.describe(asset_id, place=Place(**place) if place else None, **body)


CHANGES: dict[str, Callable[[Library, str, Json], None]] = {
    "trash": lambda library, id_, _: library.trash([id_]),
    "restore": lambda library, id_, _: _done(library.restore([id_])),
    "delete": lambda library, id_, _: library.delete([id_]),
    "archive": lambda library, id_, _: library.set_visibility(id_, "archive"),
    "show": lambda library, id_, _: library.set_visibility(id_, "timeline"),
    "lock": lambda library, id_, _: library.lock(id_),
    "visibility": lambda library, id_, body: library.set_visibility(id_, body["visibility"]),
    "offline": lambda library, id_, _: library.set_offline(id_),
    "online": lambda library, id_, _: library.set_offline(id_, offline=False),
    "process": lambda library, id_, _: library.set_processed(id_),
    "unprocess": lambda library, id_, _: library.set_processed(id_, processed=False),
    "rename": lambda library, id_, body: library.rename_asset(id_, body["filename"]),
    "replace": _replace,
    "edit": _edit,
    "describe": _describe,
}
"""What ``POST /sandbox/assets/{id}/{change}`` can do."""


def _done(_count: int) -> None:
    """Drop a count that nobody asked for."""


ROUTES = (
    Route("GET", "/faults", "control", list_faults, None),
    Route("POST", "/faults", "control", add_fault, None),
    Route("DELETE", "/faults", "control", clear_faults, None),
    Route("GET", "/requests", "control", list_traffic, None),
    Route("DELETE", "/requests", "control", reset_traffic, None),
    Route("GET", "/albums", "control", list_albums, None),
    Route("POST", "/albums", "control", create_album, None),
    Route("DELETE", "/albums/{id}", "control", delete_album, None),
    Route("GET", "/albums/{id}/files", "control", list_files, None),
    Route("POST", "/albums/{id}/add", "control", add_to_album, None),
    Route("POST", "/albums/{id}/remove", "control", remove_from_album, None),
    Route("POST", "/albums/{id}/rename", "control", rename_album, None),
    Route("POST", "/albums/{id}/share", "control", share_album, None),
    Route("POST", "/albums/{id}/unshare", "control", unshare_album, None),
    Route("POST", "/assets/{id}/{change}", "control", change_asset, None),
)
