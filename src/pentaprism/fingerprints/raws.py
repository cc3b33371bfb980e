"""RAW files, seen by the preview within them: the picture as the camera made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

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
        width, height, _ = _upright(raw)
        grey = _upright_preview(raw, at_least, "L")
        if grey is None:
            return Grey(_small(raw, file, at_least, "L"), width, height, origin)
        return Grey(grey, width, height, Origin.EMBEDDED)

    return _with(file, look)


def decode_colours(file: Opened, at_least: int) -> NDArray[np.uint8]:
    """Return the upright picture in colour, made as by `decode_grey`."""

    def look(raw: rawpy.RawPy) -> NDArray[np.uint8]:
        preview = _upright_preview(raw, at_least, "RGB")
        return _small(raw, file, at_least, "RGB") if preview is None else preview

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


def _upright_preview(
    raw: rawpy.RawPy, at_least: int, mode: Literal["L", "RGB"]
) -> NDArray[np.uint8] | None:
    """Return the largest preview, upright; None where it is less than is asked for."""
    width, height, symmetry = _upright(raw)
    if width * height > MOST_PIXELS:
        raise UnreadableError("too_large")
    stored = _preview(raw, at_least, mode)
    if stored is None or min(stored.shape[:2]) < min(at_least, width, height):
        return None
    lies = stored.shape[1] > stored.shape[0]
    if swaps(symmetry) and lies == (width > height):
        symmetry = 0  # this camera stored its preview upright
    return turn(stored, symmetry)


def _preview(
    raw: rawpy.RawPy, at_least: int, mode: Literal["L", "RGB"]
) -> NDArray[np.uint8] | None:
    """Return the largest preview as stored; None where there is none that can be read."""
    try:
        thumb = raw.extract_thumb()
        if thumb.format is rawpy.ThumbFormat.JPEG:
            source = Source.of(bytes(thumb.data))
            decode = jpegs.decode_grey if mode == "L" else jpegs.decode_colours
            return decode(source, read_header(source), at_least)
    except (rawpy.LibRawError, UnreadableError):
        return None
    return shrunk(Image.fromarray(np.asarray(thumb.data)).convert(mode), at_least)


def _small(
    raw: rawpy.RawPy, file: Opened, at_least: int, mode: Literal["L", "RGB"]
) -> NDArray[np.uint8]:
    """Return the sensor's pixels, made small."""
    width, height, _ = _upright(raw)
    if file.size < width * height // _PIXELS_A_BYTE:
        raise UnreadableError("damaged")
    return shrunk(Image.fromarray(_developed(raw)).convert(mode), at_least)


def _developed(raw: rawpy.RawPy) -> NDArray[np.uint8]:
    """Return the sensor's pixels in colour, upright, at half their size.

    LibRaw fills what a truncated file lacks with a single value, without a word: `UnreadableError`
    is raised for a file of which the last rows are so.
    """
    last = raw.raw_image[-max(2, len(raw.raw_image) // _LAST_ROWS) :]
    if last.min() == last.max():
        raise UnreadableError("damaged")
    return raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
