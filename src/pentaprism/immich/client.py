"""The Immich client: what Pentaprism asks of a server, and the gate for its version."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Literal, Self

from pentaprism.assets import Album, Asset
from pentaprism.errors import ActionRequiredError
from pentaprism.immich.changing import ChangingClient
from pentaprism.immich.connections import Connections
from pentaprism.immich.content import AssetContent
from pentaprism.immich.conversion import to_album, to_asset
from pentaprism.immich.identity import Server, ask_server, ask_user
from pentaprism.immich.ids import check_id
from pentaprism.immich.library import LibraryAsset, list_library
from pentaprism.immich.line import make_line
from pentaprism.immich.listing import PAGE, Listing
from pentaprism.immich.models import (
    AlbumReply,
    AssetPage,
    AssetReply,
    KeyReply,
    SearchQuery,
    SearchReply,
    StatisticsReply,
)
from pentaprism.immich.options import ImmichOptions
from pentaprism.immich.orders import Orders
from pentaprism.immich.pace import Pace
from pentaprism.immich.permissions import READ_ONLY, Preflight
from pentaprism.immich.refusals import absent_album, absent_asset
from pentaprism.immich.stacks import Stack, ask_stacks, create_stack, delete_stack, show_first
from pentaprism.immich.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture of an asset, and the type of its bytes, such as ``image/webp``."""

    data: bytes
    mime_type: str


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many photos and videos a user has, in the timeline and archived."""

    images: int
    videos: int
    total: int


class ImmichClient(ChangingClient):
    """One server, one key. An asynchronous context manager; `close` does the same.

    Making one raises when the address, the key or the certificate file cannot be right; the
    network is not touched before the first call. Calls repeat themselves on passing faults.
    """

    def __init__(self, options: ImmichOptions, *, pace: Pace | None = None) -> None:
        self._line = make_line(options, pace or Pace())
        self._calls = Orders(self._line)
        self._connections = Connections(self._line)

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        await self.close()

    async def close(self) -> None:
        """Close all connections; may be repeated. Downloads under way keep theirs to their end."""
        self._connections.close()
        await self._calls.close()

    @property
    def url(self) -> str:
        """The server's address in its one true form, without ``/api``, for people and records."""
        address = self._line.address
        return address.origin + address.base.removesuffix("/api")

    @property
    def traffic(self) -> Traffic:
        """What was asked for and read so far."""
        return self._line.traffic

    def cancel(self) -> None:
        """End all downloads in threads, soon, with `RetryableError` code ``cancelled``.

        It lasts: later downloads of this client are refused the same way. May be called from
        any thread.
        """
        self._connections.cancel()

    async def server(self) -> Server:
        """Return the server's version, after proving that it is an Immich of a version we know.

        Raises `ActionRequiredError` with code ``url``, ``unreachable``, ``certificate``,
        ``not_immich`` or ``version``.
        """
        return await ask_server(self._calls)

    async def preflight(self, required: frozenset[str] = READ_ONLY) -> Preflight:
        """Check server and key, and tell which of the ``required`` permissions are missing.

        Raises as `server` does, and `ActionRequiredError` with code ``bad_key``.
        """
        server = await self.server()
        key = await self._calls.get("/api-keys/me", KeyReply)
        permissions = frozenset(key.permissions)
        missing = frozenset() if "all" in permissions else required - permissions
        user = None
        if permissions & {"all", "user.read"}:
            user = await ask_user(self._calls)
        return Preflight(server, user, permissions, missing)

    async def statistics(self) -> Statistics | None:
        """Return how much the key's user has, None for a key without ``asset.statistics``."""
        try:
            reply = await self._calls.get("/assets/statistics", StatisticsReply)
        except ActionRequiredError as error:
            if error.code == "permissions":
                return None
            raise
        return Statistics(reply.images, reply.videos, reply.total)

    async def albums(self) -> list[Album]:
        """Return all albums that the key's user owns or was given, as Immich orders them."""
        return [to_album(reply) for reply in await self._calls.get("/albums", list[AlbumReply])]

    async def album(self, album_id: str) -> Album:
        """Return an album; raise `NotFoundError` with code ``album_not_found``."""
        absent = absent_album(album_id)
        check_id(album_id, absent)
        return to_album(await self._calls.get(f"/albums/{album_id}", AlbumReply, absent=absent))

    def list_album(self, album: Album | str, *, with_exif: bool = False) -> Listing:
        """Return the listing of an album, given itself or by its id; nothing is asked yet.

        Its pages raise `NotFoundError` with code ``album_not_found``.
        """
        album_id = album if isinstance(album, str) else album.id

        async def fetch(page: int) -> AssetPage:
            absent = absent_album(album_id)
            check_id(album_id, absent)
            query = SearchQuery([album_id], PAGE, page, "asc", with_exif)
            reply = await self._calls.post("/search/metadata", query, SearchReply, absent=absent)
            return reply.assets

        return Listing(fetch, lambda: self.album(album_id))

    async def list_library(
        self, *, updated_after: datetime | None = None, owner_id: str | None = None
    ) -> AsyncGenerator[list[LibraryAsset]]:
        """Yield pages of all assets of the key's user, oldest first.

        What is in the trash is left out, but with ``updated_after`` (aware): then all that changed
        at that time or later comes, trashed too. An asset that goes during the listing makes
        Immich skip another one, so that an absence proves nothing by itself. ``owner_id`` saves
        the question who the user is, which needs ``user.read``.
        """
        owner = owner_id or (await ask_user(self._calls)).id
        async with aclosing(list_library(self._calls, owner, updated_after)) as pages:
            async for page in pages:
                yield page

    async def stacks(self) -> list[Stack]:
        """Return all stacks of the key's user."""
        return await ask_stacks(self._calls)

    async def create_stack(self, asset_ids: Sequence[str]) -> Stack:
        """Make a stack, once; see `pentaprism.immich.stacks.create_stack`."""
        return await create_stack(self._calls, asset_ids)

    async def show_first(self, stack_id: str, asset_id: str) -> Stack:
        """Make another asset the primary; see `pentaprism.immich.stacks.show_first`."""
        return await show_first(self._calls, stack_id, asset_id)

    async def delete_stack(self, stack_id: str) -> None:
        """End a stack, or leave it gone; its assets stay."""
        await delete_stack(self._calls, stack_id)

    async def asset(self, asset_id: str) -> Asset:
        """Return an asset with its metadata and tags.

        Raises `NotFoundError` with code ``asset_not_found``.
        """
        absent = absent_asset(asset_id)
        check_id(asset_id, absent)
        return to_asset(await self._calls.get(f"/assets/{asset_id}", AssetReply, absent=absent))

    async def thumbnail(
        self, asset_id: str, size: Literal["thumbnail", "preview"] = "thumbnail"
    ) -> Thumbnail | None:
        """Return the small picture of an asset, None while Immich has not made it.

        ``thumbnail`` is a WebP of 250 pixels, ``preview`` a JPEG of 1440. Raises `NotFoundError`
        with code ``asset_not_found``.
        """
        absent = absent_asset(asset_id)
        check_id(asset_id, absent)
        path = f"/assets/{asset_id}/thumbnail"
        answer = await self._calls.fetch(path, absent=absent, size=size)
        if answer is None:
            return None
        return Thumbnail(answer.body, answer.headers.get("Content-Type", "image/jpeg"))

    async def original_size(self, asset_id: str) -> int | None:
        """Return the size of the original file in bytes, None if Immich tells none or has none."""
        absent = absent_asset(asset_id)
        check_id(asset_id, absent)
        path = f"/assets/{asset_id}/original"
        answer = await self._calls.fetch(path, absent=absent, method="HEAD")
        size = answer.headers.get("Content-Length") if answer else None
        return int(size) if size else None

    def content(self, asset: Asset) -> AssetContent:
        """Return the bytes of ``asset``, to be read; nothing is asked yet."""
        return AssetContent(asset, self._line, self._connections, self._calls)
