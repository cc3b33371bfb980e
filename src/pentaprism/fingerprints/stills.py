"""Pictures that Pillow decodes: PNG, WebP, GIF, TIFF, HEIC, AVIF and rare kinds of JPEG."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pentaprism.fingerprints.fingerprint import Origin
from pentaprism.fingerprints.greys import Grey, shrunk
from pentaprism.fingerprints.opening import MOST_PIXELS, Form, Opened, UnreadableError
from pentaprism.fingerprints.symmetries import of_orientation, swaps, turn

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP", "JPEG2000", "PSD", "PPM")
"""What is taken for a picture; Pillow would also start programs for some others."""

_ORIENTATION = 0x0112
_DEEP = ("I", "F")  # modes of more than a byte begin so

Image.MAX_IMAGE_PIXELS = None  # we refuse what is too large ourselves, without a warning


def decode_grey(file: Opened, at_least: int, origin: Origin) -> Grey:
    """Return the upright grey picture, its shorter side of ``at_least`` pixels or a little more.

    Raises `UnreadableError`.
    """
    with _open(file) as image:
        symmetry = of_orientation(image.getexif().get(_ORIENTATION))
        full = image.size
        image.draft("L", (full[0] * at_least // min(full) + 1, at_least))
        upright = turn(shrunk(_whole(image, "L"), at_least), symmetry)
    width, height = full[::-1] if swaps(symmetry) else full
    return Grey(upright, width, height, origin)


def decode_colours(file: Opened, at_least: int) -> NDArray[np.uint8]:
    """Return the upright picture in colour, as small as `decode_grey` does."""
    with _open(file) as image:
        symmetry = of_orientation(image.getexif().get(_ORIENTATION))
        image.draft("RGB", (image.width * at_least // min(image.size) + 1, at_least))
        return turn(shrunk(_whole(image, "RGB"), at_least), symmetry)


@contextlib.contextmanager
def _open(file: Opened) -> Iterator[Image.Image]:
    """Open the first frame; whatever a library raises over it becomes `UnreadableError`."""
    formats: tuple[str, ...] = _FORMATS
    if file.form is Form.HEIF:
        import pillow_heif  # noqa: PLC0415 (rarely needed, slow to load)

        pillow_heif.register_heif_opener()
        formats = ("HEIF",)
    try:
        with os.fdopen(os.dup(file.fd), "rb") as source:
            source.seek(0)
            with Image.open(source, formats=formats) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise UnreadableError("too_large")
                yield image
    except UnidentifiedImageError as error:
        raise UnreadableError(
            "damaged" if file.form is not Form.OTHER else "unsupported"
        ) from error
    except MemoryError as error:
        raise UnreadableError("too_large") from error
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, struct.error) as error:
        raise UnreadableError("damaged") from error


def _whole(image: Image.Image, mode: str) -> Image.Image:
    """Decode, with 8 bits a channel. What is transparent counts with the colour that it has."""
    if image.mode.startswith(_DEEP):
        image = Image.fromarray(_shallow(np.asarray(image)))
    elif image.mode in {"P", "PA"} and "transparency" in image.info:
        image = image.convert("RGBA")
    return image if image.mode == mode else image.convert(mode)


def _shallow(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Bring 16 bits to 8; of other numbers, the least becomes black and the largest white."""
    if deep.dtype.itemsize == 2:  # noqa: PLR2004 (bytes)
        return (deep.astype(np.uint16) >> 8).astype(np.uint8)
    levels = np.nan_to_num(deep.astype(np.float64))
    least, most = float(levels.min()), float(levels.max())
    return ((levels - least) * (255.0 / ((most - least) or 1.0))).astype(np.uint8)
