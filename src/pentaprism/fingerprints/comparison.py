"""How much alike two pictures are, told from their pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pentaprism.fingerprints.alignment import aligned, displacement, warped
from pentaprism.fingerprints.colours import other_colours
from pentaprism.fingerprints.detail import upscaled
from pentaprism.fingerprints.fingerprint import PictureFile
from pentaprism.fingerprints.labels import Label
from pentaprism.fingerprints.likeness import likeness
from pentaprism.fingerprints.same_pixels import same_pixels
from pentaprism.fingerprints.symmetries import swaps, turn
from pentaprism.fingerprints.tones import toned
from pentaprism.fingerprints.views import View, chroma, view

type Plane = NDArray[np.float32]

RECOMPRESSED = 0.93
"""From this score on two pictures are one, compressed, resized or toned again."""

SIMILAR = 0.4
"""From this score on two pictures show the same."""

_SIDES = (256, 128, 64, 32)
"""Sides of the squares on which pictures are compared: the largest that neither falls short of."""

_SOFT = ImageFilter.Kernel((3, 3), (1, 2, 1, 2, 4, 2, 1, 2, 1))

_STILL = 0.004
"""Up to this share of the side, what is moved is due to rounding."""

_REFRAMED = 0.92
"""The most that a picture scores that was turned or cropped; it is less the more is missing."""

_RECOLOURED = 0.92
"""What a picture scores that is the same but for its colours: black-and-white, toned, shifted."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two pictures have in common.

    ``score`` is 1 for equal pixels and near 0 for pictures of different things. ``same_pixels``
    tells that each pixel is equal, in the upright pictures of full size. ``upscaled`` is the one of
    the two that is larger but was made of one like the other.
    """

    score: float
    same_pixels: bool = False
    upscaled: Literal["a", "b"] | None = None


def compare(a: PictureFile, b: PictureFile, symmetry: int) -> Comparison:
    """Look at two pictures of which ``b``, turned by ``symmetry``, may show what ``a`` shows.

    A move, a crop of some percent and other tones are made up for before they are compared; where
    the greys are one picture, the colours are compared too. The order matters to nothing but
    ``upscaled``, except for rounding. Raises `UnreadableError`.
    """
    first, second = view(a), view(b)
    if symmetry == 0 and same_pixels(a, first, b, second):
        return Comparison(1.0, same_pixels=True)
    score = round(min(_score(first, second, symmetry), 0.9999), 4)
    if score >= RECOMPRESSED and other_colours(chroma(a), chroma(b)):
        score = _RECOLOURED
    if score < RECOMPRESSED:  # what was cropped or turned besides does not lie as it did
        return Comparison(score)
    return Comparison(score, upscaled=upscaled(a, first, b, second))


def label_of(comparison: Comparison) -> Label | None:
    """Return what two pictures are to each other, or None for different ones.

    It is never `Label.IDENTICAL`, which is told by the bytes of the files.
    """
    if comparison.same_pixels:
        return Label.SAME_PICTURE
    if comparison.score >= RECOMPRESSED:
        return Label.RECOMPRESSED
    return Label.SIMILAR if comparison.score >= SIMILAR else None


def _score(first: View, second: View, symmetry: int) -> float:
    shape = second.shape[::-1] if swaps(symmetry) else second.shape
    if not _fit(first.shape, shape):
        return 0.0
    most = min(*first.shape, *shape)
    side = next((side for side in _SIDES if side <= most), _SIDES[-1])
    a = _square(first.square, side)
    b = _square(turn(second.square, symmetry), side)
    unmoved = likeness(a, b).score
    if unmoved >= RECOMPRESSED:
        return unmoved if symmetry == 0 else min(unmoved, _REFRAMED)
    return max(min(unmoved, _REFRAMED), _moved(a, b, symmetry))


def _moved(a: Plane, b: Plane, symmetry: int) -> float:
    """Return the score of two pictures after the one was brought onto the other."""
    placing = aligned(a, toned(b, a))
    if placing is None:
        return 0.0
    seen, inside = warped(b, placing)
    score, away = likeness(a, seen, inside).score, displacement(placing)
    if symmetry == 0 and away <= _STILL:
        return score
    return min(score, _REFRAMED) - away


_WIDEST = 1.15
"""Shapes that differ by more have lost more than the alignment makes up for."""


def _fit(a: tuple[int, int], b: tuple[int, int]) -> bool:
    ratio = a[0] * b[1] / (a[1] * b[0])
    return 1 / _WIDEST <= ratio <= _WIDEST


def _square(square: NDArray[np.uint8], side: int) -> Plane:
    """Return a picture at another side, softened: each way of resizing leaves edges otherwise."""
    image = Image.fromarray(np.ascontiguousarray(square))
    if side != len(square):
        image = image.resize((side, side), Image.Resampling.LANCZOS)
    return np.asarray(image.filter(_SOFT), np.float32)
