"""What the page of a run shows, made of its record, its events and how far it is: plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pentaprism.jobs.live import Live
from pentaprism.mirrors.progress import Transfer
from pentaprism.overview.states import MirrorState, Situation, Tone, state_of
from pentaprism.store.records import Counters, Mirror, Run, RunEvent, RunStatus

HOPELESS = frozenset({"bad_path", "empty_file", "nameless", "too_large", "unsupported_type"})
"""Codes of failures that trying again does not mend."""

ARRIVED = frozenset({"put", "linked", "adopted", "replaced", "repaired"})
"""Codes of events after which a picture is at the destination."""

SHOWN_AT_ONCE = {"all": None, "waits": frozenset({"warning"}), "failures": frozenset({"error"})}
"""The ways to narrow the events, and the levels that each leaves."""

_WIDTH, _HEIGHT = 240.0, 40.0
_HEADROOM = 1.15


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as its page shows it.

    ``done`` of ``of`` assets have been looked at; ``of`` is None where it is not known. ``bytes``
    were read from Immich. ``seconds_left`` is a forecast, ``ends_at`` when that would be.
    ``elsewhere``: it is at work, but not in this server. ``unsettled``: it may still change.
    """

    run: Run
    state: MirrorState
    counters: Counters
    of: int | None
    staged: int
    bytes: int
    rate: float | None
    files_rate: float | None
    curve: tuple[float, ...]
    seconds_left: float | None
    ends_at: datetime | None
    transfers: tuple[Transfer, ...]
    ending: bool

    @property
    def done(self) -> int:
        """How many assets the run is through with."""
        return self.counters.total

    @property
    def left(self) -> int:
        """How many assets are still to be looked at, beside what is staged."""
        return max(0, (self.of or 0) - self.done - self.staged)

    @property
    def running(self) -> bool:
        """Whether it is at work, here or elsewhere."""
        return self.state.situation is Situation.RUNNING

    @property
    def elsewhere(self) -> bool:
        """Whether another process is at it."""
        return self.state.elsewhere

    @property
    def unsettled(self) -> bool:
        """Whether it may go on, now or later."""
        return self.run.status in {RunStatus.RUNNING, RunStatus.WAITING}

    @property
    def tone(self) -> Tone:
        """The colour of its state: a run with failures is not done well."""
        return self.state.name

    @property
    def some_failed(self) -> bool:
        """Whether it went through to its end, and some files failed."""
        return self.run.status is RunStatus.FAILED and self.run.reason is None

    @property
    def took(self) -> timedelta | None:
        """How long it took from its beginning to its end, waits included."""
        ended = self.run.finished_at
        return None if ended is None else ended - self.run.started_at


def run_view(mirror: Mirror, run: Run, live: Live | None, now: datetime) -> RunView:
    """Return ``run`` of ``mirror`` for its page; ``live`` where it is at work here."""
    # What has ended is at work a moment longer, while its connections are closed.
    at_work = live is not None and live.run_id == run.id and run.status is RunStatus.RUNNING
    here = live if at_work else None
    # How the mirror stands now says nothing about a run of the past.
    state = state_of(replace(mirror, paused=False), run, live=here is not None)
    if here is None:
        of = max(run.expected, run.counters.total) or None
        return RunView(
            run,
            state,
            run.counters,
            of,
            0,
            run.counters.bytes,
            None,
            None,
            (),
            None,
            None,
            (),
            False,
        )
    progress = here.progress
    left = here.seconds_left
    return RunView(
        run=run,
        state=state,
        counters=progress.counters,
        of=max(progress.expected, progress.counters.total) or None,
        staged=progress.staged,
        bytes=progress.bytes_read,
        rate=here.rate or None,
        files_rate=here.files_rate or None,
        curve=here.curve,
        seconds_left=left,
        ends_at=None if left is None else now + timedelta(seconds=left),
        transfers=progress.transfers,
        ending=here.ending,
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """Files that failed for one reason: the first by name and picture, and how many there are."""

    code: str
    name: str
    asset_id: str | None
    reason: str
    hint: str
    count: int

    @property
    def retriable(self) -> bool:
        """Whether trying again may help."""
        return self.code not in HOPELESS


def failures_of(events: Iterable[RunEvent]) -> list[Failure]:
    """Return what failed in ``events``, most files first; a file counts once for each reason."""
    grouped: dict[str, dict[str, RunEvent]] = {}
    for event in events:
        if event.code != "failed":
            continue
        code = str(event.details.get("code") or event.code)
        grouped.setdefault(code, {})[event.asset_id or event.filename or ""] = event
    found = [_failure(code, list(files.values())) for code, files in grouped.items()]
    return sorted(found, key=lambda one: (-one.count, one.code))


def _failure(code: str, events: Sequence[RunEvent]) -> Failure:
    first = events[0]
    return Failure(
        code=code,
        name=first.filename or "",
        asset_id=first.asset_id,
        reason=str(first.details.get("error") or first.message),
        hint=str(first.details.get("hint") or ""),
        count=len(events),
    )


def retriable(failures: Iterable[Failure]) -> int:
    """Return how many files may succeed when they are tried again."""
    return sum(one.count for one in failures if one.retriable)


def arrived(events: Iterable[RunEvent], limit: int) -> list[str]:
    """Return the ids of the assets in ``events``, in order, each once, up to ``limit``."""
    ids = dict.fromkeys(event.asset_id for event in events if event.asset_id)
    return list(ids)[:limit]


def tone_of(event: RunEvent) -> Tone:
    """Return the colour that an event has in the log."""
    if event.level == "error":
        return "failed"
    if event.level == "warning":
        return "waiting"
    return "ok" if event.code in ARRIVED else "idle"


@dataclass(frozen=True, slots=True)
class Spark:
    """A small curve in a box of 240 by 40: the paths of its line and of what is below it."""

    line: str
    area: str
    least: float
    most: float


def spark(points: Sequence[float]) -> Spark | None:
    """Return the curve of ``points``; None for fewer than two, or when all are nought."""
    if len(points) < 2 or not any(points):  # noqa: PLR2004 - a line has two ends
        return None
    top = max(points) * _HEADROOM
    step = _WIDTH / (len(points) - 1)
    spots = [
        f"{index * step:.1f} {_HEIGHT - _HEIGHT * point / top:.1f}"
        for index, point in enumerate(points)
    ]
    line = f"M{' L'.join(spots)}"
    return Spark(line, f"{line} V40 H0 Z", min(points), max(points))
