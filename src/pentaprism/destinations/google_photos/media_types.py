"""What Google Photos takes, told by name and size before any byte is read.

Source: https://developers.google.com/photos/library/guides/upload-media, "File types and sizes",
and for RAW https://support.google.com/googleone/answer/6193313.
"""

from __future__ import annotations

from pentaprism.errors import PermanentError

MOST_PHOTO = 200 * 1000 * 1000
MOST_VIDEO = 20 * 1000 * 1000 * 1000

_PHOTOS = {
    "avif": "image/avif",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "ico": "image/x-icon",
    "jpe": "image/jpeg",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "jfif": "image/jpeg",
    "png": "image/png",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "webp": "image/webp",
}
_RAW = {
    "arw": "image/x-sony-arw",
    "cr2": "image/x-canon-cr2",
    "cr3": "image/x-canon-cr3",
    "crw": "image/x-canon-crw",
    "dng": "image/x-adobe-dng",
    "nef": "image/x-nikon-nef",
    "nrw": "image/x-nikon-nrw",
    "orf": "image/x-olympus-orf",
    "pef": "image/x-pentax-pef",
    "raf": "image/x-fuji-raf",
    "rw2": "image/x-panasonic-rw2",
    "srw": "image/x-samsung-srw",
}
_VIDEOS = {
    "3g2": "video/3gpp2",
    "3gp": "video/3gpp",
    "asf": "video/x-ms-asf",
    "avi": "video/x-msvideo",
    "divx": "video/divx",
    "m2t": "video/mp2t",
    "m2ts": "video/mp2t",
    "m4v": "video/x-m4v",
    "mkv": "video/x-matroska",
    "mmv": "video/x-mmv",
    "mod": "video/mpeg",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "mpg": "video/mpeg",
    "mpeg": "video/mpeg",
    "mts": "video/mp2t",
    "tod": "video/mpeg",
    "wmv": "video/x-ms-wmv",
}
_TYPES = {**_PHOTOS, **_RAW, **_VIDEOS}


_BY_MIME_TYPE = {
    mime: ending for ending, mime in reversed(_TYPES.items()) if mime != "video/mpeg"
} | {"image/jpeg": "jpg", "image/tiff": "tif", "image/heif": "heif", "video/mpeg": "mpg"}


def mime_type(filename: str) -> str:
    """Return the media type that the ending of ``filename`` means."""
    return _TYPES.get(_ending(filename), "application/octet-stream")


def sendable_name(filename: str, mime: str) -> str:
    """Return ``filename`` with an ending that Google knows, where its media type tells one.

    A camera's ``IMG_1`` or a name with a dot or a space at its end is a photo nevertheless.
    """
    name = filename.strip().rstrip(". ")
    if _ending(name) in _TYPES or mime not in _BY_MIME_TYPE or _ending(name).isalpha():
        return name or filename
    return f"{name or 'photo'}.{_BY_MIME_TYPE[mime]}"


def refuse(filename: str, mime: str, size: int | None) -> PermanentError | None:
    """Return why Google would not take a file of this name, media type and size; None if it does.

    ``size`` is in bytes, None where it is not known yet.
    """
    ending = _ending(sendable_name(filename, mime))
    if ending not in _TYPES:
        what = f"“.{ending}” files" if ending else "files without an ending"
        return PermanentError(
            f"Google Photos does not take {what}",
            code="unsupported_type",
            hint="Convert it, or leave it out of the album in Immich.",
        )
    if size == 0:
        return PermanentError(
            "the file is empty",
            code="empty_file",
            hint="Look at it in Immich; its upload there seems to have failed.",
        )
    most = MOST_VIDEO if ending in _VIDEOS else MOST_PHOTO
    if size is None or size <= most:
        return None
    kind, limit = ("videos", "20 GB") if ending in _VIDEOS else ("photos", "200 MB")
    return PermanentError(
        f"it has {size / 1e6:,.0f} MB, and Google Photos takes {kind} of up to {limit}",
        code="too_large",
        hint="Replace it in Immich by a smaller version, or leave it out of the album.",
    )


def _ending(filename: str) -> str:
    stem, dot, ending = filename.rpartition(".")
    return ending.lower() if dot and stem else ""
