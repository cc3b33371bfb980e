"""Times: which files of one name were taken together.

Times of capture are wall-clock times, known more or less finely; some are UTC where no zone is
known, and then agree with wall-clock times but for a number of quarters of an hour.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta

from pentaprism.groups.files import Precision
from pentaprism.groups.shots import Item

_DAY = timedelta(days=1)
_ZONES = [timedelta(minutes=15 * quarters) for quarters in range(-12 * 4, 14 * 4 + 1)]
_FEW = 8
_SPANS = {
    Precision.MINUTE: timedelta(minutes=1),
    Precision.DAY: _DAY,
}
_FINE = (Precision.SUBSECOND, Precision.SECOND)
"""A tuple: comparing members of an enumeration costs less than hashing them."""


def span(item: Item) -> tuple[datetime, datetime]:
    """Return the first and the last moment at which ``item``, whose time is known, may be."""
    start = item.start
    assert start is not None  # noqa: S101 - told by the docstring
    long = _SPANS.get(item.file.precision)
    if long is None:
        return start, start
    start = start.replace(second=0, microsecond=0)
    if item.file.precision is Precision.DAY:
        start = start.replace(hour=0, minute=0)
    return start, start + long


def same_moment(one: Item, other: Item) -> bool:
    """Tell whether two files have the same time of capture, as copies have.

    Times with fractions of a second have to be equal; a copy may have lost its fraction.
    """
    a, b = one.start, other.start
    if a is None or b is None or one.file.in_utc is not other.file.in_utc:
        return False
    if not {one.file.precision, other.file.precision} <= set(_FINE):
        return False
    if a.microsecond and b.microsecond:
        return a == b
    return abs(a - b) < timedelta(seconds=1)


def runs_of(items: Collection[Item], window: timedelta) -> list[list[Item]]:
    """Return ``items`` of one name in runs: each was taken within ``window`` of its first.

    Files of the very same name (uploads have no folders) are in one run only as copies, with the
    same time and camera. A file whose time is unknown joins if there is one run that it can join.
    """
    if _are_one(items, window):
        return [list(items)]
    fine, vague, utc, unknown = _sorted_out(items, window)
    runs = _consecutive(fine, window)
    runs = _joined(runs, vague, window, _near)
    runs = _joined(runs, utc, window, _in_some_zone)
    parts = [part for run in runs for part in _divided(run.items)]
    return _with_unknown(parts, unknown)


def _are_one(items: Collection[Item], window: timedelta) -> bool:
    """Tell of the usual case that it is one run: some files, finely timed, close together."""
    starts = [
        item.start
        for item in items
        if item.start is not None and item.file.precision in _FINE and not item.file.in_utc
    ]
    return (
        0 < len(starts) == len(items)
        and max(starts) - min(starts) <= window
        and len({item.name for item in items}) == len(starts)
    )


class _Run:
    __slots__ = ("anchor", "items", "names")

    def __init__(self, anchor: datetime, item: Item) -> None:
        self.anchor = anchor
        self.items = [item]
        self.names = {item.name}

    def add(self, item: Item) -> None:
        self.items.append(item)
        self.names.add(item.name)


def _sorted_out(
    items: Iterable[Item], window: timedelta
) -> tuple[list[Item], list[Item], list[Item], list[Item]]:
    """Return the items with a fine time, with a vague one, with one in UTC, and without one."""
    fine: list[Item] = []
    vague: list[Item] = []
    utc: list[Item] = []
    unknown: list[Item] = []
    for item in items:
        if item.start is None:
            unknown.append(item)
        elif item.file.in_utc and window < _DAY:
            utc.append(item)
        else:
            (fine if item.file.precision in _FINE else vague).append(item)
    for timed in (fine, vague, utc):
        timed.sort(key=_when)
    return fine, vague, utc, sorted(unknown, key=lambda item: item.place)


def _when(item: Item) -> tuple[datetime, tuple[str, ...]]:
    return span(item)[0], item.place


def _consecutive(items: Iterable[Item], window: timedelta) -> list[_Run]:
    runs: list[_Run] = []
    end: datetime | None = None
    for item in items:
        first, last = span(item)
        if end is not None and first - end <= window:
            runs[-1].add(item)
        else:
            runs.append(_Run(first, item))
            end = last
    return runs


def _joined(
    runs: list[_Run],
    items: list[Item],
    window: timedelta,
    candidates: Callable[[Sequence[datetime], Item, timedelta], Sequence[int]],
) -> list[_Run]:
    """Put each of ``items`` into a run that it may be of, and make runs of the others."""
    if not items:
        return runs
    anchors = [run.anchor for run in runs]
    alone: list[Item] = []
    for item in items:
        found = candidates(anchors, item, window) if anchors else ()
        if found:
            # Where it may be of several, of one that has no file of its name.
            free = (i for i in found if item.name not in runs[i].names)
            runs[next(free, found[0])].add(item)
        else:
            alone.append(item)
    return sorted([*runs, *_consecutive(alone, window)], key=lambda run: run.anchor)


def _near(anchors: Sequence[datetime], item: Item, window: timedelta) -> Sequence[int]:
    first, last = span(item)
    low = bisect_left(anchors, first - window)
    high = bisect_right(anchors, last + window)
    return range(low, min(high, low + _FEW))


def _in_some_zone(anchors: Sequence[datetime], item: Item, window: timedelta) -> Sequence[int]:
    """Return the run that ``item`` agrees with but for quarters of an hour, if there is one."""
    start = span(item)[0]
    best: tuple[timedelta, timedelta, int] | None = None
    for zone in _ZONES:
        moment = start + zone
        at = bisect_left(anchors, moment)
        for index in (at - 1, at):
            if 0 <= index < len(anchors):
                off = abs(anchors[index] - moment)
                if off <= window and (best is None or (off, abs(zone), index) < best):
                    best = (off, abs(zone), index)
    return () if best is None else (best[2],)


def _divided(run: list[Item]) -> list[list[Item]]:
    """Return the parts of ``run`` in which files of one name are copies of each other."""
    counts = Counter(item.name for item in run)
    if len(counts) == len(run):
        return [run]
    name = max(counts, key=lambda name: (counts[name], name))
    seats: dict[tuple[datetime, str], list[Item]] = {}
    for item in run:
        if item.name == name:
            seats.setdefault((span(item)[0], item.file.camera or ""), []).append(item)
    order = sorted(seats)
    moments = [moment for moment, _ in order]
    for item in run:
        if item.name != name:
            seats[order[nearest(moments, span(item)[0])]].append(item)
    return [seats[seat] for seat in order]


def nearest(moments: Sequence[datetime], moment: datetime) -> int:
    """Return the index of the one of ``moments``, which are sorted, that is nearest."""
    at = bisect_left(moments, moment)
    if at and (at == len(moments) or moment - moments[at - 1] <= moments[at] - moment):
        at = bisect_left(moments, moments[at - 1])
    return at


def _with_unknown(runs: list[list[Item]], unknown: list[Item]) -> list[list[Item]]:
    if not unknown:
        return runs
    if len(runs) > 1:
        return [*runs, *([item] for item in unknown)]
    counts = Counter(item.name for item in unknown)
    run = runs[0] if runs else []
    counts.update({item.name for item in run})
    fitting = [item for item in unknown if counts[item.name] == 1]
    others = [[item] for item in unknown if counts[item.name] > 1]
    joined = [*run, *fitting]
    return [joined, *others] if joined else others
