"""Shots: files that are alike become shots that are.

A shot is known by the row of one of its files, the same for all of them; a file in no group is a
shot by itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from pentaprism.duplicates.linkage import Edge
from pentaprism.fingerprints.labels import Label

ALIKE_IN_BURSTS = frozenset({Label.IDENTICAL, Label.SAME_PICTURE})
"""What two shots of one burst must have in common: its frames are similar by themselves."""


def shot_edges(
    pairs: Iterable[Edge],
    shots: Mapping[int, int],
    bursts: Mapping[int, Hashable],
    parted: Iterable[tuple[int, int]],
) -> list[Edge]:
    """Return the edges between shots, by their numbers, each with its smaller shot first.

    ``pairs`` are alike files, pictures or videos: equal sidecars say nothing about their pictures
    and are not to be among them. ``shots`` leads from a row to its shot, where that is another
    number than the row's own; ``bursts`` from a shot to its burst, where it is in one. ``parted``
    are rows of which a person said that they are no duplicates: their shots are parted, whichever
    of their files are alike. Of two shots the closest pair of files counts.
    """
    apart = {_ordered(shots.get(a, a), shots.get(b, b)) for a, b in parted}
    closest: dict[tuple[int, int], Edge] = {}
    for pair in pairs:
        shot = _ordered(shots.get(pair.a, pair.a), shots.get(pair.b, pair.b))
        if shot[0] == shot[1] or shot in apart or _is_of_burst(shot, pair.label, bursts):
            continue
        edge = Edge(*shot, pair.score, pair.label)
        known = closest.get(shot)
        if known is None or edge.order < known.order:
            closest[shot] = edge
    return sorted(closest.values())


def covered(losers: Iterable[bytes | None], keeper: Iterable[bytes | None]) -> bool:
    """Tell whether every file of the losers has its equal, byte for byte, in the keeper.

    Both are SHA-256 digests, those of sidecars included. A file whose digest is unknown is not
    covered.
    """
    kept = {digest for digest in keeper if digest is not None}
    return all(digest in kept for digest in losers)


def _ordered(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a <= b else (b, a)


def _is_of_burst(shot: tuple[int, int], label: Label, bursts: Mapping[int, Hashable]) -> bool:
    """Tell whether two shots are only as alike as frames of a burst always are."""
    if label in ALIKE_IN_BURSTS:
        return False
    burst = bursts.get(shot[0])
    return burst is not None and burst == bursts.get(shot[1])
