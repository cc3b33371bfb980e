"""Real small photos and clips, drawn from a seed.

This module imports Pillow and PyAV; whoever needs it imports it when a picture is made.
"""

from __future__ import annotations

import io
import random
from datetime import datetime
from functools import lru_cache
from typing import Any

import av
import pillow_heif
from av.video.stream import VideoStream
from PIL import Image, TiffImagePlugin

from pentaprism.sandbox.immich.entities import Scene
from pentaprism.sandbox.immich.formats import FORMATS, shape
from pentaprism.sandbox.immich.scenes import draw

pillow_heif.register_heif_opener()

_FRAMES = 8
# the slower presets give other bytes from one run to the next
_X264 = {"preset": "ultrafast", "threads": "1"}

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825


@lru_cache(maxsize=2048)
def photo(
    kind: str, seed: int, number: int, taken: datetime, place: tuple[float, float] | None = None
) -> bytes:
    """Return a file of ``kind`` (jpeg, heic, png, dng, mov, mp4).

    The same arguments give the same bytes; another ``number`` gives another picture. ``taken``
    (wall-clock time) and ``place`` (latitude, longitude) go into the EXIF where the format has it.
    """
    rng = random.Random(f"{seed}/{kind}/{number}")
    if kind in ("mov", "mp4"):
        return _clip(kind, rng)
    image = draw(rng, *shape(kind, number))
    return _WRITERS[kind](image, _exif(taken, place))


def recompressed(scene: Scene, mark: str) -> bytes:
    """Return the JPEG of a scene once more, at a lower quality and without its EXIF.

    ``mark`` goes into a comment, so that other marks give other bytes.
    """
    rng = random.Random(f"{scene.seed}/{scene.kind}/{scene.number}")
    image = draw(rng, *shape(scene.kind, scene.number))
    return _saved(image, "JPEG", quality=60, comment=mark.encode())


def _exif(taken: datetime, place: tuple[float, float] | None) -> Image.Exif:
    exif = Image.Exif()
    stamp = taken.strftime("%Y:%m:%d %H:%M:%S")
    exif[0x010F], exif[0x0110], exif[0x0132] = "Acme", "Testcam 1", stamp
    exif[_EXIF_IFD] = {0x9003: stamp, 0x9004: stamp, 0x8827: 200, 0x829D: 2.8, 0x920A: 35.0}
    if place:
        latitude, longitude = place
        exif[_GPS_IFD] = {
            1: "N" if latitude >= 0 else "S",
            2: _degrees(latitude),
            3: "E" if longitude >= 0 else "W",
            4: _degrees(longitude),
        }
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    minutes, seconds = divmod(round(abs(value) * 3600, 2), 60)
    degrees, minutes = divmod(minutes, 60)
    return degrees, minutes, seconds


def _jpeg(image: Image.Image, exif: Image.Exif) -> bytes:
    return _saved(image, "JPEG", quality=80, exif=exif)


def _png(image: Image.Image, exif: Image.Exif) -> bytes:
    return _saved(image.quantize(64), "PNG", exif=exif)


def _heic(image: Image.Image, exif: Image.Exif) -> bytes:
    return _saved(image, "HEIF", quality=50, exif=exif)


def _dng(image: Image.Image, exif: Image.Exif) -> bytes:
    """Return a TIFF with the tags that make it a DNG (DNG 1.6, chapter 4)."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for tag in (0x010F, 0x0110, 0x0132):
        tags[tag] = exif[tag]
    tags.tagtype[50706] = 1
    tags[50706] = b"\x01\x04\x00\x00"
    tags[50708] = "Acme Testcam 1"
    tags[_EXIF_IFD] = exif[_EXIF_IFD]
    return _saved(image, "TIFF", tiffinfo=tags)


def _saved(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


_WRITERS = {"jpeg": _jpeg, "png": _png, "heic": _heic, "dng": _dng}


def _clip(kind: str, rng: random.Random) -> bytes:
    buffer = io.BytesIO()
    width, height = FORMATS[kind].width, FORMATS[kind].height
    picture = draw(rng, width + _FRAMES, height)
    with av.open(buffer, "w", format=kind) as container:
        stream = container.add_stream("libx264", rate=_FRAMES, options=_X264)
        assert isinstance(stream, VideoStream)  # noqa: S101 (tells mypy what the codec is)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for at in range(_FRAMES):
            view = picture.crop((at, 0, at + width, height))
            frame = av.VideoFrame.from_image(view)  # type: ignore[no-untyped-call]  # PyAV's gap
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()
