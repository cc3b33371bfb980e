"""Kinds of files, by their endings."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from pentaprism.groups.files import Kind

RAW = frozenset({
    "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "gpr", "iiq", "k25", "kdc",
    "mef", "mos", "mrw", "nef", "nrw", "orf", "ori", "pef", "raf", "raw", "rw2", "rwl", "sr2",
    "srf", "srw", "x3f",
})  # fmt: skip
"""What sensors saw."""

IMAGES = frozenset({
    "avif", "bmp", "gif", "heic", "heif", "hif", "insp", "j2k", "jfif", "jp2", "jpe", "jpeg", "jpg",
    "jpx", "jxl", "mpo", "png", "psb", "psd", "tif", "tiff", "webp",
})  # fmt: skip
"""Stills that are no RAW."""

VIDEOS = frozenset({
    "360", "3g2", "3gp", "avi", "flv", "insv", "m2t", "m2ts", "m2v", "m4v", "mkv", "mov", "mp",
    "mp4", "mpe", "mpeg", "mpg", "mts", "mv", "mxf", "ogv", "ts", "vob", "webm", "wmv",
})  # fmt: skip
"""Videos; ``mp`` and ``mv`` are what Google Takeout calls the videos of Pixels' motion photos."""

SIDECARS = frozenset({
    "aae", "arp", "cos", "dop", "json", "lrf", "lrv", "nksc", "on1", "pp3", "srt", "thm", "vrd",
    "wav", "xml", "xmp",
})  # fmt: skip
"""Files beside a picture: edits and metadata of programs, and what cameras put beside.

``thm`` and ``lrv`` are small pictures and videos of a video, ``wav`` is a spoken note.
"""

ENDINGS: Mapping[str, Kind] = MappingProxyType(
    {
        **dict.fromkeys(RAW, Kind.RAW),
        **dict.fromkeys(IMAGES, Kind.IMAGE),
        **dict.fromkeys(VIDEOS, Kind.VIDEO),
        **dict.fromkeys(SIDECARS, Kind.SIDECAR),
    }
)
"""The kind of each ending, in small letters."""

_MOTION = re.compile(r"m[pv]~\d{1,2}")


def split(name: str) -> tuple[str, str]:
    """Return the stem and the ending of ``name``, which is in small letters.

    Takeout writes the number of a motion photo's video behind its ending (``x.MP~2``): the stem is
    that of its still, ``x.MP~2.jpg``. A name without an ending, or with nothing before it, has the
    ending "".
    """
    stem, _, ending = name.rpartition(".")
    if not stem:
        return name, ""
    if "~" in ending and _MOTION.fullmatch(ending):
        return f"{stem}.{ending}", ending[:2]
    return stem, ending


def kind_of(name: str, more_sidecars: Collection[str] = ()) -> Kind:
    """Return what the file ``name`` is; ``more_sidecars`` are endings from a person's own rules."""
    ending = split(name.lower())[1]
    return ENDINGS.get(ending) or (Kind.SIDECAR if ending in more_sidecars else Kind.OTHER)
