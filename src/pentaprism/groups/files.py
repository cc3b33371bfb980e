"""What grouping takes and gives: files with what is known of them, and groups of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a file is, by its ending."""

    IMAGE = "image"
    RAW = "raw"
    VIDEO = "video"
    SIDECAR = "sidecar"
    OTHER = "other"


class Precision(StrEnum):
    """How finely a time of capture is known."""

    SUBSECOND = "subsecond"
    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    NONE = "none"


class GroupType(StrEnum):
    """What makes files one shot, the most telling first; a burst is a row of shots."""

    RAW_JPEG = "raw_jpeg"
    LIVE_PHOTO = "live_photo"
    EDIT = "edit"
    VARIANT = "variant"
    SIDECAR = "sidecar"
    BURST = "burst"


@dataclass(frozen=True, slots=True)
class ShotFile:
    """A file as grouping sees it.

    ``key`` is whatever its caller knows it by. ``path`` has slashes and is relative to its library;
    files are compared within one folder. ``taken_at`` is wall-clock time where it was taken
    (naive), or UTC where ``in_utc`` says that no zone is known; None is an unknown time.

    What a person decided: files with different ``apart`` are never one shot and never one burst;
    files with the same ``together`` are one shot whatever the rules say; ``first`` is shown first.
    """

    key: Hashable
    path: str
    taken_at: datetime | None = None
    precision: Precision = Precision.SUBSECOND
    in_utc: bool = False
    camera: str | None = None
    content_identifier: str | None = None
    burst_id: str | None = None
    apart: str | None = None
    together: str | None = None
    first: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Files of one shot, or the shots of a burst, each by its first file.

    ``members`` are keys, sorted by path; ``primary`` is the one shown first. ``reasons`` has for
    each member the name of the rule that put it here. ``level`` is 0 for a shot and 1 for a burst:
    a file is in one group at most at each level.
    """

    type: GroupType
    primary: Hashable
    members: tuple[Hashable, ...]
    level: int = 0
    reasons: Mapping[Hashable, str] = field(default_factory=dict)
