"""Which message the end of a run calls for, so that each trouble is told once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_QUOTA = "quota"
_INTERRUPTED = "interrupted"


class Kind(StrEnum):
    """The messages that there are."""

    RUN_FAILED = "run_failed"
    RECONNECT_NEEDED = "reconnect_needed"
    QUOTA_REACHED = "quota_reached"
    BACK_TO_NORMAL = "back_to_normal"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: its status in capitals, and the code of the error that ended it.

    ``code`` is None where only single files failed. ``waits_until`` is when a waiting run goes on
    by itself; None where a person must act first.
    """

    status: str
    code: str | None = None
    waits_until: datetime | None = None


def last_ending(newest_first: Iterable[Ending]) -> Ending | None:
    """Return the last ending that says something of the mirror's state: the one to judge against.

    A run that a person cancelled or that a restart broke off does not, nor does one at work.
    """
    return next((ending for ending in newest_first if _counts(ending)), None)


def judge(previous: Ending | None, now: Ending) -> Kind | None:
    """Return the message that ``now`` calls for after ``previous``, which is from `last_ending`.

    A trouble of the same kind and code as before is not told again. A large mirror that waits for
    the quota day after day is told of once.
    """
    before = previous if previous is not None and _counts(previous) else None
    if not _counts(now):
        return None
    if now.status == "OK":
        needed = before is not None and _trouble(before) in _NEEDS_A_PERSON
        return Kind.BACK_TO_NORMAL if needed else None
    trouble = _trouble(now)
    same = before is not None and _trouble(before) is trouble and before.code == now.code
    return None if same else trouble


_NEEDS_A_PERSON = (Kind.RUN_FAILED, Kind.RECONNECT_NEEDED)


def _counts(ending: Ending) -> bool:
    return ending.status in {"OK", "FAILED", "WAITING"} and ending.code != _INTERRUPTED


def _trouble(ending: Ending) -> Kind | None:
    if ending.status == "FAILED":
        return Kind.RUN_FAILED
    if ending.status != "WAITING":
        return None
    if ending.waits_until is None:
        return Kind.RECONNECT_NEEDED
    return Kind.QUOTA_REACHED if ending.code == _QUOTA else None
