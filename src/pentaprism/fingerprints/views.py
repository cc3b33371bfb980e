"""Small squares of pictures, kept for a while: a picture is compared with many."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pentaprism.fingerprints.decoding import decode_grey, read_colours
from pentaprism.fingerprints.fingerprint import PictureFile

SIDE = 256
_COLOUR_SIDE = 32
_DECODED_SIDE = 128  # of the picture that they are made of
_KEPT = 256
"""Views in the memory of a process, 64 KB each, and as many colours, 8 KB each."""


@dataclass(frozen=True, slots=True)
class View:
    """An upright picture, pressed into a grey square of 256 pixels a side.

    ``shape`` is that of what was decoded, rows and columns: a picture of less than 256 shows no
    more than that. ``width`` and ``height`` are those of the original, upright, where known.
    """

    square: NDArray[np.uint8]
    shape: tuple[int, int]
    width: int | None
    height: int | None

    @property
    def area(self) -> int | None:
        """The pixels of the original, where known."""
        return self.width * self.height if self.width and self.height else None


type Chroma = NDArray[np.float32]

type _Key = tuple[PictureFile, int, int]
_views: OrderedDict[_Key, View] = OrderedDict()
_chromas: OrderedDict[_Key, Chroma] = OrderedDict()


def view(file: PictureFile) -> View:
    """Return the view of a file, which is decoded unless that was done of late.

    Raises `UnreadableError`.
    """
    return _kept(_views, file, _decoded)


def chroma(file: PictureFile) -> Chroma:
    """Return the colours of a file in a square of 32 by 32 places; kept as `view` does.

    They are rows by columns by two, Cb and Cr of JFIF, 0 for grey. Raises `UnreadableError`.
    """
    return _kept(_chromas, file, _coloured)


def _kept[T](
    kept: OrderedDict[_Key, T], file: PictureFile, decode: Callable[[PictureFile], T]
) -> T:
    key = _key(file)
    found = kept.get(key)
    if found is None:
        found = kept[key] = decode(file)
        if len(kept) > _KEPT:
            kept.popitem(last=False)
    else:
        kept.move_to_end(key)
    return found


def _key(file: PictureFile) -> _Key:
    """Return what changes when the file does; what is wrong with a path shows when it is read."""
    try:
        status = os.stat(file.path)
    except (OSError, ValueError):
        return file, 0, 0
    return file, status.st_mtime_ns, status.st_size


def _decoded(file: PictureFile) -> View:
    grey = decode_grey(file, SIDE)
    rows, columns = grey.pixels.shape
    image = Image.fromarray(np.ascontiguousarray(grey.pixels))
    square = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    return View(square, (rows, columns), grey.width, grey.height)


def _coloured(file: PictureFile) -> Chroma:
    image = Image.fromarray(np.ascontiguousarray(read_colours(file, _DECODED_SIDE)))
    # Boxes: the sharp edges of other filters would be another thing at each size.
    small = image.resize((_COLOUR_SIDE, _COLOUR_SIDE), Image.Resampling.BOX).convert("YCbCr")
    return np.asarray(small)[:, :, 1:].astype(np.float32) - 128
