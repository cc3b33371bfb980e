"""What fingerprinting is told of files, and what it tells of them: plain values for the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pentaprism.fingerprints.fingerprint import VERSION, Fingerprint
from pentaprism.groups.files import Kind


class Unfingerprinted(NamedTuple):
    """A file whose fingerprint is to be made; see `IndexedFile`."""

    row: int
    root_id: str | None
    connection_id: str | None
    asset_id: str | None
    folder: str
    name: str
    kind: Kind
    size: int | None
    mtime_ns: int | None

    @property
    def path(self) -> str:
        """The path in its root, or what Immich calls it."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


@dataclass(frozen=True, slots=True)
class MadeFingerprint:
    """A fingerprint of a file as it was when it had this size and time of change."""

    row: int
    size: int | None
    mtime_ns: int | None
    fingerprint: Fingerprint
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class KnownFingerprint:
    """A fingerprint with the hashes of the file's bytes, where they are known."""

    row: int
    sha256: bytes | None
    sha1: bytes | None
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class PlacedFingerprint:
    """A fingerprint with all that comparing its file takes.

    ``shot`` is the id of the group that is its shot, ``burst`` that of its burst.
    """

    file: Unfingerprinted
    fingerprint: Fingerprint
    sha256: bytes | None
    shot: str | None
    burst: str | None


class ProblemFile(NamedTuple):
    """A file that could not be looked at; ``problem`` is that of its `Fingerprint`."""

    row: int
    root_id: str | None
    connection_id: str | None
    folder: str
    name: str
    problem: str

    @property
    def path(self) -> str:
        """The path in its root, or what Immich calls it."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


class KnownHash(NamedTuple):
    """The hash of a picture; ``turned`` holds the seven others, 8 bytes each, the highest first.

    ``content`` is the same for files with the same bytes, None where no hash of them is known.
    """

    row: int
    phash: int
    turned: bytes | None
    searched: bool
    content: bytes | None


class KnownVideo(NamedTuple):
    """A video, by its duration in milliseconds and the hashes of some frames."""

    row: int
    duration_ms: int
    frames: tuple[int, ...]
    searched: bool
    content: bytes | None
