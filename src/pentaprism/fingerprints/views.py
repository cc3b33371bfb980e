"""Small squares of pictures, kept for a while: a picture is compared with many."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pentaprism.fingerprints.decoding import decode_grey
from pentaprism.fingerprints.fingerprint import PictureFile

SIDE = 256
_KEPT = 256
"""Views in the memory of a process, 64 KB each."""


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


_views: OrderedDict[tuple[PictureFile, int, int], View] = OrderedDict()


def view(file: PictureFile) -> View:
    """Return the view of a file, which is decoded unless that was done of late.

    Raises `UnreadableError`.
    """
    key = _key(file)
    found = _views.get(key)
    if found is None:
        found = _views[key] = _decoded(file)
        if len(_views) > _KEPT:
            _views.popitem(last=False)
    else:
        _views.move_to_end(key)
    return found


def _key(file: PictureFile) -> tuple[PictureFile, int, int]:
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
