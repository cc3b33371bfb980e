"""Immich's trash: what goes there comes back, until the server empties it.

Nothing here deletes for good. A server whose trash is switched off soon deletes what is moved
there, so it is asked before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pentaprism.errors import NotFoundError
from pentaprism.immich.calls import Calls
from pentaprism.immich.ids import check_id
from pentaprism.immich.orders import Orders
from pentaprism.immich.outcomes import IdsOrder
from pentaprism.immich.refusals import absent_asset, no_trash


@dataclass(frozen=True, slots=True)
class TrashTerms:
    """Whether the server keeps what is trashed, and for how many days (None: it does not tell)."""

    enabled: bool
    days: int | None


class _FeaturesReply(msgspec.Struct, rename="camel"):
    trash: bool = False


class _DaysReply(msgspec.Struct, rename="camel"):
    trash_days: int | None = None


class _CountReply(msgspec.Struct, rename="camel"):
    count: int


async def ask_trash(calls: Calls) -> TrashTerms:
    """Return the terms of the server's trash, which any key may read."""
    features = await calls.get("/server/features", _FeaturesReply)
    config = await calls.get("/server/config", _DaysReply)
    return TrashTerms(features.trash, config.trash_days)


async def trash(calls: Orders, asset_ids: Sequence[str]) -> None:
    """Move assets to the trash, all or none; those that are there stay there.

    Albums, tags and stacks keep them. The video of a live photo does not follow its still. Raises
    `NotFoundError` with code ``asset_not_found`` when one of them is gone, locked or somebody
    else's, and `ActionRequiredError` with code ``trash_off`` where the server has no trash.
    """
    if not asset_ids:
        return
    absent = _check(asset_ids)
    if not (await ask_trash(calls)).enabled:
        raise no_trash(calls.line.address)
    await calls.remove("/assets", IdsOrder(list(asset_ids)), absent=absent)


async def restore(calls: Orders, asset_ids: Sequence[str]) -> None:
    """Take assets back from the trash, all or none; those that are not there stay as they are.

    Raises as `trash` does; what the server has emptied from the trash is gone.
    """
    if not asset_ids:
        return
    absent = _check(asset_ids)
    order = IdsOrder(list(asset_ids))
    await calls.post("/trash/restore/assets", order, _CountReply, absent=absent)


def _check(asset_ids: Sequence[str]) -> NotFoundError:
    """Return the error of assets that are not there; raise it for what can be no id."""
    for asset_id in asset_ids:
        check_id(asset_id, absent_asset(asset_id))
    return absent_asset(", ".join(asset_ids))
