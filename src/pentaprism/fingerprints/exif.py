"""The one tag of EXIF that changes how a picture looks."""

from __future__ import annotations

import struct

_ORIENTATION = 0x0112
_MOST_ENTRIES = 200
_ENTRY = 12


def orientation(tiff: bytes) -> int | None:
    """Return the orientation that a block of EXIF tells, 1 to 8; None where it tells none.

    The layout is that of a TIFF file's first directory. Damaged blocks tell nothing.
    """
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for at in range(start + 2, start + 2 + min(count, _MOST_ENTRIES) * _ENTRY, _ENTRY):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, at)
            if tag == _ORIENTATION:
                return int(value) if 1 <= value <= 8 else None  # noqa: PLR2004 (as EXIF counts)
    except struct.error:
        pass
    return None
