"""EXIF, as far as the date of capture goes: TIFF structures in which one entry is added.

What is there keeps its place, as maker notes and others point to it by its offset; a directory
that grows is written anew at the end. Source: Exif 2.32 (CIPA DC-008), 4.5 and 4.6.
"""

from __future__ import annotations

import struct
from datetime import datetime

from pentaprism.destinations.google_photos.copies.copy import CannotCopyError

EXIF_IFD = 0x8769
DATE_TIME_ORIGINAL = 0x9003
OFFSET_TIME_ORIGINAL = 0x9011
_ASCII, _LONG = 2, 4
_ENTRY = 12


def has_date(tiff: bytes) -> bool:
    """Tell whether the EXIF data hold a date of capture that means something."""
    order = _order(tiff)
    pointer = _entries(tiff, order, _first(tiff, order)).get(EXIF_IFD)
    if pointer is None:
        return False
    entry = _entries(tiff, order, struct.unpack_from(f"{order}I", pointer, 8)[0])
    date = entry.get(DATE_TIME_ORIGINAL)
    if date is None:
        return False
    count, offset = struct.unpack_from(f"{order}II", date, 4)
    text = tiff[offset : offset + count].rstrip(b"\0 ")
    return bool(text.strip(b": ")) and not text.startswith(b"0000")


def with_date(tiff: bytes | None, taken: datetime) -> bytes:
    """Return the EXIF data, or new ones, with ``taken`` as the date of capture.

    Raises `CannotCopyError` for data that are not as they should be.
    """
    if tiff is None:
        tiff = b"II*\0" + struct.pack("<IHI", 8, 0, 0)
    order = _order(tiff)
    first = _first(tiff, order)
    main, following = _entries(tiff, order, first), _following(tiff, order, first)
    pointer = main.get(EXIF_IFD)
    exif: dict[int, bytes] = {}
    after_exif = 0
    if pointer is not None:
        at = struct.unpack_from(f"{order}I", pointer, 8)[0]
        exif, after_exif = _entries(tiff, order, at), _following(tiff, order, at)
    out = bytearray(tiff + b"\0" * (len(tiff) % 2))
    for tag, text in _texts(taken):
        exif[tag] = struct.pack(f"{order}HHII", tag, _ASCII, len(text), len(out))
        if len(text) <= 4:
            raise CannotCopyError("its EXIF data would break")
        out += text + b"\0" * (len(text) % 2)
    new_exif = len(out)
    out += _directory(order, exif, after_exif)
    entry = struct.pack(f"{order}HHII", EXIF_IFD, _LONG, 1, new_exif)
    if pointer is not None:
        out[_place(tiff, order, first, EXIF_IFD)] = entry
    else:
        main[EXIF_IFD] = entry
        struct.pack_into(f"{order}I", out, 4, len(out))
        out += _directory(order, main, following)
    return bytes(out)


def _texts(taken: datetime) -> list[tuple[int, bytes]]:
    texts = [(DATE_TIME_ORIGINAL, taken.strftime("%Y:%m:%d %H:%M:%S").encode() + b"\0")]
    if taken.tzinfo is not None:
        offset = taken.strftime("%z")
        texts.append((OFFSET_TIME_ORIGINAL, f"{offset[:3]}:{offset[3:5]}".encode() + b"\0"))
    return texts


def _order(tiff: bytes) -> str:
    if tiff[:4] == b"II*\0":
        return "<"
    if tiff[:4] == b"MM\0*":
        return ">"
    raise CannotCopyError("its EXIF data are damaged")


def _first(tiff: bytes, order: str) -> int:
    return int(_unpack(f"{order}I", tiff, 4))


def _unpack(form: str, data: bytes, at: int) -> int:
    try:
        return int(struct.unpack_from(form, data, at)[0])
    except struct.error as error:
        raise CannotCopyError("its EXIF data are damaged") from error


def _entries(tiff: bytes, order: str, at: int) -> dict[int, bytes]:
    count = _unpack(f"{order}H", tiff, at)
    found: dict[int, bytes] = {}
    for number in range(count):
        entry = tiff[at + 2 + number * _ENTRY : at + 2 + (number + 1) * _ENTRY]
        found[_unpack(f"{order}H", entry, 0)] = entry
        if len(entry) < _ENTRY:
            raise CannotCopyError("its EXIF data are damaged")
    return found


def _following(tiff: bytes, order: str, at: int) -> int:
    count = _unpack(f"{order}H", tiff, at)
    end = at + 2 + count * _ENTRY
    return _unpack(f"{order}I", tiff, end) if len(tiff) >= end + 4 else 0


def _place(tiff: bytes, order: str, at: int, tag: int) -> slice:
    number = list(_entries(tiff, order, at)).index(tag)
    start = at + 2 + number * _ENTRY
    return slice(start, start + _ENTRY)


def _directory(order: str, entries: dict[int, bytes], following: int) -> bytes:
    body = b"".join(entries[tag] for tag in sorted(entries))
    return struct.pack(f"{order}H", len(entries)) + body + struct.pack(f"{order}I", following)
