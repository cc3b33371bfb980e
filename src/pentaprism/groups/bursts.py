"""Bursts: rows of shots, by the names of their files, by an id in them, or by their times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import itemgetter

from pentaprism.groups.files import Group, GroupType, Kind, ShotFile
from pentaprism.groups.names import burst_of, natural
from pentaprism.groups.rules import Rules
from pentaprism.groups.shots import Item, Shot

_BY_NAME = 2
_BY_TIME = 3
_MEDIA = (Kind.IMAGE, Kind.RAW, Kind.VIDEO)
_NO_DIGITS = {ord(digit): None for digit in "0123456789"}

type Timed = tuple[datetime, Shot]


def bursts_of(shots: Sequence[Shot], rules: Rules) -> list[tuple[ShotFile, Group]]:
    """Return the bursts among ``shots``, which are all of one folder, with their first files."""
    found: list[tuple[ShotFile, Group]] = []
    rest = shots
    for key, rule in ((_burst_name, "burst_name"), (_burst_id, "burst_id")):
        named, rest = _sorted_out(rest, key)
        found += (_burst(some, rule) for some in named)
    timed = [(begins, shot) for shot in rest if (begins := shot.begins()) is not None]
    timed.sort(key=itemgetter(0))
    found += (_burst(some, "burst_time") for some in _by_time(timed, rules.burst_gap))
    return found


def _sorted_out(
    shots: Iterable[Shot], key: Callable[[Shot], str | None]
) -> tuple[list[list[Shot]], list[Shot]]:
    """Return the shots that share a ``key``, and the others."""
    named: dict[str, list[Shot]] = defaultdict(list)
    rest: list[Shot] = []
    for shot in shots:
        name = key(shot)
        (named[name] if name else rest).append(shot)
    for some in named.values():
        if len(some) < _BY_NAME:
            rest += some
    return [some for some in named.values() if len(some) >= _BY_NAME], rest


def _burst_name(shot: Shot) -> str | None:
    names = [
        name
        for item in shot.items
        if item.kind in _MEDIA and (name := burst_of(item.spelling.root))
    ]
    return min(names) if names else None


def _burst_id(shot: Shot) -> str | None:
    ids = [item.file.burst_id for item in shot.items if item.file.burst_id]
    return min(ids) if ids else None


def _by_time(timed: list[Timed], gap: timedelta) -> Iterator[list[Shot]]:
    """Yield bursts by time: of one family of names, one camera, known below the second."""
    for close in _chains(timed, gap):
        families: dict[tuple[str, bool], list[Timed]] = defaultdict(list)
        for begins, shot in close:
            main = _main(shot)
            family = main.base.translate(_NO_DIGITS)
            families[family, main.file.in_utc].append((begins, shot))
        for some in families.values():
            for chain in _chains(some, gap):
                for one_camera in _by_camera(chain):
                    yield from ([s for _, s in c] for c in _chains(one_camera, gap))


def _chains(timed: Sequence[Timed], gap: timedelta) -> Iterator[list[Timed]]:
    """Yield the parts of ``timed`` without a longer gap that have three times at least."""
    chain: list[Timed] = []
    for pair in timed:
        if chain and pair[0] - chain[-1][0] > gap:
            if _is_burst(chain):
                yield chain
            chain = []
        chain.append(pair)
    if _is_burst(chain):
        yield chain


def _is_burst(chain: Sequence[Timed]) -> bool:
    return len(chain) >= _BY_TIME and len({begins for begins, _ in chain}) >= _BY_TIME


def _by_camera(chain: list[Timed]) -> Iterable[list[Timed]]:
    cameras: dict[str | None, list[Timed]] = defaultdict(list)
    for begins, shot in chain:
        known = [item.file.camera for item in shot.items if item.file.camera]
        cameras[min(known, default=None)].append((begins, shot))
    known_cameras = [camera for camera in cameras if camera]
    return [chain] if len(known_cameras) <= 1 else cameras.values()


def _main(shot: Shot) -> Item:
    items = shot.items
    if len(items) == 1:
        return items[0]
    media = [item for item in items if item.kind in {Kind.IMAGE, Kind.RAW} and not item.is_loose]
    return min(media or items, key=lambda item: item.place)


def _burst(shots: Sequence[Shot], rule: str) -> tuple[ShotFile, Group]:
    """Return the burst of ``shots``; its COVER is shown first, or else its first frame."""

    def order(shot: Shot) -> tuple[object, ...]:
        primary, main = shot.primary(), _main(shot)
        cover = any(mark.name == "burst_cover" for item in shot.items for mark, _ in item.marks)
        begins = shot.begins() if rule != "burst_name" else None
        return (
            not primary.file.first,
            not cover,
            begins is None,
            begins or datetime.min,  # noqa: DTZ901 - wall-clock times have no zone
            natural(main.base),
            primary.place,
        )

    primary = min(shots, key=order).primary().file
    members = sorted((shot.primary().file for shot in shots), key=_path)
    made = Group(
        GroupType.BURST,
        primary.key,
        tuple(file.key for file in members),
        level=1,
        reasons=dict.fromkeys((file.key for file in members), rule),
    )
    return primary, made


def _path(file: ShotFile) -> tuple[str, str, str]:
    return file.path, type(file.key).__name__, str(file.key)
