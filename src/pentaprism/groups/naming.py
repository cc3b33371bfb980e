"""Files of one folder and one root: which are one shot by their names and times."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pentaprism.groups.files import Kind
from pentaprism.groups.names import Beside, own_time
from pentaprism.groups.rules import Rules
from pentaprism.groups.shots import Item, Shot
from pentaprism.groups.sidecars import attach
from pentaprism.groups.times import runs_of, same_moment, span

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_ZONES = timedelta(hours=14)
_TO_SECONDS = 1
_NO_MEDIA = (Kind.SIDECAR, Kind.OTHER)


def shots_of(items: Sequence[Item], rules: Rules) -> list[Shot]:
    """Return the shots of ``items``, which share a folder and a root.

    Files of kind OTHER are shots of their own, so that a person can join them.
    """
    media = [item for item in items if item.kind not in _NO_MEDIA]
    shots = [Shot([item]) for item in items if item.kind is Kind.OTHER]
    beside = _beside(media, rules)
    for item in media:
        if not item.is_plain:
            item.read(beside, rules)
    by_base: dict[str, list[Item]] = defaultdict(list)
    for item in media:
        by_base[item.base].append(item)
    found = {base: _by_times(base, by_base[base], rules) for base in sorted(by_base)}
    if any(item.copy_of for item in media):
        _join_copies(found, beside, rules)
    if any(item.file.content_identifier for item in media):
        shots += [part for some in found.values() for shot in some for part in _reconciled(shot)]
    else:
        shots += [shot for some in found.values() for shot in some]
    sidecars = [item for item in items if item.kind is Kind.SIDECAR]
    return attach(sidecars, shots, beside, rules) if sidecars else shots


def _beside(media: Iterable[Item], rules: Rules) -> Beside:
    bare = rules.patterns.bare
    working: set[str] = set()
    others: set[str] = set()
    for item in media:
        base = item.base if item.is_plain else bare(item.base)
        (working if item.is_loose else others).add(base)
    return Beside(others | working, working - others)


def _by_times(base: str, items: list[Item], rules: Rules) -> list[Shot]:
    if len(items) == 1:
        items[0].rule = _rule(items[0], apart=False)
        return [Shot(items)]
    stamped = own_time(base) > 0
    originals = [item for item in items if not item.is_loose]
    loose = [item for item in items if item.is_loose]
    window = _DAY if stamped else rules.pair_window
    shots = [Shot(run) for run in runs_of(originals, window)]
    if loose:
        left = _attach_edits(loose, shots, rules, stamped=stamped)
        shots += [Shot(run) for run in runs_of(left, rules.edit_window)]
    for shot in shots:
        apart = stamped and _spread(shot) > rules.pair_window
        for item in shot.items:
            item.rule = _rule(item, apart=apart)
    return shots


def _spread(shot: Shot) -> timedelta:
    starts = [item.start for item in shot.items if item.start is not None and not item.is_loose]
    return max(starts) - min(starts) if starts else timedelta(0)


def _rule(item: Item, *, apart: bool) -> str:
    """Return the name of the rule by which a file is in its shot; "" leaves it to the type.

    ``apart`` tells that the times of the shot's files agree only by what their stem says.
    """
    if item.marks:
        return item.marks[0][0].name
    if item.start is None:
        return "no_time"
    return "own_time" if apart else ""


def _attach_edits(
    edits: Iterable[Item], shots: list[Shot], rules: Rules, *, stamped: bool
) -> list[Item]:
    """Put each edit into the nearest shot before it; return those that follow none."""
    timed: list[tuple[datetime, Shot]] = []
    for shot in shots:
        starts = [span(item)[0] for item in shot.items if item.start is not None]
        if starts:
            timed.append((min(starts), shot))
    timed.sort(key=lambda pair: pair[0])
    anchors = [anchor for anchor, _ in timed]
    left: list[Item] = []
    for edit in sorted(edits, key=lambda item: item.place):
        if edit.start is None or not timed:
            at = 0 if len(shots) == 1 else None
            chosen = None if at is None else shots[at]
        else:
            index = _followed(anchors, edit, rules, stamped=stamped)
            chosen = None if index is None else timed[index][1]
        if chosen is None:
            left.append(edit)
        else:
            chosen.items.append(edit)
    return left


def _followed(
    anchors: Sequence[datetime], edit: Item, rules: Rules, *, stamped: bool
) -> int | None:
    """Return the index of the original that ``edit`` was made of."""
    first, last = span(edit)
    before, after = rules.pair_window, rules.edit_window
    if edit.file.in_utc:
        before, after = before + _ZONES, after + _ZONES
    if stamped:
        before = max(before, after)
    index = bisect_right(anchors, last + before) - 1
    if edit.file.in_utc or stamped:
        # What was written first is not known: the nearest one is taken.
        near = bisect_right(anchors, first)
        index = min(
            (i for i in (near - 1, near) if 0 <= i < len(anchors)),
            key=lambda i: abs(anchors[i] - first),
            default=-1,
        )
    if index < 0 or not first - after <= anchors[index] <= last + before:
        return None
    return index


def _join_copies(found: dict[str, list[Shot]], beside: Beside, rules: Rules) -> None:
    """Join copies (``X(1)``) with what they are copies of, where the times are the same.

    A copy with a RAW file or a video of its own is a shot of its own, and so is one of a stem that
    tells the second: there ``(1)`` is the next shot of that second.
    """
    for base in sorted(found, key=lambda base: (-len(base), base)):
        copy_of = found[base][0].items[0].copy_of  # the first has this base, whatever joined it
        if copy_of is None or own_time(base) == _TO_SECONDS:
            continue
        target, _, _ = rules.patterns.read(copy_of, beside)
        originals = _Moments(found.get(target, ()))
        kept: list[Shot] = []
        for shot in found[base]:
            into = originals.of_copy(shot)
            if into is None:
                kept.append(shot)
            else:
                into.items += shot.items
                for one in shot.items:
                    one.rule = one.rule or "counter"
        found[base] = kept


class _Moments:
    """The files of some shots by their times, so that copies find them."""

    def __init__(self, shots: Iterable[Shot]) -> None:
        self._exact: dict[datetime, tuple[Item, Shot]] = {}
        self._broken: dict[datetime, tuple[Item, Shot]] = {}
        for shot in shots:
            for item in sorted(shot.items, key=lambda item: item.place):
                if item.start is not None and not item.is_loose:
                    self._exact.setdefault(item.start, (item, shot))
                    if item.start.microsecond:
                        self._broken.setdefault(item.start.replace(microsecond=0), (item, shot))

    def of_copy(self, copy: Shot) -> Shot | None:
        """Return the shot that ``copy`` is a copy of."""
        if len({item.kind for item in copy.items}) > 1:
            return None
        timed = [item for item in copy.items if item.start is not None]
        first = min(timed, key=lambda item: (item.is_loose, item.place), default=None)
        if first is None or first.start is None:
            return None
        whole = first.start.replace(microsecond=0)
        found = [self._exact.get(first.start)]
        if first.start.microsecond:
            found += [self._exact.get(whole), self._exact.get(whole + _SECOND)]
        else:
            found += [self._broken.get(whole), self._broken.get(whole - _SECOND)]
        return next((shot for item, shot in filter(None, found) if same_moment(first, item)), None)


def _reconciled(shot: Shot) -> list[Shot]:
    """Part a video whose ContentIdentifier is another one than that of the stills."""
    if len(shot.items) == 1:
        return [shot]
    stills = {
        item.file.content_identifier
        for item in shot.items
        if item.kind is not Kind.VIDEO and item.file.content_identifier
    }
    if not stills:
        return [shot]
    others: dict[str, list[Item]] = defaultdict(list)
    rest: list[Item] = []
    for item in shot.items:
        identifier = item.file.content_identifier
        if item.kind is Kind.VIDEO and identifier and identifier not in stills:
            others[identifier].append(item)
        else:
            rest.append(item)
    return [Shot(rest), *(Shot(items) for _, items in sorted(others.items()))]
