"""Pictures as arrays, by the fastest route that gives what the whole would give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pentaprism.fingerprints import jpegs, stills
from pentaprism.fingerprints.fingerprint import Origin, PictureFile
from pentaprism.fingerprints.greys import Grey
from pentaprism.fingerprints.jpeg_headers import Source, read_header
from pentaprism.fingerprints.opening import Form, Opened, UnreadableError, opened
from pentaprism.fingerprints.symmetries import of_orientation, swaps, turn
from pentaprism.groups.files import Kind

__all__ = [
    "Grey",
    "UnreadableError",
    "decode_grey",
    "grey_of",
    "read_colours",
    "read_grey",
    "read_pixels",
]

_WHOLE = 1 << 30
"""More pixels than any side has."""


def read_grey(file: PictureFile, at_least: int) -> NDArray[np.uint8]:
    """Return the upright grey picture, rows by columns.

    It is the smallest that is quickly had with a shorter side of ``at_least`` pixels, or the whole
    where it has fewer. Raises `UnreadableError`.
    """
    return decode_grey(file, at_least).pixels


def read_pixels(file: PictureFile) -> NDArray[np.uint8]:
    """Return all pixels upright, rows by columns by red, green and blue, 8 bits each.

    Those of a RAW file are developed, at half its size. Raises `UnreadableError`.
    """
    return read_colours(file, _WHOLE)


def read_colours(file: PictureFile, at_least: int) -> NDArray[np.uint8]:
    """Return the upright picture as small as `read_grey` does, by red, green and blue.

    Raises `UnreadableError`.
    """
    with opened(file.path, file.kind) as found:
        if found.form is Form.JPEG:
            source = Source(found.fd, found.size)
            header = read_header(source)
            colours = jpegs.decode_colours(source, header, at_least)
            if colours is not None:
                return turn(colours, of_orientation(header.orientation))
        if _is_raw(found, file.kind):
            from pentaprism.fingerprints import raws  # noqa: PLC0415 (slow to load)

            try:
                if at_least == _WHOLE:
                    return raws.decode_rgb(found)
                return raws.decode_colours(found, at_least)
            except UnreadableError as error:
                if not _may_be_tiff(found, error):
                    raise
        _refuse(found)
        return stills.decode_colours(found, at_least)


def decode_grey(file: PictureFile, at_least: int) -> Grey:
    """Return the upright grey picture as `read_grey` does, with what is known of the original."""
    with opened(file.path, file.kind) as found:
        return grey_of(found, file, at_least)


def grey_of(found: Opened, file: PictureFile, at_least: int) -> Grey:
    """Return the upright grey picture of an open file; the rest as `decode_grey`."""
    if found.form is Form.JPEG:
        source = Source(found.fd, found.size)
        header = read_header(source)
        grey = jpegs.decode_grey(source, header, at_least)
        if grey is not None:
            symmetry = of_orientation(header.orientation)
            size = (header.width, header.height)
            width, height = size[::-1] if swaps(symmetry) else size
            return Grey(turn(grey, symmetry), width, height, file.origin)
    if _is_raw(found, file.kind):
        from pentaprism.fingerprints import raws  # noqa: PLC0415 (slow to load)

        try:
            return raws.decode_grey(found, at_least, file.origin)
        except UnreadableError as error:
            if not _may_be_tiff(found, error):
                raise
        # A RAW format that LibRaw does not know yet: what looks like TIFF begins with a preview.
        preview = stills.decode_grey(found, at_least, Origin.EMBEDDED)
        return replace(preview, width=None, height=None)
    _refuse(found)
    return stills.decode_grey(found, at_least, file.origin)


def _is_raw(found: Opened, kind: Kind) -> bool:
    return found.form is Form.RAW or (found.form is Form.TIFF and kind is Kind.RAW)


def _may_be_tiff(found: Opened, error: UnreadableError) -> bool:
    return found.form is Form.TIFF and error.code == "unsupported"


def _refuse(found: Opened) -> None:
    """Raise for what has no decoder here, or is no picture."""
    if found.form in {Form.JXL, Form.VIDEO, Form.RAW}:
        raise UnreadableError("unsupported")
