"""What a handler gets: one request, read and authenticated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pentaprism.sandbox.immich.body import Body, read_uuid
from pentaprism.sandbox.immich.entities import Album, Asset, Key, User
from pentaprism.sandbox.immich.errors import no_access
from pentaprism.sandbox.immich.faults import Fault, Faults
from pentaprism.sandbox.immich.library import Library
from pentaprism.sandbox.immich.listing import Listing
from pentaprism.sandbox.immich.replies import Replies
from pentaprism.sandbox.immich.reply import Reply
from pentaprism.sandbox.immich.sidecars import Sidecars
from pentaprism.sandbox.immich.traffic import Traffic


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
    sidecars: Sidecars
    method: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Body = field(default_factory=Body)
    upload: Upload | None = None
    user_or_none: User | None = None
    key: Key | None = None
    token: str | None = None
    faults: dict[str, Fault] = field(default_factory=dict)

    @property
    def user(self) -> User:
        """Return the caller; only for routes that need one."""
        if self.user_or_none is None:
            raise LookupError("this route is open to strangers")
        return self.user_or_none

    def id(self, name: str = "id") -> str:
        """Return a path parameter that must be a UUID, in lower case."""
        return read_uuid(self.params[name], name)

    def album(self, album_id: str, permission: str) -> Album:
        """Return an album of the caller, own or shared; some changes are the owner's alone."""
        album = self.library.albums.get(album_id)
        if album is None or not self._may(album, permission):
            raise no_access(permission)
        return album

    def _may(self, album: Album, permission: str) -> bool:
        role = "owner" if album.owner_id == self.user.id else album.users.get(self.user.id)
        if permission == "album.read":
            return role is not None
        if permission.startswith("albumAsset.") or permission == "album.update":
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
        if not all(self.may_change(id_) for id_ in ids):
            raise no_access(permission)
        return [self.library.assets[id_] for id_ in ids]

    def may_change(self, asset_id: str) -> bool:
        """Say whether an asset is the caller's own, and not locked away from their keys."""
        asset = self.library.assets.get(asset_id)
        return asset is not None and asset.owner_id == self.user.id and asset.visibility != "locked"

    def may_share(self, asset_id: str) -> bool:
        """Say whether the caller may put an asset into albums: their own, or a partner's."""
        asset = self.library.assets.get(asset_id)
        if asset is None or asset.visibility == "locked":
            return False
        return asset.owner_id in {self.user.id, *self.library.partners.get(self.user.id, ())}


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
