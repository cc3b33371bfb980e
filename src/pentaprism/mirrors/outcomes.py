"""Outcomes: what each thing that can happen to a shot means for the record, as changes and events.

Pure; the recorder writes what is returned here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pentaprism.assets import Role
from pentaprism.destinations.base import Result, Staged
from pentaprism.errors import PentaprismError
from pentaprism.mirrors.events import Code, event
from pentaprism.mirrors.placing import PlacedPut
from pentaprism.mirrors.plan import (
    Hold,
    Keep,
    KeepReason,
    Put,
    PutReason,
    RemoveCause,
    Skip,
    SkipReason,
)
from pentaprism.mirrors.tally import Tally
from pentaprism.store import records
from pentaprism.store.records import Change, Item, ItemState, RunEvent

SKIP_REASONS: dict[SkipReason, str] = {
    SkipReason.OFFLINE: "Immich cannot reach the file (offline)",
    SkipReason.LOCKED: "it is in Immich's locked folder",
    SkipReason.UNPROCESSED: "Immich has not read its metadata yet; the next run takes it",
    SkipReason.LEFT_OUT: "it was deleted here, and the mirror leaves such files out",
    SkipReason.REFUSED: "the destination does not take it",
    SkipReason.PARTNER: "another file of its shot is mirrored in its stead",
}
"""Each reason for a skip in words."""

CAUSES: dict[RemoveCause, str] = {
    RemoveCause.TRASHED: "it is in Immich's trash",
    RemoveCause.REMOVED: "it was taken out of the album",
    RemoveCause.LOCKED: "it was moved to Immich's locked folder",
    RemoveCause.HIDDEN: "Immich hides it, as it does the video half of a live photo",
    RemoveCause.OFFLINE: "Immich cannot reach the file (offline)",
    RemoveCause.GONE: "it was deleted from Immich, or is no longer shared with this user",
}
"""Each cause of a removal in words."""


HOLDS: dict[Hold, str] = {
    Hold.ALBUM_EMPTY: "the album came back empty",
    Hold.INCOMPLETE: "the listing does not hold as many assets as the album says it has",
    Hold.UNSTABLE: "the album changed while it was read; the next run looks again",
    Hold.TOO_MANY: "{count} of {mirrored} files would go, more than is done without being asked; "
    "look at `--dry-run`, then allow it once with --max-removals {count}",
    Hold.NO_PERMISSION: "some files of this run could not be written for want of permission",
}
"""Each reason why removals are held, in words."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Changes, events and counts that belong together: all are recorded, or none."""

    changes: Sequence[Change] = ()
    events: Sequence[RunEvent] = ()
    counts: Tally | None = None


def staged_outcome(placed: PlacedPut, at: datetime) -> Outcome:
    """Return the outcome of a shot whose bytes are at the destination to stay."""
    return Outcome([records.Staged(part.item.row, at) for part in placed.parts.values()])


def put(
    placed: PlacedPut, staged: Staged, result: Result, *, edited: bool, removed: str
) -> Outcome:
    """Return the outcome of a shot that was committed with ``result``.

    ``removed`` says what becomes of something that is taken away.
    """
    items = result.items
    changes = [
        records.Put(
            row=part.item.row,
            asset_id=part.asset.id,
            remote_id=item.id,
            checksum=part.asset.revision(edited=edited),
            sha1=item.sha1,
            size=item.size,
            mtime_ns=item.mtime_ns,
            verified=item.verified,
            asset_updated_at=placed.put.asset.updated_at,
        )
        for part, item in zip(placed.parts.values(), items, strict=True)
    ]
    asset = placed.put.asset
    code = _put_code(placed, staged, result)
    first = next(iter(placed.parts.values()))
    happened = event(
        code,
        asset,
        path=items[0].url or items[0].id,
        presence=first.reason.value,
        bytes=staged.downloaded,
        old="" if result.old_stays else f"; the old version was {removed}",
    )
    was_there = code in {Code.ADOPTED, Code.ALREADY_IN_ACCOUNT}
    counts = Tally(uploaded=not was_there, skipped=was_there, bytes=staged.downloaded)
    notes = [event(Code.NOTE, asset, note=note) for note in (*staged.notes, *result.notes)]
    return Outcome(changes, [happened, *notes], counts)


def _put_code(placed: PlacedPut, staged: Staged, result: Result) -> Code:
    if result.known:
        return Code.ALREADY_IN_ACCOUNT
    reasons = {part.reason for part in placed.parts.values()}
    displaced = any(part.displaced for part in placed.parts.values())
    if PutReason.CONFLICT in reasons or displaced:
        return Code.CONFLICT_COPY
    if reasons & {PutReason.MISSING, PutReason.DAMAGED}:
        return Code.REPAIRED
    if PutReason.CHANGED in reasons:
        return Code.REPLACED
    if staged.adopted:
        return Code.ADOPTED
    return Code.LINKED if staged.linked else Code.PUT


def failed(placed: PlacedPut, error: PentaprismError) -> Outcome:
    """Return the outcome of a shot that could not be put."""
    changes = [
        records.Failed(part.item.row, error.code, error.message) for part in placed.parts.values()
    ]
    happened = event(
        Code.FAILED, placed.put.asset, error=error.message, code=error.code, hint=error.hint
    )
    return Outcome(changes, [happened], Tally(failed=1))


def settled(actions: Iterable[Put | Keep | Skip]) -> Outcome:
    """Return the outcome of all of ``actions`` that need no bytes, as one."""
    changes: list[Change] = []
    events: list[RunEvent] = []
    skipped = 0
    for action in actions:
        match action:
            case Keep():
                events += _kept_events(action)
                changes += [records.Restated(row, ItemState.OK) for row in action.restate]
            case Skip():
                events.append(_skipped_event(action))
            case Put():
                continue
        skipped += 1
    return Outcome(changes, events, Tally(skipped=skipped))


def skip_reason(skip: Skip) -> str:
    """Return the reason for a skip in words."""
    return skip.refusal.message if skip.refusal else SKIP_REASONS[skip.reason]


def _skipped_event(skip: Skip) -> RunEvent:
    refusal = skip.refusal
    details = {"code": refusal.code, "hint": refusal.hint} if refusal else {}
    return event(
        Code.SKIPPED, skip.asset, reason=skip_reason(skip), why=skip.reason.value, **details
    )


def video_missing(placed: PlacedPut) -> Outcome:
    """Return the outcome of a live photo without its video; nothing is put if all else is there."""
    counts = None if placed.parts else Tally(skipped=1)
    return Outcome((), [event(Code.VIDEO_MISSING, placed.put.asset)], counts)


def _kept_events(keep: Keep) -> list[RunEvent]:
    match keep.reason:
        case KeepReason.EDITED:
            return [event(Code.EDITED_KEPT, keep.asset, path=keep.primary.path)]
        case KeepReason.RETURNED:
            return [event(Code.RETURNED, keep.asset)]
        case KeepReason.OFFLINE | KeepReason.UNCHANGED:
            return []


def orphaned(items: Sequence[Item], cause: RemoveCause) -> Outcome:
    """Return the outcome of a shot that left the album and is kept at the destination."""
    changes = [
        records.Restated(item.row, ItemState.ORPHANED, cause.value, CAUSES[cause]) for item in items
    ]
    return Outcome(changes, [_removal_event(Code.ORPHANED, items, cause)])


def removed(items: Sequence[Item], cause: RemoveCause, *, how: str) -> Outcome:
    """Return the outcome of a shot that was taken away at the destination; ``how`` says whither."""
    changes = [records.Forgotten(item.row) for item in items]
    happened = _removal_event(Code.REMOVED, items, cause, removed=how)
    return Outcome(changes, [happened], Tally(removed=1))


def superseded(items: Sequence[Item]) -> Outcome:
    """Return the outcome of a shot that left the album while another item is the same picture."""
    changes = [records.Forgotten(item.row) for item in items]
    happened = event(Code.SUPERSEDED, filename=items[0].filename, asset_id=items[0].asset_id)
    return Outcome(changes, [happened])


def released(items: Sequence[Item]) -> Outcome:
    """Return the outcome of a shot that left the album but holds a person's edit: it is theirs."""
    changes = [records.Forgotten(item.row) for item in items]
    happened = event(Code.EDITED_KEPT, filename=items[0].filename, path=items[0].remote_id)
    return Outcome(changes, [happened])


def removal_failed(items: Sequence[Item], error: PentaprismError) -> Outcome:
    """Return the outcome of a shot that could not be taken away; it stays recorded."""
    happened = event(
        Code.FAILED,
        filename=items[0].filename,
        error=error.message,
        code=error.code,
        hint=error.hint,
    )
    return Outcome((), [happened])


def forgotten(items: Sequence[Item]) -> Outcome:
    """Return the outcome of a shot that left the album before it was ever put."""
    return Outcome([records.Forgotten(item.row) for item in items])


def _removal_event(
    code: Code, items: Sequence[Item], cause: RemoveCause, **details: str
) -> RunEvent:
    primary = next((item for item in items if item.role is Role.PRIMARY), items[0])
    return event(
        code,
        filename=primary.filename,
        cause=CAUSES[cause],
        why=cause.value,
        path=primary.remote_id,
        asset_id=primary.asset_id,
        **details,
    )
