"""HEIC files: an XMP item is added to their metadata, and all that moves is pointed to anew.

Source: ISO/IEC 14496-12 (boxes, ``meta``, ``iloc``, ``iinf``, ``iref``) and ISO/IEC 23008-12
(HEIF). What is not laid out the usual way is refused, not guessed at.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pentaprism.destinations.google_photos.copies.copy import CannotCopyError, Head

_BRANDS = {b"heic", b"heix", b"mif1"}
_XMP_TYPE = b"application/rdf+xml\0"


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type and its payload."""

    kind: bytes
    payload: bytes

    def encode(self) -> bytes:
        """Return its bytes."""
        return struct.pack(">I", len(self.payload) + 8) + self.kind + self.payload


@dataclass(frozen=True, slots=True)
class HeicHead:
    """``ftyp`` and ``meta`` of a file, and how many bytes they are together."""

    before: bytes
    meta: bytes
    end: int


async def read_head(head: Head) -> HeicHead:
    """Return the head of a HEIC file, whose metadata must come before its pictures."""
    at = 0
    while True:
        if not await head.grow(at + 8):
            raise CannotCopyError("it is not a sound HEIC")
        size, kind = struct.unpack_from(">I4s", head.data, at)
        if size < 8:
            raise CannotCopyError("its parts stand in an unusual order")
        if at == 0:
            _check_brands(kind, bytes(head.data[8:size]) if await head.grow(size) else b"")
        elif kind == b"mdat":
            raise CannotCopyError("its parts stand in an unusual order")
        if not await head.grow(at + size):
            raise CannotCopyError("it is not a sound HEIC")
        if kind == b"meta":
            return HeicHead(bytes(head.data[:at]), bytes(head.data[at + 8 : at + size]), at + size)
        at += size


def _check_brands(kind: bytes, payload: bytes) -> None:
    brands = {payload[:4], *(payload[n : n + 4] for n in range(8, len(payload), 4))}
    if kind != b"ftyp" or not brands & _BRANDS or brands & {b"msf1", b"hevc", b"avis", b"avif"}:
        raise CannotCopyError("it is not a HEIC still inside")


def with_xmp(head: HeicHead, xmp_size: int, file_size: int) -> bytes:
    """Return ``ftyp`` and ``meta`` with an item for XMP that stands in a box at the file's end.

    ``file_size`` is that of the original; the XMP of ``xmp_size`` bytes begins 8 bytes (the head
    of its ``mdat``) behind what that becomes.
    """
    boxes = list(_boxes(head.meta[4:]))
    items = _Items(boxes)
    # The metadata grow by as much as each of its boxes does, whatever the numbers in them.
    grown = _encode_meta(head, items.changed(0, 0, xmp_size))
    delta = len(grown) - head.end
    return _encode_meta(head, items.changed(delta, file_size + delta + 8, xmp_size))


def _encode_meta(head: HeicHead, boxes: list[Box]) -> bytes:
    payload = head.meta[:4] + b"".join(box.encode() for box in boxes)
    return head.before + Box(b"meta", payload).encode()


class _Items:
    """The item boxes of ``meta``, to which one item is added."""

    def __init__(self, boxes: list[Box]) -> None:
        self._boxes = boxes
        kinds = [box.kind for box in boxes]
        for kind in (b"iinf", b"iloc", b"pitm"):
            if kinds.count(kind) != 1:
                raise CannotCopyError("its parts stand in an unusual order")
        self._by_kind = {box.kind: box.payload for box in boxes}
        if _XMP_TYPE[:-1] in self._by_kind[b"iinf"]:
            raise CannotCopyError("it has XMP already")

    def changed(self, delta: int, xmp_at: int, xmp_size: int) -> list[Box]:
        """Return the boxes with the new item; what lies behind them moves by ``delta``."""
        new_id = max(self._ids()) + 1
        if new_id > 0xFFFF:
            raise CannotCopyError("it has too many parts")
        changed = {
            b"iinf": _with_info(self._by_kind[b"iinf"], new_id),
            b"iloc": _with_location(self._by_kind[b"iloc"], new_id, delta, xmp_at, xmp_size),
        }
        reference = _reference(new_id, self._primary())
        boxes = [Box(box.kind, changed.get(box.kind, box.payload)) for box in self._boxes]
        for number, box in enumerate(boxes):
            if box.kind == b"iref":
                if box.payload[:1] != b"\0":
                    raise CannotCopyError("its parts are of an unknown version")
                boxes[number] = Box(b"iref", box.payload + reference)
                return boxes
        return [*boxes, Box(b"iref", bytes(4) + reference)]

    def _primary(self) -> int:
        payload = self._by_kind[b"pitm"]
        return int.from_bytes(payload[4:6] if payload[0] == 0 else payload[4:8], "big")

    def _ids(self) -> list[int]:
        payload = self._by_kind[b"iinf"]
        start = 6 if payload[0] == 0 else 8
        found = []
        for box in _boxes(payload[start:]):
            if box.kind != b"infe" or box.payload[0] not in (2, 3):
                raise CannotCopyError("its parts are of an unknown version")
            wide = box.payload[0] == 3
            found.append(int.from_bytes(box.payload[4 : 8 if wide else 6], "big"))
        if not found:
            raise CannotCopyError("it has no parts")
        return found


def _with_info(payload: bytes, new_id: int) -> bytes:
    """Return ``iinf`` with an ``infe`` of version 2 for the XMP."""
    entry = b"\2\0\0\1" + struct.pack(">HH", new_id, 0) + b"mime" + b"XMP\0" + _XMP_TYPE
    wide = payload[0] != 0
    count = int.from_bytes(payload[4 : 8 if wide else 6], "big") + 1
    rest = payload[8 if wide else 6 :]
    return (
        payload[:4] + count.to_bytes(4 if wide else 2, "big") + rest + Box(b"infe", entry).encode()
    )


def _with_location(payload: bytes, new_id: int, delta: int, xmp_at: int, xmp_size: int) -> bytes:
    """Return ``iloc`` with all offsets into the file moved by ``delta``, and the XMP's beside."""
    version = payload[0]
    if version > 1:
        raise CannotCopyError("its parts are of an unknown version")
    sizes = (payload[4] >> 4, payload[4] & 15, payload[5] >> 4, payload[5] & 15 if version else 0)
    offset_size, length_size, base_size, index_size = sizes
    if offset_size not in (4, 8) or length_size not in (4, 8):
        raise CannotCopyError("its parts are of an unknown version")
    reader = _Reader(payload, 8)
    out = bytearray(payload[:6])
    out += (reader.count(6) + 1).to_bytes(2, "big")
    for _ in range(reader.count(6)):
        out += reader.take(2)
        method = 0
        if version:
            field = reader.take(2)
            method = field[1] & 15
            out += field
        out += reader.take(2)  # the data reference
        base = int.from_bytes(reader.take(base_size), "big")
        moved_base = base + delta if base and method == 0 else base
        out += moved_base.to_bytes(base_size, "big")
        extents = reader.take(2)
        out += extents
        for _ in range(int.from_bytes(extents, "big")):
            out += reader.take(index_size)
            offset = int.from_bytes(reader.take(offset_size), "big")
            offset += delta if method == 0 and not base else 0
            out += offset.to_bytes(offset_size, "big") + reader.take(length_size)
    out += new_id.to_bytes(2, "big") + bytes(2 if version else 0) + bytes(2) + bytes(base_size)
    out += b"\0\1" + bytes(index_size)
    return bytes(out + xmp_at.to_bytes(offset_size, "big") + xmp_size.to_bytes(length_size, "big"))


def _reference(from_id: int, to_id: int) -> bytes:
    return Box(b"cdsc", struct.pack(">HHH", from_id, 1, to_id)).encode()


class _Reader:
    """Reads fields one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def count(self, at: int) -> int:
        return int.from_bytes(self._data[at : at + 2], "big")

    def take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) != size:
            raise CannotCopyError("it is not a sound HEIC")
        self._at += size
        return taken


def _boxes(data: bytes) -> Iterator[Box]:
    at = 0
    while at < len(data):
        if len(data) - at < 8:
            raise CannotCopyError("it is not a sound HEIC")
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):
            raise CannotCopyError("it is not a sound HEIC")
        yield Box(kind, data[at + 8 : at + size])
        at += size
