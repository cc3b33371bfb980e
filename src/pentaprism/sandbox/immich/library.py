"""The library in memory, and every change that can happen to it.

Tests change it directly while the server runs; the control endpoint calls the same methods. A
method that names an unknown id raises `KeyError`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from pentaprism.sandbox.immich.accounts import Accounts
from pentaprism.sandbox.immich.content import Content, Whole
from pentaprism.sandbox.immich.entities import Album, Asset, Place, Stack, Tag

READ_ONLY = (
    "album.read",
    "asset.read",
    "asset.view",
    "asset.download",
    "user.read",
    "server.about",
)
"""The permissions that mirroring needs."""


def wall_clock() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Library(Accounts):
    """Albums, assets, stacks and tags of one server, and who has an account there.

    ``revision`` grows with every change; ``fragments`` keeps JSON of assets that did not change
    since. Without ``trash_enabled`` the server says that it has no trash.
    """

    def __init__(self, seed: int, clock: Callable[[], int] = wall_clock) -> None:
        super().__init__(seed, clock)
        self.albums: dict[str, Album] = {}
        self.assets: dict[str, Asset] = {}
        self.stacks: dict[str, Stack] = {}
        self.tags: dict[str, Tag] = {}
        self.fragments: dict[tuple[str, bool], bytes] = {}
        self.trash_enabled = True
        self.trash_days = 30

    # Albums

    def add_album(self, name: str, assets: Iterable[str] = (), *, owner_id: str = "") -> Album:
        """Make an album with ``assets``; the owner's unless ``owner_id`` says otherwise."""
        now = self.clock()
        album = Album(self.new_id(), name, owner_id or self.owner.id, now, now)
        album.assets = dict.fromkeys(assets)
        album.thumbnail_id = next(iter(album.assets), None)
        self.albums[album.id] = album
        self.revision += 1
        return album

    def add_to_album(self, album_id: str, asset_ids: Iterable[str]) -> list[str]:
        """Add assets and return those that were not there; this moves the album's time."""
        album = self.albums[album_id]
        added = [self.assets[id_].id for id_ in asset_ids if id_ not in album.assets]
        album.assets.update(dict.fromkeys(added))
        album.thumbnail_id = album.thumbnail_id or next(iter(added), None)
        self._changed(album)
        if added:
            self._tell_of_album(album)
        return added

    def remove_from_album(self, album_id: str, asset_ids: Iterable[str]) -> list[str]:
        """Remove assets and return those that were there.

        Immich leaves the album's time alone, unless the album's thumbnail was among them.
        """
        album = self.albums[album_id]
        removed = [id_ for id_ in dict.fromkeys(asset_ids) if id_ in album.assets]
        for id_ in removed:
            del album.assets[id_]
        self.revision += 1
        if album.thumbnail_id in removed:
            self.choose_thumbnails()
        if removed:
            self._tell_of_album(album)
        return removed

    def _tell_of_album(self, album: Album) -> None:
        self.tell_each("on_album_update", [album.owner_id, *album.users], album.id)

    def choose_thumbnails(self) -> None:
        """Give each album whose thumbnail has gone, or is in the trash, its newest asset instead.

        Immich does so, for good and all albums at once, whenever albums are read.
        """
        for album in self.albums.values():
            if self._is_shown(album, album.thumbnail_id):
                continue
            shown = [id_ for id_ in album.assets if self._is_shown(album, id_)]
            if shown or album.thumbnail_id is not None:
                newest = max(shown, key=lambda id_: self.assets[id_].taken, default=None)
                album.thumbnail_id = newest
                self._changed(album)

    def _is_shown(self, album: Album, asset_id: str | None) -> bool:
        return asset_id in album.assets and self.assets[asset_id].deleted is None

    def rename_album(self, album_id: str, name: str) -> None:
        """Give an album another name."""
        self.albums[album_id].name = name
        self._changed(self.albums[album_id])

    def delete_album(self, album_id: str) -> None:
        """Delete an album; its assets stay."""
        del self.albums[album_id]
        self.revision += 1

    def share_album(self, album_id: str, user_id: str, role: str = "viewer") -> None:
        """Let another user see (viewer) or change (editor) an album."""
        self.albums[album_id].users[self.users[user_id].id] = role
        self._changed(self.albums[album_id])

    def unshare_album(self, album_id: str, user_id: str) -> None:
        """Take an album from a user again."""
        del self.albums[album_id].users[user_id]
        self._changed(self.albums[album_id])

    def album_named(self, name: str) -> Album:
        """Return the first album with that name."""
        for album in self.albums.values():
            if album.name == name:
                return album
        raise KeyError(name)

    def _changed(self, album: Album) -> None:
        album.updated = self.clock()
        self.revision += 1

    # Assets

    def add_asset(self, asset: Asset) -> Asset:
        """Take an asset into the library and return it."""
        self.assets[asset.id] = asset
        self.revision += 1
        return asset

    def touch(self, *asset_ids: str) -> None:
        """Move the assets' time and forget their JSON; call it after changing fields directly."""
        now = self.clock()
        for id_ in asset_ids:
            self.assets[id_].updated = now
        self.forget(*asset_ids)

    def forget(self, *asset_ids: str) -> None:
        """Forget the assets' JSON, without moving their time."""
        for id_ in asset_ids:
            self.fragments.pop((id_, False), None)
            self.fragments.pop((id_, True), None)
        self.revision += 1

    def trash(self, asset_ids: Iterable[str]) -> None:
        """Move assets to the trash; Immich leaves the video half of a live photo where it is."""
        ids = list(asset_ids)
        for id_ in ids:
            self.assets[id_].deleted = self.clock()
            self.touch(id_)
        self._tell_owners("on_asset_trash", ids)

    def restore(self, asset_ids: Iterable[str]) -> int:
        """Take assets back from the trash and return how many there were."""
        asked = list(asset_ids)
        ids = [id_ for id_ in asked if self.assets[id_].deleted is not None]
        for id_ in ids:
            self.assets[id_].deleted = None
            self.touch(id_)
        self._tell_owners("on_asset_restore", asked)
        return len(ids)

    def _tell_owners(self, event: str, asset_ids: Iterable[str]) -> None:
        """Tell the owners of assets the ids of theirs."""
        owned: dict[str, list[str]] = {}
        for id_ in asset_ids:
            owned.setdefault(self.assets[id_].owner_id, []).append(id_)
        for owner_id, ids in owned.items():
            self.tell(event, owner_id, ids)

    def delete(self, asset_ids: Iterable[str]) -> None:
        """Delete assets and the videos of live photos for good, out of every album and stack."""
        for id_ in self._with_videos(asset_ids):
            for album in self.albums.values():
                album.assets.pop(id_, None)
            self._unstack_deleted(id_)
            self.touch(id_)
            self.tell("on_asset_delete", self.assets.pop(id_).owner_id, id_)

    def _with_videos(self, asset_ids: Iterable[str]) -> list[str]:
        ids = [self.assets[id_].id for id_ in asset_ids]
        videos = (self.assets[id_].live_video_id for id_ in ids)
        return ids + [id_ for id_ in videos if id_ is not None and id_ in self.assets]

    def set_visibility(self, asset_id: str, visibility: str) -> None:
        """Show an asset in timeline, archive, hidden or locked; albums keep it."""
        self.assets[asset_id].visibility = visibility
        self.touch(asset_id)

    def lock(self, asset_id: str) -> None:
        """Move an asset to the locked folder and out of every album, as Immich's pages do.

        ``set_visibility(id, "locked")`` leaves it in its albums, as a change of one asset does.
        """
        self.set_visibility(asset_id, "locked")
        for album in self.albums.values():
            album.assets.pop(asset_id, None)

    def set_offline(self, asset_id: str, *, offline: bool = True) -> None:
        """Say that an asset's file is gone (Immich also trashes it), or back."""
        asset = self.assets[asset_id]
        asset.is_offline = offline
        asset.deleted = self.clock() if offline else None
        self.touch(asset_id)

    def set_processed(self, asset_id: str, *, processed: bool = True) -> None:
        """Say whether Immich has read the metadata and made the thumbnails."""
        asset = self.assets[asset_id]
        is_news = processed and not asset.processed
        asset.processed = processed
        self.touch(asset_id)
        if is_news and asset.visibility in ("timeline", "archive"):
            self.tell("on_upload_success", asset.owner_id, asset_id)
            self.tell("AssetUploadReadyV2", asset.owner_id, asset_id)

    def replace(self, asset_id: str, content: Content | bytes) -> None:
        """Give an asset other bytes, and with them another checksum and time."""
        asset = self.assets[asset_id]
        asset.content = Whole(content) if isinstance(content, bytes) else content
        asset.scene = None
        asset.modified = self.clock()
        self.touch(asset_id)

    def edit(self, asset_id: str, content: Content | bytes | None) -> None:
        """Give an asset an edited form beside its original; None takes it away."""
        self.assets[asset_id].edited = Whole(content) if isinstance(content, bytes) else content
        self.touch(asset_id)

    def describe(
        self,
        asset_id: str,
        *,
        description: str | None = None,
        rating: int | None = None,
        place: Place | None = None,
        favorite: bool | None = None,
        taken: int | None = None,
        offset: int | None = None,
    ) -> None:
        """Change what Immich knows about an asset; None leaves a value as it is."""
        asset = self.assets[asset_id]
        asset.description = asset.description if description is None else description
        asset.rating = asset.rating if rating is None else rating
        asset.place = asset.place if place is None else place
        asset.is_favorite = asset.is_favorite if favorite is None else favorite
        asset.taken = asset.taken if taken is None else taken
        asset.offset = asset.offset if offset is None else offset
        self.touch(asset_id)

    def rename_asset(self, asset_id: str, filename: str) -> None:
        """Give an asset another original file name."""
        self.assets[asset_id].filename = filename
        self.touch(asset_id)

    # Stacks and tags

    def add_stack(self, asset_ids: Sequence[str]) -> Stack:
        """Stack assets, the first as primary; a stack whose primary is among them is absorbed.

        One that loses another member stays, even with a single asset.
        """
        members = dict.fromkeys(asset_ids)
        for id_ in asset_ids:
            old = self.stacks.get(self.assets[id_].stack_id or "")
            if old and old.asset_ids[0] == id_:
                members.update(dict.fromkeys(old.asset_ids))
        for id_ in members:
            self.leave_stack(id_)
        stack = Stack(self.new_id(), self.assets[asset_ids[0]].owner_id, list(members))
        self.stacks[stack.id] = stack
        for id_ in members:
            self.assets[id_].stack_id = stack.id
        self.touch(*members)
        return stack

    def leave_stack(self, asset_id: str) -> None:
        """Take an asset out of its stack; one without its primary ends."""
        stack = self.stacks.get(self.assets[asset_id].stack_id or "")
        if stack is None:
            return
        if stack.asset_ids[0] == asset_id:
            self.remove_stack(stack.id)
            return
        stack.asset_ids.remove(asset_id)
        self.assets[asset_id].stack_id = None
        self.touch(asset_id)

    def _unstack_deleted(self, asset_id: str) -> None:
        """Take an asset that is deleted out of its stack; one of two ends with it."""
        stack = self.stacks.get(self.assets[asset_id].stack_id or "")
        if stack is None:
            return
        stack.asset_ids.remove(asset_id)
        self.assets[asset_id].stack_id = None
        if len(stack.asset_ids) < 2:
            self.remove_stack(stack.id)

    def remove_stack(self, stack_id: str) -> None:
        """End a stack; its assets stay."""
        for id_ in self.stacks.pop(stack_id).asset_ids:
            self.assets[id_].stack_id = None
            self.touch(id_)

    def upsert_tag(self, value: str, owner_id: str = "") -> Tag:
        """Return the tag with that path, made together with its parents where they are missing."""
        owner = owner_id or self.owner.id
        for tag in self.tags.values():
            if tag.value == value and tag.owner_id == owner:
                return tag
        parent = value.rpartition("/")[0]
        parent_id = self.upsert_tag(parent, owner).id if parent else None
        now = self.clock()
        tag = Tag(self.new_id(), owner, value, parent_id, now, now)
        self.tags[tag.id] = tag
        return tag

    def tag(self, asset_id: str, *values: str) -> None:
        """Assign tags, by path, to an asset."""
        asset = self.assets[asset_id]
        ids = [self.upsert_tag(value, asset.owner_id).id for value in values]
        asset.tag_ids = tuple(dict.fromkeys((*asset.tag_ids, *ids)))
        self.touch(asset_id)
