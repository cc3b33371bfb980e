"""Whether two files hold the very same pixels, whatever is written beside them."""

from __future__ import annotations

import numpy as np

from pentaprism.fingerprints.decoding import read_pixels
from pentaprism.fingerprints.fingerprint import Origin, PictureFile
from pentaprism.fingerprints.views import View
from pentaprism.groups.files import Kind

_ROUNDING = 4
"""Grey levels by which squares of equal JPEGs may differ: a first scan may be all that was read."""

_CLIPPING = 1.5
"""The mean of grey levels by which those of other formats may: a JPEG's grey is not that of its
colours where these are clipped."""

_APP0, _ADOBE, _LAST_APP, _COMMENT, _START_OF_SCAN = 0xE0, 0xEE, 0xEF, 0xFE, 0xDA
_LARGEST = 1 << 28


def same_pixels(a: PictureFile, first: View, b: PictureFile, second: View) -> bool:
    """Whether all pixels are equal, upright and at full size.

    Only pictures that are all but equal at a small size are decoded in full; JPEGs whose compressed
    data are equal are not decoded at all. What was made from a preview is not known to be equal,
    nor are RAW files, whose pixels depend on how they are developed. Raises `UnreadableError`.
    """
    if not (_is_known(a, first) and _is_known(b, second)):
        return False
    if (first.width, first.height) != (second.width, second.height):
        return False
    off = np.abs(first.square.astype(np.int16) - second.square)
    if off.mean() > _CLIPPING:
        return False
    scans, others = _scans(a.path), _scans(b.path)
    if scans is not None and others is not None:
        if off.max() > _ROUNDING:
            return False
        if scans == others and not off.any():
            return True
    return np.array_equal(read_pixels(a), read_pixels(b))


def _is_known(file: PictureFile, seen: View) -> bool:
    """Whether the pixels of the original are at hand, and are the same each time."""
    return file.origin is Origin.ORIGINAL and file.kind is not Kind.RAW and seen.area is not None


def _scans(path: str) -> bytes | None:
    """Return a JPEG without its metadata; None for other files, and those that are cut short."""
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST)
    except OSError:
        return None
    if not data.startswith(b"\xff\xd8\xff") or len(data) == _LARGEST:
        return None
    kept: list[bytes] = []
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 (what a marker begins with)
        marker = data[at + 1]
        if marker == _START_OF_SCAN:
            return b"".join([*kept, data[at:]])
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if not _is_metadata(marker):
            kept.append(data[at:end])
        at = end
    return None


def _is_metadata(marker: int) -> bool:
    """Whether a segment changes no pixel: of those of applications, only Adobe's does."""
    return marker == _COMMENT or (_APP0 <= marker <= _LAST_APP and marker != _ADOBE)
