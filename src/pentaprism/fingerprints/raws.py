"""RAW files, seen by the preview within them: the picture as the camera made it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import rawpy
from numpy.typing import NDArray
from PIL import Image

from pentaprism.fingerprints import jpegs
from pentaprism.fingerprints.fingerprint import Origin
from pentaprism.fingerprints.greys import Grey, shrunk
from pentaprism.fingerprints.jpeg_headers import Source, read_header
from pentaprism.fingerprints.opening import MOST_PIXELS, Opened, UnreadableError
from pentaprism.fingerprints.symmetries import swaps, turn

_FLIPS = {3: 2, 5: 7, 6: 5}
"""Symmetries by what LibRaw calls flip: half a turn, a quarter counterclockwise, one clockwise."""

_LAST_ROWS = 16  # the last sixteenth
_PIXELS_A_BYTE = 16  # more than any RAW format packs; a file with less is cut


def decode_grey(file: Opened, at_least: int, origin: Origin) -> Grey:
    """Return the upright grey picture, its shorter side of ``at_least`` pixels or a little more.

    The sensor's own pixels are developed only where the preview is less than is asked for. Raises
    `UnreadableError`, with ``unsupported`` where LibRaw knows the file for none of its own.
    """

    def look(raw: rawpy.RawPy) -> Grey:
        width, height, symmetry = _upright(raw)
        if width * height > MOST_PIXELS:
            raise UnreadableError("too_large")
        grey = _preview(raw, at_least)
        if grey is None or min(grey.shape) < min(at_least, width, height):
            if file.size < width * height // _PIXELS_A_BYTE:
                raise UnreadableError("damaged")
            developed = Image.fromarray(_developed(raw)).convert("L")
            return Grey(shrunk(developed, at_least), width, height, origin)
        lies = grey.shape[1] > grey.shape[0]
        if swaps(symmetry) and lies == (width > height):
            symmetry = 0  # this camera stored its preview upright
        return Grey(turn(grey, symmetry), width, height, Origin.EMBEDDED)

    return _with(file, look)


def decode_rgb(file: Opened) -> NDArray[np.uint8]:
    """Return the sensor's pixels, developed, upright. Raises `UnreadableError`."""
    return _with(file, _developed)


def _with[T](file: Opened, look: Callable[[rawpy.RawPy], T]) -> T:
    try:
        with rawpy.imread(file.name) as raw:
            return look(raw)
    except rawpy.LibRawFileUnsupportedError as error:
        raise UnreadableError("unsupported") from error
    except (rawpy.LibRawError, ValueError, RuntimeError) as error:
        raise UnreadableError("damaged") from error
    except MemoryError as error:
        raise UnreadableError("too_large") from error


def _upright(raw: rawpy.RawPy) -> tuple[int, int, int]:
    sizes = raw.sizes
    width, height = sizes.crop_width or sizes.width, sizes.crop_height or sizes.height
    symmetry = _FLIPS.get(sizes.flip, 0)
    return (height, width, symmetry) if swaps(symmetry) else (width, height, symmetry)


def _preview(raw: rawpy.RawPy, at_least: int) -> NDArray[np.uint8] | None:
    """Return the largest preview in grey, as stored; None where there is none that can be read."""
    try:
        thumb = raw.extract_thumb()
        if thumb.format is rawpy.ThumbFormat.JPEG:
            return _jpeg_grey(bytes(thumb.data), at_least)
    except (rawpy.LibRawError, UnreadableError):
        return None
    return shrunk(Image.fromarray(np.asarray(thumb.data)).convert("L"), at_least)


def _jpeg_grey(data: bytes, at_least: int) -> NDArray[np.uint8] | None:
    source = Source.of(data)
    return jpegs.decode_grey(source, read_header(source), at_least)


def _developed(raw: rawpy.RawPy) -> NDArray[np.uint8]:
    """Return the sensor's pixels in colour, upright, at half their size.

    LibRaw fills what a truncated file lacks with a single value, without a word: `UnreadableError`
    is raised for a file of which the last rows are so.
    """
    last = raw.raw_image[-max(2, len(raw.raw_image) // _LAST_ROWS) :]
    if last.min() == last.max():
        raise UnreadableError("damaged")
    return raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
