"""The calls of the Library API that a mirror needs, and nothing else of it.

Source of paths and shapes: https://developers.google.com/photos/library/reference/rest. Unknown
fields are passed over, missing ones have defaults.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from pentaprism.destinations.base import Position, RemoteAlbum
from pentaprism.destinations.google_photos.calls import Calls
from pentaprism.destinations.google_photos.refusals import unreadable
from pentaprism.destinations.google_photos.scopes import APPEND, EDIT, READ
from pentaprism.errors import PentaprismError

MOST_ITEMS = 50
"""The most media items that one request takes."""

_PAGE = 100


@dataclass(frozen=True, slots=True)
class NewItem:
    """A media item to be made of an upload; ``description`` may be empty."""

    token: str
    filename: str
    description: str


@dataclass(frozen=True, slots=True)
class Created:
    """What became of one `NewItem`: the media item, or a google.rpc.Code and a sentence.

    Code 6 may come with an item (the account has the bytes already) or without.
    """

    media_item_id: str | None
    url: str | None
    code: int
    message: str


@dataclass(frozen=True, slots=True)
class ListedItem:
    """A media item of an album."""

    id: str
    filename: str
    url: str | None


class _Album(msgspec.Struct, frozen=True, rename="camel"):
    id: str = ""
    title: str = ""


class _MediaItem(msgspec.Struct, frozen=True, rename="camel"):
    id: str = ""
    filename: str = ""
    product_url: str | None = None


class _Status(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


class _NewResult(msgspec.Struct, frozen=True, rename="camel"):
    upload_token: str = ""
    status: _Status = _Status()
    media_item: _MediaItem | None = None


class _NewResults(msgspec.Struct, frozen=True, rename="camel"):
    new_media_item_results: tuple[_NewResult, ...] = ()


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    media_items: tuple[_MediaItem, ...] = ()
    next_page_token: str = ""


class PhotosApi:
    """Albums and media items of one account."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def create_album(self, title: str) -> RemoteAlbum:
        """Make an album; ``title`` has up to 500 characters.

        If the answer is lost it is made again, and an empty one stays behind.
        """
        body = {"album": {"title": title}}
        answer = await self._calls.call("POST", "albums", body, scope=APPEND, write=True)
        album = answer.decode(_Album, "albums.create")
        if not album.id:
            raise unreadable("albums.create")
        return RemoteAlbum(album.id, title)

    async def get_album(self, album: RemoteAlbum) -> RemoteAlbum | None:
        """Return the album as it is now; None when it was deleted or is not ours."""
        try:
            answer = await self._calls.call(
                "GET", f"albums/{_quoted(album.id)}", scope=READ, album=album.title
            )
        except PentaprismError as error:
            if error.code == "remote_album_gone":
                return None
            raise
        return RemoteAlbum(album.id, answer.decode(_Album, "albums.get").title)

    async def rename_album(self, album: RemoteAlbum, title: str) -> None:
        """Give the album another title."""
        await self._calls.call(
            "PATCH",
            f"albums/{_quoted(album.id)}",
            {"title": title},
            scope=EDIT,
            write=True,
            album=album.title,
            updateMask="title",
        )

    async def add_text(self, album: RemoteAlbum, text: str) -> None:
        """Put a text at the start of the album."""
        body = {
            "newEnrichmentItem": {"textEnrichment": {"text": text}},
            "albumPosition": {"position": "FIRST_IN_ALBUM"},
        }
        await self._album_call(album, "addEnrichment", body, scope=APPEND, repeat_lost=True)

    async def batch_create(
        self, album: RemoteAlbum, items: Sequence[NewItem], position: Position
    ) -> list[Created]:
        """Make media items in ``album`` at ``position`` and return what became of each, in order.

        At most 50, each token once. Raises `ReplyLostError`, and `TokenRefusedError` or
        `PositionRefusedError` when nothing was created.
        """
        body: dict[str, Any] = {
            "albumId": album.id,
            "newMediaItems": [_new_media_item(item) for item in items],
        }
        if not position.end:
            body["albumPosition"] = _album_position(position)
        answer = await self._calls.call(
            "POST",
            "mediaItems:batchCreate",
            body,
            scope=APPEND,
            write=True,
            repeat_lost=False,
            album=album.title,
        )
        results = answer.decode(_NewResults, "mediaItems:batchCreate").new_media_item_results
        by_token = {result.upload_token: result for result in results}
        if not all(item.token in by_token for item in items):
            raise unreadable("mediaItems:batchCreate")
        return [_created(by_token[item.token]) for item in items]

    async def batch_add(self, album: RemoteAlbum, ids: Sequence[str]) -> None:
        """Add media items of ours, at most 50, at the end of ``album``: all of them or none.

        Raises `ItemsRefusedError` when one is there already, or was made just now, or is gone;
        `ReplyLostError`.
        """
        body = {"mediaItemIds": list(ids)}
        await self._album_call(album, "batchAddMediaItems", body, scope=APPEND)

    async def batch_remove(self, album: RemoteAlbum, ids: Sequence[str]) -> None:
        """Take media items, at most 50, out of ``album``: all of them or none.

        In the account they stay. Raises `ItemsRefusedError`, `ReplyLostError`.
        """
        body = {"mediaItemIds": list(ids)}
        await self._album_call(album, "batchRemoveMediaItems", body, scope=EDIT)

    async def list_items(self, album: RemoteAlbum) -> AsyncIterator[ListedItem]:
        """Yield the media items of ``album`` in its order, a hundred with each request."""
        token = ""
        while True:
            body: dict[str, Any] = {"albumId": album.id, "pageSize": _PAGE}
            if token:
                body["pageToken"] = token
            answer = await self._calls.call(
                "POST", "mediaItems:search", body, scope=READ, album=album.title
            )
            page = answer.decode(_Page, "mediaItems:search")
            for item in page.media_items:
                yield ListedItem(item.id, item.filename, item.product_url)
            token = page.next_page_token
            if not token:
                return

    async def _album_call(
        self,
        album: RemoteAlbum,
        verb: str,
        body: dict[str, Any],
        *,
        scope: str,
        repeat_lost: bool = False,
    ) -> None:
        await self._calls.call(
            "POST",
            f"albums/{_quoted(album.id)}:{verb}",
            body,
            scope=scope,
            write=True,
            repeat_lost=repeat_lost,
            album=album.title,
        )


def _quoted(album_id: str) -> str:
    return quote(album_id, safe="")


def _new_media_item(item: NewItem) -> dict[str, Any]:
    new: dict[str, Any] = {
        "simpleMediaItem": {"uploadToken": item.token, "fileName": item.filename}
    }
    if item.description:
        new["description"] = item.description
    return new


def _album_position(position: Position) -> dict[str, str]:
    if position.after is None:
        return {"position": "FIRST_IN_ALBUM"}
    return {"position": "AFTER_MEDIA_ITEM", "relativeMediaItemId": position.after}


def _created(result: _NewResult) -> Created:
    item = result.media_item
    media_item_id = item.id if item is not None and item.id else None
    url = item.product_url if item is not None else None
    code = result.status.code
    if code not in {0, 6}:
        media_item_id = None
    if code == 0 and media_item_id is None:
        code = 13  # neither an item nor a reason: as if Google had stumbled
    return Created(media_item_id, url, code, result.status.message)
