"""Immich's JSON, as far as it is read here; the source is its OpenAPI document, 2.x and 3.x.

Tolerant on purpose: unknown fields are ignored, what is not essential may be missing or null.
Dates stay text here, because a single odd one must not make a page of a thousand unreadable.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

Number = int | float


class ExifReply(msgspec.Struct, rename="camel"):
    """``exifInfo`` of an asset."""

    file_size_in_byte: Number | None = None
    exif_image_width: Number | None = None
    description: str | None = None
    rating: Number | None = None
    latitude: Number | None = None
    longitude: Number | None = None
    make: str | None = None
    model: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


class TagReply(msgspec.Struct, rename="camel"):
    """A tag; ``value`` is its whole path, such as ``Trip/Beach``."""

    value: str | None = None
    name: str | None = None
    id: str = ""


class AssetReply(msgspec.Struct, rename="camel"):
    """An asset in a listing or by itself; ``width`` is unset on servers that do not tell it."""

    id: str
    checksum: str
    original_file_name: str
    type: str = "OTHER"
    owner_id: str = ""
    library_id: str | None = None
    original_mime_type: str | None = None
    thumbhash: str | None = None
    file_created_at: str | None = None
    file_modified_at: str | None = None
    local_date_time: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    visibility: str | None = None
    is_archived: bool | None = None
    is_trashed: bool | None = None
    is_offline: bool | None = None
    is_edited: bool | None = None
    live_photo_video_id: str | None = None
    width: Number | UnsetType | None = UNSET
    height: Number | None = None
    exif_info: ExifReply | None = None
    tags: list[TagReply] | None = None


class AssetPage(msgspec.Struct, rename="camel"):
    """A page of a listing; ``next_page`` is a number written as text, null on the last page."""

    items: list[AssetReply]
    next_page: str | int | None = None


class SearchReply(msgspec.Struct, rename="camel"):
    """The answer of ``POST /search/metadata``."""

    assets: AssetPage


class UserReply(msgspec.Struct, rename="camel"):
    """A user, as ``GET /users/me`` and albums show one."""

    id: str
    name: str = ""
    email: str = ""
    is_admin: bool | None = None


class AlbumUserReply(msgspec.Struct, rename="camel"):
    """Somebody who sees an album."""

    user: UserReply
    role: str = ""


class AlbumReply(msgspec.Struct, rename="camel"):
    """An album: 3.x lists the owner in ``album_users``, 2.x beside them."""

    id: str
    album_name: str
    asset_count: int
    description: str | None = None
    updated_at: str | None = None
    album_thumbnail_asset_id: str | None = None
    shared: bool | None = None
    album_users: list[AlbumUserReply] | None = None
    owner_id: str | None = None
    owner: UserReply | None = None


class KeyReply(msgspec.Struct, rename="camel"):
    """The API key in use."""

    permissions: list[str]


class LoginReply(msgspec.Struct, rename="camel"):
    """The answer of ``POST /auth/login``."""

    access_token: str
    user_id: str
    user_email: str = ""
    name: str = ""
    is_admin: bool | None = None


class LogoutReply(msgspec.Struct, rename="camel"):
    """The answer of ``POST /auth/logout``."""

    successful: bool | None = None


class NewKeyReply(msgspec.Struct, rename="camel"):
    """The answer of ``POST /api-keys``: the only one that tells the key itself."""

    secret: str


class StatisticsReply(msgspec.Struct, rename="camel"):
    """The answer of ``GET /assets/statistics``."""

    images: int
    videos: int
    total: int


class PingReply(msgspec.Struct, rename="camel"):
    """The answer of ``GET /server/ping``: ``pong``."""

    res: str


class VersionReply(msgspec.Struct, rename="camel"):
    """The server's version."""

    major: int
    minor: int
    patch: int


class ConfigReply(msgspec.Struct, rename="camel"):
    """The part of ``GET /server/config`` that says whether the server is in maintenance."""

    maintenance_mode: bool | None = None


class ErrorReply(msgspec.Struct, rename="camel"):
    """What Immich says when it refuses."""

    message: str | list[str] | None = None


class SearchQuery(msgspec.Struct, rename="camel", omit_defaults=True):
    """The body of ``POST /search/metadata``."""

    album_ids: list[str]
    size: int
    page: int
    order: str
    with_exif: bool = False


class LoginOrder(msgspec.Struct, rename="camel"):
    """The body of ``POST /auth/login``."""

    email: str
    password: str


class KeyOrder(msgspec.Struct, rename="camel"):
    """The body of ``POST /api-keys``."""

    name: str
    permissions: list[str]
