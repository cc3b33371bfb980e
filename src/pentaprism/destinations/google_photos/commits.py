"""Commits: makes media items of what was uploaded, in the album, in its order, each once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby
from uuid import uuid4

from pentaprism.destinations.account import AccountAccess
from pentaprism.destinations.base import END, Position, RemoteAlbum, Shot
from pentaprism.destinations.google_photos.holding import Held, Here, Holding, Uploaded
from pentaprism.destinations.google_photos.photos import Created, NewItem, PhotosApi
from pentaprism.destinations.google_photos.refusals import (
    ItemsRefusedError,
    PositionRefusedError,
    ReplyLostError,
    TokenRefusedError,
    refuse_item,
)
from pentaprism.destinations.google_photos.sending import Sending
from pentaprism.errors import PentaprismError

_log = logging.getLogger(__name__)

_INVALID_ARGUMENT = 3
_ALREADY_EXISTS = 6
_UNAVAILABLE = 14
_PASSING = frozenset({10, 13, _UNAVAILABLE})
"""google.rpc.Code of ABORTED, INTERNAL and UNAVAILABLE: the item may be tried again."""

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to be committed, as the caller staged it."""

    shot: Shot
    holding: Holding
    filename: str
    description: str


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an entry. ``media_item_id`` is empty where Google does not tell it.

    ``known`` tells that the account has it from elsewhere and the album does not show it.
    """

    media_item_id: str = ""
    url: str | None = None
    error: PentaprismError | None = None
    known: bool = False


class _Next(Enum):
    """What has to be done about one answer of Google's."""

    NOTHING = "nothing"
    TRY_AGAIN = "try again"
    SEND_AGAIN = "send again"


@dataclass(slots=True)
class _Patience:
    """How often the entries of one request may yet be tried again, by what went wrong.

    Generous, as each try costs seconds, and giving up costs a failed item.
    """

    lost: int = 20
    stumbles: int = 8
    resends: int = 10


class Commit:
    """One commit to one album, at ``position``; each entry goes behind the one before it."""

    def __init__(
        self,
        album: RemoteAlbum,
        position: Position,
        *,
        photos: PhotosApi,
        sending: Sending,
        access: AccountAccess,
    ) -> None:
        self._album = album
        self._last = position.after
        self._end = position.end
        self._photos = photos
        self._sending = sending
        self._access = access

    async def run(self, entries: Sequence[Entry]) -> list[Done]:
        """Commit ``entries`` in their order and answer for each.

        An error that concerns all that is left is raised, or, once some are done, answered for
        each of the rest.
        """
        done: list[Done] = []
        for _, group in groupby(entries, key=self._group):
            try:
                done += await self._run_group(list(group))
            except PentaprismError as error:
                if not done:
                    raise
                return done + [Done(error=error)] * (len(entries) - len(done))
        return done

    def _group(self, entry: Entry) -> object:
        """Return what is equal for entries that one request can carry.

        Behind an item, a batch that an earlier life has sent must be sent again as it was: what
        was created then keeps its place, and others sent with it would come before it.
        """
        match entry.holding:
            case Uploaded(sent_in=batch):
                return Uploaded, None if self._end else batch
            case holding:
                return type(holding)

    async def _run_group(self, entries: list[Entry]) -> list[Done]:
        match entries[0].holding:
            case Here():
                return [Done(_here_id(entry)) for entry in entries]
            case Held():
                return await self._add(entries)
            case Uploaded():
                return await self._create(entries)

    async def _add(self, entries: list[Entry]) -> list[Done]:
        """Put what the account holds into the album by its id, which works at the end only."""
        if not self._end:
            return await self._create(await self._send_again(entries))
        ids = list(dict.fromkeys(_held_id(entry) for entry in entries))
        try:
            await self._add_ids(ids)
        except ItemsRefusedError:
            # One of them is in the album already, or was deleted, or is too new: which one, Google
            # does not tell.
            if len(entries) == 1:
                return await self._create(await self._send_again(entries))
            half = len(entries) // 2
            return [*await self._add(entries[:half]), *await self._add(entries[half:])]
        self._last = ids[-1]
        return [Done(_held_id(entry)) for entry in entries]

    async def _add_ids(self, ids: Sequence[str]) -> None:
        try:
            await self._photos.batch_add(self._album, ids)
        except ReplyLostError:
            try:
                await self._photos.batch_add(self._album, ids)
            except ItemsRefusedError:
                _log.info("%s: they were added, and the answer was lost", self._album.title)

    async def _create(
        self, entries: list[Entry], patience: _Patience | None = None, *, inside: bool = False
    ) -> list[Done]:
        """Create media items; ``inside`` tells that what comes after them is in the album."""
        patience = patience or _Patience()
        if not self._end:
            await self._access.ledger.sending(_keys(entries), uuid4().hex)
        lost = any(_uploaded(entry).sent_in for entry in entries)
        while True:
            try:
                answers = await self._batch_create(entries, inside=inside)
                break
            except ReplyLostError:
                # The same batch again does no harm: Google makes one item of the same bytes.
                lost = True
                patience.lost -= 1
                if not patience.lost:
                    raise
                await self._pause(1)
            except TokenRefusedError:
                if not patience.resends:
                    raise
                return await self._create_anew(entries, patience, lost=lost, inside=inside)
        return await self._settle(entries, answers, patience, lost=lost, inside=inside)

    async def _create_anew(
        self, entries: list[Entry], patience: _Patience, *, lost: bool, inside: bool
    ) -> list[Done]:
        """Create ``entries``, for which Google refuses one token, and nobody knows which.

        After a lost reply it is all of them, as they were used up.
        """
        if lost or len(entries) == 1:
            patience.resends -= 1
            again = await self._send_again(entries)
            return await self._create(again, patience, inside=inside)
        half = len(entries) // 2
        first = await self._create(entries[:half], inside=inside)
        return [*first, *await self._create(entries[half:], inside=inside)]

    async def _batch_create(self, entries: Sequence[Entry], *, inside: bool) -> list[Created]:
        """Send one request; equal contents are sent once and answered for each."""
        items = {
            _uploaded(e).token: NewItem(_uploaded(e).token, e.filename, e.description)
            for e in entries
        }
        new = list(items.values())
        position = END if self._end and not inside else Position(self._last)
        try:
            made = await self._photos.batch_create(self._album, new, position)
        except PositionRefusedError:
            _log.warning(
                "%s: a photo at Google was taken out of the album; what belongs behind it goes to "
                "the end",
                self._album.title,
            )
            self._end = True
            made = await self._photos.batch_create(self._album, new, END)
        by_token = dict(zip(items, made, strict=True))
        return [by_token[_uploaded(entry).token] for entry in entries]

    async def _send_again(self, entries: Sequence[Entry]) -> list[Entry]:
        """Send the bytes of ``entries`` again, a few at once, and return them with new tokens."""
        await self._access.ledger.forget(_keys(entries))
        gate = asyncio.Semaphore(_AT_ONCE)

        async def send(entry: Entry) -> Entry:
            async with gate:
                sent = await self._sending.send(entry.shot)
            return replace(entry, holding=sent.holding)

        return await asyncio.gather(*(send(entry) for entry in entries))

    async def _settle(
        self,
        entries: Sequence[Entry],
        answers: Sequence[Created],
        patience: _Patience,
        *,
        lost: bool,
        inside: bool,
    ) -> list[Done]:
        """Turn Google's answers into ours; what has to be tried again keeps its place."""
        await self._access.ledger.created(_created(entries, answers))
        done: list[Done] = []
        pairs = list(zip(entries, answers, strict=True))
        for what, run in groupby(pairs, key=lambda pair: _next(*pair, lost=lost)):
            some = list(run)
            again = [entry for entry, _ in some]
            if what is _Next.SEND_AGAIN and patience.resends:
                patience.resends -= 1
                again = await self._send_again(again)
            elif what is _Next.TRY_AGAIN and patience.stumbles:
                patience.stumbles -= 1
                await self._pause(1)
            else:
                done += [await self._final(entry, answer, lost=lost) for entry, answer in some]
                continue
            behind = any(answer.media_item_id for _, answer in pairs[len(done) + len(some) :])
            done += await self._create(again, patience, inside=inside or behind)
        return done

    async def _final(self, entry: Entry, answer: Created, *, lost: bool) -> Done:
        media_item_id = answer.media_item_id
        if media_item_id is None and answer.code == _ALREADY_EXISTS:
            media_item_id = _uploaded(entry).media_item_id
            if media_item_id is None:
                return Done(known=True)
            with suppress(ItemsRefusedError):  # which it is when it is in the album already
                await self._add_ids([media_item_id])
        if media_item_id is None:
            # What is said of a token that may be spent says nothing of the file.
            spent = _next(entry, answer, lost=lost) is _Next.SEND_AGAIN
            code = _UNAVAILABLE if spent else answer.code
            return Done(error=refuse_item(entry.filename, code, answer.message))
        self._last = media_item_id
        return Done(media_item_id, answer.url)

    async def _pause(self, attempt: int) -> None:
        await self._access.pace.sleep(self._access.pace.delay(1.0, attempt, 30.0))


def _next(entry: Entry, answer: Created, *, lost: bool) -> _Next:
    if answer.media_item_id is not None:
        return _Next.NOTHING
    if answer.code in _PASSING:
        return _Next.TRY_AGAIN
    # Of a token that may have been used before, this says that it can be used no more.
    spent = lost or not _uploaded(entry).fresh
    return _Next.SEND_AGAIN if answer.code == _INVALID_ARGUMENT and spent else _Next.NOTHING


def _created(entries: Sequence[Entry], answers: Sequence[Created]) -> dict[bytes, str]:
    return {
        key: answer.media_item_id
        for entry, answer in zip(entries, answers, strict=True)
        for key in (_uploaded(entry).key, *_uploaded(entry).also)
        if answer.media_item_id is not None
    }


def _here_id(entry: Entry) -> str:
    assert isinstance(entry.holding, Here)  # noqa: S101 - grouped by it
    return entry.holding.item.id


def _held_id(entry: Entry) -> str:
    assert isinstance(entry.holding, Held)  # noqa: S101 - grouped by it
    return entry.holding.media_item_id


def _uploaded(entry: Entry) -> Uploaded:
    assert isinstance(entry.holding, Uploaded)  # noqa: S101 - grouped by it
    return entry.holding


def _keys(entries: Sequence[Entry]) -> list[bytes]:
    return [entry.holding.key for entry in entries if not isinstance(entry.holding, Here)]
