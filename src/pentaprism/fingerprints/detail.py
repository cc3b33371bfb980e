"""Whether the larger of two pictures was made of one as small as the other.

Whoever enlarges a picture fills in between its pixels. That leaves, beyond the finest detail that
the smaller one can show, faint mirror images of its coarser detail, which depend on nothing but the
smaller one and the way of enlarging. So the smaller one is enlarged here in the usual ways; where
the finest detail of the larger one is what comes of that, it was made so. What a true larger photo
shows there is its own, also where it is soft, blurred or noisy, and has nothing in common with it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
_WAYS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)

_COARSER = (0.65, 0.9)
_FINER = (1.05, 1.7)
"""Detail that the smaller one can just show, and that it cannot: times its finest detail."""

_DROP = 0.08
"""The finer detail to the coarser: more than this is not left by enlarging, but by sharp edges.

Enlarging leaves 0.01 to 0.08, and 0.15 where it is only by a quarter. Sharp photos and drawings
have 0.1 and more, soft ones as little.
"""

_MADE = 0.55
"""The correlation of the finer detail from which the larger one was made of the smaller one.

True larger photos with as little of it come to 0.35, sharpened ones to 0.47.
"""

type Waves = NDArray[np.complexfloating]
type Place = tuple[int, int]


def upscaled(a: PictureFile, first: View, b: PictureFile, second: View) -> Literal["a", "b"] | None:
    """Return the one that is larger but was made of one like the other; None unless that is sure.

    Both lie alike and show the same. They are decoded in full, where they are picture files of
    their own and no RAWs, of which nobody makes larger ones. An enlarged one that was compressed
    much may go unnoticed. Raises `UnreadableError`.
    """
    area_a, area_b = first.area, second.area
    if area_a is None or area_b is None or not (_has_pixels(a) and _has_pixels(b)):
        return None
    larger, smaller = (a, b) if area_a > area_b else (b, a)
    most, least = max(area_a, area_b), min(area_a, area_b)
    if most < _LEAST**2 * least or most > _LARGEST:
        return None
    if not _is_made_of(read_grey(larger, _WHOLE), read_grey(smaller, _WHOLE)):
        return None
    return "a" if larger is a else "b"


def _has_pixels(file: PictureFile) -> bool:
    return file.kind is not Kind.RAW and file.origin is Origin.ORIGINAL


def _is_made_of(large: NDArray[np.uint8], small: NDArray[np.uint8]) -> bool:
    """Whether the finest detail of the one is faint, and is what enlarging the other leaves."""
    places = _most_detailed(large)
    finest = 0.5 * (small.size / large.size) ** 0.5
    coarser, finer = _band(_COARSER, finest), _band(_FINER, finest)
    if not places:
        return False
    seen = np.array([_waves(large[y : y + _TILE, x : x + _TILE]) for y, x in places])
    if _strength(seen[:, finer]) > _DROP * _strength(seen[:, coarser]):
        return False
    image = Image.fromarray(np.ascontiguousarray(small))
    across, down = small.shape[1] / large.shape[1], small.shape[0] / large.shape[0]
    boxes = [(x * across, y * down, (x + _TILE) * across, (y + _TILE) * down) for y, x in places]

    def made(way: Image.Resampling) -> Waves:
        tiles = [np.asarray(image.resize((_TILE, _TILE), way, box=box)) for box in boxes]
        return np.array([_waves(tile) for tile in tiles])

    return any(_correlation(seen[:, finer], made(way)[:, finer]) >= _MADE for way in _WAYS)


def _band(times: tuple[float, float], finest: float) -> NDArray[np.bool_]:
    fineness = np.hypot(np.fft.fftfreq(_TILE)[:, None], np.fft.rfftfreq(_TILE)[None, :])
    low, high = (one * finest for one in times)
    return (fineness > low) & (fineness < min(high, 0.5))


def _strength(waves: Waves) -> float:
    return float(np.square(np.abs(waves)).mean())


def _correlation(a: Waves, b: Waves) -> float:
    strength = float(np.sqrt(np.vdot(a, a).real * np.vdot(b, b).real))
    return float(np.vdot(a, b).real) / strength if strength else 0.0


def _waves(tile: NDArray[np.uint8]) -> Waves:
    """Return the waves of a tile; towards its edges it fades, for it does not go on there."""
    window = np.hanning(_TILE).astype(np.float32)
    plane = tile.astype(np.float32)
    return np.fft.rfft2((plane - plane.mean()) * window[:, None] * window[None, :])


def _most_detailed(grey: NDArray[np.uint8]) -> list[Place]:
    """Return where the tiles with most detail are, rows and columns."""
    places = [(top, left) for top in _starts(grey.shape[0]) for left in _starts(grey.shape[1])]

    def detail(place: Place) -> float:
        tile = grey[place[0] : place[0] + _TILE, place[1] : place[1] + _TILE].astype(np.float32)
        return float(np.abs(np.diff(tile, axis=1)).mean())

    places.sort(key=detail, reverse=True)
    return places[: max(1, min(_TILES, len(places) // 2))] if places else []


def _starts(length: int) -> list[int]:
    """Return where tiles begin along a side: at most eight, evenly spread."""
    if length < _TILE:
        return []
    count = min(8, length // _TILE)
    return [round(n * (length - _TILE) / max(1, count - 1)) for n in range(count)]
