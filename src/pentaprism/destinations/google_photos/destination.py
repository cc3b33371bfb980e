"""An album in Google Photos as a destination.

With the permission to add alone, an app never sees what it has made: what is recorded here and in
the account's ledger is the only truth. The permission to see and to edit what the app has made
lets it notice a deleted album, and take photos out of one.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from pentaprism.assets import Album, Asset
from pentaprism.destinations.account import AccountAccess
from pentaprism.destinations.base import (
    END,
    AlbumGoneError,
    DestinationType,
    Features,
    Opening,
    Position,
    Presence,
    RemoteAlbum,
    RemoteItem,
    Removal,
    Result,
    Shot,
    Staged,
)
from pentaprism.destinations.choices import Removals
from pentaprism.destinations.google_photos.calls import Calls
from pentaprism.destinations.google_photos.commits import Commit, Done, Entry
from pentaprism.destinations.google_photos.holding import Here, Uploaded
from pentaprism.destinations.google_photos.media_types import refuse, sendable_name
from pentaprism.destinations.google_photos.options import GooglePhotosOptions, from_spec, place
from pentaprism.destinations.google_photos.photos import PhotosApi
from pentaprism.destinations.google_photos.refusals import ItemsRefusedError, ReplyLostError
from pentaprism.destinations.google_photos.scopes import APPEND, EDIT, READ
from pentaprism.destinations.google_photos.sending import Sending, Sent
from pentaprism.destinations.google_photos.text import caption, file_name, title
from pentaprism.errors import (
    ActionRequiredError,
    InvalidError,
    PentaprismError,
    PermanentError,
)

_log = logging.getLogger(__name__)

_TRANSFERS = 32
"""Uploads at once: each takes a round trip to Immich and one to Google, whatever its size."""

FEATURES = Features(
    removal=Removal.FROM_ALBUM,
    paths=False,
    survey=False,
    companions=True,
    sidecars=False,
    commit_batch=50,
    transfers=_TRANSFERS,
    connections=_TRANSFERS,
    removed="taken out of the album, and kept in the account",
    ordered=True,
    one_file=True,
    metadata=True,
    commit_seconds=60.0,
)
"""What Google Photos can do at most; an account may have granted less."""


class GooglePhotos:
    """A mirror in an album of one account."""

    def __init__(self, options: GooglePhotosOptions, opening: Opening) -> None:
        if opening.account is None:
            raise InvalidError("A mirror to Google Photos needs an account.", code="no_account")
        self._options = options
        self._access: AccountAccess = opening.account
        self._calls = Calls(self._access, on_wait=self._tell)
        self._photos = PhotosApi(self._calls)
        self._sending = Sending(options, self._access, self._calls)
        self._listed: frozenset[str] | None = None

    @property
    def features(self) -> Features:
        """What this account has granted and this mirror wants."""
        can_remove = self._granted(EDIT)
        return replace(
            FEATURES,
            removal=Removal.FROM_ALBUM if can_remove else Removal.NONE,
            companions=self._options.motion_photos,
        )

    def refusal(self, asset: Asset) -> PentaprismError | None:
        """Return why Google would not take ``asset``, by its type and, where known, its size."""
        size = asset.exif.size if asset.exif is not None else None
        return refuse(asset.filename, asset.mime_type, size)

    async def check(self) -> None:
        """Prove that the account lets us in and add photos."""
        await self._access.tokens.access_token()
        if not self._granted(APPEND):
            raise ActionRequiredError(
                f"The account {self._access.name} has not granted the permission to add photos.",
                code="scope",
                hint="Connect it again with `pentaprism account connect`, and leave all boxes on "
                "Google's page ticked.",
            )

    async def ensure_album(self, known: RemoteAlbum | None, album: Album) -> RemoteAlbum:
        """Return the album at Google, made if ``known`` is None; renamed where that is wanted."""
        if known is None:
            made = await self._photos.create_album(title(album.name))
            if self._options.album_text and album.description.strip():
                await self._photos.add_text(made, caption(album.description))
            return made
        if self._granted(READ) and await self._photos.get_album(known) is None:
            raise AlbumGoneError(known.title)
        wanted = title(album.name)
        if self._options.follow_title and wanted != known.title:
            await self._photos.rename_album(known, wanted)
            return RemoteAlbum(known.id, wanted)
        return known

    async def survey(
        self, album: RemoteAlbum, items: Sequence[RemoteItem], *, thorough: bool = False
    ) -> Sequence[Presence]:
        """Trust the records; with ``thorough``, look which items the album still shows.

        Raises `ActionRequiredError` with code ``scope`` without the permission to see them.
        """
        if not thorough:
            return [Presence.PRESENT] * len(items)
        if self._listed is None:
            listed = self._photos.list_items(album)
            self._listed = frozenset([item.id async for item in listed])
        there = self._listed
        return [
            Presence.PRESENT if not item.id or item.id in there else Presence.MISSING
            for item in items
        ]

    async def stage(self, album: RemoteAlbum, shot: Shot) -> Staged:
        """Bring the bytes of ``shot`` to the account, unless it holds them already."""
        del album
        here = shot.primary.here
        if here is not None:
            sent = None
            return Staged(shot, 0, adopted=True, durable=True, state=(Here(here), sent))
        sent = await self._sending.send(shot)
        return Staged(
            shot, sent.downloaded, durable=True, notes=sent.notes, state=(sent.holding, sent)
        )

    async def commit(
        self, album: RemoteAlbum, staged: Sequence[Staged], position: Position = END
    ) -> Sequence[Result]:
        """Make media items of what was staged, in the album, in order."""
        commit = Commit(
            album, position, photos=self._photos, sending=self._sending, access=self._access
        )
        done = await commit.run([self._entry(one) for one in staged])
        results = []
        for one, outcome in zip(staged, done, strict=True):
            results.append(await self._result(album, one, outcome))
        return results

    async def discard(self, staged: Staged) -> None:
        """Do nothing: an upload that is not used goes away by itself after a day."""

    async def remove(
        self, album: RemoteAlbum, shots: Sequence[Sequence[RemoteItem]]
    ) -> Sequence[Result]:
        """Take shots out of the album, 50 at a time; in the account they stay."""
        results = [
            Result() if all(item.id for item in shot) else Result(error=_nameless())
            for shot in shots
        ]
        ids = list(dict.fromkeys(item.id for shot in shots for item in shot if item.id))
        for start in range(0, len(ids), FEATURES.commit_batch):
            await self._remove(album, ids[start : start + FEATURES.commit_batch])
        return results

    async def list(self, album: RemoteAlbum) -> AsyncIterator[RemoteItem]:
        """Yield everything in the album; Google tells no hashes."""
        async for item in self._photos.list_items(album):
            yield RemoteItem(item.id, url=item.url)

    async def close(self) -> None:
        """Close the connections and give back what was reserved of the day's requests."""
        await self._calls.close()

    def _granted(self, scope: str) -> bool:
        return scope in self._access.tokens.scopes

    def _tell(self, reason: str, seconds: float) -> None:
        _log.warning("Google Photos (%s): %s; waiting %.0f s.", self._access.name, reason, seconds)

    def _entry(self, staged: Staged) -> Entry:
        asset = staged.shot.primary.asset
        holding, _ = staged.state
        exif = asset.exif
        described = exif.description if self._options.captions and exif is not None else ""
        return Entry(
            staged.shot,
            holding,
            file_name(sendable_name(asset.filename, asset.mime_type)),
            caption(described),
        )

    async def _result(self, album: RemoteAlbum, staged: Staged, done: Done) -> Result:
        if done.error is not None:
            return Result(error=done.error)
        holding, sent = staged.state
        item = _remote_item(done, holding.item if isinstance(holding, Here) else None, sent)
        old = staged.shot.primary.replaces
        stays = old is not None and not await self._take_out_old(album, old, item)
        return Result(items=(item,) * len(staged.shot.parts), known=done.known, old_stays=stays)

    async def _take_out_old(self, album: RemoteAlbum, old: RemoteItem, new: RemoteItem) -> bool:
        """Take the version that ``new`` replaces out of the album; tell whether that was done."""
        if not old.id or old.id == new.id:
            return old.id == new.id
        if self._options.removals is not Removals.REMOVE or not self._granted(EDIT):
            return False
        await self._remove(album, [old.id])
        return True

    async def _remove(self, album: RemoteAlbum, ids: Sequence[str]) -> None:
        """Remove ``ids``, all or none in each request; what is gone already counts as removed."""
        try:
            await self._photos.batch_remove(album, ids)
        except ReplyLostError:
            await self._remove(album, ids)
        except ItemsRefusedError:
            if len(ids) > 1:
                half = len(ids) // 2
                await self._remove(album, ids[:half])
                await self._remove(album, ids[half:])


def _remote_item(done: Done, here: RemoteItem | None, sent: Sent | None) -> RemoteItem:
    if here is not None:
        return here
    if sent is None:
        return RemoteItem(done.media_item_id, url=done.url)
    return RemoteItem(
        done.media_item_id,
        size=sent.size,
        sha1=sent.sha1,
        verified=sent.verified and isinstance(sent.holding, Uploaded),
        url=done.url,
    )


def _nameless() -> PermanentError:
    return PermanentError(
        "Google did not tell under which name it holds this photo, so it cannot be taken out.",
        code="nameless",
        hint="Take it out of the album in Google Photos.",
    )


GOOGLE_PHOTOS = DestinationType(
    kind="google_photos",
    prefix="google-photos",
    label="Google Photos",
    options=GooglePhotosOptions,
    features=FEATURES,
    open=GooglePhotos,
    from_spec=from_spec,
    place=place,
    in_account=True,
)
"""The kind of destination that an album in Google Photos is."""
