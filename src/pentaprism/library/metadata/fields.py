"""What the tags of a picture say, by the names that exiv2 gives them."""

from __future__ import annotations

from collections.abc import Mapping

from pentaprism.library.metadata import apple
from pentaprism.library.metadata.cameras import camera_name, text
from pentaprism.library.metadata.times import Moment, dated, moment
from pentaprism.library.reading import Reading

Tags = Mapping[str, object]

_APPLE_NOTE = "65 112 112 108 101 32 105 79 83 "  # "Apple iOS", as exiv2 prints bytes
_LONGEST_ID = 200
_LAST_ORIENTATION = 8

_EXIF_TIMES = (
    ("Exif.Photo.DateTimeOriginal", "Exif.Photo.SubSecTimeOriginal"),
    ("Exif.Image.DateTimeOriginal", "Exif.Photo.SubSecTimeOriginal"),
    ("Exif.Photo.DateTimeDigitized", "Exif.Photo.SubSecTimeDigitized"),
)
_XMP_TIMES = (
    "Xmp.exif.DateTimeOriginal",
    "Xmp.exif.DateTimeDigitized",
    "Xmp.xmp.CreateDate",
    "Xmp.photoshop.DateCreated",
)
_IPTC_TIME = ("Iptc.Application2.DateCreated", "Iptc.Application2.TimeCreated")
_LAST_RESORT = ("Exif.Image.DateTime", "Exif.Photo.SubSecTime")


def reading_of(exif: Tags, xmp: Tags, iptc: Tags) -> Reading:
    """Return what the tags tell; the media type and the dimensions are the file's to tell."""
    note = _apple_note(exif)
    found = Reading(
        camera=camera_name(_text(exif, "Exif.Image.Make"), _text(exif, "Exif.Image.Model")),
        content_identifier=note.get(apple.CONTENT_IDENTIFIER) or None,
        burst_id=note.get(apple.BURST_UUID) or _google_burst(xmp),
        orientation=_orientation(exif, xmp),
    )
    return dated(found, _taken(exif, xmp, iptc))


def _taken(exif: Tags, xmp: Tags, iptc: Tags) -> Moment | None:
    """Return the first time that can be true, the most telling first."""
    for name, decimals in _EXIF_TIMES:
        if found := moment(_text(exif, name), _text(exif, decimals)):
            return found
    for name in _XMP_TIMES:
        if found := moment(_text(xmp, name)):
            return found
    day, hour = (_text(iptc, name) for name in _IPTC_TIME)
    if day and (found := moment(f"{day}T{hour}" if hour else day)):
        return found
    name, decimals = _LAST_RESORT
    return moment(_text(exif, name), _text(exif, decimals))


def _apple_note(exif: Tags) -> Mapping[int, str]:
    printed = _text(exif, "Exif.Photo.MakerNote")
    if not printed.startswith(_APPLE_NOTE):
        return {}
    try:
        return apple.texts(bytes(map(int, printed.split())))
    except ValueError:
        return {}


def _google_burst(xmp: Tags) -> str | None:
    """Return GCamera:BurstID, under whatever prefix its writer gave the namespace."""
    for name in xmp:
        if name.endswith(".BurstID"):
            return _text(xmp, name)[:_LONGEST_ID] or None
    return None


def _orientation(exif: Tags, xmp: Tags) -> int | None:
    said = _text(exif, "Exif.Image.Orientation") or _text(xmp, "Xmp.tiff.Orientation")
    if not (said.isascii() and said.isdigit()):
        return None
    return int(said) if 1 <= int(said[:9]) <= _LAST_ORIENTATION else None


def _text(tags: Tags, name: str) -> str:
    """Return a tag's text; lists and structures are none of what is asked for here."""
    value = tags.get(name)
    return text(value) if isinstance(value, str) else ""
