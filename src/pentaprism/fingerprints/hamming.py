"""Numbers of 64 bits that are compared by how many of their bits differ.

Databases have signed numbers only, so a hash is stored as the signed number of the same bits, and
beside it its four bands of 16 bits: two hashes that differ in few bits differ in fewer still, or in
none, in one of their bands, and a band can be looked up by an index.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

BITS = 64
BANDS = 4
BAND_BITS = 16

_WRAP = 1 << BITS
_SIGN = 1 << (BITS - 1)
_BAND_WRAP = 1 << BAND_BITS
_BAND_SIGN = 1 << (BAND_BITS - 1)


def distance(a: int, b: int) -> int:
    """Return in how many bits two hashes differ; both signed or both unsigned."""
    return (a ^ b).bit_count() if (a < 0) == (b < 0) else ((a ^ b) % _WRAP).bit_count()


def signed(phash: int) -> int:
    """Return the signed number with the bits of an unsigned one."""
    return phash - _WRAP if phash >= _SIGN else phash


def unsigned(value: int) -> int:
    """Return what `signed` was given."""
    return value % _WRAP


def bands(phash: int) -> tuple[int, int, int, int]:
    """Return the four bands of a hash, signed or not, as signed numbers, the highest bits first."""
    return (_band(phash >> 48), _band(phash >> 32), _band(phash >> 16), _band(phash))


def flips(distance: int) -> tuple[int, int, int, int]:
    """Return in how many bits the bands may differ, so that no hash within ``distance`` is missed.

    If two hashes differed in more than that in each band, they would differ in more than
    ``distance`` bits in all. -1 stands for a band that need not be looked at. The first band may
    differ in the fewest: it has the lowest frequencies, in which pictures differ the least.
    """
    each, more = divmod(distance - (BANDS - 1), BANDS)
    first, second, third, fourth = (each + (number >= BANDS - more) for number in range(BANDS))
    return (first, second, third, fourth)


def near(band: int, flips: int) -> list[int]:
    """Return the signed bands that differ from ``band`` in at most ``flips`` bits, itself first."""
    return [_band(band ^ mask) for mask in _masks(flips)]


@cache
def _masks(flips: int) -> tuple[int, ...]:
    return tuple(
        sum(1 << bit for bit in flipped)
        for count in range(flips + 1)
        for flipped in combinations(range(BAND_BITS), count)
    )


def _band(bits: int) -> int:
    value = bits % _BAND_WRAP
    return value - _BAND_WRAP if value >= _BAND_SIGN else value
