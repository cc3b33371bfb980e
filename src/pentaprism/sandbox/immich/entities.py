"""What the sandbox's library holds. Times are milliseconds since 1970 in UTC."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from pentaprism.sandbox.immich.content import Content


@dataclass(slots=True)
class User:
    """A person with an account on the server; ``deleted`` is when an admin took it away."""

    id: str
    email: str
    name: str
    password: str = field(repr=False)
    is_admin: bool
    colour: str
    created: int
    deleted: int | None = None


@dataclass(slots=True)
class Key:
    """An API key; ``secret`` is what a client sends."""

    id: str
    name: str
    secret: str = field(repr=False)
    user_id: str
    permissions: list[str]
    created: int
    updated: int


@dataclass(frozen=True, slots=True)
class Camera:
    """The part of the EXIF that photos of one camera share."""

    make: str | None
    model: str | None
    lens: str | None = None
    f_number: float | None = None
    focal_length: float | None = None
    iso: int | None = None
    exposure: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo was taken, and how Immich names the place."""

    latitude: float
    longitude: float
    city: str | None = None
    state: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What a made picture shows: drawn from ``seed`` and ``number``, in a file of ``kind``."""

    seed: int
    kind: str
    number: int


NO_CAMERA = Camera(None, None)


@dataclass(slots=True)
class Asset:
    """One photo or video.

    ``taken`` is the instant of capture, ``offset`` its zone in minutes east of UTC. ``processed``
    is False until Immich has read the metadata. ``deleted`` is when it went to the trash.
    ``scene`` is what ``content`` shows; None for bytes that were not drawn here.
    """

    id: str
    owner_id: str
    filename: str
    kind: str
    mime_type: str
    content: Content
    path: str
    taken: int
    created: int
    updated: int
    modified: int
    offset: int = 0
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    visibility: str = "timeline"
    library_id: str | None = None
    live_video_id: str | None = None
    stack_id: str | None = None
    duplicate_id: str | None = None
    deleted: int | None = None
    is_favorite: bool = False
    is_offline: bool = False
    processed: bool = True
    camera: Camera = NO_CAMERA
    place: Place | None = None
    description: str = ""
    rating: int | None = None
    tag_ids: tuple[str, ...] = ()
    edited: Content | None = None
    scene: Scene | None = None
    orientation: int = 1

    @property
    def is_video(self) -> bool:
        """Say whether Immich's type is VIDEO."""
        return self.mime_type.startswith("video/")

    @property
    def checksum(self) -> bytes:
        """Return Immich's SHA-1: of the bytes, or of the path in an external library."""
        if self.library_id is None:
            return self.content.sha1
        return hashlib.sha1(f"path:{self.path}".encode(), usedforsecurity=False).digest()

    @property
    def thumbhash(self) -> str | None:
        """Return the picture's ThumbHash as base64, or None until the asset is processed."""
        if not self.processed:
            return None
        if self.scene is not None:
            # Pillow loads here, not with the program
            from pentaprism.sandbox.immich.scenes import thumbhash  # noqa: PLC0415 (loads late)

            return thumbhash(self.scene)
        return base64.b64encode(hashlib.sha256(self.content.sha1).digest()[:21]).decode()


@dataclass(slots=True)
class Album:
    """An album; ``assets`` keeps the order of adding, ``users`` maps a user id to a role."""

    id: str
    name: str
    owner_id: str
    created: int
    updated: int
    description: str = ""
    order: str = "desc"
    assets: dict[str, None] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    activity: bool = True
    thumbnail_id: str | None = None


@dataclass(slots=True)
class Stack:
    """Assets that belong together; the first one is the primary."""

    id: str
    owner_id: str
    asset_ids: list[str]


@dataclass(slots=True)
class Tag:
    """A tag; ``value`` is its whole path, such as ``trips/berlin``."""

    id: str
    owner_id: str
    value: str
    parent_id: str | None
    created: int
    updated: int
