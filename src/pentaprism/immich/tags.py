"""Immich's tags: a tree of paths of each user, and the assets that have them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pentaprism.immich.asset_states import Tag
from pentaprism.immich.ids import check_id
from pentaprism.immich.orders import Orders
from pentaprism.immich.outcomes import IdsOrder, Outcome, ResultReply, to_outcomes
from pentaprism.immich.refusals import absent_asset, absent_tag


class _TagReply(msgspec.Struct, rename="camel"):
    id: str
    value: str


class _TagsOrder(msgspec.Struct, rename="camel"):
    tags: list[str]


class _AssignOrder(msgspec.Struct, rename="camel"):
    tag_ids: list[str]
    asset_ids: list[str]


class _CountReply(msgspec.Struct, rename="camel"):
    count: int


async def upsert_tags(calls: Orders, values: Sequence[str]) -> list[Tag]:
    """Return the tags with these paths, made with their parents where they are missing."""
    order = _TagsOrder(list(values))
    absent = absent_tag(", ".join(values))
    replies = await calls.update("/tags", order, list[_TagReply], absent=absent)
    return [Tag(reply.id, reply.value) for reply in replies]


async def tag_assets(calls: Orders, tag_ids: Sequence[str], asset_ids: Sequence[str]) -> int:
    """Give every asset every tag, and return how many it had not.

    Immich silently leaves out tags and assets that are gone or somebody else's.
    """
    _check(tag_ids, asset_ids)
    order = _AssignOrder(list(tag_ids), list(asset_ids))
    absent = absent_tag(", ".join(tag_ids))
    return (await calls.update("/tags/assets", order, _CountReply, absent=absent)).count


async def untag_assets(calls: Orders, tag_id: str, asset_ids: Sequence[str]) -> dict[str, Outcome]:
    """Take a tag from assets; raise `NotFoundError` with code ``tag_not_found``.

    An asset that has not got it is `Outcome.ALREADY` as it should be, and so is one that is gone.
    """
    _check([tag_id], asset_ids)
    replies = await calls.remove_each(
        f"/tags/{tag_id}/assets",
        IdsOrder(list(asset_ids)),
        list[ResultReply],
        absent=absent_tag(tag_id),
    )
    return to_outcomes(replies)


def _check(tag_ids: Sequence[str], asset_ids: Sequence[str]) -> None:
    """Raise `NotFoundError` for what can be no id."""
    for tag_id in tag_ids:
        check_id(tag_id, absent_tag(tag_id))
    for asset_id in asset_ids:
        check_id(asset_id, absent_asset(asset_id))
