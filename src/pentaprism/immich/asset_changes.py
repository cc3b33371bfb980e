"""Changes of what Immich shows of an asset, and the end of the work that they make in Immich.

Immich takes description, rating, place and tags at once, then writes them into a sidecar beside
the file (of an external library too) and reads them back: blanks around a description go, a place
keeps six decimals, and a second change in between may be lost for good (seen in 3.1.0). So all that
is to be changed of an asset goes into one call, and the next one waits for the end of the first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain, repeat

import msgspec
from msgspec import UNSET, UnsetType

from pentaprism.immich.asset_states import AssetState, ask_state
from pentaprism.immich.calls import Calls
from pentaprism.immich.conversion import parse_time
from pentaprism.immich.ids import check_id
from pentaprism.immich.models import AssetReply
from pentaprism.immich.orders import Orders
from pentaprism.immich.refusals import absent_asset

_LOOKS = (0.05, 0.1, 0.2, 0.4)
_LATER = 0.5
_REST = 0.25
_TICK = timedelta(milliseconds=1)


class AssetChange(msgspec.Struct, rename="camel", omit_defaults=True, frozen=True):
    """What shall be different; what is unset stays.

    An empty ``description`` and a ``rating`` of None take them away. ``latitude`` and
    ``longitude`` go together; both 0 take the place away, as Immich refuses null.
    """

    is_favorite: bool | UnsetType = UNSET
    description: str | UnsetType = UNSET
    rating: int | UnsetType | None = UNSET
    latitude: float | UnsetType = UNSET
    longitude: float | UnsetType = UNSET


async def change_asset(calls: Orders, asset_id: str, change: AssetChange) -> datetime:
    """Change an asset and return the time that `wait_for_metadata` starts from.

    That is its time of change, or just before it where Immich has nothing left to write.
    Raises `NotFoundError` with code ``asset_not_found``.
    """
    absent = absent_asset(asset_id)
    check_id(asset_id, absent)
    reply = await calls.update(f"/assets/{asset_id}", change, AssetReply, absent=absent)
    changed = parse_time(reply.updated_at)
    written = (change.description, change.rating, change.latitude)
    return changed - _TICK if all(value is UNSET for value in written) else changed


async def wait_for_metadata(
    calls: Calls, asset_id: str, since: datetime, seconds: float
) -> AssetState:
    """Return the state of an asset once it has changed after ``since`` and come to rest.

    Immich sets the tags anew shortly after the time moves, so it is looked at until two looks
    agree. After ``seconds`` of waiting it is returned as it is: a folder that Immich may not write
    to leaves it at that.
    """
    state = await ask_state(calls, asset_id)
    waited = 0.0
    for look in chain(_LOOKS, repeat(_LATER)):
        moved = state.updated_at > since
        if waited >= seconds:
            break
        delay = _REST if moved else look
        await calls.line.pace.sleep(delay)
        waited += delay
        before, state = state, await ask_state(calls, asset_id)
        if moved and state == before:
            break
    return state
