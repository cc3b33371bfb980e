"""How much alike two files are, in words that people can act on."""

from __future__ import annotations

from enum import StrEnum


class Label(StrEnum):
    """What two files, or the least alike of a group, have in common; the closest first."""

    IDENTICAL = "identical"
    """The same bytes."""

    SAME_PICTURE = "same_picture"
    """The same pixels when upright, with other metadata or in another lossless format."""

    RECOMPRESSED = "recompressed"
    """The same picture compressed again, resized, or with another tone: checked on the pixels."""

    SIMILAR = "similar"
    """Much alike: cropped, marked, turned, or another moment of the same scene."""
