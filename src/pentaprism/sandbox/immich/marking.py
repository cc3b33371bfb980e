"""Places for a marker in each file format, and padding to a given size, that keep files valid."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from pentaprism.sandbox.immich.content import Template

MARKER_LENGTH = 24
"""Bytes of a marker; all of one length, so that all files of a template have one size."""

_COMMENT_MAX = 65533  # a JPEG segment counts its own two length bytes in 16 bits
_COMMENT_COST = 4
_CHUNK_COST = 12
_BOX_COST = 8


def template(kind: str, data: bytes, size: int | None, filler: bytes) -> Template:
    """Return ``data``, a file of ``kind``, as a template of exactly ``size`` bytes (None: as is).

    ``filler`` is repeated for the padding. A ``size`` that is too small for the file and its marker
    leaves the file unpadded.
    """
    shape = _SHAPES[kind]
    made = shape(data, b"")
    if size is None:
        return made
    room = size - len(made.prefix) - len(made.wrap(bytes(MARKER_LENGTH))) - len(made.suffix)
    return shape(data, _repeat(filler, room)) if room > 2 * _CHUNK_COST else made


def stretched_head(data: bytes, size: int) -> bytes:
    """Return an MP4 file followed by the head of a free box that reaches to ``size`` bytes."""
    return data + struct.pack(">I4sQ", 1, b"free", size - len(data))


def _repeat(filler: bytes, length: int) -> bytes:
    return (filler * (length // len(filler) + 1))[:length] if length > 0 else b""


def _jpeg(data: bytes, padding: bytes) -> Template:
    scan = _start_of_scan(data)
    return Template(data[:scan] + _comments(padding), data[scan:], _comment)


def _start_of_scan(data: bytes) -> int:
    at = 2
    while data[at + 1] != 0xDA:
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return at


def _comment(text: bytes) -> bytes:
    return b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text


def _comments(padding: bytes) -> bytes:
    """Return comments that take exactly ``len(padding)`` bytes together."""
    full, made, at = _COMMENT_MAX + _COMMENT_COST, [], 0
    while (left := len(padding) - at) > 0:
        take = left if left <= full else min(full, left - _COMMENT_COST)
        made.append(_comment(padding[at : at + take - _COMMENT_COST]))
        at += take
    return b"".join(made)


def _png(data: bytes, padding: bytes) -> Template:
    end = len(data) - _CHUNK_COST
    filling = _chunk(b"paDd", padding[_CHUNK_COST:]) if padding else b""
    return Template(data[:end] + filling, data[end:], _text_chunk)


def _text_chunk(marker: bytes) -> bytes:
    return _chunk(b"tEXt", b"Comment\x00" + marker)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _boxes(data: bytes, padding: bytes) -> Template:
    filling = _free_box(padding[_BOX_COST:]) if padding else b""
    return Template(data + filling, b"", _free_box)


def _free_box(body: bytes) -> bytes:
    return struct.pack(">I4s", _BOX_COST + len(body), b"free") + body


def _appended(data: bytes, padding: bytes) -> Template:
    return Template(data + padding, b"", bytes)


_SHAPES: dict[str, Callable[[bytes, bytes], Template]] = {
    "jpeg": _jpeg,
    "png": _png,
    "heic": _boxes,
    "mov": _boxes,
    "mp4": _boxes,
    "dng": _appended,
}
