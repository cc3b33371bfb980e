"""Apple's maker note: what makes two files one live photo, or many files one burst.

The layout is that of ExifTool's ``Image::ExifTool::Apple``: "Apple iOS", a version, the byte order,
then one TIFF directory whose offsets count from the start of the note.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

_HEAD = b"Apple iOS\0"
_ENTRIES_AT = 14
_ENTRY = 12
_ASCII = 2
_INLINE = 4  # a value that is no longer stands in the entry itself
_LONGEST = 200

BURST_UUID = 0x000B
CONTENT_IDENTIFIER = 0x0011


def texts(note: bytes) -> Mapping[int, str]:
    """Return the texts in an Apple maker note by their tags; nothing for any other note."""
    if not note.startswith(_HEAD) or len(note) < _ENTRIES_AT + 2:
        return {}
    order = "<" if note[_ENTRIES_AT - 2 : _ENTRIES_AT] == b"II" else ">"
    (count,) = struct.unpack_from(f"{order}H", note, _ENTRIES_AT)
    found: dict[int, str] = {}
    for index in range(count):
        start = _ENTRIES_AT + 2 + index * _ENTRY
        if start + _ENTRY > len(note):
            break
        tag, form, length, offset = struct.unpack_from(f"{order}HHII", note, start)
        if form != _ASCII or length > _LONGEST:
            continue
        where = start + _ENTRY - _INLINE if length <= _INLINE else offset
        value = note[where : where + length].partition(b"\0")[0]
        found[tag] = value.decode("ascii", "replace").strip()
    return found
