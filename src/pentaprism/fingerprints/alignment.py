"""Brings two pictures of one scene onto each other: shifts, crops of some percent, small turns.

Pictures are square arrays of grey; places in them are told from -1 to 1 across and down, so that
a `Placing` means the same at each scale. The method is Gauss-Newton on the affine warp, from coarse
to fine, with the gradients of the first picture (inverse compositional; Baker and Matthews, 2004).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

type Plane = NDArray[np.float32]
type Placing = NDArray[np.float64]
"""A 3 by 3 affine matrix: where a place of the first picture, (x, y, 1), is in the second."""

ASIDE: Placing = np.eye(3)
_COARSEST = 32
_FINEST = 128
_STEPS = {32: 10, 64: 6, 128: 4}
_FARTHEST = 0.2
"""More than this share of the side away is another picture: the search has lost its way."""

_ENOUGH = 0.0005
_LEAST = 0.5
"""The correlation of whole pictures below which they are different ones."""

_CORNERS = np.array([[-1, 1, -1, 1], [-1, -1, 1, 1], [1, 1, 1, 1]], np.float64)


def aligned(a: Plane, b: Plane) -> Placing | None:
    """Return where each place of ``a`` is in ``b``; None where no small move brings them together.

    Both are square, of one size, of at least 32 pixels, and of one tone.
    """
    placing = ASIDE.copy()
    scales = [side for side in (_COARSEST, 64, _FINEST) if side <= len(a)]
    for side in scales:
        refined = _refined(_reduced(a, side), _reduced(b, side), placing, _STEPS[side])
        if refined is None or not _resembles(_reduced(a, side), _reduced(b, side), refined):
            return None
        placing = refined
    return placing


def _resembles(a: Plane, b: Plane, placing: Placing) -> bool:
    """Whether there is any use in looking closer: most candidates of a large library are chance."""
    seen, inside = warped(b, placing)
    if inside.sum() < inside.size / 2:
        return False
    here, there = a[inside] - a[inside].mean(), seen[inside] - seen[inside].mean()
    spread = np.sqrt((here * here).sum() * (there * there).sum())
    return bool((here * there).sum() > _LEAST * spread)


def displacement(placing: Placing) -> float:
    """Return how far the corner that moves farthest is moved, as a share of the side."""
    moved = (placing @ _CORNERS)[:2] - _CORNERS[:2]
    return float(np.abs(moved).max()) / 2


def warped(b: Plane, placing: Placing) -> tuple[Plane, NDArray[np.bool_]]:
    """Return ``b`` as seen in the first picture, and which of its pixels ``b`` has."""
    side = len(b)
    x, y = _places(side)
    across = placing[0, 0] * x + placing[0, 1] * y + placing[0, 2]
    down = placing[1, 0] * x + placing[1, 1] * y + placing[1, 2]
    inside = (np.abs(across) < 1) & (np.abs(down) < 1)
    column = (across + 1) * (side / 2) - 0.5
    row = (down + 1) * (side / 2) - 0.5
    left = np.clip(column.astype(np.intp), 0, side - 2)
    top = np.clip(row.astype(np.intp), 0, side - 2)
    right_share = np.clip(column - left, 0, 1).astype(np.float32)
    low_share = np.clip(row - top, 0, 1).astype(np.float32)
    flat = b.ravel()
    at = top * side + left
    upper = flat[at] * (1 - right_share) + flat[at + 1] * right_share
    at += side
    lower = flat[at] * (1 - right_share) + flat[at + 1] * right_share
    return upper * (1 - low_share) + lower * low_share, inside


@cache
def _places(side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    line = ((np.arange(side, dtype=np.float32) + 0.5) * (2 / side) - 1).astype(np.float32)
    return np.broadcast_to(line[None, :], (side, side)), np.broadcast_to(
        line[:, None], (side, side)
    )


def _reduced(plane: Plane, side: int) -> Plane:
    """Return the mean of each square of pixels; ``side`` divides that of the picture."""
    return np.asarray(Image.fromarray(plane).reduce(len(plane) // side))


def _refined(a: Plane, b: Plane, placing: Placing, steps: int) -> Placing | None:
    side = len(a)
    x, y = _places(side)
    down, across = np.gradient(a)
    across, down = across * (side / 2), down * (side / 2)
    slopes = np.stack([across * x, across * y, across, down * x, down * y, down]).reshape(6, -1)
    bound = float(np.abs(a - a.mean()).mean()) + 1
    for _ in range(steps):
        seen, inside = warped(b, placing)
        off = (seen - a).ravel()
        # What is elsewhere in one of the two must not drag the rest with it.
        weight = inside.ravel() * np.minimum(1.0, bound / (np.abs(off) + 1e-3)).astype(np.float32)
        weighted = slopes * weight
        try:
            step = np.linalg.solve(
                np.einsum("ik,jk", weighted, slopes).astype(np.float64) + np.eye(6),
                np.einsum("ik,k", weighted, off).astype(np.float64),
            )
        except np.linalg.LinAlgError:  # pragma: no cover - the added ones keep it regular
            return None
        change = np.eye(3) + np.array([step[:3], step[3:], np.zeros(3)])
        if abs(np.linalg.det(change)) < 0.1:  # noqa: PLR2004 (a picture does not fold up)
            return None
        placing = placing @ np.linalg.inv(change)
        if displacement(placing) > _FARTHEST:
            return None
        if displacement(change) < _ENOUGH:
            break
    return placing
