"""Copies that differ from their originals: with a date written, or with a video behind a still.

Only the head of a file is looked at and changed, and the rest passes through as it comes, so that
a copy needs a few MB of memory at most, whatever its size. Originals are never touched.
"""

from pentaprism.destinations.google_photos.copies.copy import CannotCopyError, Copy
from pentaprism.destinations.google_photos.copies.dates import can_be_dated, dated
from pentaprism.destinations.google_photos.copies.motion import can_be_motion_photo, motion_photo

__all__ = [
    "CannotCopyError",
    "Copy",
    "can_be_dated",
    "can_be_motion_photo",
    "dated",
    "motion_photo",
]
