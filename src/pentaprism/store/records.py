"""The values that go into the store and come out of it; no SQL here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from pentaprism.assets import Role

JsonObject = dict[str, Any]


class ItemState(StrEnum):
    """Where one file of a mirror stands.

    ``pending``: claimed, not there yet. ``staged``: its bytes are at the destination under a
    handle that outlives the process. ``ok``: there. ``failed``: tried, with the reason.
    ``orphaned``: there, but no longer in the album; kept.
    """

    PENDING = "PENDING"
    STAGED = "STAGED"
    OK = "OK"
    FAILED = "FAILED"
    ORPHANED = "ORPHANED"


class RunStatus(StrEnum):
    """How a run stands; ``waiting`` goes on by itself when a quota or back-off has passed."""

    RUNNING = "RUNNING"
    OK = "OK"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    WAITING = "WAITING"


class StartedBy(StrEnum):
    """Who began a run: a person at the pages, a schedule, the API, or a command."""

    PERSON = "person"
    SCHEDULE = "schedule"
    API = "api"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Connection:
    """An Immich server and the credential of one of its users.

    ``api_key`` is in plain text here and encrypted in the database; it never shows in a repr.
    ``owner_id`` is the person whose it is, ``user_id`` the Immich user whose key it holds; they are
    the same but where a person added another server. Sign-in is offered at ``home`` servers only.
    """

    id: str
    name: str
    url: str
    user_id: str
    user_name: str
    user_email: str
    server_version: str
    api_key: str = field(repr=False)
    ca_file: str | None
    created_at: datetime
    owner_id: str
    home: bool


@dataclass(frozen=True, slots=True)
class Mirror:
    """One album kept equal at one destination.

    ``place`` is what `DestinationType.place` answered for ``options``. ``album_name`` is the name
    in Immich when last seen; ``remote_album_id`` and ``remote_album_title`` are the destination's
    side, kept when the album is renamed; None before the first run. ``schedule`` is
    ``{"every": seconds}`` or ``{"cron": text}``, either with ``"jitter": seconds``; None for a
    mirror that only people run. ``next_run_at`` is when its next run is due.
    """

    id: str
    connection_id: str
    album_id: str
    album_name: str
    kind: str
    place: str
    options: JsonObject
    paused: bool
    remote_album_id: str | None
    remote_album_title: str | None
    created_at: datetime
    schedule: JsonObject | None = None
    next_run_at: datetime | None = None


@dataclass(slots=True, unsafe_hash=True)
class Item:
    """The record of one file of a shot in one mirror.

    A value like the others here, never changed in place. It is not frozen, because Python takes
    eight times as long to make a frozen one, and a run makes one for each file of its album.

    ``row`` is its number in the database: small, dense, ascending with time. ``asset_id`` is the
    Immich asset whose bytes it holds and ``shot_id`` the asset in the album that it belongs to
    (the same, but for a live photo's video). ``checksum`` is Immich's SHA-1 when it was put;
    ``sha1`` that of the bytes we wrote, ``verified`` whether the two were compared.
    ``remote_id`` is `RemoteItem.id`, None until it is there.
    """

    row: int
    mirror_id: str
    asset_id: str
    shot_id: str
    role: Role
    state: ItemState
    path: str | None
    remote_id: str | None
    checksum: bytes | None
    sha1: bytes | None
    size: int | None
    mtime_ns: int | None
    verified: bool
    filename: str
    taken_at: datetime
    asset_updated_at: datetime
    attempts: int
    error_code: str | None
    error: str | None
    staged_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewItem:
    """A claim: a file that shall be put, with the path that is now its own.

    ``path_key`` is what must be unique in the mirror (see `pentaprism.mirrors.paths`).
    """

    asset_id: str
    shot_id: str
    role: Role
    path: str | None
    path_key: str | None
    filename: str
    taken_at: datetime
    asset_updated_at: datetime


@dataclass(frozen=True, slots=True)
class Put:
    """The item ``row`` is there now, with the bytes of ``asset_id``."""

    row: int
    asset_id: str
    remote_id: str
    checksum: bytes | None
    sha1: bytes | None
    size: int | None
    mtime_ns: int | None
    verified: bool
    asset_updated_at: datetime


@dataclass(frozen=True, slots=True)
class Staged:
    """The bytes of item ``row`` are at the destination, under a handle of its own."""

    row: int
    staged_at: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """Putting the item ``row`` failed; its attempts are counted up."""

    row: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The item ``row`` claims another path now, and is pending there."""

    row: int
    path: str
    path_key: str


@dataclass(frozen=True, slots=True)
class Restated:
    """The item ``row`` has another state; ``error_code`` and ``error`` say why, or are cleared."""

    row: int
    state: ItemState
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The item ``row`` is no longer recorded."""

    row: int


Change = Put | Staged | Failed | Moved | Restated | Forgotten


@dataclass(frozen=True, slots=True)
class Counters:
    """What a run did so far. total = uploaded + skipped + failed when it is over."""

    total: int = 0
    uploaded: int = 0
    skipped: int = 0
    failed: int = 0
    removed: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a mirror; ``reason`` says why it did not end well, or waits.

    ``waits_until`` is when a waiting run goes on by itself; None where a person must act first.
    ``expected`` is how many assets it will look at, as far as that is known; ``code`` is the code
    of the error that ``reason`` tells.
    """

    id: str
    mirror_id: str
    status: RunStatus
    counters: Counters
    reason: str | None
    waits_until: datetime | None
    started_at: datetime
    finished_at: datetime | None
    started_by: StartedBy = StartedBy.PERSON
    expected: int = 0
    code: str | None = None


class RunFigures(NamedTuple):
    """What a chart needs of a run; ``bytes`` were downloaded."""

    started_at: datetime
    uploaded: int
    failed: int
    bytes: int
    status: RunStatus
    code: str | None


@dataclass(frozen=True, slots=True)
class RunEvent:
    """Something that happened in a run; ``code`` is one of `pentaprism.mirrors.events`.

    ``row`` is its number in the database, ascending with time; 0 until it is recorded.
    """

    code: str
    level: str
    message: str
    at: datetime
    asset_id: str | None = None
    filename: str | None = None
    details: JsonObject = field(default_factory=dict)
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Twin:
    """A verified file of another mirror with the same content: an absolute place and a path."""

    place: str
    path: str
    sha1: bytes
    size: int


class AccountState(StrEnum):
    """How an account stands: ``reconnect`` waits for its person to consent again."""

    CONNECTED = "connected"
    RECONNECT = "reconnect"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class Account:
    """A connected Google account.

    ``owner_id`` is the Immich user whose it is, None where none is known yet. ``subject`` and
    ``email`` are Google's, None where the person did not let us see them. ``scopes`` are those
    that were granted, as short names. ``base_url`` is the address of another server than Google's.
    ``client_secret`` and ``refresh_token`` are in plain text here and encrypted in the database.
    ``token_expires_at`` is when the refresh token dies by itself, None where it does not.
    ``reason`` says why it is in ``reconnect``.
    """

    id: str
    owner_id: str | None
    name: str
    subject: str | None
    email: str | None
    base_url: str | None
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    scopes: frozenset[str]
    state: AccountState
    reason: str | None
    token_expires_at: datetime | None
    connected_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent that was asked for at Google and not answered yet.

    ``state`` comes back with the answer; ``verifier`` is PKCE's, encrypted in the database.
    ``account_id`` is the account that shall be reconnected, None for whichever it will be.
    ``owner_id`` is the person who asked, None where none is known.
    """

    state: str
    verifier: str = field(repr=False)
    redirect_uri: str
    scopes: frozenset[str]
    account_id: str | None
    name: str | None
    base_url: str | None
    client_id: str
    client_secret: str = field(repr=False)
    created_at: datetime
    owner_id: str | None = None
