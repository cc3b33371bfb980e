"""What resolving duplicates asks of Immich: states of assets, and reversible changes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, UnsetType

from pentaprism.immich.album_members import (
    AlbumPlace,
    add_to_album,
    ask_albums_of,
    remove_from_album,
    set_album_cover,
)
from pentaprism.immich.asset_changes import AssetChange, change_asset, wait_for_metadata
from pentaprism.immich.asset_states import AssetState, Tag, ask_state
from pentaprism.immich.identity import ask_user
from pentaprism.immich.orders import Orders
from pentaprism.immich.outcomes import Outcome
from pentaprism.immich.tags import tag_assets, untag_assets, upsert_tags
from pentaprism.immich.trash import TrashTerms, ask_trash, restore, trash


class ChangingClient:
    """The calls of a client that change assets; all of them may be repeated without harm."""

    _calls: Orders

    async def asset_state(self, asset_id: str) -> AssetState:
        """Return an asset as it is now, trashed or not; needs ``stack.read`` where it has a stack.

        Raises `NotFoundError` with code ``asset_not_found``.
        """
        return await ask_state(self._calls, asset_id)

    async def albums_of(self, asset_id: str, *, user_id: str | None = None) -> list[AlbumPlace]:
        """Return the albums that an asset is in, own and shared, also while it is in the trash.

        ``user_id`` is the key's user; it saves the question who that is, which needs ``user.read``.
        """
        user = user_id or (await ask_user(self._calls)).id
        return await ask_albums_of(self._calls, asset_id, user)

    async def add_to_album(self, album_id: str, asset_ids: Sequence[str]) -> dict[str, Outcome]:
        """Put assets into an album; see `pentaprism.immich.album_members.add_to_album`."""
        return await add_to_album(self._calls, album_id, asset_ids)

    async def remove_from_album(
        self, album_id: str, asset_ids: Sequence[str]
    ) -> dict[str, Outcome]:
        """Take assets out of an album; see `pentaprism.immich.album_members.add_to_album`."""
        return await remove_from_album(self._calls, album_id, asset_ids)

    async def set_album_cover(self, album_id: str, asset_id: str) -> None:
        """Choose an album's cover; see `pentaprism.immich.album_members.set_album_cover`."""
        await set_album_cover(self._calls, album_id, asset_id)

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
        """Change what is given, in one call, and return the time for `wait_for_metadata`.

        ``""`` and None take a value away; latitude and longitude go together. Two calls for one
        asset without a wait between them may lose the second. Raises `NotFoundError` with code
        ``asset_not_found``.
        """
        # Immich refuses null, and takes 0, 0 for no place at all.
        change = AssetChange(
            is_favorite,
            description,
            rating,
            0.0 if latitude is None else latitude,
            0.0 if longitude is None else longitude,
        )
        return await change_asset(self._calls, asset_id, change)

    async def wait_for_metadata(
        self, asset_id: str, since: datetime, *, seconds: float = 5.0
    ) -> AssetState:
        """Return the state of an asset when Immich has worked off a change of it.

        ``since`` is what `change_asset` returned, or, after tags that were not there or that went
        away, the ``updated_at`` before. After ``seconds`` the state is returned as it is.
        """
        return await wait_for_metadata(self._calls, asset_id, since, seconds)

    async def upsert_tags(self, values: Sequence[str]) -> list[Tag]:
        """Return the tags with these paths, made where they are missing."""
        return await upsert_tags(self._calls, values)

    async def tag_assets(self, tag_ids: Sequence[str], asset_ids: Sequence[str]) -> int:
        """Give every asset every tag; see `pentaprism.immich.tags.tag_assets`."""
        return await tag_assets(self._calls, tag_ids, asset_ids)

    async def untag_assets(self, tag_id: str, asset_ids: Sequence[str]) -> dict[str, Outcome]:
        """Take a tag from assets; raise `NotFoundError` with code ``tag_not_found``."""
        return await untag_assets(self._calls, tag_id, asset_ids)

    async def trash(self, asset_ids: Sequence[str]) -> None:
        """Move assets to the trash, all or none; see `pentaprism.immich.trash.trash`.

        A server whose trash is switched off is refused, with `ActionRequiredError` and code
        ``trash_off``.
        """
        await trash(self._calls, asset_ids)

    async def restore(self, asset_ids: Sequence[str]) -> None:
        """Take assets back from the trash, all or none; see `pentaprism.immich.trash.restore`."""
        await restore(self._calls, asset_ids)

    async def trash_terms(self) -> TrashTerms:
        """Return whether the server has a trash, and after how many days it is emptied."""
        return await ask_trash(self._calls)

    async def trash_enabled(self) -> bool:
        """Say whether what is trashed can be brought back on this server."""
        return (await self.trash_terms()).enabled
