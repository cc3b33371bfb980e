"""The 64-bit DCT hash of a picture, in all its symmetries, and how much there is to hash.

It is the hash that ``imagehash.phash`` gives, bit for bit, so that hashes can be compared with what
people have: grey, 32 by 32 pixels by Pillow's Lanczos filter, the 8 by 8 lowest coefficients of a
DCT-II, each compared with the median of the 64; the first bit, of the lowest frequency, is the
highest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 32
_LOWEST = 8
_HALF = 32  # of the 64 coefficients
_ROUNDING = 1e-6  # what is below it is zero but for the arithmetic, and a bit must not hang on that

_POSITIONS = np.arange(SIDE)
_FREQUENCIES = np.arange(_LOWEST)
_DCT: NDArray[np.float64] = 2.0 * np.cos(
    np.pi * _FREQUENCIES[:, None] * (2 * _POSITIONS[None, :] + 1) / (2 * SIDE)
)
_ODD = np.where(_FREQUENCIES % 2 == 1, -1.0, 1.0)
_ACROSS = _ODD[None, :]
_DOWN = _ODD[:, None]
_TO_GREY_LEVELS = 1.0 / (2 * SIDE * SIDE)
"""Turns a coefficient into the root mean square, in grey levels, of its wave in the picture."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """The hash of a picture, of its seven other symmetries in their order, and its content.

    ``turned[s - 1]`` is the hash of the picture after `pentaprism.fingerprints.symmetries.turn`
    with ``s``. ``content`` is how strong the middling one of the 63 waves is, in grey levels:
    near 0 where few of them tell the picture, as in a single colour or a smooth gradient, and the
    bits of the others hang on noise.
    """

    phash: int
    turned: tuple[int, ...]
    content: float


def phash(grey: NDArray[np.uint8]) -> Hashed:
    """Hash an upright grey picture, rows by columns, of any size."""
    image = Image.fromarray(np.ascontiguousarray(grey))
    return hash_small(np.asarray(image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)))


def hash_small(pixels: NDArray[np.uint8]) -> Hashed:
    """Hash a picture that is 32 by 32 already."""
    waves = _DCT @ pixels.astype(np.float64) @ _DCT.T
    waves[np.abs(waves) < _ROUNDING] = 0.0
    first, *others = (_bits(turned) for turned in _turned(waves))
    strengths = np.abs(waves.ravel()[1:])
    return Hashed(first, tuple(others), float(np.median(strengths)) * _TO_GREY_LEVELS)


def _turned(waves: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the coefficients of the eight symmetries: a mirror changes the signs of odd waves."""
    turned = waves.T
    return (
        waves,
        waves * _ACROSS,
        waves * _ACROSS * _DOWN,
        waves * _DOWN,
        turned,
        turned * _ACROSS,
        turned * _ACROSS * _DOWN,
        turned * _DOWN,
    )


def _bits(waves: NDArray[np.float64]) -> int:
    flat = waves.ravel()
    middle = np.partition(flat, (_HALF - 1, _HALF))[_HALF - 1 : _HALF + 1].mean()
    return int.from_bytes(np.packbits(flat > middle).tobytes())
