"""Verification: candidates are compared before anybody hears of them.

Hashes that are close say only that two files may be alike. Here their bytes, their pixels or their
frames are compared, and what is told of them is a label and a score, or nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched, combinations
from typing import Protocol

from pentaprism.fingerprints.comparison import Comparison, label_of
from pentaprism.fingerprints.fingerprint import Fingerprint, PictureFile
from pentaprism.fingerprints.labels import Label
from pentaprism.fingerprints.symmetries import inverse

AT_ONCE = 128
"""Candidates that are looked at together."""

CLOSE_FRAMES = 6
"""The most bits by which every two matching frames of a recompressed video may differ."""

_ALIKE_FRAMES = 16
"""The most bits by which half of the matching frames may differ at all."""

_FEWEST_FRAMES = 2
"""Frames that a video needs for more than being similar."""

_UNRELATED_BITS = 32
"""The distance of hashes that have nothing to do with each other."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture or a video that may have a duplicate.

    ``key`` is what its caller knows it by. ``sha256`` is the digest of its bytes, if it is known;
    files with equal ones are looked at once.
    """

    key: int
    file: PictureFile
    fingerprint: Fingerprint
    sha256: bytes | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two files that may be alike.

    ``distance`` is the number of differing bits of their hashes, None where no hash told of them.
    ``symmetry`` is the one that turns ``b`` into ``a``.
    """

    a: Picture
    b: Picture
    distance: int | None = None
    symmetry: int = 0


@dataclass(frozen=True, slots=True)
class Verified:
    """Two files that are alike; ``low`` is the smaller key.

    ``score`` is from 0 to 1. ``symmetry`` is the one that turns ``high`` into ``low``.
    ``upscaled`` is the key of the one that was enlarged, as far as its pixels tell.
    """

    low: int
    high: int
    distance: int | None
    score: float
    label: Label
    symmetry: int = 0
    upscaled: int | None = None


class Comparing(Protocol):
    """Compares files on their pixels; `pentaprism.fingerprints.pool.Fingerprinters` does."""

    async def compare(
        self, pairs: Sequence[tuple[PictureFile, PictureFile, int]]
    ) -> list[Comparison | None]:
        """Return the outcomes in the order of ``pairs``; None where a file could not be read."""
        ...


async def verify(candidates: Iterable[Candidate], comparing: Comparing) -> AsyncIterator[Verified]:
    """Yield which of ``candidates`` are alike, in their order.

    They are taken in batches, so that neither they nor their outcomes are held all at once. Files
    with equal digests are `Label.IDENTICAL` without a look at them.
    """
    for some in batched(candidates, AT_ONCE):
        outcomes = await _compared(some, comparing)
        for one in some:
            found = _verified(one, outcomes)
            if found is not None:
                yield found


type _Sight = tuple[int | bytes, int | bytes, int]
"""What a comparison depends on: the bytes of both, or else the files, and the symmetry."""


async def _compared(
    candidates: Sequence[Candidate], comparing: Comparing
) -> dict[_Sight, Comparison | None]:
    """Compare those of which only the pixels can tell, each two contents once."""
    asked: dict[_Sight, tuple[PictureFile, PictureFile, int]] = {}
    for candidate in candidates:
        low, high, symmetry = _ordered(candidate)
        if not (_same_bytes(low, high) or low.fingerprint.frames or high.fingerprint.frames):
            asked.setdefault(_sight(low, high, symmetry), (low.file, high.file, symmetry))
    if not asked:
        return {}
    return dict(zip(asked, await comparing.compare(list(asked.values())), strict=True))


def _verified(candidate: Candidate, outcomes: dict[_Sight, Comparison | None]) -> Verified | None:
    low, high, symmetry = _ordered(candidate)
    distance = candidate.distance
    if _same_bytes(low, high):
        return Verified(low.key, high.key, distance, 1.0, Label.IDENTICAL)
    if low.fingerprint.frames or high.fingerprint.frames:
        return _videos(low, high, distance)
    outcome = outcomes[_sight(low, high, symmetry)]
    label = None if outcome is None else label_of(outcome)
    if outcome is None or label is None:
        return None
    upscaled = {"a": low.key, "b": high.key}.get(outcome.upscaled or "")
    return Verified(low.key, high.key, distance, outcome.score, label, symmetry, upscaled)


def _ordered(candidate: Candidate) -> tuple[Picture, Picture, int]:
    """Return the two by their keys, and the symmetry that turns the second into the first."""
    a, b = candidate.a, candidate.b
    return (a, b, candidate.symmetry) if a.key <= b.key else (b, a, inverse(candidate.symmetry))


def _same_bytes(a: Picture, b: Picture) -> bool:
    return a.sha256 is not None and a.sha256 == b.sha256


def _sight(low: Picture, high: Picture, symmetry: int) -> _Sight:
    return low.sha256 or low.key, high.sha256 or high.key, symmetry


def _videos(low: Picture, high: Picture, distance: int | None) -> Verified | None:
    """Compare two videos by their frames; their durations made them candidates."""
    bits = sorted(_matching(low.fingerprint.frames, high.fingerprint.frames))
    if not bits or bits[(len(bits) - 1) // 2] > _ALIKE_FRAMES:
        return None
    close = len(bits) >= _FEWEST_FRAMES and bits[-1] <= CLOSE_FRAMES
    score = max(0.0, 1.0 - sum(bits) / len(bits) / _UNRELATED_BITS)
    label = Label.RECOMPRESSED if close else Label.SIMILAR
    return Verified(low.key, high.key, distance, score, label)


def _matching(a: Sequence[int], b: Sequence[int]) -> list[int]:
    """Return by how many bits matching frames differ.

    Black frames are left out of either: of all ways to lay the fewer frames, in their order, beside
    the others, the closest one counts.
    """
    fewer, more = (a, b) if len(a) <= len(b) else (b, a)
    ways = (
        [(x ^ y).bit_count() for x, y in zip(fewer, chosen, strict=True)]
        for chosen in combinations(more, len(fewer))
    )
    return min(ways, key=sum)
