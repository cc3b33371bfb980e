"""What a scan knows of files in roots, and what it has found out: plain values for the store."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime

from pentaprism.groups.files import Kind, Precision
from pentaprism.store.library_records import FolderMark

type Identity = tuple[int, int, int]
"""What a file keeps when it is renamed: its inode, its size and its time of change."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file of a root as the index has it; see `IndexedFile`."""

    row: int
    folder: str
    name: str
    size: int
    mtime_ns: int
    inode: int
    missing_at: datetime | None
    problem: str | None

    @property
    def identity(self) -> Identity:
        """What it keeps when it is renamed."""
        return self.inode, self.size, self.mtime_ns


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file of a root as it is there now, with what it is compared by when files are grouped.

    ``read_version`` is 0 where its metadata has to be read, and None where what was read before
    still holds.
    """

    folder: str
    name: str
    kind: Kind
    size: int
    mtime_ns: int
    inode: int
    folder_key: str
    name_key: str
    burst_key: str | None
    read_version: int | None = 0


@dataclass(frozen=True, slots=True)
class Returned:
    """A file that is what it was: it is there again, or has another inode.

    ``read_version`` as in `FileFacts`.
    """

    row: int
    inode: int
    read_version: int | None = None


@dataclass(slots=True)
class FileChanges:
    """What has changed in folders of one root; written together.

    Rows in ``edited`` have other content at the same path, those in ``moved`` the same content at
    another one. ``marks`` are of folders whose files are all in the index now.
    """

    added: list[FileFacts] = field(default_factory=list)
    edited: dict[int, FileFacts] = field(default_factory=dict)
    moved: dict[int, FileFacts] = field(default_factory=dict)
    returned: list[Returned] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    marks: list[FolderMark] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether there is anything to write."""
        return any(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True, slots=True)
class Unread:
    """A file whose metadata is to be read; ``problem`` is what kept it from that before."""

    row: int
    folder: str
    name: str
    kind: Kind
    size: int
    mtime_ns: int
    read_version: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class FileReading:
    """What was read of a file as it was when it had this size and time of change."""

    row: int
    size: int
    mtime_ns: int
    read_version: int
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


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A file that is missing, with the hash of what it was."""

    file: KnownFile
    sha256: bytes
