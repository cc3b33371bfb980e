"""The plan for one shot: what Immich says, what is recorded, what is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from mirror_samples import NOW, asset_id, make_asset, make_item

from pentaprism.assets import Asset, Checksum, Role, Visibility
from pentaprism.destinations.base import Presence
from pentaprism.destinations.choices import Missing
from pentaprism.mirrors.plan import (
    PROCESSING_TIME,
    Keep,
    KeepReason,
    Policy,
    Put,
    PutReason,
    Recorded,
    Skip,
    SkipReason,
    decide,
)
from pentaprism.store.records import ItemState

PRIMARY, VIDEO, SIDECAR = Role.PRIMARY, Role.VIDEO, Role.SIDECAR
PRESENT, MISSING = Presence.PRESENT, Presence.MISSING
DAMAGED, EDITED = Presence.DAMAGED, Presence.EDITED

STILL = make_asset()
LIVE = make_asset(live_video_id=asset_id(9))
EXTERNAL = make_asset(checksum=Checksum(b"p" * 20, of_content=False), modified_at=NOW)
WITH_EDIT = make_asset(is_edited=True)
SIDECARS = Policy(sidecars=True)
LEAVE = Policy(missing=Missing.LEAVE)
OTHER = Checksum(b"o" * 20, of_content=True)


def there(asset: Asset, *roles: Role, **fields: Any) -> dict[Role, Recorded]:
    """Return records of files that are as they were put; ``presence`` may say otherwise."""
    presence = fields.pop("presence", PRESENT)
    return {
        role: Recorded(make_item(asset, role, **fields), presence) for role in roles or [PRIMARY]
    }


@dataclass(frozen=True)
class Case:
    name: str
    asset: Asset
    expected: dict[Role, PutReason] | KeepReason | SkipReason
    recorded: dict[Role, Recorded] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)


CHANGED = make_asset(checksum=OTHER)
NEW_VIDEO = make_asset(live_video_id=asset_id(8))
RETOUCHED = make_asset(is_edited=True, updated_at=NOW + timedelta(hours=1))
REVISED = make_asset(updated_at=NOW + timedelta(hours=1))
FRESH = make_asset(processed=False, created_at=NOW - PROCESSING_TIME + timedelta(seconds=1))
STUCK = make_asset(processed=False, created_at=NOW - PROCESSING_TIME)
OFFLINE = make_asset(is_offline=True, is_trashed=True)
LOCKED = make_asset(visibility=Visibility.LOCKED)
claimed = {"remote_id": None, "checksum": None, "state": ItemState.PENDING, "presence": None}

CASES = [
    Case("new", STILL, {PRIMARY: PutReason.NEW}),
    Case("archived", make_asset(visibility=Visibility.ARCHIVE), {PRIMARY: PutReason.NEW}),
    Case("new, offline", OFFLINE, SkipReason.OFFLINE),
    Case("new, locked", LOCKED, SkipReason.LOCKED),
    Case("new, not processed for less than a day", FRESH, SkipReason.UNPROCESSED),
    Case("new, not processed for a day", STUCK, {PRIMARY: PutReason.NEW}),
    Case("claimed, then crashed", STILL, {PRIMARY: PutReason.NEW}, there(STILL, **claimed)),
    Case("failed", STILL, {PRIMARY: PutReason.RETRY}, there(STILL, attempts=1, **claimed)),
    Case("failed, offline now", OFFLINE, SkipReason.OFFLINE, there(STILL, attempts=1, **claimed)),
    Case("failed, locked now", LOCKED, SkipReason.LOCKED, there(STILL, attempts=1, **claimed)),
    Case("unchanged", STILL, KeepReason.UNCHANGED, there(STILL)),
    Case("unchanged, locked", LOCKED, KeepReason.UNCHANGED, there(STILL)),
    Case("unchanged, processed again", FRESH, KeepReason.UNCHANGED, there(FRESH)),
    Case("unchanged, described anew", REVISED, KeepReason.UNCHANGED, there(STILL)),
    Case("there, offline now", OFFLINE, KeepReason.OFFLINE, there(STILL)),
    Case("there, changed, offline now", make_asset(checksum=OTHER, is_offline=True),
         KeepReason.OFFLINE, there(STILL)),
    Case("changed", CHANGED, {PRIMARY: PutReason.CHANGED}, there(STILL)),
    Case("missing", STILL, {PRIMARY: PutReason.MISSING}, there(STILL, presence=MISSING)),
    Case("missing and changed", CHANGED, {PRIMARY: PutReason.MISSING},
         there(STILL, presence=MISSING)),
    Case("missing, left out", STILL, SkipReason.LEFT_OUT, there(STILL, presence=MISSING), LEAVE),
    Case("missing and changed, left out", CHANGED, SkipReason.LEFT_OUT,
         there(STILL, presence=MISSING), LEAVE),
    Case("new where missing ones are left out", STILL, {PRIMARY: PutReason.NEW}, {}, LEAVE),
    Case("damaged", STILL, {PRIMARY: PutReason.DAMAGED}, there(STILL, presence=DAMAGED)),
    Case("damaged where missing ones are left out", STILL, {PRIMARY: PutReason.DAMAGED},
         there(STILL, presence=DAMAGED), LEAVE),
    Case("edited here", STILL, KeepReason.EDITED, there(STILL, presence=EDITED)),
    Case("edited here and changed", CHANGED, {PRIMARY: PutReason.CONFLICT},
         there(STILL, presence=EDITED)),
    Case("orphan returned", STILL, KeepReason.RETURNED, there(STILL, state=ItemState.ORPHANED)),
    Case("orphan returned changed", CHANGED, {PRIMARY: PutReason.CHANGED},
         there(STILL, state=ItemState.ORPHANED)),
    Case("orphan returned, edited here", STILL, KeepReason.EDITED,
         there(STILL, state=ItemState.ORPHANED, presence=EDITED)),
    Case("a repair failed, and a person mended it", STILL, KeepReason.UNCHANGED,
         there(STILL, state=ItemState.FAILED, attempts=1)),
    Case("external, unchanged", EXTERNAL, KeepReason.UNCHANGED, there(EXTERNAL)),
    Case("external, its file's time changed",
         make_asset(checksum=EXTERNAL.checksum, modified_at=NOW + timedelta(days=1)),
         {PRIMARY: PutReason.CHANGED}, there(EXTERNAL)),
    Case("edited in Immich, mirrored untouched", WITH_EDIT, KeepReason.UNCHANGED, there(STILL)),
    Case("edited in Immich, mirrored with edits", WITH_EDIT, {PRIMARY: PutReason.CHANGED},
         there(STILL), Policy(edited=True)),
    Case("edited in Immich again", RETOUCHED, {PRIMARY: PutReason.CHANGED},
         there(STILL, checksum=WITH_EDIT.revision(edited=True)), Policy(edited=True)),
    Case("edited in Immich, the edit is there", WITH_EDIT, KeepReason.UNCHANGED,
         there(STILL, checksum=WITH_EDIT.revision(edited=True)), Policy(edited=True)),
    Case("live, new", LIVE, {PRIMARY: PutReason.NEW, VIDEO: PutReason.NEW}),
    Case("live, new, no companions there", LIVE, {PRIMARY: PutReason.NEW}, {},
         Policy(companions=False)),
    Case("live, unchanged", LIVE, KeepReason.UNCHANGED, there(LIVE, PRIMARY, VIDEO)),
    Case("became live", LIVE, {VIDEO: PutReason.NEW}, there(LIVE)),
    Case("live, other video", NEW_VIDEO, {VIDEO: PutReason.CHANGED}, there(LIVE, PRIMARY, VIDEO)),
    Case("live no more", STILL, KeepReason.UNCHANGED, there(LIVE, PRIMARY, VIDEO)),
    Case("live, video missing", LIVE, {VIDEO: PutReason.MISSING},
         there(LIVE) | there(LIVE, VIDEO, presence=MISSING)),
    Case("live, video missing, left out", LIVE, KeepReason.UNCHANGED,
         there(LIVE) | there(LIVE, VIDEO, presence=MISSING), LEAVE),
    Case("live, video edited here and other in Immich", NEW_VIDEO, {VIDEO: PutReason.CONFLICT},
         there(LIVE) | there(LIVE, VIDEO, presence=EDITED)),
    Case("sidecars, new", STILL, {PRIMARY: PutReason.NEW, SIDECAR: PutReason.NEW}, {}, SIDECARS),
    Case("sidecars, from now on", STILL, {SIDECAR: PutReason.NEW}, there(STILL), SIDECARS),
    Case("sidecars, unchanged", STILL, KeepReason.UNCHANGED, there(STILL, PRIMARY, SIDECAR),
         SIDECARS),
    Case("sidecars, described anew", REVISED, {SIDECAR: PutReason.CHANGED},
         there(STILL, PRIMARY, SIDECAR), SIDECARS),
    Case("sidecars no more, described anew", REVISED, KeepReason.UNCHANGED,
         there(STILL, PRIMARY, SIDECAR)),
    Case("sidecar edited here, described anew", REVISED, KeepReason.EDITED,
         there(STILL) | there(STILL, SIDECAR, presence=EDITED), SIDECARS),
    Case("sidecar missing", STILL, {SIDECAR: PutReason.MISSING},
         there(STILL) | there(STILL, SIDECAR, presence=MISSING), SIDECARS),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_shot_is_decided(case: Case) -> None:
    match decide(case.asset, case.recorded, case.policy, NOW):
        case Put(_, reasons, recorded):
            assert list(reasons.items()) == list(case.expected.items())  # type: ignore[union-attr]  # a case that expects no put fails here
            assert recorded == case.recorded
        case Keep(_, reason, primary):
            assert reason is case.expected
            assert primary == case.recorded[PRIMARY].item
        case Skip(_, why):
            assert why is case.expected


def test_the_names_of_the_cases_differ() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("state", [ItemState.ORPHANED, ItemState.FAILED])
def test_what_is_there_after_all_is_recorded_as_such(state: ItemState) -> None:
    recorded = there(LIVE, PRIMARY, VIDEO, state=state) | there(LIVE, SIDECAR)
    keep = decide(LIVE, recorded, Policy(), NOW)
    assert isinstance(keep, Keep)
    assert keep.restate == (recorded[PRIMARY].item.row, recorded[VIDEO].item.row)
