"""JPEG files, decoded no finer than is asked for, and progressive ones no further.

The decoder gives 1/8, 1/4 and 1/2 of a picture for much less than the whole. At 1/8 it takes only
the mean of each block, which is what a progressive file begins with: the rest is not even read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import simplejpeg  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pentaprism.fingerprints.jpeg_headers import Header, Source
from pentaprism.fingerprints.opening import MOST_PIXELS, UnreadableError

_MOST_PIXELS_READ = 4_000_000_000
"""The most pixels of a baseline JPEG that is decoded at a small scale: it takes time, no memory."""

_SCALES = (8, 4, 2)
_SOS, _EOI = 0xDA, 0xD9
_END = b"\xff\xd9"
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # one that ends what is coded before it


def decode_grey(source: Source, header: Header, at_least: int) -> NDArray[np.uint8] | None:
    """Decode the picture, as stored, with a shorter side of ``at_least`` pixels where it has them.

    Returns None where the decoder does not know the kind of JPEG: Pillow may. Raises
    `UnreadableError` for one that is cut or damaged, or too large.
    """
    decoded = _decode_small(source, header, at_least, "GRAY", header.luminance)
    return None if decoded is None else decoded[:, :, 0]


def decode_colours(source: Source, header: Header, at_least: int) -> NDArray[np.uint8] | None:
    """Decode the picture as `decode_grey` does, rows by columns by red, green and blue."""
    return _decode_small(source, header, at_least, "RGB", header.components)


def _decode_small(
    source: Source, header: Header, at_least: int, colours: str, needed: Sequence[int]
) -> NDArray[np.uint8] | None:
    if len(header.components) > 3:  # noqa: PLR2004 (CMYK)
        return None
    scale = _scale(header, at_least)
    pixels = header.width * header.height
    most = _MOST_PIXELS_READ if scale > 1 and not header.progressive else MOST_PIXELS
    if pixels > most or pixels // scale**2 > MOST_PIXELS:
        raise UnreadableError("too_large")
    if header.progressive and scale == _SCALES[0]:
        data = _first_scans(source, header, needed)
        if data is not None:
            return _decode(data, colours, header, scale)
    source.need(source.size)
    return _decode(memoryview(source.data)[: source.size], colours, header, scale)


def _scale(header: Header, at_least: int) -> int:
    shorter = min(header.width, header.height)
    return next((scale for scale in _SCALES if shorter >= at_least * scale), 1)


def _decode(
    data: memoryview | bytes, colours: str, header: Header, scale: int
) -> NDArray[np.uint8]:
    rows = -(-header.height // scale)

    def attempt(data: memoryview | bytes, *, strict: bool = True) -> NDArray[np.uint8]:
        decoded: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            data, colours, min_height=rows if scale > 1 else 0, strict=strict
        )
        return decoded

    try:
        return attempt(data)
    except ValueError as error:
        said = str(error)
    try:
        if said.startswith("Premature end of JPEG file"):
            # Nothing but the mark of the end may be missing; if more is, it is told again.
            return attempt(bytes(data) + _END)
        if "extraneous" in said or ("Huffman" not in said and "premature" not in said.lower()):
            return attempt(data, strict=False)
    except ValueError:
        pass
    raise UnreadableError("damaged")


def _first_scans(source: Source, header: Header, needed: Sequence[int]) -> memoryview | None:
    """Return a progressive file cut after the scans that tell the mean of every block.

    Those of the components ``needed`` are enough. None where they do not come first. Raises
    `UnreadableError` where the file has no end: its first scan may be whole, but the picture is
    not.
    """
    missing = set(needed)
    at = header.start
    for scan, end in _scans(source, at):
        if scan.first:
            missing -= set(scan.components)
        at = end
        if not missing:
            break
    else:
        return None
    if not _has_end(source, at):
        raise UnreadableError("damaged")
    view = memoryview(source.data)
    view[at : at + 2] = _END
    return view[: at + 2]


@dataclass(frozen=True, slots=True)
class _Scan:
    components: tuple[int, ...]
    first: bool = field(default=False)
    """Whether it holds the means of blocks, for the first time."""


def _scans(source: Source, at: int) -> Iterator[tuple[_Scan, int]]:
    """Yield the scans from ``at`` on, each with where the segment after it begins."""
    while source.need(at + 4):
        marker = source.data[at + 1]
        end = at + 2 + int.from_bytes(source.data[at + 2 : at + 4])
        if source.data[at] != 0xFF or marker == _EOI or not source.need(end + 2):  # noqa: PLR2004
            return
        if marker != _SOS:
            at = end
            continue
        segment = source.data[at + 4 : end]
        at = _end_of_scan(source, end)
        if at < 0:
            return
        count = segment[0] if segment else 0
        start, _, bits = segment[-3:].rjust(3, b"\xff")
        yield _Scan(tuple(segment[1 : 1 + 2 * count : 2]), not start and not bits >> 4), at


def _end_of_scan(source: Source, at: int) -> int:
    """Return where the next marker is after coded data, or -1."""
    while at < source.size:
        found = _MARKER.search(source.data, at, source.read)
        if found is not None:
            return found.start()
        at = max(at, source.read - 1)
        if not source.more():
            break
    return -1


def _has_end(source: Source, after: int) -> bool:
    """Whether there is a mark of the end: mostly the last two bytes, else before what follows it.

    Coded data never hold it.
    """
    if source.read < source.size:
        tail = source.tail(2)
        if tail == _END:
            return True
        source.need(source.size)
    return source.data.find(_END, after, source.size) >= 0
