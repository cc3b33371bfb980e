"""How a mirror stands, from its record and its last run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pentaprism.overview.phrases import mark
from pentaprism.store.records import Mirror, Run, RunStatus

Tone = Literal["ok", "running", "waiting", "failed", "idle"]
Action = Literal["resume", "run", "cancel", "pause", "reconnect", "preview"]


class Situation(StrEnum):
    """What a mirror is at.

    ``queued``: it waits until another run is done. ``backing_off``: until something outside is
    back, such as the network. ``stopping``: until the server is back. ``reconnect``: until a
    person has consented again.
    """

    UP_TO_DATE = "up_to_date"
    RUNNING = "running"
    QUOTA = "quota"
    QUEUED = "queued"
    RECONNECT = "reconnect"
    BACKING_OFF = "backing_off"
    STOPPING = "stopping"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    NOT_STARTED = "not_started"


_SHOWN: dict[Situation, tuple[Tone, str, Action | None]] = {
    Situation.UP_TO_DATE: ("ok", mark("Up to date"), "run"),
    Situation.RUNNING: ("running", mark("Running"), "cancel"),
    Situation.QUOTA: ("waiting", mark("Waiting for quota"), "pause"),
    Situation.QUEUED: ("waiting", mark("Waiting its turn"), "cancel"),
    Situation.RECONNECT: ("failed", mark("Reconnect needed"), "reconnect"),
    Situation.BACKING_OFF: ("waiting", mark("Waiting"), "run"),
    Situation.STOPPING: ("waiting", mark("Waiting"), None),
    Situation.FAILED: ("failed", mark("Failed"), "resume"),
    Situation.CANCELLED: ("idle", mark("Cancelled"), "resume"),
    Situation.PAUSED: ("idle", mark("Paused"), "resume"),
    Situation.NOT_STARTED: ("idle", mark("Not started"), "preview"),
}

_CONSENT = frozenset({"reconnect", "scope", "invalid_grant", "unauthenticated"})
"""Codes of failures after which the account has to be connected again."""

_ENDED = {
    RunStatus.OK: Situation.UP_TO_DATE,
    RunStatus.FAILED: Situation.FAILED,
    RunStatus.CANCELLED: Situation.CANCELLED,
}

_WAITS = {
    "quota": Situation.QUOTA,
    "queued": Situation.QUEUED,
    "reconnect": Situation.RECONNECT,
    "stopping": Situation.STOPPING,
    "paused": Situation.PAUSED,
}

_GOES_ON_AT = frozenset({Situation.QUOTA, Situation.BACKING_OFF})
"""Situations that have a time when it goes on, and not just as soon as it can."""


@dataclass(frozen=True, slots=True)
class MirrorState:
    """How a mirror stands, for a pill and one sentence.

    ``name`` is the tone; ``word`` is English and marked for translation. ``done`` of ``of`` assets
    are there; ``of`` is None where it is not known. ``at`` is when the last run ended, or began
    where it has not; ``until`` when it goes on by itself. ``reason`` and ``code`` tell of the last
    run. ``action`` is the one that fits; ``resume`` of a paused mirror ends the pause.
    ``elsewhere``: the run is not one of this server.
    """

    name: Tone
    situation: Situation
    word: str
    action: Action | None
    done: int = 0
    of: int | None = None
    failed: int = 0
    at: datetime | None = None
    until: datetime | None = None
    next_run_at: datetime | None = None
    reason: str | None = None
    code: str | None = None
    run_id: str | None = None
    elsewhere: bool = False

    @property
    def left(self) -> int | None:
        """How many assets are left to do, None where it is not known."""
        return None if self.of is None else max(0, self.of - self.done)


def state_of(mirror: Mirror, last: Run | None, *, live: bool) -> MirrorState:
    """Return how ``mirror`` stands after its ``last`` run; ``live`` while one is at work here.

    The record tells how the run stands: one that is at work for a moment longer has ended.
    """
    situation = _situation(mirror, last, live=live)
    tone, word, action = _SHOWN[situation]
    next_run_at = None if mirror.paused else mirror.next_run_at
    if last is None:
        return MirrorState(tone, situation, word, action, next_run_at=next_run_at)
    elsewhere = situation is Situation.RUNNING and not live
    if elsewhere:
        action = None
    elif situation is Situation.FAILED and last.code in _CONSENT:
        action = "reconnect"
    counters = last.counters
    return MirrorState(
        tone,
        situation,
        word,
        action,
        done=counters.uploaded + counters.skipped,
        of=max(last.expected, counters.total) or None,
        failed=counters.failed,
        at=last.finished_at or last.started_at,
        until=last.waits_until if situation in _GOES_ON_AT else None,
        next_run_at=next_run_at,
        reason=last.reason,
        code=last.code,
        run_id=last.id,
        elsewhere=elsewhere,
    )


def _situation(mirror: Mirror, last: Run | None, *, live: bool) -> Situation:
    if live if last is None else last.status is RunStatus.RUNNING:
        return Situation.RUNNING
    if mirror.paused:
        return Situation.PAUSED
    if last is None:
        return Situation.NOT_STARTED
    if last.status is RunStatus.WAITING:
        return _waiting(last)
    return _ENDED[last.status]


def _waiting(run: Run) -> Situation:
    if run.code is None:  # of a run that was recorded before codes were
        return Situation.RECONNECT if run.waits_until is None else Situation.QUOTA
    return _WAITS.get(run.code, Situation.BACKING_OFF)
