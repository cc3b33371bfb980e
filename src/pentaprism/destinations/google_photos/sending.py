"""Sending: brings the bytes of a shot to Google, unless the account has them already."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import cast

from pentaprism.assets import Asset, Role
from pentaprism.destinations.account import AccountAccess
from pentaprism.destinations.base import Content, Part, Shot
from pentaprism.destinations.google_photos.calls import Calls
from pentaprism.destinations.google_photos.content_key import copy_key, plain_key
from pentaprism.destinations.google_photos.copies import (
    CannotCopyError,
    Copy,
    can_be_dated,
    can_be_motion_photo,
    dated,
    motion_photo,
)
from pentaprism.destinations.google_photos.holding import Held, Uploaded, of_entry
from pentaprism.destinations.google_photos.media_types import mime_type, refuse, sendable_name
from pentaprism.destinations.google_photos.options import GooglePhotosOptions
from pentaprism.destinations.google_photos.uploads import upload
from pentaprism.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Sent:
    """A shot whose bytes the account has: ``downloaded`` of them were sent now.

    ``size`` in bytes, ``sha1`` of the original and whether it was ``verified``, where known.
    """

    holding: Held | Uploaded
    downloaded: int = 0
    size: int | None = None
    sha1: bytes | None = None
    verified: bool = False
    notes: tuple[str, ...] = ()


class Sending:
    """Sends shots to one account; two of the same content are sent once."""

    def __init__(self, options: GooglePhotosOptions, access: AccountAccess, calls: Calls) -> None:
        self._options = options
        self._access = access
        self._calls = calls
        self._under_way: weakref.WeakValueDictionary[bytes, asyncio.Lock] = (
            weakref.WeakValueDictionary()
        )

    async def send(self, shot: Shot) -> Sent:
        """Return what the account holds of ``shot``, after sending it if need be.

        Raises `PermanentError` for a file that Google does not take, before any byte is read.
        """
        plain = plain_key(shot.primary.asset, edited=self._options.edited)
        key = self._key(shot, plain)
        lock = self._under_way.setdefault(key, asyncio.Lock())
        async with lock:
            known = await self._known(key)
            if known is not None:
                return _sent_before(known, shot.primary.asset)
            return await self._upload(shot, key, plain)

    async def _known(self, key: bytes) -> Held | Uploaded | None:
        entries = await self._access.ledger.find([key])
        return of_entry(entries.get(key), self._access.clock())

    def _key(self, shot: Shot, plain: bytes) -> bytes:
        video = _video(shot)
        taken = shot.primary.asset.local_taken_at if self._may_be_dated(shot.primary) else None
        if video is None and taken is None:
            return plain
        of_video = plain_key(video.asset, edited=False) if video is not None else None
        return copy_key(plain, video=of_video, taken=taken)

    def _may_be_dated(self, part: Part) -> bool:
        return self._options.write_dates and can_be_dated(part.asset.filename)

    async def _upload(self, shot: Shot, key: bytes, plain: bytes) -> Sent:
        source = await self._source(shot)
        asset = shot.primary.asset
        checkable = asset.checksum.of_content
        # A copy has another hash than its original, whose stream checks itself at its end.
        expected = asset.checksum.sha1 if checkable and not source.is_copy else None
        done = await upload(self._calls, source, expected=expected)
        same = not source.is_copy
        also = tuple({plain, done.sha1} - {key}) if same else ()
        await self._access.ledger.uploaded([key, *also], done.token, self._access.clock())
        sha1 = done.sha1 if same else asset.checksum.sha1 if checkable else None
        holding = Uploaded(key, done.token, fresh=True, also=also)
        return Sent(holding, source.downloads, done.size, sha1, checkable, tuple(source.notes))

    async def _source(self, shot: Shot) -> _Source:
        part, video = shot.primary, _video(shot)
        content = _content(part)
        size = await content.size()
        mime = part.asset.mime_type
        filename = sendable_name(part.asset.filename, mime)
        refusal = refuse(filename, mime, size)
        if refusal is not None:
            raise refusal
        source = _Source(filename, size, content)
        if self._may_be_dated(part):
            source.taken = part.asset
        if video is not None:
            if can_be_motion_photo(filename):
                source.video = _content(video)
                source.video_size = await source.video.size()
                source.video_type = video.asset.mime_type or mime_type(video.asset.filename)
            else:
                source.notes.append(f"{filename} cannot hold its video; the still is sent alone")
        await source.prepare()
        if refuse(filename, mime, source.size) is not None:
            await source.leave_the_video()
        return source


class _Source:
    """What is sent for a shot: its file, or a copy with its date or its video in it."""

    def __init__(self, filename: str, size: int, content: Content) -> None:
        self.filename = filename
        self.mime_type = mime_type(filename)
        self.size = size
        self.is_copy = False
        self.notes: list[str] = []
        self.downloads = size
        self.taken: Asset | None = None
        self.video: Content | None = None
        self.video_size = 0
        self.video_type = ""
        self._original_size = size
        self._content = content

    async def prepare(self) -> None:
        """Find out whether a copy is made, and how large it is; reads only the head of the file."""
        if self.taken is None and self.video is None:
            return
        copy = await self._copy()
        if copy is None:
            return
        self.size, self.is_copy = copy.size, copy.changed
        self.downloads = self._original_size + (self.video_size if self.video else 0)
        await copy.close()

    async def leave_the_video(self) -> None:
        """Send the still alone, as both together are more than Google takes."""
        self.video = None
        self._note("sent as a still: with its video it is too large")
        self.size, self.is_copy, self.downloads = self._original_size, False, self._original_size
        await self.prepare()

    async def stream(self, offset: int = 0) -> AsyncGenerator[bytes]:
        """Yield what is sent from ``offset`` on; a copy is made anew and its beginning skipped."""
        copy = await self._copy() if self.is_copy else None
        if copy is None:
            whole = cast("AsyncGenerator[bytes]", self._content.stream(offset))
            async with aclosing(whole) as pieces:
                async for piece in pieces:
                    yield piece
            return
        position = 0
        async with aclosing(copy.stream()) as pieces:
            async for piece in pieces:
                position += len(piece)
                if position > offset:
                    yield piece[max(0, offset - (position - len(piece))) :]

    async def _copy(self) -> Copy | None:
        copy: Copy | None = None
        if self.taken is not None:
            copy = await self._dated(self.taken)
        if self.video is not None:
            return await self._muxed(copy, self.video)
        return copy

    async def _dated(self, asset: Asset) -> Copy | None:
        try:
            return await dated(
                self._content.stream(),
                self._original_size,
                asset.local_taken_at,
                filename=self.filename,
            )
        except CannotCopyError as error:
            self._note(f"its date could not be written: {error.reason}")
            self.taken = None
            return None

    async def _muxed(self, copy: Copy | None, video: Content) -> Copy | None:
        still = copy.stream() if copy is not None else self._content.stream()
        size = copy.size if copy is not None else self._original_size
        try:
            made = await motion_photo(
                still, size, video.stream, self.video_size, video_type=self.video_type
            )
        except CannotCopyError as error:
            self._note(f"sent as a still: {error.reason}")
            self.video = None
            return await self._dated(self.taken) if self.taken is not None else None
        return replace(made, changed=made.changed or (copy is not None and copy.changed))

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _sent_before(known: Held | Uploaded, asset: Asset) -> Sent:
    of_content = asset.checksum.of_content
    size = asset.exif.size if asset.exif is not None else None
    sha1 = asset.checksum.sha1 if of_content else None
    return Sent(known, 0, size, sha1, of_content)


def _video(shot: Shot) -> Part | None:
    return next((part for part in shot.parts if part.role is Role.VIDEO), None)


def _content(part: Part) -> Content:
    if part.content is None:
        raise InvalidError(f"{part.asset.filename!r} has no content.", code="no_content")
    return part.content
