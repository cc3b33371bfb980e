"""What a handler gets, and what it gives back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pentaprism.sandbox.immich.content import Content, Whole
from pentaprism.sandbox.immich.entities import Album, Asset, Key, User
from pentaprism.sandbox.immich.errors import (
    UUID_PATTERN,
    bad_uuid,
    invalid,
    no_access,
    wrong_type,
)
from pentaprism.sandbox.immich.faults import Fault, Faults
from pentaprism.sandbox.immich.library import Library
from pentaprism.sandbox.immich.listing import Listing
from pentaprism.sandbox.immich.replies import Replies
from pentaprism.sandbox.immich.traffic import Traffic

_UUID = re.compile(UUID_PATTERN)
_JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "array": list,
}


@dataclass(slots=True)
class Reply:
    """A status, headers and the bytes of a body; ``media_type`` is its Content-Type."""

    status: int
    content: Content
    media_type: str | None
    headers: dict[str, str] = field(default_factory=dict)
    start: int = 0
    stop: int | None = None

    @property
    def end(self) -> int:
        """Return where the part of the content that is sent stops."""
        return self.content.size if self.stop is None else self.stop


JSON = "application/json; charset=utf-8"


def json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """Return a JSON reply."""
    return Reply(status, Whole(orjson.dumps(value)), JSON, headers or {})


def raw_json(text: bytes) -> Reply:
    """Return a JSON reply that is already text."""
    return Reply(200, Whole(text), JSON)


def nothing(status: int = 204) -> Reply:
    """Return a reply without a body."""
    return Reply(status, Whole(b""), None)


@dataclass(slots=True)
class Upload:
    """A file in a multipart form, and the form's other fields."""

    filename: str
    data: bytes
    fields: dict[str, str]


@dataclass(slots=True)
class Call:
    """One request, read and authenticated."""

    library: Library
    listing: Listing
    replies: Replies
    rules: Faults
    traffic: Traffic
    method: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    upload: Upload | None = None
    user_or_none: User | None = None
    key: Key | None = None
    faults: dict[str, Fault] = field(default_factory=dict)

    @property
    def user(self) -> User:
        """Return the caller; only for routes that need one."""
        if self.user_or_none is None:
            raise LookupError("this route is open to strangers")
        return self.user_or_none

    def id(self, name: str = "id") -> str:
        """Return a path parameter that must be a UUID, in lower case."""
        value = self.params[name]
        if not _UUID.match(value):
            raise bad_uuid(name)
        return value.lower()

    def value(self, name: str, expected: str, default: Any = None) -> Any:
        """Return a value of the JSON body; ``expected`` is its JSON type."""
        if not isinstance(self.body, dict):
            raise wrong_type("object", self.body)
        value = self.body.get(name)
        if value is None:
            return default
        right = isinstance(value, _JSON_TYPES[expected])
        if not right or (expected == "number" and isinstance(value, bool)):
            raise wrong_type(expected, value, name)
        return value

    def integer(self, name: str, low: int, high: int | None, default: int) -> int:
        """Return a whole number of the body between ``low`` and ``high``."""
        value = int(self.value(name, "number", default))
        if value < low:
            raise _out_of_range("small", "minimum", low, ">=", name)
        if high is not None and value > high:
            raise _out_of_range("big", "maximum", high, "<=", name)
        return value

    def ids(self, name: str, *, required: bool = True, least: int = 0) -> list[str]:
        """Return a list of UUIDs of the body."""
        values = self.value(name, "array")
        if values is None and not required:
            return []
        if values is None:
            raise wrong_type("array", None, name)
        for at, value in enumerate(values):
            if not isinstance(value, str) or not _UUID.match(value):
                raise bad_uuid(name, at)
        if len(values) < least:
            raise _out_of_range("small", "minimum", least, ">=", name)
        return [value.lower() for value in values]

    def choice(self, name: str, options: tuple[str, ...], default: str | None) -> str | None:
        """Return a string of the body that is one of ``options``."""
        value = self.value(name, "string", default)
        if value is None or value in options:
            return value  # type: ignore[no-any-return]  # value() has checked that it is a string
        listed = "|".join(f'"{option}"' for option in options)
        raise invalid(
            {
                "code": "invalid_value",
                "values": list(options),
                "path": [name],
                "message": f"Invalid option: expected one of {listed}",
            }
        )

    def album(self, album_id: str, permission: str) -> Album:
        """Return an album of the caller, own or shared; the owner's alone for other changes."""
        album = self.library.albums.get(album_id)
        if album is None or not self._may(album, permission):
            raise no_access(permission)
        return album

    def _may(self, album: Album, permission: str) -> bool:
        role = "owner" if album.owner_id == self.user.id else album.users.get(self.user.id)
        if permission == "album.read":
            return role is not None
        if permission.startswith("albumAsset."):
            return role in ("owner", "editor")
        return role == "owner"

    def sees(self, asset: Asset) -> bool:
        """Say whether the caller may read an asset: their own, or one in an album they see."""
        if asset.owner_id == self.user.id and asset.visibility != "locked":
            return True
        if asset.deleted is not None:
            return False
        return any(
            asset.id in album.assets and self._may(album, "album.read")
            for album in self.library.albums.values()
        ) or self._is_video_of_seen(asset)

    def _is_video_of_seen(self, asset: Asset) -> bool:
        """Say whether the asset is the hidden half of a live photo in an album the caller sees."""
        if asset.visibility != "hidden":
            return False
        return any(
            self.library.assets[id_].live_video_id == asset.id
            for album in self.library.albums.values()
            if self._may(album, "album.read")
            for id_ in album.assets
        )

    def asset(self, permission: str, name: str = "id") -> Asset:
        """Return the asset that the path names, if the caller may read it."""
        asset = self.library.assets.get(self.id(name))
        if asset is None or not self.sees(asset):
            raise no_access(permission)
        return asset

    def own_assets(self, ids: list[str], permission: str) -> list[Asset]:
        """Return the caller's assets with these ids; one that is not theirs fails all."""
        assets = [self.library.assets.get(id_) for id_ in ids]
        found = [a for a in assets if a is not None and a.owner_id == self.user.id]
        if len(found) < len(ids):
            raise no_access(permission)
        return found


def _out_of_range(word: str, bound_name: str, bound: int, sign: str, name: str) -> Exception:
    return invalid(
        {
            "origin": "number",
            "code": f"too_{word}",
            bound_name: bound,
            "inclusive": True,
            "path": [name],
            "message": f"Too {word}: expected number to be {sign}{bound}",
        }
    )


type Handler = Callable[[Call], Reply]

OPEN = ""
"""The permission of routes that need none but a valid credential."""


@dataclass(frozen=True, slots=True)
class Route:
    """A call of the API.

    ``permission`` is what an API key needs; `OPEN` is any credential, None nothing at all.
    ``asset`` names the path parameter that is an asset id, for faults on single assets.
    """

    method: str
    path: str
    name: str
    handler: Handler
    permission: str | None
    asset: str | None = None
