"""The fingerprint of one file, whatever it turns out to be."""

from __future__ import annotations

from pentaprism.fingerprints.decoding import grey_of
from pentaprism.fingerprints.fingerprint import Fingerprint, PictureFile
from pentaprism.fingerprints.opening import Form, UnreadableError, opened
from pentaprism.fingerprints.phash import phash

SIDE = 180
"""The shorter side, in pixels, that a picture is decoded with: an eighth of an Immich preview's.

With less, more hashes are two bits off those of the whole picture.
"""


def take(file: PictureFile) -> Fingerprint:
    """Return the fingerprint of a picture or video; one with a problem where it has none."""
    try:
        with opened(file.path, file.kind) as found:
            if found.form is Form.VIDEO:
                from pentaprism.fingerprints.videos import look  # noqa: PLC0415 (slow to load)

                return look(found, file.origin)
            grey = grey_of(found, file, SIDE)
    except UnreadableError as error:
        return Fingerprint(origin=file.origin, problem=error.code)
    hashed = phash(grey.pixels)
    return Fingerprint(
        phash=hashed.phash,
        turned=hashed.turned,
        content=hashed.content,
        width=grey.width,
        height=grey.height,
        origin=grey.origin,
    )
