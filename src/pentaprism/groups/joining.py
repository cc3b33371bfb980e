"""Joining: shots whose files say more than their names, or of which a person said so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pentaprism.groups.files import Kind
from pentaprism.groups.shots import Item, Shot

type Label = tuple[str | None, str]
"""What a person put a file together by: within its part (``apart``), the label."""


def joined_by_identifier(shots: list[Shot]) -> list[Shot]:
    """Join stills and videos of one folder that have the same ContentIdentifier.

    A shot that has both already stays as it is: a copy of a live photo has the same identifier.
    """
    holders: dict[str, list[Shot]] = defaultdict(list)
    for shot in shots:
        for identifier in {item.file.content_identifier for item in shot.items}:
            if identifier:
                holders[identifier].append(shot)
    into: dict[int, Shot] = {}
    for identifier in sorted(holders):
        if len(holders[identifier]) > 1:
            _join_halves(holders[identifier], into)
    return [shot for shot in shots if id(shot) not in into] if into else shots


def _join_halves(shots: Iterable[Shot], into: dict[int, Shot]) -> None:
    """Join the halves of a live photo; ``into`` tells where the shots went that are no more."""
    whole = {id(shot): shot for shot in (_final(shot, into) for shot in shots)}.values()
    ordered = sorted(whole, key=lambda shot: min(item.place for item in shot.items))
    videos = [shot for shot in ordered if shot.has(Kind.VIDEO) and not shot.has_still()]
    stills = [shot for shot in ordered if shot.has_still() and not shot.has(Kind.VIDEO)]
    if not videos or not stills:
        return
    if len(stills) == 1 or len(videos) == 1:
        pairs = [(stills[0], other) for other in (*stills[1:], *videos)]
    else:
        pairs = _by_stem(stills, videos)
    for shot, other in pairs:
        for item in other.items:
            item.rule = item.rule or "identifier"
        shot.items += other.items
        into[id(other)] = shot


def _by_stem(stills: Sequence[Shot], videos: Sequence[Shot]) -> list[tuple[Shot, Shot]]:
    """Pair stills with videos: those of one stem first, then in the order of their paths."""
    pairs: list[tuple[Shot, Shot]] = []
    waiting: dict[str, list[Shot]] = defaultdict(list)
    for video in reversed(videos):
        waiting[_stem(video)].append(video)
    alone: list[Shot] = []
    for still in stills:
        if same := waiting.get(_stem(still)):
            pairs.append((still, same.pop()))
        else:
            alone.append(still)
    paired = {id(video) for _, video in pairs}
    others = (video for video in videos if id(video) not in paired)
    return [*pairs, *zip(alone, others, strict=False)]


def _stem(shot: Shot) -> str:
    return min(item.base for item in shot.items)


def _final(shot: Shot, into: Mapping[int, Shot]) -> Shot:
    while id(shot) in into:
        shot = into[id(shot)]
    return shot


def label_of(item: Item) -> Label | None:
    """Return the label by which a person put ``item`` together with others."""
    file = item.file
    return (file.apart, file.together) if file.together else None


def joined_by_person(places: Sequence[list[Shot]]) -> tuple[list[list[Shot]], list[Shot]]:
    """Join the shots of several places whose files a person put together.

    A shot whose files have several labels is parted; files of it without any stay with the one of
    it that is shown first. Return the shots of each place, and those of several: they have no place
    in a burst.
    """
    labelled: dict[Label, list[tuple[int, list[Item]]]] = defaultdict(list)
    kept: list[list[Shot]] = []
    across: list[Shot] = []
    for index, shots in enumerate(places):
        rest: list[Shot] = []
        for shot in shots:
            parts = _by_label(shot)
            if not parts:
                rest.append(shot)
            for label, items in parts.items():
                labelled[label].append((index, items))
        kept.append(rest)
    for parts_of_label in labelled.values():
        items = [item for _, part in parts_of_label for item in part]
        if len(parts_of_label) > 1:
            for item in items:
                item.rule = "together" if item.file.together else item.rule
        at = {index for index, _ in parts_of_label}
        (kept[at.pop()] if len(at) == 1 else across).append(Shot(items))
    return kept, across


def _by_label(shot: Shot) -> dict[Label, list[Item]]:
    labels = [label_of(item) for item in shot.items]
    if not any(labels):
        return {}
    # The files without a label go where the first one with a label goes.
    ordered = sorted(
        (item for item in shot.items if item.file.together), key=lambda item: item.order()
    )
    main = label_of(ordered[0])
    parts: dict[Label, list[Item]] = defaultdict(list)
    for item, label in zip(shot.items, labels, strict=True):
        chosen = label or main
        if chosen is not None:
            parts[chosen].append(item)
    return parts
