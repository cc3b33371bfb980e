"""How much alike two grey pictures are, place by place: the least alike places count most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pentaprism.fingerprints.tones import toned

type Plane = NDArray[np.float32]

_CELLS = 32
"""Cells a side; a window is 2 by 2 of them, half over its neighbours."""

_NOISE = 30.0
"""The variance, in grey levels squared, of what compression and sensors leave in a window."""

_DETAIL = 40.0
"""The variance, slow changes of light left out, at which a window counts half of a full one."""

_WORST = 6
_FEWEST = 6.0
"""Windows full of detail that are needed before a likeness says anything."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """``middle`` is how much alike they are over all, ``worst`` where they are least alike; to 1.

    ``detail`` is how many windows have enough in them to tell.
    """

    middle: float
    worst: float
    detail: float

    @property
    def score(self) -> float:
        """One number from 0 to 1: 0 where there is too little in the pictures to tell."""
        told = min(1.0, self.detail / _FEWEST)
        return max(0.0, (self.middle + self.worst) / 2) * told


def likeness(a: Plane, b: Plane, inside: NDArray[np.bool_] | None = None) -> Likeness:
    """Compare two pictures of one shape that lie on each other, whatever their tones.

    Only the pixels ``inside`` count. Raises nothing; a side is a multiple of 32 pixels.
    """
    alike_a, weight_a = _windows(a, toned(b, a, inside), inside)
    alike_b, weight_b = _windows(b, toned(a, b, inside), inside)
    # Where highlights are clipped in one, only the way from the other to it can be judged.
    first = alike_a >= alike_b
    alike = np.where(first, alike_a, alike_b)
    weight = np.where(first, weight_a, weight_b)
    detail = float(weight.sum())
    if detail == 0:
        return Likeness(0.0, 0.0, 0.0)
    missing = (1 - alike) * weight
    worst = np.partition(missing.ravel(), -_WORST)[-_WORST:].mean()
    return Likeness(1 - float(missing.sum()) / detail, 1 - float(worst), detail)


def _windows(a: Plane, b: Plane, inside: NDArray[np.bool_] | None) -> tuple[Plane, Plane]:
    """Return how much alike each window is, to 1, and how much it can tell, 0 to 1."""
    off = a - b
    _, spread_a = _moments(a)
    _, spread_b = _moments(b)
    mean_off, spread_off = _moments(off)
    alike = 1 - (spread_off + mean_off**2 / 4) / (spread_a + spread_b + _NOISE)
    most = np.maximum(_detail(a), _detail(b)) ** 2
    weight = most / (most + _DETAIL**2)
    if inside is not None:
        covered, _ = _moments(inside.astype(np.float32))
        weight = weight * (covered > 0.999)  # noqa: PLR2004 (all of it, but for rounding)
    return np.maximum(alike, 0), weight.astype(np.float32, copy=False)


def _detail(plane: Plane) -> Plane:
    """Return the variance of each window beyond slow changes: those of skies are all alike."""
    cells = np.pad(_cells(plane), 1, "reflect")
    rows = cells[:-2] + cells[1:-1] + cells[2:]
    slow = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9
    light = Image.fromarray(slow).resize(plane.shape, Image.Resampling.BILINEAR)
    return _moments(plane - np.asarray(light))[1]


def _moments(plane: Plane) -> tuple[Plane, Plane]:
    """Return mean and variance of each window."""
    mean = _joined(plane)
    return mean, np.maximum(_joined(plane * plane) - mean * mean, 0)


def _joined(plane: Plane) -> Plane:
    cells = _cells(plane)
    rows = cells[1:] + cells[:-1]
    return (rows[:, 1:] + rows[:, :-1]) * np.float32(0.25)


def _cells(plane: Plane) -> Plane:
    """Return the mean of each cell. No product of matrices: its threads wait for busy cores."""
    return np.asarray(Image.fromarray(plane).reduce(len(plane) // _CELLS))
