"""The plan: what has to happen so that a destination equals its album. Pure, no input or output.

`decide` looks at one shot: what Immich says of it, what was recorded, what is there now.
`judge_removals` looks at the whole: whether anything may be taken away at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pentaprism.assets import Asset, Role, Visibility
from pentaprism.destinations.base import Presence
from pentaprism.destinations.choices import Missing, RawPolicy, Removals
from pentaprism.errors import PentaprismError
from pentaprism.immich import Proof
from pentaprism.store.records import Item, ItemState

PROCESSING_TIME = timedelta(hours=24)
"""How long an asset may stay unprocessed before it is mirrored as it is: a file that Immich cannot
read is still somebody's file."""

BRAKE_COUNT = 50
BRAKE_SHARE = 0.2
"""More removals than both of these (a number, a share of the mirrored files) wait for a person."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the person chose for a mirror, and what its destination can do.

    ``one_file`` tells that all files of a shot become one, which is put whole or not at all.
    """

    removals: Removals = Removals.KEEP
    missing: Missing = Missing.FETCH
    raw: RawPolicy = RawPolicy.ALL
    companions: bool = True
    one_file: bool = False
    sidecars: bool = False
    edited: bool = False
    max_removals: int | None = None


class PutReason(StrEnum):
    """Why a file is put."""

    NEW = "new"
    RETRY = "retry"
    CHANGED = "changed"
    MISSING = "missing"
    DAMAGED = "damaged"
    CONFLICT = "conflict"


class KeepReason(StrEnum):
    """Why nothing has to be done."""

    UNCHANGED = "unchanged"
    EDITED = "edited"
    OFFLINE = "offline"
    RETURNED = "returned"


class SkipReason(StrEnum):
    """Why an asset of the album is not put."""

    OFFLINE = "offline"
    LOCKED = "locked"
    UNPROCESSED = "unprocessed"
    LEFT_OUT = "left_out"
    PARTNER = "partner"
    REFUSED = "refused"


class RemoveCause(StrEnum):
    """Why an asset is no longer in the album."""

    TRASHED = "trashed"
    REMOVED = "removed"
    LOCKED = "locked"
    HIDDEN = "hidden"
    OFFLINE = "offline"
    GONE = "gone"


class Hold(StrEnum):
    """Why no removal happens in this run."""

    ALBUM_EMPTY = "album_empty"
    INCOMPLETE = "listing_incomplete"
    UNSTABLE = "listing_unstable"
    TOO_MANY = "too_many"
    NO_PERMISSION = "no_permission"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded file of a shot and what is there now; None where it was never put."""

    item: Item
    presence: Presence | None


@dataclass(frozen=True, slots=True)
class Put:
    """Files of one shot that have to be put together, each with the reason; primary first.

    ``recorded`` holds what is known of all files of the shot, also of those that can stay.
    """

    asset: Asset
    reasons: Mapping[Role, PutReason]
    recorded: Mapping[Role, Recorded]


@dataclass(frozen=True, slots=True)
class Keep:
    """A shot that is as it should be; ``primary`` is the record of its primary file.

    ``restate`` are rows to be set to OK again.
    """

    asset: Asset
    reason: KeepReason
    primary: Item
    restate: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """A shot that is not put, and why; ``refusal`` is the destination's, if it is that."""

    asset: Asset
    reason: SkipReason
    refusal: PentaprismError | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """The recorded files of a shot that has left the album, and why it has."""

    items: tuple[Item, ...]
    cause: RemoveCause


Action = Put | Keep | Skip | Remove


def decide(
    asset: Asset,
    recorded: Mapping[Role, Recorded],
    policy: Policy,
    now: datetime,
    *,
    partner: bool = False,
    refusal: PentaprismError | None = None,
) -> Put | Keep | Skip:
    """Return what to do about one asset of the album.

    ``partner`` tells that another file of its shot is mirrored in its stead, ``refusal`` that the
    destination does not take it; both count until it is there itself.
    """
    primary = recorded.get(Role.PRIMARY)
    if primary is None or primary.presence is None:
        why = SkipReason.PARTNER if partner else _skip_reason(asset, now)
        if why is not None:
            return Skip(asset, why)
        if refusal is not None:
            return Skip(asset, SkipReason.REFUSED, refusal)
    elif asset.is_offline:
        return Keep(asset, KeepReason.OFFLINE, primary.item)
    elif primary.presence is Presence.MISSING and policy.missing is Missing.LEAVE:
        return Skip(asset, SkipReason.LEFT_OUT)
    reasons = {
        role: reason
        for role in _roles(asset, policy)
        if (reason := _put_reason(asset, role, recorded.get(role), policy)) is not None
    }
    if reasons and policy.one_file:
        whole = reasons.get(Role.PRIMARY)
        reasons = dict.fromkeys(_roles(asset, policy), whole) if whole is not None else {}
    if reasons:
        return Put(asset, reasons, recorded)
    return _keep(asset, recorded)


def _roles(asset: Asset, policy: Policy) -> list[Role]:
    roles = [Role.PRIMARY]
    if policy.companions and asset.live_video_id is not None:
        roles.append(Role.VIDEO)
    if policy.sidecars:
        roles.append(Role.SIDECAR)
    return roles


def is_out_of_reach(asset: Asset) -> bool:
    """Tell whether ``asset`` cannot be fetched from Immich, for as long as nobody changes that."""
    return asset.is_offline or asset.is_trashed or asset.visibility is Visibility.LOCKED


def _skip_reason(asset: Asset, now: datetime) -> SkipReason | None:
    if asset.is_offline:
        return SkipReason.OFFLINE
    if asset.visibility is Visibility.LOCKED:
        return SkipReason.LOCKED
    if not asset.processed and now - asset.created_at < PROCESSING_TIME:
        return SkipReason.UNPROCESSED
    return None


def _put_reason(
    asset: Asset, role: Role, recorded: Recorded | None, policy: Policy
) -> PutReason | None:
    if recorded is None:
        return PutReason.NEW
    match recorded.presence:
        case None:
            return PutReason.RETRY if recorded.item.attempts else PutReason.NEW
        case Presence.MISSING:
            return PutReason.MISSING if policy.missing is Missing.FETCH else None
        case Presence.DAMAGED:
            return PutReason.DAMAGED
        case Presence.EDITED:
            # A sidecar that another program wrote into is that program's; the pictures get a copy.
            changed = role is not Role.SIDECAR and _changed(asset, role, recorded.item, policy)
            return PutReason.CONFLICT if changed else None
        case Presence.PRESENT:
            return PutReason.CHANGED if _changed(asset, role, recorded.item, policy) else None


def _changed(asset: Asset, role: Role, item: Item, policy: Policy) -> bool:
    """Tell whether Immich has something else than what was put."""
    match role:
        case Role.PRIMARY:
            return item.checksum != asset.revision(edited=policy.edited)
        case Role.VIDEO:
            return item.asset_id != asset.live_video_id
        case Role.SIDECAR:
            return item.asset_updated_at != asset.updated_at


def _keep(asset: Asset, recorded: Mapping[Role, Recorded]) -> Keep:
    restate = tuple(r.item.row for r in recorded.values() if r.item.state is not ItemState.OK)
    primary = recorded[Role.PRIMARY].item
    if any(r.presence is Presence.EDITED for r in recorded.values()):
        return Keep(asset, KeepReason.EDITED, primary, restate)
    returned = any(r.item.state is ItemState.ORPHANED for r in recorded.values())
    reason = KeepReason.RETURNED if returned else KeepReason.UNCHANGED
    return Keep(asset, reason, primary, restate)


def judge_removals(
    first: Proof, second: Proof | None, *, leaving: int, mirrored: int, policy: Policy
) -> Hold | None:
    """Return why the ``leaving`` of ``mirrored`` shots may not be removed; None when they may.

    ``first`` and ``second`` prove what two readings of the album's listing found; ``second`` was
    made after ``first``: one listing alone proves no removal, because paging
    by offset skips an asset whenever another one is removed between two pages.
    """
    if first.listed == 0:
        return Hold.ALBUM_EMPTY
    if not first.complete:
        return Hold.INCOMPLETE
    if second is None or second != first:
        return Hold.UNSTABLE
    if policy.removals is not Removals.KEEP and leaving > _brake(mirrored, policy):
        return Hold.TOO_MANY
    return None


def _brake(mirrored: int, policy: Policy) -> int:
    if policy.max_removals is not None:
        return policy.max_removals
    return max(BRAKE_COUNT, int(mirrored * BRAKE_SHARE))
