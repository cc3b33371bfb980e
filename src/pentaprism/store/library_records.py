"""What the library index holds: roots, their files, assets of Immich, groups and stacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pentaprism.groups.files import GroupType, Kind, Precision


class RootState(StrEnum):
    """Whether a root was there when it was looked at last; ``new`` before the first look."""

    NEW = "new"
    PRESENT = "present"
    AWAY = "away"


class Watching(StrEnum):
    """How changes in a root are noticed: ``auto`` polls network mounts and listens elsewhere."""

    AUTO = "auto"
    EVENTS = "events"
    POLLING = "polling"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Root:
    """A media folder that is indexed and watched; its files are only ever read.

    ``immich_path`` is where the Immich of ``connection_id`` sees the same folder, if it does.
    ``reason`` says why it is away, or watched otherwise than was asked. ``scanned_at`` is the end
    of the last whole scan.
    """

    id: str
    owner_id: str
    name: str
    path: str
    connection_id: str | None
    immich_path: str | None
    watching: Watching
    state: RootState
    reason: str | None
    scanned_at: datetime | None
    created_at: datetime


class GroupOrigin(StrEnum):
    """Who says that the files of a group are one shot."""

    RULES = "rules"
    PERSON = "person"
    IMMICH = "immich"


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file in a root, or an asset of a connection; exactly one of the two ids is set.

    ``folder`` and ``name`` are its path in the root, with slashes; an uploaded asset has the folder
    "" and its original name, one of an external library its path on the server. ``size`` is in
    bytes, None where Immich did not tell. ``taken_at`` is wall-clock time (naive), or UTC where
    ``in_utc`` is set. ``read_version`` is that of the metadata reader which read it, 0 before the
    first. ``problem`` is the code of what kept it from being read. ``missing_at`` is set while it
    is not there. ``twin_row`` leads from an asset to the file in a root that it is. ``stack_id`` is
    the Immich stack of an asset, and ``stack_first`` tells whether it is that stack's primary.
    """

    row: int
    root_id: str | None
    connection_id: str | None
    asset_id: str | None
    folder: str
    name: str
    kind: Kind
    mime_type: str | None
    size: int | None
    mtime_ns: int | None
    inode: int | None
    sha1: bytes | None
    sha256: bytes | None
    taken_at: datetime | None
    precision: Precision
    in_utc: bool
    camera: str | None
    content_identifier: str | None
    burst_id: str | None
    width: int | None
    height: int | None
    orientation: int | None
    read_version: int
    problem: str | None
    missing_at: datetime | None
    twin_row: int | None
    stack_id: str | None
    stack_first: bool

    @property
    def path(self) -> str:
        """The path in its root, or what Immich calls it."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


@dataclass(frozen=True, slots=True)
class FolderMark:
    """What a folder of a root looked like when it was indexed.

    ``digest`` covers names, sizes, times and inodes of its files; ``device`` is the file system
    that it was on. ``files`` counts those that were indexed.
    """

    path: str
    digest: bytes
    device: int
    files: int


@dataclass(frozen=True, slots=True)
class FileGroup:
    """The files of one shot (``level`` 0), or the shots of one burst (1).

    ``source_id`` is the root or connection of its files. ``size`` counts the members, ``bytes`` is
    the sum of their sizes. ``taken_at`` is that of the primary. ``within`` is the id of the burst
    that a shot belongs to.
    """

    id: str
    owner_id: str
    source_id: str
    type: GroupType
    level: int
    origin: GroupOrigin
    folder: str
    primary_row: int
    size: int
    bytes: int
    taken_at: datetime | None
    changed_at: datetime
    within: str | None


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A file's place in a group; ``rule`` is the name of the rule that put it there.

    ``path`` and ``size`` repeat the file's, ``type`` is its kind.
    """

    group_id: str
    file_row: int
    level: int
    path: str
    type: Kind
    primary: bool
    size: int | None
    rule: str


@dataclass(frozen=True, slots=True)
class GroupDecision:
    """What a person decided about a file; see `pentaprism.groups.files.ShotFile`."""

    file_row: int
    apart: str | None
    together: str | None
    first: bool
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class PushedStack:
    """A stack that we made in Immich, as we left it: its assets, the primary first."""

    stack_id: str
    connection_id: str
    push_id: str
    asset_ids: tuple[str, ...]


class StackStep(StrEnum):
    """What a change does to a stack."""

    CREATE = "create"
    DELETE = "delete"
    SHOW_FIRST = "show_first"


class StepState(StrEnum):
    """How far a change is: written down before it is asked for."""

    INTENDED = "intended"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class StackPush:
    """One pushing of groups to Immich."""

    id: str
    connection_id: str
    started_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class StackChange:
    """A line of the journal: the assets of a stack before and after, the primary first."""

    row: int
    push_id: str
    step: StackStep
    state: StepState
    stack_id: str | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    error: str | None
