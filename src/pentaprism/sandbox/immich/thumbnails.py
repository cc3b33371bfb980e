"""Previews and thumbnails, made when they are asked for: from the file, or of the scene it shows.

The files are small, so that a library is made in no time; a scene is drawn as large as wanted.

This module imports Pillow and PyAV; whoever needs it imports it when a picture is made.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from functools import lru_cache

import av
import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from pentaprism.sandbox.immich.content import Content, read
from pentaprism.sandbox.immich.entities import Scene
from pentaprism.sandbox.immich.formats import shape
from pentaprism.sandbox.immich.scenes import draw_scene

pillow_heif.register_heif_opener()

PREVIEW_EDGE, THUMBNAIL_EDGE = 1440, 250
_KEPT = 512
_VIDEO_HEAD = 1 << 20

_made: OrderedDict[tuple[bytes, str], bytes | None] = OrderedDict()


@lru_cache(maxsize=_KEPT)
def render_scene(scene: Scene, size: str) -> bytes:
    """Return a JPEG for ``preview``, else a WebP, whose shorter edge is 250 pixels as Immich's."""
    width, height = shape(scene.kind, scene.number)
    preview = size == "preview"
    scale = PREVIEW_EDGE / max(width, height) if preview else THUMBNAIL_EDGE / min(width, height)
    return _saved(draw_scene(scene, (round(width * scale), round(height * scale))), size)


def render(content: Content, size: str, *, is_video: bool) -> bytes | None:
    """Return a JPEG for ``preview``, else a WebP; None where the file is no picture."""
    key = (content.sha1, size)
    if key not in _made:
        _made[key] = _render(content, size, is_video=is_video)
        if len(_made) > _KEPT:
            _made.popitem(last=False)
    return _made[key]


def _render(content: Content, size: str, *, is_video: bool) -> bytes | None:
    image = _first_frame(content) if is_video else _open(content)
    if image is None:
        return None
    edge = PREVIEW_EDGE if size == "preview" else THUMBNAIL_EDGE
    image.thumbnail((edge, edge))
    return _saved(image, size)


def _saved(image: Image.Image, size: str) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG" if size == "preview" else "WEBP", quality=80)
    return buffer.getvalue()


def _open(content: Content) -> Image.Image | None:
    try:
        return ImageOps.exif_transpose(Image.open(io.BytesIO(read(content))))
    except (UnidentifiedImageError, OSError):
        return None


def _first_frame(content: Content) -> Image.Image | None:
    head = io.BytesIO(read(content, 0, min(content.size, _VIDEO_HEAD)))
    try:
        with av.open(head, "r") as container:
            frame = next(container.decode(video=0))
            image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV's gap
            return image
    except (av.FFmpegError, StopIteration):
        return None
