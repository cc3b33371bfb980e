"""Grey pictures as decoders give them, and what is known of where they come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pentaprism.fingerprints.fingerprint import Origin


@dataclass(frozen=True, slots=True)
class Grey:
    """An upright grey picture, rows by columns, and what is known of the original.

    ``width`` and ``height`` are those of the upright original, where they are known; ``origin``
    tells what it was made from.
    """

    pixels: NDArray[np.uint8]
    width: int | None
    height: int | None
    origin: Origin


def shrunk(picture: Image.Image, at_least: int) -> NDArray[np.uint8]:
    """Return a grey or coloured picture made smaller by a whole number.

    Its shorter side keeps ``at_least`` pixels where it has them.
    """
    factor = min(picture.size) // at_least
    return np.asarray(picture.reduce(factor) if factor > 1 else picture)
