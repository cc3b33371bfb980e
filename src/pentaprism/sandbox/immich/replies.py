"""Immich's JSON for what the library holds, in the shape of the version that is played."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from pentaprism.sandbox.immich.entities import Album, Asset, Key, Stack, Tag, User
from pentaprism.sandbox.immich.library import Library

type Json = dict[str, Any]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (all times here are UTC; naive ones print without a zone)


@dataclass(frozen=True, slots=True)
class Version:
    """A server version; up to 2.x the replies have the older shape."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read ``3.1.0``."""
        major, minor, patch = (int(part) for part in text.split("."))
        return cls(major, minor, patch)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def is_old(self) -> bool:
        """Say whether replies have the shape before 3.0."""
        return self.major < 3


@lru_cache(maxsize=4096)
def moment(milliseconds: int) -> str:
    """Return ``2019-07-14T07:12:33.250Z``."""
    return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds") + "Z"


def raw_moment(milliseconds: int) -> str:
    """Return ``2019-07-14T07:12:33.25+00:00``, as PostgreSQL writes it into nested objects."""
    seconds, _, fraction = moment(milliseconds).removesuffix("Z").partition(".")
    return f"{seconds}.{fraction}".rstrip("0").rstrip(".") + "+00:00"


class Replies:
    """Turns entities into JSON."""

    def __init__(self, library: Library, version: Version) -> None:
        self.library = library
        self.version = version

    def user(self, user: User) -> Json:
        """Return a person as others see them."""
        return {
            "id": user.id,
            "email": user.email,
            "name": user.name,
            "profileImagePath": "",
            "avatarColor": user.colour,
            "profileChangedAt": raw_moment(user.created),
        }

    def me(self, user: User) -> Json:
        """Return the caller's own account."""
        used = sum(a.content.size for a in self.library.assets.values() if a.owner_id == user.id)
        return self.user(user) | {
            "profileChangedAt": moment(user.created),
            "storageLabel": "admin" if user.is_admin else None,
            "shouldChangePassword": False,
            "isAdmin": user.is_admin,
            "createdAt": moment(user.created),
            "deletedAt": None if user.deleted is None else moment(user.deleted),
            "updatedAt": moment(user.created),
            "oauthId": "",
            "quotaSizeInBytes": None,
            "quotaUsageInBytes": used,
            "status": "active",
            "license": None,
        }

    def key(self, key: Key) -> Json:
        """Return an API key without its secret."""
        return {
            "id": key.id,
            "name": key.name,
            "createdAt": moment(key.created),
            "updatedAt": moment(key.updated),
            "permissions": key.permissions,
        }

    def album(self, album: Album, *, alone: bool = False) -> Json:
        """Return an album; ``alone`` adds who contributed how much."""
        counted = self.counted(album)
        users = [(album.owner_id, "owner"), *album.users.items()]
        if self.version.is_old:
            users = users[1:]
        thumbnail = album.thumbnail_id if album.thumbnail_id in album.assets else None
        reply: Json = {
            "albumName": album.name,
            "description": album.description,
            "albumThumbnailAssetId": thumbnail or (counted[0].id if counted else None),
            "createdAt": moment(album.created),
            "updatedAt": moment(album.updated),
            "id": album.id,
            "albumUsers": [
                {"user": self.user(self.library.users[id_]), "role": role} for id_, role in users
            ],
            "shared": bool(album.users),
            "hasSharedLink": False,
            "assetCount": len(counted),
            "isActivityEnabled": album.activity,
            "order": album.order,
        }
        if counted:
            reply |= _dates(counted)
        if alone and album.users:
            reply["contributorCounts"] = _contributors(counted)
        if self.version.is_old:
            owner = self.library.users[album.owner_id]
            reply |= {"ownerId": owner.id, "owner": self.user(owner), "assets": []}
        return reply

    def counted(self, album: Album) -> list[Asset]:
        """Return the assets that ``assetCount`` counts: neither trashed, hidden nor locked."""
        assets = (self.library.assets[id_] for id_ in album.assets)
        return [a for a in assets if a.deleted is None and a.visibility in ("timeline", "archive")]

    def fragment(self, asset: Asset, *, with_exif: bool) -> bytes:
        """Return an asset of a listing as JSON text, kept until the asset changes."""
        fragments = self.library.fragments
        made = fragments.get((asset.id, with_exif))
        if made is None:
            # orjson's own bytes keep the room they grew into; a copy takes what it needs
            made = bytes(memoryview(orjson.dumps(self.listed(asset, with_exif=with_exif))))
            fragments[asset.id, with_exif] = made
        return made

    def listed(self, asset: Asset, *, with_exif: bool = False, nested: bool = False) -> Json:
        """Return an asset as search lists it; ``nested`` writes dates as inside other objects."""
        date = raw_moment if nested else moment
        ready = asset.processed
        reply: Json = {
            "id": asset.id,
            "createdAt": date(asset.created),
            "ownerId": asset.owner_id,
            "libraryId": asset.library_id,
            "type": "VIDEO" if asset.is_video else "IMAGE",
            "originalPath": asset.path,
            "originalFileName": asset.filename,
            "originalMimeType": asset.mime_type,
            "thumbhash": asset.thumbhash,
            "fileCreatedAt": date(asset.taken),
            "fileModifiedAt": date(asset.modified),
            "localDateTime": date(asset.taken + asset.offset * 60_000),
            "updatedAt": date(asset.updated),
            "isFavorite": asset.is_favorite,
            "isArchived": asset.visibility == "archive",
            "isTrashed": asset.deleted is not None,
            "visibility": asset.visibility,
            "duration": self._duration(asset),
        }
        if with_exif:
            reply["exifInfo"] = self.exif(asset)
        return (
            reply
            | {
                "livePhotoVideoId": asset.live_video_id,
                "people": [],
                "checksum": base64.b64encode(asset.checksum).decode(),
                "isOffline": asset.is_offline,
                "hasMetadata": True,
                "duplicateId": asset.duplicate_id,
                "resized": True,
                "width": asset.width if ready else None,
                "height": asset.height if ready else None,
                "isEdited": asset.edited is not None,
            }
            | ({"deviceAssetId": asset.id, "deviceId": "sandbox"} if self.version.is_old else {})
        )

    def asset(self, asset: Asset) -> Json:
        """Return one asset with everything Immich tells about it."""
        reply = self.listed(asset, with_exif=True)
        reply["owner"] = self.user(self.library.users[asset.owner_id])
        reply["tags"] = [self.tag(self.library.tags[id_], nested=True) for id_ in asset.tag_ids]
        stack = self.library.stacks.get(asset.stack_id or "")
        reply["stack"] = stack and self._stacked(stack)
        return reply

    def _stacked(self, stack: Stack) -> Json:
        """Return a stack as one of its assets shows it: the primary counts even in the trash."""
        others = [self.library.assets[id_] for id_ in stack.asset_ids[1:]]
        shown = [a for a in others if a.deleted is None and a.visibility == "timeline"]
        return {
            "id": stack.id,
            "primaryAssetId": stack.asset_ids[0],
            "assetCount": len(shown) + 1,
        }

    def _duration(self, asset: Asset) -> int | str | None:
        if not self.version.is_old:
            return asset.duration
        return str(timedelta(milliseconds=asset.duration or 0)) + ".00000"

    def exif(self, asset: Asset) -> Json:
        """Return the metadata; mostly null until the asset is processed."""
        ready, camera, place = asset.processed, asset.camera, asset.place
        return {
            "make": camera.make if ready else None,
            "model": camera.model if ready else None,
            "exifImageWidth": asset.width if ready else None,
            "exifImageHeight": asset.height if ready else None,
            "fileSizeInByte": asset.content.size,
            "orientation": str(asset.orientation) if ready else None,
            "dateTimeOriginal": raw_moment(asset.taken) if ready else None,
            "modifyDate": raw_moment(asset.modified) if ready else None,
            "timeZone": _zone(asset) if ready else None,
            "lensModel": camera.lens if ready else None,
            "fNumber": camera.f_number if ready else None,
            "focalLength": camera.focal_length if ready else None,
            "iso": camera.iso if ready else None,
            "exposureTime": camera.exposure if ready else None,
            "latitude": place and place.latitude,
            "longitude": place and place.longitude,
            "city": place and place.city,
            "state": place and place.state,
            "country": place and place.country,
            "description": asset.description,
            "projectionType": None,
            "rating": asset.rating,
        }

    def stack(self, stack: Stack) -> Json:
        """Return a stack with its assets, but those in the trash, hidden or locked."""
        assets = [
            asset
            for asset in (self.library.assets[id_] for id_ in stack.asset_ids)
            if asset.deleted is None and asset.visibility in ("timeline", "archive")
        ]
        return {
            "id": stack.id,
            "primaryAssetId": stack.asset_ids[0],
            "assets": [self.listed(asset, with_exif=True, nested=True) for asset in assets],
        }

    def tag(self, tag: Tag, *, nested: bool = False) -> Json:
        """Return a tag."""
        date = raw_moment if nested else moment
        parent = {"parentId": tag.parent_id} if tag.parent_id else {}
        return {
            "id": tag.id,
            **parent,
            "name": tag.value.rpartition("/")[2],
            "value": tag.value,
            "createdAt": date(tag.created),
            "updatedAt": date(tag.updated),
        }


def _zone(asset: Asset) -> str | None:
    """Return the zone as Immich words it; a photo need not tell one, a video's clock is UTC's."""
    if asset.offset:
        return f"UTC+{asset.offset // 60}"
    return "UTC" if asset.is_video else None


def _dates(counted: list[Asset]) -> Json:
    day = 86_400_000
    local = [asset.taken + asset.offset * 60_000 for asset in counted]
    return {
        "startDate": moment(min(local) // day * day),
        "endDate": moment(max(local) // day * day),
        "lastModifiedAssetTimestamp": moment(max(asset.updated for asset in counted)),
    }


def _contributors(counted: Iterable[Asset]) -> list[Json]:
    counts: dict[str, int] = {}
    for asset in counted:
        counts[asset.owner_id] = counts.get(asset.owner_id, 0) + 1
    return [{"userId": id_, "assetCount": count} for id_, count in counts.items()]
