"""What is known of a file from its own metadata: when, by what and how large it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pentaprism.groups.files import Precision

READ_VERSION = 1
"""Counts up when the same bytes would be read otherwise, so that files are read again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file tells of itself; all of it may be unknown.

    ``taken_at`` is wall-clock time (naive), or UTC where ``in_utc`` is set. ``width`` and
    ``height`` are in pixels as stored, before ``orientation`` (1 to 8, as in EXIF) is applied.
    ``problem`` is the code of what kept the file from being read: ``vanished``, ``not_permitted``,
    ``unreadable`` (an input error), ``not_a_file``, ``empty``, ``damaged``, ``unsupported``,
    ``crashed`` (it ended the reader) or ``timed_out``.
    """

    mime_type: str | None = None
    taken_at: datetime | None = None
    precision: Precision = Precision.NONE
    in_utc: bool = False
    camera: str | None = None
    content_identifier: str | None = None
    burst_id: str | None = None
    width: int | None = None
    height: int | None = None
    orientation: int | None = None
    problem: str | None = None
