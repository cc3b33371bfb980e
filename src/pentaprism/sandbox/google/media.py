"""What the local Google takes for a photo or a video, and what it reads from it."""

from __future__ import annotations

import io
import warnings

from PIL import Image

_PHOTOS = frozenset(
    {
        "avif", "bmp", "gif", "heic", "heif", "ico", "jpe", "jpeg", "jpg", "jfif", "png", "tif",
        "tiff", "webp", "arw", "cr2", "cr3", "crw", "dng", "nef", "nrw", "orf", "pef", "raf",
        "rw2", "srw",
    }
)  # fmt: skip
_VIDEOS = frozenset(
    {
        "3g2", "3gp", "asf", "avi", "divx", "m2t", "m2ts", "m4v", "mkv", "mmv", "mod", "mov",
        "mp4", "mpeg", "mpg", "mts", "tod", "wmv",
    }
)  # fmt: skip
_MOST_PHOTO = 200 * 1000 * 1000
_EXIF_IFD, _DATE_TIME_ORIGINAL = 0x8769, 0x9003


def refuse(filename: str, size: int) -> str | None:
    """Return Google's sentence for what it does not take; None for what it does."""
    ending = _ending(filename)
    if ending in _PHOTOS:
        return "Failed: The file is too large." if size > _MOST_PHOTO else None
    if ending in _VIDEOS:
        return None
    return "Failed: There was an error while trying to create this media item. Unsupported type."


def is_video(filename: str) -> bool:
    """Tell whether the name is that of a video."""
    return _ending(filename) in _VIDEOS


def mime_type(filename: str) -> str:
    """Return the type that Google tells of an item."""
    ending = _ending(filename)
    known = {"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg", "heif": "heif", "tif": "tiff"}
    if ending in _VIDEOS:
        return {"mov": "video/quicktime", "3gp": "video/3gpp"}.get(ending, f"video/{ending}")
    return f"image/{known.get(ending, ending)}"


def look(data: bytes) -> tuple[int, int, str | None]:
    """Return width, height and the EXIF time of capture, as far as the picture tells them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as picture:
                width, height = picture.size
                taken = picture.getexif().get_ifd(_EXIF_IFD).get(_DATE_TIME_ORIGINAL)
    except Exception:  # noqa: BLE001 - whatever Pillow makes of bytes that are no picture
        return 0, 0, None
    if not isinstance(taken, str) or len(taken) < 19:
        return width, height, None
    day, _, time = taken.partition(" ")
    return width, height, f"{day.replace(':', '-')}T{time[:8]}Z"


def _ending(filename: str) -> str:
    return filename.rpartition(".")[2].lower()
