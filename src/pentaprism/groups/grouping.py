"""Grouping: files in, groups out. Pure, and the same whatever the order of the files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pentaprism.groups.bursts import bursts_of
from pentaprism.groups.files import Group, GroupType, Kind, ShotFile
from pentaprism.groups.joining import joined_by_identifier, joined_by_person
from pentaprism.groups.keys import folder_key
from pentaprism.groups.naming import shots_of
from pentaprism.groups.rules import RULES, Rules
from pentaprism.groups.shots import Item, Shot

_PAIRS = (GroupType.RAW_JPEG, GroupType.LIVE_PHOTO)

type Order = tuple[int, str, str, str]
type Place = tuple[str, str | None]
"""Files are compared within one folder, and within what a person put apart."""


def group(files: Iterable[ShotFile], rules: Rules = RULES) -> list[Group]:
    """Return the groups of ``files``, which are all of one library (a root or a connection).

    Shots come first, then bursts of them, each in the order of their primaries' paths. A file in
    no group of level 0 stands alone. Each file's key is its own.
    """
    found: list[tuple[Order, Group]] = []
    held: list[list[Shot]] = []
    for some in _places(files, rules).values():
        shots = _shots(some, rules)
        if any(file.together for file in some):
            held.append(shots)
        else:
            found += _groups(shots, rules)
    kept, across = joined_by_person(held)
    found += (_group(shot) for shot in across if len(shot.items) > 1)
    for shots in kept:
        found += _groups(shots, rules)
    found.sort(key=lambda pair: pair[0])
    return [made for _, made in found]


def _places(files: Iterable[ShotFile], rules: Rules) -> dict[Place, list[ShotFile]]:
    places: dict[Place, list[ShotFile]] = defaultdict(list)
    known: dict[str, str] = {}
    for file in files:
        folder = file.path.rpartition("/")[0]
        key = known.get(folder)
        if key is None:
            key = known[folder] = folder_key(folder, rules)
        places[key, file.apart].append(file)
    return places


def _shots(files: Iterable[ShotFile], rules: Rules) -> list[Shot]:
    """Return the shots of the files of one place."""
    buckets: dict[str, list[Item]] = defaultdict(list)
    identified = False
    for file in files:
        item = Item(file, file.path.rpartition("/")[2], rules)
        buckets[item.spelling.root].append(item)
        identified = identified or file.content_identifier is not None
    shots: list[Shot] = []
    for items in buckets.values():
        if len(items) == 1 and items[0].is_plain:
            shots.append(Shot(items))  # most files: nothing else has their name
        else:
            shots += shots_of(items, rules)
    return joined_by_identifier(shots) if identified else shots


def _groups(shots: list[Shot], rules: Rules) -> Iterator[tuple[Order, Group]]:
    """Yield the groups of the shots of one place, each with what orders it among others."""
    for shot in shots:
        if len(shot.items) > 1:
            yield _group(shot)
    for primary, burst in bursts_of(shots, rules):
        yield (1, *_place(primary)), burst


def _group(shot: Shot) -> tuple[Order, Group]:
    type_ = _type(shot)
    members = sorted(shot.items, key=lambda item: _place(item.file))
    primary = shot.primary().file
    made = Group(
        type_,
        primary.key,
        tuple(item.file.key for item in members),
        reasons={item.file.key: item.rule or _rule(item, type_) for item in members},
    )
    return (0, *_place(primary)), made


def _type(shot: Shot) -> GroupType:
    """Return the most telling type that fits."""
    media = [item for item in shot.items if item.kind is not Kind.SIDECAR]
    if len(media) <= 1:
        return GroupType.SIDECAR
    if shot.has(Kind.RAW) and shot.has(Kind.IMAGE):
        return GroupType.RAW_JPEG
    if shot.has(Kind.VIDEO) and shot.has_still():
        return GroupType.LIVE_PHOTO
    return GroupType.EDIT if any(item.is_edit for item in media) else GroupType.VARIANT


def _rule(item: Item, type_: GroupType) -> str:
    """Return the rule by which a file without a mark is in its shot."""
    if item.kind is not Kind.SIDECAR and type_ in _PAIRS:
        return type_.value
    return "stem"


def _place(file: ShotFile) -> tuple[str, str, str]:
    return file.path, type(file.key).__name__, str(file.key)
