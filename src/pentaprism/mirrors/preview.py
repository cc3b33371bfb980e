"""The plan in words: a row for each shot, as people read it before a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pentaprism.assets import Asset, Role
from pentaprism.mirrors.outcomes import CAUSES, skip_reason
from pentaprism.mirrors.plan import Keep, KeepReason, Put, PutReason, Remove, Skip
from pentaprism.mirrors.work import Planned


class Verb(StrEnum):
    """What would be done about a shot; ``leave``: it has left the album, and is kept all the same.

    ``held``: it would be removed, if removals were not held back.
    """

    PUT = "put"
    REMOVE = "remove"
    HELD = "held"
    LEAVE = "leave"
    SKIP = "skip"
    KEEP = "keep"


PUT_REASONS: dict[PutReason, str] = {
    PutReason.NEW: "new in the album",
    PutReason.RETRY: "could not be put before; tried again",
    PutReason.CHANGED: "changed in Immich since it was put",
    PutReason.MISSING: "no longer there; put again",
    PutReason.DAMAGED: "damaged there; put again",
    PutReason.CONFLICT: "edited there and changed in Immich; both are kept",
}
"""Each reason for a put in words."""

KEEP_REASONS: dict[KeepReason, str] = {
    KeepReason.UNCHANGED: "unchanged",
    KeepReason.EDITED: "edited there; the edit stays",
    KeepReason.OFFLINE: "Immich cannot reach the file now; what is there stays",
    KeepReason.RETURNED: "in the album again",
}
"""Each reason for leaving a shot as it is in words."""


@dataclass(frozen=True, slots=True)
class Row:
    """What would be done about one shot; ``size`` in bytes, None where it is not known.

    ``path`` is where it is or would be, its name where the destination has no paths. ``code`` is
    the reason for scripts.
    """

    verb: Verb
    asset_id: str
    filename: str
    path: str
    code: str
    reason: str
    taken_at: datetime
    size: int | None


def rows(planned: Planned, *, stays: bool, held: bool) -> Iterator[Row]:
    """Yield a row for each action of a page of the plan.

    ``stays`` tells that what left the album is kept, ``held`` that removals are held back.
    """
    for action in planned.actions:
        match action:
            case Put(asset, reasons, recorded):
                path = planned.paths.get(asset.id, {}).get(Role.PRIMARY)
                known = recorded.get(Role.PRIMARY)
                where = str(path) if path else known.item.path if known else None
                reason = next(iter(reasons.values()))
                yield _row(Verb.PUT, asset, where, reason.value, PUT_REASONS[reason])
            case Skip(asset, why):
                yield _row(Verb.SKIP, asset, None, why.value, skip_reason(action))
            case Keep(asset, reason, item):
                yield _row(Verb.KEEP, asset, item.path, reason.value, KEEP_REASONS[reason])
            case Remove(items, cause) if any(item.remote_id is not None for item in items):
                item = items[0]
                yield Row(
                    Verb.LEAVE if stays else Verb.HELD if held else Verb.REMOVE,
                    item.asset_id,
                    item.filename,
                    item.path or item.filename,
                    cause.value,
                    CAUSES[cause],
                    item.taken_at,
                    item.size,
                )
            case Remove():
                pass  # it was never put, so there is nothing to see


def _row(verb: Verb, asset: Asset, path: str | None, code: str, reason: str) -> Row:
    size = asset.exif.size if asset.exif else None
    return Row(
        verb, asset.id, asset.filename, path or asset.filename, code, reason, asset.taken_at, size
    )
