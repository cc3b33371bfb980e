"""Whether the larger of two pictures was made of one as small as the other."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pentaprism.fingerprints.decoding import read_grey
from pentaprism.fingerprints.fingerprint import Origin, PictureFile
from pentaprism.fingerprints.views import View
from pentaprism.groups.files import Kind

_LEAST = 1.25
"""Times the side of the smaller one: with less, too little lies beyond its finest detail."""

_WHOLE = 1 << 30
_LARGEST = 120_000_000
"""Pixels: larger ones are not decoded for this."""

_TILE = 256
_TILES = 9
_DROP = 0.06
"""Detail just finer than the smaller one can show, to detail just coarser: less is no photo's.

Enlarging by Lanczos leaves 0.02 to 0.055 after compression; photos, even soft ones, have 0.1.
"""

_FAINT = 4.0
"""The strength of the coarser detail below which it drowns in the noise of compression."""


def upscaled(a: PictureFile, first: View, b: PictureFile, second: View) -> Literal["a", "b"] | None:
    """Return the one that is larger but shows no finer detail; None unless that is sure.

    The larger one is decoded in full, where it is a picture file of its own and not a RAW, of
    which nobody makes larger ones. Raises `UnreadableError`.
    """
    area_a, area_b = first.area, second.area
    if area_a is None or area_b is None:
        return None
    larger, area, smaller = (a, area_a, area_b) if area_a > area_b else (b, area_b, area_a)
    times = (area / smaller) ** 0.5
    if times < _LEAST or area > _LARGEST:
        return None
    if Kind.RAW in {a.kind, b.kind} or larger.origin is not Origin.ORIGINAL:
        return None
    drop = _drop(read_grey(larger, _WHOLE), 0.5 / times)
    if drop is None or drop > _DROP:
        return None
    return "a" if larger is a else "b"


def _drop(grey: NDArray[np.uint8], finest: float) -> float | None:
    """Return how much of the detail goes on beyond ``finest``, in waves a pixel.

    It is the strength of waves from 1.15 to 1.5 times as fine, to that of waves from 0.65 to 0.9
    times; None where there is too little of either.
    """
    tiles = _most_detailed(grey)
    if not tiles:
        return None
    window = np.hanning(_TILE).astype(np.float32)
    power = np.zeros((_TILE, _TILE // 2 + 1))
    for tile in tiles:
        waves = np.fft.rfft2((tile - tile.mean()) * window[:, None] * window[None, :])
        power += waves.real**2 + waves.imag**2
    power /= len(tiles) * _TILE**2
    fineness = np.hypot(np.fft.fftfreq(_TILE)[:, None], np.fft.rfftfreq(_TILE)[None, :])
    coarser = power[(fineness > 0.65 * finest) & (fineness < 0.9 * finest)]
    finer = power[(fineness > 1.15 * finest) & (fineness < min(1.5 * finest, 0.5))]
    if not coarser.size or not finer.size or coarser.mean() < _FAINT:
        return None
    return float(finer.mean() / coarser.mean())


def _most_detailed(grey: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    rows, columns = grey.shape
    tiles = [
        grey[top : top + _TILE, left : left + _TILE].astype(np.float32)
        for top in _starts(rows)
        for left in _starts(columns)
    ]
    tiles.sort(key=lambda tile: float(np.abs(np.diff(tile, axis=1)).mean()), reverse=True)
    return tiles[: max(1, min(_TILES, len(tiles) // 2))] if tiles else []


def _starts(length: int) -> list[int]:
    """Return where tiles begin along a side: at most eight, evenly spread."""
    if length < _TILE:
        return []
    count = min(8, length // _TILE)
    return [round(n * (length - _TILE) / max(1, count - 1)) for n in range(count)]
