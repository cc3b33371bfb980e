"""Which albums an asset is in, putting assets in and taking them out, and what an album shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pentaprism.errors import NotFoundError, PentaprismError
from pentaprism.immich.calls import Calls
from pentaprism.immich.ids import check_id
from pentaprism.immich.models import AlbumReply
from pentaprism.immich.options import Address
from pentaprism.immich.orders import Orders
from pentaprism.immich.outcomes import IdsOrder, Outcome, ResultReply, to_outcomes
from pentaprism.immich.refusals import Refusal, absent_album, absent_asset

_CHANGING = frozenset({"owner", "editor"})
_REFUSED = 400


@dataclass(frozen=True, slots=True)
class AlbumPlace:
    """An album that an asset is in, as the key's user sees it.

    ``may_change`` says whether they may put assets in, take them out and choose the cover: not
    where they only look at it. ``cover_id`` is the asset that Immich shows for the album; it
    chooses another one, for good, as soon as albums are asked for and that one is in the trash.
    """

    id: str
    name: str
    owner_id: str
    may_change: bool
    cover_id: str | None


class _CoverOrder(msgspec.Struct, rename="camel"):
    album_thumbnail_asset_id: str


async def ask_albums_of(calls: Calls, asset_id: str, user_id: str) -> list[AlbumPlace]:
    """Return the albums, own and shared with ``user_id``, that an asset is in, trashed or not.

    There are none for an asset that is not there.
    """
    check_id(asset_id, absent_asset(asset_id))
    replies = await calls.get(f"/albums?assetId={asset_id}", list[AlbumReply])
    return [_to_place(reply, user_id) for reply in replies]


def _to_place(reply: AlbumReply, user_id: str) -> AlbumPlace:
    roles = {member.user.id: member.role for member in reply.album_users or ()}
    owner = reply.owner_id or next((id_ for id_, role in roles.items() if role == "owner"), "")
    may_change = owner == user_id or roles.get(user_id) in _CHANGING
    return AlbumPlace(reply.id, reply.album_name, owner, may_change, reply.album_thumbnail_asset_id)


async def add_to_album(
    calls: Orders, album_id: str, asset_ids: Sequence[str]
) -> dict[str, Outcome]:
    """Put assets into an album, and return what became of each.

    Raises `NotFoundError` with code ``album_not_found``, also for an album that the user may only
    look at.
    """
    absent = _check(album_id, asset_ids)

    def explain(refusal: Refusal, _: Address) -> PentaprismError | None:
        # An unknown album has other words here than elsewhere (3.1.0).
        gone = refusal.status == _REFUSED and refusal.message == "Album not found"
        return absent if gone else None

    replies = await calls.put(
        f"/albums/{album_id}/assets",
        IdsOrder(list(asset_ids)),
        list[ResultReply],
        absent=absent,
        explain=explain,
    )
    return to_outcomes(replies)


async def remove_from_album(
    calls: Orders, album_id: str, asset_ids: Sequence[str]
) -> dict[str, Outcome]:
    """Take assets out of an album, and return what became of each; raises as `add_to_album`."""
    absent = _check(album_id, asset_ids)
    path = f"/albums/{album_id}/assets"
    order = IdsOrder(list(asset_ids))
    return to_outcomes(await calls.remove_each(path, order, list[ResultReply], absent=absent))


async def set_album_cover(calls: Calls, album_id: str, asset_id: str) -> None:
    """Let an album show one of its assets first.

    Raises `NotFoundError` with code ``album_not_found``, also for an album that the user may not
    change, or ``not_in_album``.
    """
    absent = _check(album_id, [asset_id])

    def explain(refusal: Refusal, _: Address) -> PentaprismError | None:
        outside = refusal.status == _REFUSED and refusal.message == "Invalid album thumbnail"
        return _not_in_album(asset_id) if outside else None

    await calls.put(
        f"/albums/{album_id}",
        _CoverOrder(asset_id),
        AlbumReply,
        absent=absent,
        explain=explain,
        method="PATCH",
    )


def _not_in_album(asset_id: str) -> NotFoundError:
    return NotFoundError(
        f"The asset {asset_id!r} is not in the album that is to show it.",
        code="not_in_album",
        hint="Put it into the album first.",
    )


def _check(album_id: str, asset_ids: Sequence[str]) -> PentaprismError:
    """Return the error of an album that is not there; raise one for what can be no id."""
    absent = absent_album(album_id)
    check_id(album_id, absent)
    for asset_id in asset_ids:
        check_id(asset_id, absent_asset(asset_id))
    return absent
