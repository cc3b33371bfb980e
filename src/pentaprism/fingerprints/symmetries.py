"""The eight ways in which a rectangle can lie: turned by quarters, and mirrored.

Symmetry ``s`` is what EXIF calls orientation ``s + 1``: a picture that is stored so is upright once
`turn` was applied with ``s``. Symmetry 0 leaves it as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

COUNT = 8
_SWAPPED = 4  # from here on width and height change places
_INVERSES = (0, 1, 2, 3, 4, 7, 6, 5)


def turn[T: np.generic](array: NDArray[T], symmetry: int) -> NDArray[T]:
    """Return a picture, rows by columns (by channels), turned by ``symmetry``: a view of it."""
    turned: NDArray[Any]
    match symmetry:
        case 0:
            turned = array
        case 1:
            turned = array[:, ::-1]
        case 2:
            turned = array[::-1, ::-1]
        case 3:
            turned = array[::-1]
        case 4:
            turned = array.swapaxes(0, 1)
        case 5:  # a quarter clockwise
            turned = array[::-1].swapaxes(0, 1)
        case 6:
            turned = array[::-1, ::-1].swapaxes(0, 1)
        case 7:  # a quarter counterclockwise
            turned = array[:, ::-1].swapaxes(0, 1)
        case _:
            raise ValueError(symmetry)
    return turned


def inverse(symmetry: int) -> int:
    """Return the symmetry that undoes ``symmetry``."""
    return _INVERSES[symmetry]


def swaps(symmetry: int) -> bool:
    """Whether width and height change places."""
    return symmetry >= _SWAPPED


def of_orientation(orientation: int | None) -> int:
    """Return the symmetry for an EXIF orientation; 0 for one that EXIF does not know."""
    return orientation - 1 if orientation in range(1, COUNT + 1) else 0  # type: ignore[operator]
