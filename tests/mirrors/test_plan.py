"""The plan: one row for each situation that a shot can be in, and the guard before removals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.assets import Asset, Checksum, MediaType, Role, Visibility
from pentaprism.destinations.base import Missing, Presence, Removals
from pentaprism.immich import Proof
from pentaprism.mirrors.plan import (
    Hold,
    Keep,
    KeepReason,
    Policy,
    Put,
    PutReason,
    Recorded,
    Skip,
    SkipReason,
    decide,
    judge_removals,
)
from pentaprism.mirrors.rows import RowSet
from pentaprism.store.records import Item, ItemState

NOW = datetime(2026, 1, 2, tzinfo=UTC)
NEW, OLD = b"n" * 20, b"o" * 20
ASSET = Asset(
    id="a",
    owner_id="u",
    filename="a.jpg",
    media_type=MediaType.IMAGE,
    mime_type="image/jpeg",
    checksum=Checksum(NEW, of_content=True),
    taken_at=NOW,
    local_taken_at=NOW.replace(tzinfo=None),
    created_at=NOW,
    updated_at=NOW,
)


def item(role: Role = Role.PRIMARY, **fields: Any) -> Item:
    values: dict[str, Any] = {
        "row": 1,
        "mirror_id": "m",
        "asset_id": "a" if role is not Role.VIDEO else "v",
        "shot_id": "a",
        "role": role,
        "state": ItemState.OK,
        "path": "a.jpg",
        "remote_id": "a.jpg",
        "checksum": NEW,
        "sha1": NEW,
        "size": 1,
        "mtime_ns": 1,
        "verified": True,
        "filename": "a.jpg",
        "taken_at": NOW,
        "asset_updated_at": NOW,
        "attempts": 0,
        "error_code": None,
        "error": None,
        "token": None,
        "staged_at": None,
    }
    return Item(**values | fields)


def recorded(
    presence: Presence | None = Presence.PRESENT, role: Role = Role.PRIMARY, **fields: Any
) -> dict[Role, Recorded]:
    return {role: Recorded(item(role, **fields), presence)}


def told(asset: Asset, known: dict[Role, Recorded], policy: Policy | None = None) -> object:
    """Return the decision in short: the reasons of a put, or the reason itself."""
    match decide(asset, known, policy or Policy(), NOW):
        case Put(reasons=reasons):
            return dict(reasons)
        case Keep(reason=reason) | Skip(reason=reason):
            return reason


PUT = Role.PRIMARY
LIVE = replace(ASSET, live_video_id="v")
SITUATIONS: list[tuple[str, Asset, dict[Role, Recorded], Policy, object]] = [
    ("new", ASSET, {}, Policy(), {PUT: PutReason.NEW}),
    ("claimed", ASSET, recorded(None), Policy(), {PUT: PutReason.NEW}),
    ("failed before", ASSET, recorded(None, attempts=1), Policy(), {PUT: PutReason.RETRY}),
    ("unchanged", ASSET, recorded(), Policy(), KeepReason.UNCHANGED),
    ("changed", ASSET, recorded(checksum=OLD), Policy(), {PUT: PutReason.CHANGED}),
    ("missing", ASSET, recorded(Presence.MISSING), Policy(), {PUT: PutReason.MISSING}),
    ("left out", ASSET, recorded(Presence.MISSING), Policy(missing=Missing.LEAVE),
     SkipReason.LEFT_OUT),
    ("damaged", ASSET, recorded(Presence.DAMAGED), Policy(), {PUT: PutReason.DAMAGED}),
    ("edited", ASSET, recorded(Presence.EDITED), Policy(), KeepReason.EDITED),
    ("edited and changed", ASSET, recorded(Presence.EDITED, checksum=OLD), Policy(),
     {PUT: PutReason.CONFLICT}),
    ("back again", ASSET, recorded(state=ItemState.ORPHANED), Policy(), KeepReason.RETURNED),
    ("archived", replace(ASSET, visibility=Visibility.ARCHIVE), {}, Policy(),
     {PUT: PutReason.NEW}),
    ("offline, new", replace(ASSET, is_offline=True), {}, Policy(), SkipReason.OFFLINE),
    ("offline, there", replace(ASSET, is_offline=True), recorded(checksum=OLD), Policy(),
     KeepReason.OFFLINE),
    ("locked", replace(ASSET, visibility=Visibility.LOCKED), {}, Policy(), SkipReason.LOCKED),
    ("unprocessed", replace(ASSET, processed=False), {}, Policy(), SkipReason.UNPROCESSED),
    ("unprocessed for a day", replace(ASSET, processed=False, created_at=NOW - timedelta(1)), {},
     Policy(), {PUT: PutReason.NEW}),
    ("live, new", LIVE, {}, Policy(), {PUT: PutReason.NEW, Role.VIDEO: PutReason.NEW}),
    ("live, video came later", LIVE, recorded(), Policy(), {Role.VIDEO: PutReason.NEW}),
    ("live, another video", LIVE, {**recorded(), **recorded(role=Role.VIDEO, asset_id="w")},
     Policy(), {Role.VIDEO: PutReason.CHANGED}),
    ("live, video missing", LIVE, {**recorded(), **recorded(Presence.MISSING, Role.VIDEO)},
     Policy(), {Role.VIDEO: PutReason.MISSING}),
    ("live, without companions", LIVE, recorded(), Policy(companions=False),
     KeepReason.UNCHANGED),
    ("sidecar wanted", ASSET, recorded(), Policy(sidecars=True), {Role.SIDECAR: PutReason.NEW}),
    ("sidecar outdated", ASSET,
     {**recorded(), **recorded(role=Role.SIDECAR, asset_updated_at=NOW - timedelta(1))},
     Policy(sidecars=True), {Role.SIDECAR: PutReason.CHANGED}),
    ("sidecar edited", ASSET,
     {**recorded(), **recorded(Presence.EDITED, Role.SIDECAR, asset_updated_at=NOW - timedelta(1))},
     Policy(sidecars=True), KeepReason.EDITED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asset", "known", "policy", "answer"),
    [pytest.param(*situation[1:], id=situation[0]) for situation in SITUATIONS],
)
def test_each_situation(
    asset: Asset, known: dict[Role, Recorded], policy: Policy, answer: object
) -> None:
    assert told(asset, known, policy) == answer


def test_an_external_asset_changes_with_its_time() -> None:
    external = replace(ASSET, checksum=Checksum(NEW, of_content=False), modified_at=NOW)
    known = recorded(checksum=external.revision(edited=False))
    assert told(external, known) is KeepReason.UNCHANGED
    later = replace(external, modified_at=NOW + timedelta(1))
    assert told(later, known) == {PUT: PutReason.CHANGED}


def test_an_edited_picture_changes_with_its_edits_where_they_are_wanted() -> None:
    asset = replace(ASSET, is_edited=True)
    known = recorded(checksum=asset.revision(edited=True))
    later = replace(asset, updated_at=NOW + timedelta(1))
    assert told(asset, known, Policy(edited=True)) is KeepReason.UNCHANGED
    assert told(later, known, Policy(edited=True)) == {PUT: PutReason.CHANGED}
    assert told(later, recorded(), Policy()) is KeepReason.UNCHANGED


FULL = Proof(listed=100, expected=100, fingerprint=7)
TRASH = Policy(removals=Removals.TRASH)


@pytest.mark.parametrize(
    ("first", "second", "leaving", "policy", "hold"),
    [
        (FULL, FULL, 5, TRASH, None),
        (FULL, None, 5, TRASH, Hold.UNSTABLE),
        (FULL, replace(FULL, fingerprint=8), 5, TRASH, Hold.UNSTABLE),
        (FULL, replace(FULL, listed=99, expected=99), 5, TRASH, Hold.UNSTABLE),
        (replace(FULL, listed=99), replace(FULL, listed=99), 5, TRASH, Hold.INCOMPLETE),
        (replace(FULL, steady=False), FULL, 5, TRASH, Hold.INCOMPLETE),
        (Proof(0, 0, 0), Proof(0, 0, 0), 5, TRASH, Hold.ALBUM_EMPTY),
        (FULL, FULL, 201, TRASH, Hold.TOO_MANY),
        (FULL, FULL, 200, TRASH, None),
        (FULL, FULL, 201, replace(TRASH, max_removals=201), None),
        (FULL, FULL, 2, replace(TRASH, max_removals=1), Hold.TOO_MANY),
        (FULL, FULL, 999, Policy(), None),
    ],
)
def test_the_guard(
    first: Proof, second: Proof | None, leaving: int, policy: Policy, hold: Hold | None
) -> None:
    judged = judge_removals(first, second, leaving=leaving, mirrored=1000, policy=policy)
    assert judged is hold


def test_a_small_mirror_may_lose_as_many_as_the_brake_counts() -> None:
    assert judge_removals(FULL, FULL, leaving=50, mirrored=51, policy=TRASH) is None
    assert judge_removals(FULL, FULL, leaving=51, mirrored=51, policy=TRASH) is Hold.TOO_MANY


@given(st.lists(st.integers(0, 100_000)), st.integers(0, 100_000))
def test_a_row_set_is_a_set(rows: list[int], other: int) -> None:
    made = RowSet()
    for row in rows:
        made.add(row)
    assert all(row in made for row in rows)
    assert (other in made) == (other in rows)
