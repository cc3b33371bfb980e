"""Criteria: what each of them leaves of several shots, and what it says about the best.

A step leaves the shots that are best by one measure. What it leaves does not depend on their order,
and of two shots it leaves both unless one is better.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from pentaprism.duplicates.keeper_rules import Criterion, KeeperRules
from pentaprism.duplicates.keeper_shots import KeeperFile, KeeperShot, plain_format
from pentaprism.duplicates.reasons import ReasonCode
from pentaprism.groups.files import Kind, Precision
from pentaprism.groups.names import fold

type Shots = Sequence[KeeperShot]
type Best = Callable[[Shots], list[KeeperShot]]
type Values = Callable[[KeeperShot, Shots], tuple[str, ...]]

NEARLY = 0.99
"""Pictures with this part of the pixels of the largest are as large: RAW converters cut edges."""

CLEARLY = 0.9
"""A file with less than this part of the bytes of another was clearly compressed more."""

AGE_SLACK = timedelta(seconds=2)
"""How far times of files may be off by themselves: FAT counts in steps of two seconds."""

_PRECISIONS = (Precision.SECOND, Precision.MINUTE, Precision.DAY, Precision.NONE)
_TOLD_TIMES = dict(
    zip(_PRECISIONS, ("to the second", "to the minute", "to the day", "not at all"), strict=True)
)
_LOSSY = frozenset({"avif", "heic", "jpg", "jxl", "webp"})


@dataclass(frozen=True)
class Step:
    """One measure: what it leaves, and the values of its reason for the keeper beside others.

    ``last_resort`` marks what is no merit: it is told only where it decided.
    """

    code: ReasonCode
    best: Best
    values: Values
    last_resort: bool = False


@cache
def steps(rules: KeeperRules) -> tuple[Step, ...]:
    """Return what is asked under ``rules``, the first one first; one shot is left in the end."""
    table = _table(rules)
    return (_AMONG_EQUALS, *(step for criterion in rules.criteria for step in table[criterion]))


def _table(rules: KeeperRules) -> dict[Criterion, tuple[Step, ...]]:
    return {
        Criterion.FILES: (
            Step(ReasonCode.EVERY_FILE, _not_contained, _nothing),
            Step(ReasonCode.RAW, _most(_has_raw), _nothing),
            Step(ReasonCode.LIVE_VIDEO, _most(_has_live_video), _nothing),
        ),
        Criterion.ENLARGED: (Step(ReasonCode.NOT_ENLARGED, _most(_is_true_sized), _nothing),),
        Criterion.EDITED: (_edited(rules),),
        Criterion.RESOLUTION: (
            Step(ReasonCode.KNOWN_SIZE, _most(_tells_size), lambda keeper, _: (_side(keeper),)),
            Step(ReasonCode.LARGER, _larger, _sides),
        ),
        Criterion.DETAILS: (
            Step(
                ReasonCode.CAMERA,
                _most(lambda shot: shot.camera is not None),
                lambda keeper, _: (keeper.camera or "",),
            ),
            Step(ReasonCode.TIME, _most(_time_rank), _times),
        ),
        Criterion.FORMAT: _formats(rules),
        Criterion.COMPRESSION: (Step(ReasonCode.LESS_COMPRESSED, _heavier(CLEARLY), _sizes),),
        Criterion.FOLDERS: _folders(rules),
        Criterion.IMMICH: (Step(ReasonCode.IN_IMMICH, _most(_is_in_immich), _nothing),),
        Criterion.FAVOURITES: (Step(ReasonCode.FAVOURITE, _most(_is_favourite), _nothing),),
        Criterion.ALBUMS: (Step(ReasonCode.ALBUMS, _most(lambda shot: shot.albums), _albums),),
        Criterion.AGE: (Step(ReasonCode.OLDER, _older, _dates),),
        Criterion.BYTES: (Step(ReasonCode.LESS_COMPRESSED, _heavier(1), _sizes, last_resort=True),),
        Criterion.NAME: (
            Step(ReasonCode.NAME, _most(_name_rank), _names, last_resort=True),
            Step(ReasonCode.PATH, lambda shots: [min(shots, key=_place)], _nothing, True),
        ),
    }


def _most(rank: Callable[[KeeperShot], Any]) -> Best:
    def best(shots: Shots) -> list[KeeperShot]:
        ranks = [rank(shot) for shot in shots]
        most = max(ranks)
        return [shot for shot, each in zip(shots, ranks, strict=True) if each == most]

    return best


def _nothing(_keeper: KeeperShot, _others: Shots) -> tuple[str, ...]:
    return ()


def _in_immich_of_equals(shots: Shots) -> list[KeeperShot]:
    """Leave out shots outside of Immich that are there as well, file by file and byte by byte.

    Nothing is better about them, and what is kept has to be in Immich for the others to go there.
    """

    def content(shot: KeeperShot) -> tuple[frozenset[bytes], bool]:
        return shot.digests, _is_true_sized(shot)

    there = {content(shot) for shot in shots if shot.digests and _is_in_immich(shot)}
    if not there:
        return list(shots)
    return [shot for shot in shots if _is_in_immich(shot) or content(shot) not in there]


def _not_contained(shots: Shots) -> list[KeeperShot]:
    """Leave out the shots of which another one has every file, and more."""
    holders: defaultdict[bytes, set[frozenset[bytes]]] = defaultdict(set)
    for shot in shots:
        for digest in shot.digests:
            holders[digest].add(shot.digests)

    def is_contained(digests: frozenset[bytes]) -> bool:
        rarest = min((holders[digest] for digest in digests), key=len, default=set())
        return any(digests < other for other in rarest)

    contained = {each for each in {shot.digests for shot in shots} if is_contained(each)}
    return [shot for shot in shots if shot.digests not in contained]


def _has_raw(shot: KeeperShot) -> bool:
    return any(file.kind is Kind.RAW for file in shot.files)


def _has_live_video(shot: KeeperShot) -> bool:
    kinds = {file.kind for file in shot.files}
    return Kind.VIDEO in kinds and not kinds.isdisjoint({Kind.IMAGE, Kind.RAW})


def _is_true_sized(shot: KeeperShot) -> bool:
    return not all(file.upscaled for file in shot.pictures)


def _edited(rules: KeeperRules) -> Step:
    wanted = rules.edited == "edit"
    code = ReasonCode.EDIT if wanted else ReasonCode.ORIGINAL
    has_it = _most(lambda shot: any(file.edited is wanted for file in shot.pictures))
    return Step(code, has_it, _nothing)


def _tells_size(shot: KeeperShot) -> bool:
    return any(file.pixels for file in shot.pictures)


def _pixels(shot: KeeperShot) -> int | None:
    return shot.largest.pixels if shot.largest else None


def _larger(shots: Shots) -> list[KeeperShot]:
    most = max((_pixels(shot) or 0 for shot in shots), default=0)
    return [shot for shot in shots if (_pixels(shot) or most) >= NEARLY * most]


def _side(shot: KeeperShot) -> str:
    file: KeeperFile = shot.largest or shot.main
    return f"{file.width} x {file.height}"


def _sides(keeper: KeeperShot, others: Shots) -> tuple[str, ...]:
    return _side(keeper), _side(max(others, key=lambda shot: _pixels(shot) or 0))


def _time_rank(shot: KeeperShot) -> int:
    return -_PRECISIONS.index(shot.precision)


def _times(keeper: KeeperShot, others: Shots) -> tuple[str, ...]:
    next_best = max(others, key=_time_rank)
    return _TOLD_TIMES[keeper.precision], _TOLD_TIMES[next_best.precision]


def _formats(rules: KeeperRules) -> tuple[Step, ...]:
    ranks = {plain_format(form): rank for rank, form in reversed([*enumerate(rules.formats)])}

    def told(file: KeeperFile) -> str:
        return file.format.upper() or "none"

    def step(code: ReasonCode, rank: Callable[[KeeperFile], int]) -> Step:
        def first(shot: KeeperShot) -> KeeperFile:
            return min(shot.genuine, key=lambda file: (rank(file), file.path))

        def best(shot: KeeperShot) -> int:
            return -rank(first(shot))

        return Step(
            code,
            _most(best),
            lambda keeper, others: (told(first(keeper)), told(first(max(others, key=best)))),
        )

    return (
        step(ReasonCode.PREFERRED_FORMAT, lambda file: ranks.get(file.format, len(rules.formats))),
        step(ReasonCode.FORMAT, lambda file: file.format_rank),
    )


def _heavier(part: float) -> Best:
    """Leave out files with less than ``part`` of the bytes of one of their format and size.

    Bytes of several formats are never compared, and those of lossless ones tell nothing.
    """

    def kind(shot: KeeperShot) -> tuple[str, int, int] | None:
        file = shot.main
        lossy = file.format in _LOSSY or file.kind is Kind.VIDEO
        if not (lossy and file.size and file.width and file.height):
            return None
        return file.format, min(file.width, file.height), max(file.width, file.height)

    def best(shots: Shots) -> list[KeeperShot]:
        kinds = [kind(shot) for shot in shots]
        most: defaultdict[tuple[str, int, int] | None, int] = defaultdict(int)
        for shot, each in zip(shots, kinds, strict=True):
            most[each] = max(most[each], shot.main.size or 0)
        return [
            shot
            for shot, each in zip(shots, kinds, strict=True)
            if each is None or (shot.main.size or 0) >= part * most[each]
        ]

    return best


def _sizes(keeper: KeeperShot, others: Shots) -> tuple[str, ...]:
    mine = keeper.main.size or 0
    theirs = max(shot.main.size or 0 for shot in others)
    whole = (f"{mine:,} bytes", f"{theirs:,} bytes")
    short = (f"{mine / 1e6:.1f} MB", f"{theirs / 1e6:.1f} MB")
    return whole if short[0] == short[1] else short


def _folders(rules: KeeperRules) -> tuple[Step, ...]:
    def rank(file: KeeperFile) -> int:
        return rules.folder_rank(file.source, file.path)

    def is_welcome(shot: KeeperShot) -> bool:
        return not all(rules.avoids(file.source, file.path) for file in shot.pictures)

    return (
        Step(
            ReasonCode.NOT_AVOIDED,
            _most(is_welcome),
            lambda _, others: (_folder(min(others, key=_place).main),),
        ),
        Step(
            ReasonCode.FOLDER,
            _most(lambda shot: -min(map(rank, shot.pictures))),
            lambda keeper, _: (_folder(min(keeper.pictures, key=lambda f: (rank(f), f.path))),),
        ),
    )


def _folder(file: KeeperFile) -> str:
    return "/".join(part for part in (file.source, file.folder.lstrip("/")) if part) or "."


def _is_in_immich(shot: KeeperShot) -> bool:
    return any(file.in_immich for file in shot.files)


_AMONG_EQUALS = Step(ReasonCode.IN_IMMICH, _in_immich_of_equals, _nothing)


def _is_favourite(shot: KeeperShot) -> bool:
    return any(file.favourite for file in shot.files)


def _albums(keeper: KeeperShot, others: Shots) -> tuple[str, ...]:
    return str(keeper.albums), str(max(shot.albums for shot in others))


def _older(shots: Shots) -> list[KeeperShot]:
    times = [shot.written_at for shot in shots if shot.written_at]
    if not times:
        return list(shots)
    latest = min(times) + AGE_SLACK
    return [shot for shot in shots if shot.written_at is None or shot.written_at <= latest]


def _dates(keeper: KeeperShot, others: Shots) -> tuple[str, ...]:
    times = [keeper.written_at, min(shot.written_at for shot in others if shot.written_at)]
    days = tuple(f"{time:%Y-%m-%d}" for time in times if time)
    return days if len(set(days)) > 1 else tuple(f"{time:%Y-%m-%d %H:%M:%S}" for time in times)


def _name_rank(shot: KeeperShot) -> int:
    return -len(shot.main.stem)


def _names(keeper: KeeperShot, others: Shots) -> tuple[str, ...]:
    return keeper.main.name, max(others, key=lambda shot: (_name_rank(shot), shot.key)).main.name


def _place(shot: KeeperShot) -> tuple[str, str, str, int]:
    file = shot.main
    return (fold(file.path), file.path, file.source, shot.key)
