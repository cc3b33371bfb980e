"""Looking at assets in Immich."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import UNSET, UnsetType

from pentaprism.assets import Visibility
from pentaprism.errors import NotFoundError
from pentaprism.immich import AlbumPlace, AssetState, Outcome, Preflight, Stack
from pentaprism.resolution.seen import SeenAlbum, SeenAsset, SeenStack, SeenTag

_AT_ONCE = 8


class ImmichAssets(Protocol):
    """What is asked of Immich; `pentaprism.immich.ImmichClient` is one, and tells of each call."""

    async def preflight(self, required: frozenset[str]) -> Preflight:
        """Check server and key."""

    async def trash_enabled(self) -> bool:
        """Say whether what is trashed comes back."""

    async def asset_state(self, asset_id: str) -> AssetState:
        """Return an asset as it is now."""

    async def albums_of(self, asset_id: str, *, user_id: str | None = None) -> list[AlbumPlace]:
        """Return the albums of an asset."""

    async def add_to_album(self, album_id: str, asset_ids: Sequence[str]) -> dict[str, Outcome]:
        """Put assets into an album."""

    async def remove_from_album(
        self, album_id: str, asset_ids: Sequence[str]
    ) -> dict[str, Outcome]:
        """Take assets out of an album."""

    async def set_album_cover(self, album_id: str, asset_id: str) -> None:
        """Choose what an album shows."""

    async def change_asset(
        self,
        asset_id: str,
        *,
        is_favorite: bool | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        rating: int | UnsetType | None = UNSET,
        latitude: float | UnsetType | None = UNSET,
        longitude: float | UnsetType | None = UNSET,
    ) -> datetime:
        """Change what is given."""

    async def wait_for_metadata(
        self, asset_id: str, since: datetime, *, seconds: float = 5.0
    ) -> AssetState:
        """Wait until Immich has worked off a change."""

    async def tag_assets(self, tag_ids: Sequence[str], asset_ids: Sequence[str]) -> int:
        """Give assets tags."""

    async def untag_assets(self, tag_id: str, asset_ids: Sequence[str]) -> dict[str, Outcome]:
        """Take a tag from assets."""

    async def create_stack(self, asset_ids: Sequence[str]) -> Stack:
        """Make a stack, once."""

    async def show_first(self, stack_id: str, asset_id: str) -> Stack:
        """Make another asset the primary."""

    async def delete_stack(self, stack_id: str) -> None:
        """End a stack; its assets stay."""

    async def trash(self, asset_ids: Sequence[str]) -> None:
        """Move assets to the trash."""

    async def restore(self, asset_ids: Sequence[str]) -> None:
        """Take assets back from the trash."""


async def look(
    client: ImmichAssets, user_id: str, asset_ids: Iterable[str]
) -> dict[str, SeenAsset]:
    """Return assets as they are now, by their ids; those that are gone are left out."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(asset_id: str) -> SeenAsset | None:
        async with gate:
            try:
                state = await client.asset_state(asset_id)
                return _seen(state, await client.albums_of(asset_id, user_id=user_id))
            except NotFoundError:
                return None

    found = await asyncio.gather(*(one(id_) for id_ in dict.fromkeys(asset_ids)))
    return {asset.id: asset for asset in found if asset is not None}


def _seen(state: AssetState, albums: Sequence[AlbumPlace]) -> SeenAsset:
    place = None
    if state.latitude is not None and state.longitude is not None:
        place = (state.latitude, state.longitude)
    stack = None
    if state.stack is not None and state.stack.asset_ids:
        stack = SeenStack(state.stack.id, state.stack.asset_ids)
    return SeenAsset(
        state.id,
        state.owner_id,
        state.checksum.sha1,
        trashed=state.is_trashed,
        offline=state.is_offline,
        hidden=state.visibility is Visibility.HIDDEN,
        locked=state.visibility is Visibility.LOCKED,
        archived=state.visibility is Visibility.ARCHIVE,
        external=state.library_id is not None,
        live_video_id=state.live_video_id,
        favourite=state.is_favorite,
        description=state.description,
        rating=state.rating,
        place=place,
        tags=tuple(SeenTag(tag.id, tag.value) for tag in state.tags),
        albums=tuple(
            SeenAlbum(album.id, album.name, album.may_change, album.cover_id) for album in albums
        ),
        stack=stack,
    )
