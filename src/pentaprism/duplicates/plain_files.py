"""Files of plain folders, what is asked about them, and what was found."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pentaprism.duplicates.reasons import Reason
from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import Precision


class PlainFile(NamedTuple):
    """A regular file: the folder that it is in, as an absolute path, its name, and its bytes.

    Names may have bytes that are no UTF-8, as surrogates; see `os.fsdecode`.
    """

    folder: str
    name: str
    size: int

    @property
    def path(self) -> str:
        """Where it is on this machine."""
        return f"{self.folder.rstrip('/')}/{self.name}"


@dataclass(frozen=True, slots=True)
class Details:
    """What a file tells of itself, as in `pentaprism.groups.files.ShotFile`."""

    taken_at: datetime | None = None
    precision: Precision = Precision.NONE
    in_utc: bool = False
    camera: str | None = None
    content_identifier: str | None = None
    burst_id: str | None = None


NO_DETAILS = Details()
"""What is known of a file that tells nothing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for.

    ``distance`` is the most bits by which hashes may differ for their pictures to be compared.
    With ``exact`` only equal bytes count, and with ``symmetries`` turned and mirrored copies, too.
    """

    distance: int = 10
    symmetries: bool = False
    exact: bool = False


class Phase(StrEnum):
    """What is done now, in this order."""

    LOOKING = "looking"
    HASHING = "hashing"
    FINGERPRINTING = "fingerprinting"
    SEARCHING = "searching"
    READING = "reading"
    COMPARING = "comparing"
    FINISHING = "finishing"


@dataclass(slots=True)
class Progress:
    """How far it is: ``done`` of ``total`` in this phase, 0 where the end is not known.

    ``since`` is when the phase began, by `time.monotonic`.
    """

    phase: Phase = Phase.LOOKING
    done: int = 0
    total: int = 0
    since: float = field(default_factory=time.monotonic)

    def begin(self, phase: Phase, total: int = 0) -> None:
        """Go on to ``phase``."""
        self.phase, self.done, self.total = phase, 0, total
        self.since = time.monotonic()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or folder that could not be looked at; ``reason`` as in `Fingerprint.problem`."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file in a group of duplicates.

    ``sha256`` is None for one that could not be read a second time, ``phash`` for what has no
    hash: sidecars, videos, pictures that were not looked at. ``score`` tells how much its shot is
    like the keeper, 1 for the keeper itself.
    """

    path: str
    size: int
    sha256: bytes | None
    phash: int | None
    score: float


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Shots that show the same picture, every two of them alike.

    ``label`` and ``score`` are those of its weakest pair. ``shots`` are the files of each shot, the
    one shown first first; the shot to keep comes first, and ``reasons`` say why.
    """

    label: Label
    score: float
    shots: tuple[tuple[FoundFile, ...], ...]
    reasons: tuple[Reason, ...]

    @property
    def keeper(self) -> FoundFile:
        """The file that is shown for the shot to keep."""
        return self.shots[0][0]

    @property
    def bytes(self) -> int:
        """The size of all files but those of the shot to keep."""
        return sum(file.size for shot in self.shots[1:] for file in shot)


@dataclass(frozen=True, slots=True)
class Findings:
    """All groups, those with most to gain first, and what could not be looked at, by path.

    ``crowded`` is how many pictures look like so many others by their hashes that they were
    compared with the closest only; see `pentaprism.duplicates.crowds`.
    """

    groups: tuple[FoundGroup, ...]
    unreadable: tuple[Unreadable, ...]
    crowded: int = 0
