"""Gives one picture the tones of another: brightness, contrast, gamma, and any monotone curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

type Plane = NDArray[np.float32]

_LEVELS = 256


def toned(b: Plane, like: Plane, inside: NDArray[np.bool_] | None = None) -> Plane:
    """Return ``b`` with the tones of ``like``: both are grey, from 0 to 255, of one shape.

    The n-th darkest pixel of the one becomes as dark as the n-th darkest of the other; only the
    pixels ``inside`` are counted. What is clipped in ``b`` cannot be told apart again: try the
    other way round too.
    """
    levels, model = _levels(b), _levels(like)
    if inside is None:
        return _curve(levels.ravel(), model.ravel())[levels]
    if not inside.any():
        return b
    return _curve(levels[inside], model[inside])[levels]


def _levels(plane: Plane) -> NDArray[np.intp]:
    rounded: NDArray[np.intp] = np.clip(plane + np.float32(0.5), 0, _LEVELS - 1).astype(np.intp)
    return rounded


def _curve(seen: NDArray[np.intp], model: NDArray[np.intp]) -> Plane:
    """Return what each level becomes: the level of ``model`` with as many pixels below it."""
    ours, theirs = _below(seen), _below(model)
    levels = np.arange(_LEVELS, dtype=np.float64)
    rising = theirs + levels * 1e-9  # equal ones would leave it open which level is meant
    return np.interp(ours, rising, levels).astype(np.float32)


def _below(levels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return for each level the share of pixels below its middle."""
    counts = np.bincount(levels, minlength=_LEVELS)
    return (np.cumsum(counts) - counts / 2) / levels.size
